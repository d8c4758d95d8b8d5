// SPDX-License-Identifier: MIT
/*
 * CPU time and slices, in ticks of the counter: what sched.c does at a switch
 * and tick.c at a tick. DAIF masked, on the CPU that runs the thread.
 *
 * cpu->charged is the counter's value up to which all time is charged. With
 * user and nice it adds up to what others ask for (sched_times); so they must
 * be able to tell that it changes just now. A switch changes it under the
 * CPU's lock. A tick has no other use for that lock: meanwhile charged is 0,
 * as in a sequence lock whose number is the time.
 *
 *	a tick				who asks, with the lock held
 *	T1 charged = 0			A1 c = charged, not 0; acquire
 *	T2 user += delta; release	A2 reads user and nice
 *	T3 charged = now; release	A3 acquire; charged == c, or again
 *
 * If A2 sees T2 it sees T1 as well, so A3 reads 0 or now, neither of which is
 * c. If it does not, what it reads belongs to c, or c is now: then A1 acquired
 * T2.
 */
#ifndef LOOM_SCHED_CHARGE_H
#define LOOM_SCHED_CHARGE_H

#include <stdbool.h>
#include <stdint.h>

#include <weft/sysreg.h>

#include "lib/relaxed.h"
#include "sched/cpu.h"
#include "sched/thread.h"

/* Of the CPU's time that programs get, that of a class. */
static inline uint64_t *charge_part(struct cpu *cpu,
				    const struct thread *thread)
{
	return thread->base_prio > PRIO_USER ? &cpu->nice : &cpu->user;
}

/*
 * Without an ISB the counter may be read a little early: then the next to be
 * charged pays for what this one did last. Only this CPU's own readings are
 * compared, and nothing is lost between them. The CPU's lock is held.
 */
static inline void charge(struct cpu *cpu, struct thread *thread, bool user)
{
	uint64_t now = weft_read_cntvct_el0();
	uint64_t delta = now - cpu->charged;

	cpu->charged = now;
	if (user) {
		thread->utime += delta;
		*charge_part(cpu, thread) += delta;
	} else {
		thread->stime += delta;
	}
}

/* The same to user mode up to @now, at a tick: no lock. */
static inline void charge_tick(struct cpu *cpu, struct thread *thread,
				uint64_t now)
{
	uint64_t delta = now - cpu->charged;
	uint64_t *part = charge_part(cpu, thread);

	thread->utime += delta;
	relaxed_store(&cpu->charged, 0);
	__atomic_store_n(part, *part + delta, __ATOMIC_RELEASE);
	__atomic_store_n(&cpu->charged, now, __ATOMIC_RELEASE);
}

/* What @thread has before others have a turn; below zero: what it owes. */
static inline int64_t slice_left(const struct thread *thread)
{
	return (int64_t)(thread->slice_end - thread_cpu_time(thread));
}

#endif
