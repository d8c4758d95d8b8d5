// SPDX-License-Identifier: MIT
/*
 * What loom keeps for each CPU: weft's block, the run queue, the clock.
 */
#ifndef LOOM_SCHED_CPU_H
#define LOOM_SCHED_CPU_H

#include <stdbool.h>
#include <stdint.h>

#include <weft/cpu.h>

#include "lib/cpu_max.h"
#include "lib/list.h"
#include "lib/lock.h"
#include "mm/stock.h"
#include "sched/thread.h"
#include "sched/watchdog.h"

struct weft_frame;

/* The threads of one priority that are ready to run. */
struct run_level {
	struct list woken;	/* these first: woken with slice left */
	struct list ready;	/* then these, in turn */
};

struct cpu {
	/* First: a task's cpu is the address of this. */
	struct weft_cpu weft;

	struct spinlock lock;		/* RANK_RUNQ */

	/* lock; read without it as a hint (place.c) */
	struct run_level level[PRIO_COUNT];
	uint64_t levels;		/* bit n: level[n] has a thread */
	uint32_t nready;		/* threads on all levels */
	uint8_t running_prio;		/* of current */

	/* lock */
	struct thread *current;		/* who owns the CPU's registers */
	struct thread *idle;		/* runs when no level has a thread */
	uint64_t switches;
	uint64_t ipis;			/* asked of it by others */

	/* Changed under the lock, by any CPU; read by this one. */
	bool need_resched;

	/* This CPU only, DAIF masked. */
	uint64_t charged;		/* CPU time is: the counter then */
	uint64_t begun;			/* the counter when that began */
	uint64_t user, nice;		/* ticks of it that went to programs */
	bool clock_works;
	uint64_t balance_at;		/* counter: compare the loads next */
	unsigned called;		/* the last that place.c woke */
	uint64_t tick_ns;		/* the next tick, or TIMEOUTS_NEVER */
	uint64_t timeout_ns;		/* the first timeout, or NEVER */

	struct spinlock timeout_lock;	/* RANK_TIMER */

	/* timeout_lock */
	struct list timeouts;
	struct timeout *running;	/* its function runs just now */

	struct watchdog watchdog;	/* says who may touch what */
	struct stock stock;		/* the same: pages */

	/* Set once, by this CPU; atomic. */
	bool online;			/* it takes part in everything */
	bool stopped;			/* for good; stop_frame is set */
	const struct weft_frame *stop_frame;	/* what it was at then */
};

_Static_assert(PRIO_COUNT <= 64, "levels has a bit for each priority");

extern struct cpu cpus[CPU_MAX];

/* Atomic; bits are only ever set: by cpu_set_online. */
extern uint64_t cpu_online_set;

/* The CPUs that are online: bit n is cpus[n]. None of them leaves. */
static inline uint64_t cpu_online(void)
{
	return __atomic_load_n(&cpu_online_set, __ATOMIC_RELAXED);
}

/* The calling CPU is from now on. DAIF masked. */
void cpu_set_online(struct cpu *cpu);

/*
 * Another thread should run on @cpu: it looks at its next way out of the
 * kernel or of an interrupt, of which it gets one if it is another CPU. Under
 * its lock.
 */
void cpu_ask_for_switch(struct cpu *cpu);

/* The interrupt that stops the calling CPU for good; @frame is what it hit. */
_Noreturn void cpu_stop(const struct weft_frame *frame);

/*
 * The CPU that executes this. Only while the caller cannot be moved: with
 * preemption disabled or interrupts masked.
 */
static inline struct cpu *cpu_current(void)
{
	return (struct cpu *)weft_task_current()->cpu;
}

/* Prepare the clock's part; for sched_init. */
void clock_init_cpu(struct cpu *cpu);

#endif
