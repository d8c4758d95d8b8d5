// SPDX-License-Identifier: MIT
/*
 * The scheduler for leaf calls (weft/leaf.h): one thread for another in a few
 * instructions, where there is nothing to decide. All of DAIF is masked, and
 * there is no other CPU (cpu->others): so nothing is locked here, for nobody
 * else looks. Whatever is not as simple is left to sched.c, before anything
 * has changed.
 */
#ifndef LOOM_SCHED_QUICK_H
#define LOOM_SCHED_QUICK_H

#include <weft/leaf.h>
#include <weft/sysreg.h>

#include "sched/cpu.h"
#include "sched/runq.h"
#include "sched/thread.h"
#include "trace/trace.h"

/* The CPU of @self, the calling thread. */
static inline struct cpu *quick_cpu(const struct thread *self)
{
	return (struct cpu *)self->task.cpu;
}

/* Where those wait that are as urgent as @self. */
static inline struct run_level *quick_level(struct cpu *cpu,
					    const struct thread *self)
{
	struct run_level *level = &cpu->level[self->prio];

	/* One address, not one for each member of it. */
	__asm__("" : "+r"(level));
	return level;
}

/* May leaf calls of this CPU switch, and touch what else a lock guards? */
static inline bool quick_allowed(const struct cpu *cpu)
{
	return !cpu->others;
}

/* Is @thread, which does not run, where a leaf switch finds it? */
static inline bool quick_is_near(const struct thread *thread)
{
	/* There is one CPU that it can have run on last. */
	return thread->task.leaf_cpu;
}

/*
 * @self is ready, and @to, as urgent or more, runs instead: @self comes next of
 * its level. If it was better than all that wait, it is displaced, and who was
 * before is not so any more; if @to is but as good, nobody is: that one may
 * sleep before @self is through.
 */
static inline void quick_step_back(struct cpu *cpu, struct thread *self,
				   const struct thread *to)
{
	if (cpu->displaced)
		runq_add(cpu, cpu->displaced, PLACE_NEXT);
	if (to->prio < self->prio) {
		cpu->displaced = self;
	} else {
		cpu->displaced = NULL;
		runq_add(cpu, self, PLACE_NEXT);
	}
}

/* The counter, as sched.c reads it. */
static inline uint64_t quick_now(void)
{
	return weft_read_cntvct_el0();
}

/*
 * @next runs from @now on instead of @prev, which gets @value as the result of
 * its call: what the leaf function returns. Who is on which queue, and the
 * state of both, is settled.
 */
static inline struct weft_leaf_result
quick_switch(struct cpu *cpu, struct thread *prev, struct thread *next,
	     uint64_t value, uint64_t now)
{
	uint64_t stime = prev->stime + (now - cpu->charged);
	uint64_t voluntary = prev->voluntary + 1;

	/* Stored as a pair. */
	__asm__("" : "+r"(stime), "+r"(voluntary));
	prev->stime = stime;
	prev->voluntary = voluntary;
	trace(TRACE_LEAVE, TRACE_IN_LEAF | (uint64_t)prev->state << 8 |
	      (prev->state == THREAD_BLOCKED ? TRACE_SLEEPS : TRACE_PREEMPTED),
	      (uintptr_t)next);
	cpu->current = next;
	cpu->charged = now;
	return (struct weft_leaf_result){ value, (uintptr_t)next };
}

/* A leaf function: its arguments x0 to x7 are the program's registers. */
#define QUICK_UNUSED __attribute__((unused))
#define LEAF_CALL(name)							\
	struct weft_leaf_result name(QUICK_UNUSED uint64_t x0,		\
				     QUICK_UNUSED uint64_t x1,		\
				     QUICK_UNUSED uint64_t x2,		\
				     QUICK_UNUSED uint64_t x3,		\
				     QUICK_UNUSED uint64_t x4,		\
				     QUICK_UNUSED uint64_t x5,		\
				     QUICK_UNUSED uint64_t x6,		\
				     QUICK_UNUSED uint64_t x7)

static inline struct weft_leaf_result quick_done(uint64_t value)
{
	return (struct weft_leaf_result){ value, 0 };
}

static inline struct weft_leaf_result quick_defer(void)
{
	return (struct weft_leaf_result){ 0, WEFT_LEAF_DEFER };
}

#endif
