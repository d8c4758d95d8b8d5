// SPDX-License-Identifier: MIT
/*
 * Ping-pong: each side wakes the other and waits for it. A round is there and
 * back, two operations.
 */
#include <linux/futex.h>
#include <sys/syscall.h>

#include "bench.h"
#include "sys.h"

static uint64_t message = 1;
static volatile uint32_t turn;

/* Of @size bytes through @there and @back; the partner is another process. */
static void ping_pong(struct bench *b, const int there[2], const int back[2],
		      long size)
{
	struct bench partner = { .each = 0 };

	bench_add(&partner, SYS_read, there[0], (long)&message, size);
	bench_add(&partner, SYS_write, back[1], (long)&message, size);
	bench_add(b, SYS_write, there[1], (long)&message, size);
	bench_add(b, SYS_read, back[0], (long)&message, size);
	b->each = 2;
	b->sides = 2;
	b->partner = bench_partner(&partner);
}

static void eventfd_ping_pong(struct bench *b)
{
	int there = (int)must("eventfd", sys2(SYS_eventfd2, 0, 0));
	int back = (int)must("eventfd", sys2(SYS_eventfd2, 0, 0));

	ping_pong(b, (const int[]){ there, there }, (const int[]){ back, back },
		  sizeof(message));
}

static void pipe_ping_pong(struct bench *b)
{
	int there[2], back[2];

	must("pipe", sys2(SYS_pipe2, there, 0));
	must("pipe", sys2(SYS_pipe2, back, 0));
	ping_pong(b, there, back, 1);
}

/* Set the turn to the other's, wake it, wait while it is. */
static void hand_over(struct bench *b, uint32_t value)
{
	struct call *wake = bench_add(b, SYS_futex, (long)&turn,
				      FUTEX_WAKE_PRIVATE, 1);

	wake->word = &turn;
	wake->value = value;
	bench_add(b, SYS_futex, (long)&turn, FUTEX_WAIT_PRIVATE, value);
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
