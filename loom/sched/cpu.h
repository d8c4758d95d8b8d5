// SPDX-License-Identifier: MIT
/*
 * What loom keeps for each CPU: weft's block, the run queue, the clock.
 */
#ifndef LOOM_SCHED_CPU_H
#define LOOM_SCHED_CPU_H

#include <stdbool.h>
#include <stdint.h>

#include <weft/cpu.h>

#include "dev/irq.h"
#include "lib/cpu_max.h"
#include "lib/list.h"
#include "lib/lock.h"
#include "lib/relaxed.h"
#include "mm/stock.h"
#include "sched/ipi.h"
#include "sched/thread.h"
#include "sched/watchdog.h"

struct weft_frame;

/* The threads of one priority that are ready to run. */
struct run_level {
	struct list queue;	/* first those that woke with slice left, */
	struct list *woken;	/* of whom this is the last; runq_nobody */
	uint64_t unused;	/* a power of two is found by a shift */
};

struct cpu {
	/* First: a task's cpu is the address of this. */
	struct weft_cpu weft;

	struct spinlock lock;		/* RANK_RUNQ */

	/* What leaf calls change: lock. */
	struct thread *current;		/* who owns the CPU's registers */
	uint64_t charged;		/* CPU time is: the counter then; this
					   CPU only, DAIF masked */
	/*
	 * Ran until a leaf call woke a better one, which is current, or was
	 * and was followed by as good ones: the best of all that wait. NULL:
	 * there is none; with other CPUs never one.
	 */
	struct thread *displaced;

	/*
	 * Other CPUs are online, or about to be. Set once, by this CPU or
	 * before this one is online. While it is not, nobody else looks at
	 * what is here, locked or not.
	 */
	bool others;

	/* lock; read without it as a hint (place.c) */
	struct run_level level[PRIO_COUNT];
	uint64_t levels;		/* bit n: level[n] has a thread */
	uint32_t nready;		/* threads on all levels */
	uint8_t running_prio;		/* of current */

	/* lock */
	struct thread *idle;		/* runs when no level has a thread */
	uint64_t switches;		/* but for those of sched/quick.h */
	uint64_t arrivals;		/* threads that came from another CPU */

	/* Changed under the lock, by any CPU; read by this one. */
	bool need_resched;

	/* This CPU only, DAIF masked. */
	uint64_t begun;			/* the counter when that began */
	uint64_t user, nice;		/* ticks of it that went to programs */
	bool clock_works;
	uint64_t balance_at;		/* counter: compare the loads next */
	unsigned called;		/* the last that place.c woke */
	uint64_t tick_at;		/* counter: the next tick, or NEVER */
	uint64_t timeout_at;		/* counter: the first timeout, or so */
	uint64_t chores_at;		/* counter: clock.c's next chores */
	uint64_t plain_until;		/* ticks only count: tick.c */

	/* This CPU only; atomic, others look. How often it handled each. */
	uint32_t irq_count[IRQ_PRIVATE];
	/* The same: those of the timer that were no tick. */
	uint32_t timeouts_only;
	uint32_t ipis_sent[IPI_COUNT];	/* by kind; DAIF masked, but for CALL */

	/* The ASID allocator's lock (mm/kvm.c); atomic, others look. */
	uint64_t asid_rollovers;	/* that it has flushed its TLB for */
	uint64_t asid_flushes;

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
	return relaxed_load(&cpu_online_set);
}

/*
 * Before the first of the others is started, or to have all go the general way.
 * On the only CPU, not in a leaf call.
 */
void cpu_expect_others(void);

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
