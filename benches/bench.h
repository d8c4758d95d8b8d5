/* SPDX-License-Identifier: MIT */
/*
 * One operation while it is measured. An operation is a loop of system calls
 * (loops.h); what it needs around it (descriptors, a partner, a thread) is
 * made by its prepare function, in a process that is there for it alone.
 */
#ifndef BENCHES_BENCH_H
#define BENCHES_BENCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "loops.h"

enum { BENCH_CALLS = 4 };

struct bench {
	struct call calls[BENCH_CALLS];
	size_t count;		/* of @calls */
	unsigned each;		/* operations in a round */
	uint64_t sides;		/* processes or threads that run the loop */
	bool fp;		/* the loop with FP registers */
	long partner;		/* 0: none, or a thread */
};

struct operation {
	const char *name;
	void (*prepare)(struct bench *b);
	/* Instead, for what is no loop of calls: measures and reports. */
	void (*run)(const char *name);
};

/* Of ops_*.c; each list ends with a NULL name. */
extern const struct operation sched_operations[], wait_operations[];
extern const struct operation memory_operations[], fork_operations[];
extern const struct operation ipc_operations[];

/* What each process that exists, or descriptor, costs the others. */
void flat_processes(long count);
void flat_descriptors(long count);

/* What a process and a thread take of the memory. */
void memory_of_tasks(void);

/* Append a call to the round. */
struct call *bench_add(struct bench *b, long number, long a, long b_, long c);

/* A process that plays @b's loop until bench_end(). */
long bench_partner(struct bench *b);

/* End @count processes and wait until they are gone. */
void bench_end(const long *pid, long count);

/* A thread that plays it until the process ends; one in each process. */
void bench_partner_thread(struct bench *b);

/*
 * Rounds of @b in batches, and a few that are traced. Reports the instructions
 * that each batch took without those of the loop: of all processes and threads
 * that take part.
 */
void bench_measure(const char *name, struct bench *b);

/* A short form of it for the loop as it is: the median of a round. */
uint64_t bench_round(struct bench *b);

/* What the loop of @b executes in user mode in a round. */
uint64_t bench_loop_cost(struct bench *b);

/* The ticks of the counter; with -icount shift=4 each is an instruction. */
uint64_t bench_now(void);

uint64_t bench_median(uint64_t *values, size_t count);

/*
 * The line that says what batches of @rounds took, with @each operations a
 * round; @loop is what was taken off for one, of all sides.
 */
void bench_report(const char *name, uint64_t rounds, uint64_t each,
		  uint64_t loop, const uint64_t *batches, size_t count);

/* A line of such numbers that begins with @what and @name. */
void bench_report_list(const char *what, const char *name,
		       const uint64_t *values, size_t count);

#endif
