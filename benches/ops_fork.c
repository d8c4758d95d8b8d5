// SPDX-License-Identifier: MIT
/*
 * A child that ends at once, and is waited for. After each batch the program
 * gives way until there is nobody left to run: what the children left to be
 * done is reported, too.
 */
#include <sys/syscall.h>

#include "bench.h"
#include "sys.h"

enum {
	ROUNDS = 4,		/* of a batch */
	WARM = 3,
	BATCHES = 40,
};

static uint64_t time_yield(void)
{
	uint64_t begin = bench_now();

	sys0(SYS_sched_yield);
	return bench_now() - begin;
}

/* What a yield takes when there is nobody to give way to. */
static uint64_t quiet(void)
{
	uint64_t least = UINT64_MAX;

	for (int i = 0; i < 20; i++) {
		uint64_t took = time_yield();

		least = took < least ? took : least;
	}
	return least;
}

/* Give way until nobody wants to run. Returns what that took by itself. */
static uint64_t settle(uint64_t least)
{
	uint64_t ours = 0;

	for (int calm = 0; calm < 3; ours += least)
		calm = time_yield() == least ? calm + 1 : 0;
	return ours;
}

static uint64_t time_empty(uint64_t rounds)
{
	uint64_t begin = bench_now();

	loop_fork_nothing(rounds);
	return bench_now() - begin;
}

static void measure(const char *name)
{
	uint64_t least = quiet(), loop = time_empty(ROUNDS), begin, middle;
	uint64_t batch[WARM + BATCHES], rest[WARM + BATCHES], ours, looking;

	begin = bench_now();
	ours = settle(least);
	looking = bench_now() - begin - ours;
	for (int i = 0; i < WARM + BATCHES; i++) {
		begin = bench_now();
		loop_fork(ROUNDS);
		middle = bench_now();
		ours = settle(least);
		rest[i] = bench_now() - middle - ours - looking;
		batch[i] = middle - begin - loop - ROUNDS * LOOP_FORK_CHILD;
	}
	trace_on();
	begin = bench_now();
	loop_fork_traced(LOOP_TRACED);
	middle = bench_now() - begin;
	trace_off();
	loop = (time_empty(2 * ROUNDS) - loop) / ROUNDS + LOOP_FORK_CHILD;
	bench_report(name, ROUNDS, 1, loop, batch + WARM, BATCHES);
	bench_report_list("rest", name, rest + WARM, BATCHES);
	bench_report_list("traced", name, &middle, 1);
}

const struct operation fork_operations[] = {
	{ "fork", NULL, measure },
	{ NULL, NULL, NULL },
};
