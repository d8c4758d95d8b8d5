// SPDX-License-Identifier: MIT
/*
 * The call that does nothing, giving way to another, and the interrupt.
 */
#include <sys/syscall.h>

#include "bench.h"
#include "sys.h"

enum { GAPS = 30 };

static void one_call(struct bench *b)
{
	bench_add(b, SYS_getppid, 0, 0, 0);
	b->each = 1;
	b->sides = 1;
}

/* Both yield once in a round: two switches. */
static void two_yield(struct bench *b)
{
	bench_add(b, SYS_sched_yield, 0, 0, 0);
	b->each = 2;
	b->sides = 2;
}

static void yield_process(struct bench *b)
{
	two_yield(b);
	b->partner = bench_partner(b);
}

static void yield_thread(struct bench *b)
{
	static struct bench partner;

	two_yield(b);
	partner = *b;
	bench_partner_thread(&partner);
}

static void yield_fp(struct bench *b)
{
	b->fp = true;
	yield_process(b);
}

/*
 * A jump is an interrupt. Most are a tick at which nothing else was due: the
 * median is reported as all the others are.
 */
static void interrupt(const char *name)
{
	uint64_t gap[GAPS];

	loop_watch(LOOP_WATCH - 1, gap, GAPS);
	if (bench_median(gap, GAPS) != LOOP_WATCH)
		die("the loop that watches the counter", 0);
	loop_watch(LOOP_WATCH, gap, GAPS);
	for (int i = 0; i < GAPS; i++)
		gap[i] -= LOOP_WATCH;
	trace_on();		/* a tick comes while the debugger is here */
	trace_off();
	bench_report(name, 1, 1, LOOP_WATCH, gap, GAPS);
}

const struct operation sched_operations[] = {
	{ "null", one_call, NULL },
	{ "yield-process", yield_process, NULL },
	{ "yield-thread", yield_thread, NULL },
	{ "yield-fp", yield_fp, NULL },
	{ "timer", NULL, interrupt },
	{ NULL, NULL, NULL },
};
