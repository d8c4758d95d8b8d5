// SPDX-License-Identifier: MIT
/*
 * Measuring: batches of rounds, the empty loop beside them, and the report.
 *
 * The counter counts instructions (QEMU's -icount shift=4: one is 16 ns, a
 * tick of its 62.5 MHz), so a batch's ticks are what all processes and the
 * kernel executed meanwhile. Of that the loops are taken off: they are the
 * same instructions with NOP in the place of SVC, and are counted first.
 */
#define _GNU_SOURCE
#include "bench.h"

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
	ROUNDS = 40,	/* of a batch */
	WARM = 4,	/* batches that are not reported */
	BATCHES = 60,
};

static volatile uint32_t nowhere;

void bench_die(const char *what)
{
	fprintf(stderr, "%s: %s\n", what, strerror(errno));
	_exit(1);
}

uint64_t bench_now(void)
{
	uint64_t ticks;

	__asm__ volatile("isb; mrs %0, cntvct_el0" : "=r"(ticks));
	return ticks;
}

struct call *bench_add(struct bench *b, uint64_t number, uint64_t a,
		       uint64_t b_, uint64_t c)
{
	struct call *call = &b->calls[b->count++];

	call->number = number;
	call->arg[0] = a;
	call->arg[1] = b_;
	call->arg[2] = c;
	call->word = &nowhere;
	return call;
}

static void play(struct bench *b)
{
	if (b->fp)
		loop_partner_fp(b->calls, b->count, UINT64_MAX);
	else
		loop_partner(b->calls, b->count, UINT64_MAX);
}

pid_t bench_partner(struct bench *b)
{
	pid_t pid = fork();

	if (pid < 0)
		bench_die("fork");
	if (pid > 0)
		return pid;
	play(b);
	_exit(0);
}

void bench_end(const pid_t *pid, long count)
{
	for (long i = 0; i < count; i++)
		kill(pid[i], SIGKILL);
	for (long i = 0; i < count; i++)
		if (waitpid(pid[i], NULL, 0) != pid[i])
			bench_die("waitpid");
}

static void *partner_thread(void *arg)
{
	play(arg);
	return NULL;
}

void bench_partner_thread(struct bench *b)
{
	pthread_t thread;

	errno = pthread_create(&thread, NULL, partner_thread, b);
	if (errno)
		bench_die("pthread_create");
}

typedef void loop_function(struct call *calls, size_t count, uint64_t rounds);

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
	uint64_t least = UINT64_MAX;

	for (int i = 0; i < 5; i++) {
		uint64_t took = time_loop(b, b->fp ? loop_nothing_fp :
					  loop_nothing, rounds);

		if (took < least)
			least = took;
	}
	return least;
}

uint64_t bench_loop_cost(struct bench *b)
{
	struct bench empty = *b;

	return (time_empty(&empty, 2 * ROUNDS) -
		time_empty(&empty, ROUNDS)) / ROUNDS;
}

static int compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

uint64_t bench_median(uint64_t *values, size_t count)
{
	qsort(values, count, sizeof(*values), compare);
	return values[count / 2];
}

/* What batches take in the kernel. */
static void run_batches(struct bench *b, uint64_t rounds, uint64_t *batch,
			size_t count)
{
	struct bench empty = *b;
	uint64_t users = time_empty(&empty, rounds);

	users += (b->sides - 1) * rounds * bench_loop_cost(b);
	for (size_t i = 0; i < count; i++)
		batch[i] = time_loop(b, b->fp ? loop_calls_fp : loop_calls,
				     rounds) - users;
}

/* A call that fails would be cheap. EAGAIN: a futex's word had changed. */
static void check_results(const struct bench *b)
{
	for (size_t i = 0; i < b->count; i++) {
		errno = -(int)b->calls[i].result;
		if (b->calls[i].result < 0 && errno != EAGAIN)
			bench_die("a call of the loop");
	}
}

void bench_report(const char *name, uint64_t each, uint64_t loop,
		  const uint64_t *batches, size_t count)
{
	printf("op %s each %" PRIu64 " loop %" PRIu64 " batches", name, each,
	       loop);
	for (size_t i = 0; i < count; i++)
		printf(" %" PRIu64, batches[i]);
	printf("\n");
	fflush(stdout);
}

void bench_report_traced(const char *name, uint64_t ticks)
{
	printf("traced %s %" PRIu64 "\n", name, ticks);
	fflush(stdout);
}

void bench_measure(const char *name, struct bench *b)
{
	uint64_t batch[WARM + BATCHES], traced;

	run_batches(b, ROUNDS, batch, WARM + BATCHES);
	trace_on();
	traced = time_loop(b, b->fp ? loop_traced_fp : loop_traced,
			   LOOP_TRACED);
	trace_off();
	check_results(b);
	bench_report(name, (uint64_t)b->each * ROUNDS, bench_loop_cost(b),
		     batch + WARM, BATCHES);
	bench_report_traced(name, traced);
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
