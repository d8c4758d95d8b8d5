// SPDX-License-Identifier: MIT
/*
 * Which CPU a thread runs on: chosen when it wakes, when it starts, and when
 * a CPU has nothing to do or less than another. Used by sched.c.
 *
 * A thread moves only while it is off every CPU, completely saved, and on no
 * queue: RUNNABLE in the hands of the one who moves it. There is one lock at
 * a time: who moves it names its new CPU under the lock of the old one, lets
 * go of that, and takes the new one's. Whoever looks for the thread meanwhile
 * finds the new lock (sched.c: lock_home) and under it a thread that is
 * RUNNABLE, which needs no wake-up.
 */
#ifndef LOOM_SCHED_PLACE_H
#define LOOM_SCHED_PLACE_H

#include <stdbool.h>
#include <stdint.h>

#include "sched/cpu.h"
#include "sched/thread.h"

/* Is @thread allowed on @cpu? @cpu's lock, or it is a hint. */
static inline bool place_allows(const struct thread *thread,
				const struct cpu *cpu)
{
	return __atomic_load_n(&thread->affinity, __ATOMIC_RELAXED) >>
	       cpu->weft.index & 1;
}

/*
 * Find @thread, RUNNABLE and on no queue, the CPU to run on. @cpu, the one
 * that it belongs to, is locked; instead of it the one returned is, which the
 * thread belongs to now. DAIF masked.
 */
struct cpu *place_settle(struct cpu *cpu, struct thread *thread);

/*
 * Take a thread from a CPU where more wait than here, and put it on the queue
 * of @cpu, the calling one. True if there was one. DAIF masked, no lock held.
 */
bool place_pull(struct cpu *cpu);

/* Wake one CPU that is idle, for it to take a thread that waits for @cpu. */
void place_call_idle(const struct cpu *cpu);

#endif
