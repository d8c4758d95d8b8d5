// SPDX-License-Identifier: MIT
/*
 * Measuring: batches of rounds, the empty loop beside them, and the report.
 *
 * The counter counts instructions (QEMU's -icount shift=4: one is 16 ns, a
 * tick of its 62.5 MHz), so a batch's ticks are what all processes and the
 * kernel executed meanwhile. Of that the loops are taken off: they are the
 * same instructions with NOP in the place of SVC, and are counted first.
 */
#include "bench.h"

#include <errno.h>
#include <signal.h>
#include <sys/syscall.h>

#include "sys.h"

enum {
	ROUNDS = 40,	/* of a batch */
	WARM = 4,	/* batches that are not reported */
	BATCHES = 60,
	SETTLE_ROUNDS = 2,
	NAP_NS = 2000000,
	STACK = 16384,
};

static volatile uint32_t nowhere;

uint64_t bench_now(void)
{
	uint64_t ticks;

	__asm__ volatile("isb; mrs %0, cntvct_el0" : "=r"(ticks));
	return ticks;
}

struct call *bench_add(struct bench *b, long number, long a, long b_, long c)
{
	struct call *call = &b->calls[b->count++];

	call->number = (uint64_t)number;
	call->arg[0] = (uint64_t)a;
	call->arg[1] = (uint64_t)b_;
	call->arg[2] = (uint64_t)c;
	call->word = &nowhere;
	return call;
}

static void play(void *arg)
{
	struct bench *b = arg;

	if (b->fp)
		loop_partner_fp(b->calls, b->count, UINT64_MAX);
	else
		loop_partner(b->calls, b->count, UINT64_MAX);
}

long bench_partner(struct bench *b)
{
	long pid = fork_child();

	if (pid == 0)
		play(b);
	return pid;
}

void bench_end(const long *pid, long count)
{
	for (long i = 0; i < count; i++)
		must("kill", sys2(SYS_kill, pid[i], SIGKILL));
	for (long i = 0; i < count; i++)
		wait_child(pid[i]);
}

void bench_partner_thread(struct bench *b)
{
	static char stack[STACK] __attribute__((aligned(16)));

	must("clone", start_thread(stack + STACK, play, b));
}

typedef void loop_function(struct call *calls, size_t count, uint64_t rounds);

/* One code for all loops: what it takes itself is taken off. */
__attribute__((noinline))
static uint64_t time_loop(struct bench *b, loop_function *loop,
			  uint64_t rounds)
{
	uint64_t start = bench_now();

	loop(b->calls, b->count, rounds);
	return bench_now() - start;
}

/* The least of several: without an interrupt. */
static uint64_t time_empty(struct bench *b, uint64_t rounds)
{
	struct bench empty = *b;
	uint64_t least = UINT64_MAX;

	for (int i = 0; i < 5; i++) {
		uint64_t took = time_loop(&empty, b->fp ? loop_nothing_fp :
					  loop_nothing, rounds);

		if (took < least)
			least = took;
	}
	return least;
}

uint64_t bench_loop_cost(struct bench *b)
{
	return (time_empty(b, 2 * ROUNDS) - time_empty(b, ROUNDS)) / ROUNDS;
}

uint64_t bench_median(uint64_t *values, size_t count)
{
	for (size_t i = 1; i < count; i++) {
		uint64_t value = values[i];
		size_t at = i;

		for (; at > 0 && values[at - 1] > value; at--)
			values[at] = values[at - 1];
		values[at] = value;
	}
	return values[count / 2];
}

/*
 * Two that wait for each other may play a round in more than one way: a thread
 * that is woken goes before the one that woke it as long as it has something
 * left of its slice, so who of the two sleeps and who is preempted depends on
 * slices that ended long ago, and stays so. So before each batch the partner
 * comes to its wait and both have slept enough for a slice that outlasts the
 * batch.
 */
static void settle(struct bench *b, loop_function *loop)
{
	struct { long s, ns; } nap = { 0, NAP_NS };

	must("nanosleep", sys2(SYS_nanosleep, &nap, 0));
	loop(b->calls, b->count, SETTLE_ROUNDS);
}

/* What batches take in the kernel. */
static void run_batches(struct bench *b, uint64_t rounds, uint64_t *batch,
			size_t count)
{
	loop_function *loop = b->fp ? loop_calls_fp : loop_calls;
	uint64_t users = time_empty(b, rounds);

	users += (b->sides - 1) * rounds * bench_loop_cost(b);
	for (size_t i = 0; i < count; i++) {
		settle(b, loop);
		batch[i] = time_loop(b, loop, rounds) - users;
	}
}

/* A call that fails would be cheap. EAGAIN: a futex's word had changed. */
static void check_results(const struct bench *b)
{
	for (size_t i = 0; i < b->count; i++)
		if (b->calls[i].result < 0 && b->calls[i].result != -EAGAIN)
			die("a call of the loop", b->calls[i].result);
}

static void put_list(const uint64_t *values, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		put(" ");
		put_number(values[i]);
	}
	put("\n");
}

void bench_report_list(const char *what, const char *name,
		       const uint64_t *values, size_t count)
{
	put(what);
	put(" ");
	put(name);
	put_list(values, count);
}

void bench_report(const char *name, uint64_t rounds, uint64_t each,
		  uint64_t loop, const uint64_t *batches, size_t count)
{
	put("op ");
	put(name);
	put(" rounds ");
	put_number(rounds);
	put(" each ");
	put_number(each);
	put(" loop ");
	put_number(loop);
	put(" batches");
	put_list(batches, count);
}

void bench_measure(const char *name, struct bench *b)
{
	loop_function *loop = b->fp ? loop_traced_fp : loop_traced;
	uint64_t batch[WARM + BATCHES], traced;

	run_batches(b, ROUNDS, batch, WARM + BATCHES);
	settle(b, b->fp ? loop_calls_fp : loop_calls);
	trace_on();
	traced = time_loop(b, loop, LOOP_TRACED);
	trace_off();
	check_results(b);
	bench_report(name, ROUNDS, b->each, b->sides * bench_loop_cost(b),
		     batch + WARM, BATCHES);
	bench_report_list("traced", name, &traced, 1);
	if (b->partner)
		bench_end(&b->partner, 1);
}

uint64_t bench_round(struct bench *b)
{
	uint64_t batch[11];

	run_batches(b, 2, batch, 11);
	check_results(b);
	return bench_median(batch + 2, 9) / 2;
}
