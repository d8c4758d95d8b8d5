// SPDX-License-Identifier: MIT
/*
 * Endpoints and notifications. The parts of a round are told apart in the
 * trace (visits): a call and what replies to it, a signal and the wait.
 */
#include <loom/abi.h>
#include <sys/resource.h>
#include <sys/syscall.h>

#include "bench.h"
#include "sys.h"

enum { BITS = 1 };

/* Four words beside the tag, which asks for nothing more. */
static void add_message(struct bench *b, long number, long fd)
{
	struct call *call = bench_add(b, number, fd, 0, 1);

	call->arg[3] = 2;
	call->arg[4] = 3;
	call->arg[5] = 4;
}

/* A client here calls a server in another space. */
static void call_and_reply(struct bench *b)
{
	struct bench server = { .each = 0 };
	long fd = must("endpoint", sys1(LOOM_SYS_ENDPOINT, 0));

	add_message(&server, LOOM_SYS_REPLY_RECV, fd);
	add_message(b, LOOM_SYS_CALL, fd);
	b->each = 1;
	b->sides = 2;
	b->partner = bench_partner(&server);
}

/* Nobody waits; then what was signalled is taken. */
static void signal_and_wait(struct bench *b)
{
	long fd = must("notification", sys1(LOOM_SYS_NOTIFICATION, 0));

	bench_add(b, LOOM_SYS_SIGNAL, fd, BITS, 0);
	bench_add(b, LOOM_SYS_WAIT, fd, (long)LOOM_FOREVER, 0);
	b->each = 1;
	b->sides = 1;
}

/* Who waits is more urgent, so each signal switches to it. */
static void signal_and_switch(struct bench *b)
{
	struct bench waiter = { .each = 0 };
	long fd = must("notification", sys1(LOOM_SYS_NOTIFICATION, 0));

	bench_add(&waiter, LOOM_SYS_WAIT, fd, (long)LOOM_FOREVER, 0);
	bench_add(b, LOOM_SYS_SIGNAL, fd, BITS, 0);
	b->each = 1;
	b->sides = 2;
	b->partner = bench_partner(&waiter);
	must("setpriority",
	     sys3(SYS_setpriority, PRIO_PROCESS, b->partner, -5));
}

const struct operation ipc_operations[] = {
	{ "ipc", call_and_reply, NULL },
	{ "notify", signal_and_wait, NULL },
	{ "notify-switch", signal_and_switch, NULL },
	{ NULL, NULL, NULL },
};
