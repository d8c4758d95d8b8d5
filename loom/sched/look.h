// SPDX-License-Identifier: MIT
/*
 * Where a thread is: what /proc tells of it. A copy of one moment, for a thread
 * that does not run is completely in memory while its CPU's lock is held.
 */
#ifndef LOOM_SCHED_LOOK_H
#define LOOM_SCHED_LOOK_H

#include <stdbool.h>
#include <stdint.h>

struct thread;

enum {
	LOOK_DEPTH = 24,	/* return addresses */
};

/* Of a thread that runs, only that. */
struct look {
	bool runs;		/* a CPU executes it */
	bool sleeps;		/* it waits for more than a CPU */
	/*
	 * The system call that it is in, with its arguments; -1: in none, but
	 * in the kernel by a fault or an interrupt, or a kernel thread.
	 */
	int64_t call;
	uint64_t arg[6];
	uint64_t sp, pc;	/* of its program; 0: it has none */
	/* Where it is in the kernel, innermost first; 0s: not that deep. */
	uint64_t trace[LOOK_DEPTH];
};

/* @thread cannot be freed meanwhile. Any context, RANK_RUNQ may be taken. */
void look_at_thread(const struct thread *thread, struct look *look);

/*
 * What @look waits in: an address in the innermost function that is none of
 * the scheduler's. 0: it does not sleep, or nowhere in the kernel.
 */
uint64_t look_waits_in(const struct look *look);

#endif
