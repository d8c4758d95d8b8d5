// SPDX-License-Identifier: MIT
/*
 * Ping-pong: each side wakes the other and waits for it. A round is there and
 * back, two operations.
 */
#define _GNU_SOURCE
#include <linux/futex.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "bench.h"

static uint64_t message = 1;
static volatile uint32_t turn;

/* Of @size bytes through @there and @back; the partner is another process. */
static void ping_pong(struct bench *b, const int there[2], const int back[2],
		      size_t size)
{
	struct bench partner = { .each = 0 };

	bench_add(&partner, SYS_read, (uint64_t)there[0], (uint64_t)&message,
		  size);
	bench_add(&partner, SYS_write, (uint64_t)back[1], (uint64_t)&message,
		  size);
	bench_add(b, SYS_write, (uint64_t)there[1], (uint64_t)&message, size);
	bench_add(b, SYS_read, (uint64_t)back[0], (uint64_t)&message, size);
	b->each = 2;
	b->sides = 2;
	b->partner = bench_partner(&partner);
}

static void eventfd_ping_pong(struct bench *b)
{
	int there = eventfd(0, 0), back = eventfd(0, 0);

	if (there < 0 || back < 0)
		bench_die("eventfd");
	ping_pong(b, (const int[]){ there, there }, (const int[]){ back, back },
		  sizeof(message));
}

static void pipe_ping_pong(struct bench *b)
{
	int there[2], back[2];

	if (pipe(there) || pipe(back))
		bench_die("pipe");
	ping_pong(b, there, back, 1);
}

/* Set the turn to the other's, wake it, wait while it is. */
static void hand_over(struct bench *b, uint64_t value)
{
	struct call *wake = bench_add(b, SYS_futex, (uint64_t)&turn,
				      FUTEX_WAKE_PRIVATE, 1);

	wake->word = &turn;
	wake->value = value;
	bench_add(b, SYS_futex, (uint64_t)&turn, FUTEX_WAIT_PRIVATE, value);
}

static void futex_ping_pong(struct bench *b)
{
	static struct bench partner;

	hand_over(&partner, 0);
	hand_over(b, 1);
	b->each = 2;
	b->sides = 2;
	bench_partner_thread(&partner);
}

const struct operation wait_operations[] = {
	{ "eventfd", eventfd_ping_pong, NULL },
	{ "pipe", pipe_ping_pong, NULL },
	{ "futex", futex_ping_pong, NULL },
	{ NULL, NULL, NULL },
};
