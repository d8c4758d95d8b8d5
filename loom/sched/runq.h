// SPDX-License-Identifier: MIT
/*
 * The run queue of one CPU: threads that are ready, by priority. Used by
 * sched.c and place.c alone. All of it under cpu->lock, DAIF masked, but for
 * runq_best and runq_load as hints.
 */
#ifndef LOOM_SCHED_RUNQ_H
#define LOOM_SCHED_RUNQ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/list.h"
#include "sched/cpu.h"
#include "sched/thread.h"
#include "trace/trace.h"

/* Where on its level a thread is queued. */
enum place {
	PLACE_FIRST,		/* before all */
	PLACE_WOKEN,		/* behind the woken ones, before the rest */
	PLACE_NEXT,		/* first of the rest */
	PLACE_LAST,
};

/* The best priority that waits, or PRIO_COUNT. */
static inline unsigned runq_best(const struct cpu *cpu)
{
	uint64_t levels = __atomic_load_n(&cpu->levels, __ATOMIC_RELAXED);

	return levels ? (unsigned)__builtin_ctzll(levels) :
			(unsigned)PRIO_COUNT;
}

/* How many wait. */
static inline uint32_t runq_load(const struct cpu *cpu)
{
	return __atomic_load_n(&cpu->nready, __ATOMIC_RELAXED);
}

static inline void runq_store(struct cpu *cpu, uint64_t levels,
			      uint32_t nready)
{
	/* Atomic for those who look without the lock. */
	__atomic_store_n(&cpu->levels, levels, __ATOMIC_RELAXED);
	__atomic_store_n(&cpu->nready, nready, __ATOMIC_RELAXED);
}

static inline struct list *runq_after(struct run_level *level,
				      enum place place)
{
	switch (place) {
	case PLACE_FIRST:
		return &level->queue;
	case PLACE_LAST:
		return level->queue.prev;
	default:
		return level->woken ? level->woken : &level->queue;
	}
}

/*
 * What level->woken is when nobody is: NULL, and where leaf calls must leave
 * the queue alone, because others look at it, the queue.
 */
static inline struct list *runq_nobody(const struct cpu *cpu,
				       struct run_level *level)
{
	return cpu->others ? &level->queue : NULL;
}

static inline void runq_add(struct cpu *cpu, struct thread *thread,
			    enum place place)
{
	struct run_level *level = &cpu->level[thread->prio];

	list_add_after(runq_after(level, place), &thread->run);
	if (place == PLACE_WOKEN ||
	    (place == PLACE_FIRST && level->woken == runq_nobody(cpu, level)))
		level->woken = &thread->run;
	runq_store(cpu, cpu->levels | UINT64_C(1) << thread->prio,
		   cpu->nready + 1);
	trace(TRACE_READY, (uintptr_t)thread, cpu->weft.index);
}

static inline void runq_remove(struct cpu *cpu, struct thread *thread)
{
	struct run_level *level = &cpu->level[thread->prio];
	uint64_t levels = cpu->levels;

	if (level->woken == &thread->run)
		level->woken = thread->run.prev == &level->queue ?
			       runq_nobody(cpu, level) : thread->run.prev;
	list_del(&thread->run);
	if (list_empty(&level->queue))
		levels &= ~(UINT64_C(1) << thread->prio);
	runq_store(cpu, levels, cpu->nready - 1);
}

/* The one that is to run next, or NULL. */
static inline struct thread *runq_first(const struct cpu *cpu)
{
	const struct run_level *level;

	if (!cpu->levels)
		return NULL;
	level = &cpu->level[__builtin_ctzll(cpu->levels)];
	return list_first_entry(&level->queue, struct thread, run);
}

/* Take off the one that is to run next; there is one. */
static inline struct thread *runq_take(struct cpu *cpu)
{
	struct thread *first = runq_first(cpu);

	runq_remove(cpu, first);
	return first;
}

/*
 * Who would run if one of @level, who runs, yielded: the first, if that is not
 * one that woke. Or NULL. On better levels nobody waits.
 */
static inline struct thread *runq_in_turn(const struct cpu *cpu,
					  struct run_level *level)
{
	if (level->woken != runq_nobody(cpu, level) ||
	    list_empty(&level->queue))
		return NULL;
	return list_first_entry(&level->queue, struct thread, run);
}

/* The same for leaf calls: NULL, too, if they may not switch. */
static inline struct thread *runq_leaf_turn(const struct run_level *level)
{
	if (level->woken || list_empty(&level->queue))
		return NULL;
	return list_first_entry(&level->queue, struct thread, run);
}

/*
 * @first, who is in turn after @thread, is taken off the queue, and @thread put
 * behind all that wait on @level, that of both. If those are nobody it takes
 * the place of the other.
 */
static inline void runq_rotate(struct run_level *level, struct thread *thread,
			       struct thread *first)
{
	if (__builtin_expect(first->run.next != &level->queue, 0)) {
		list_del(&first->run);
		list_add_tail(&level->queue, &thread->run);
		return;
	}
	thread->run = (struct list){ &level->queue, &level->queue };
	level->queue = (struct list){ &thread->run, &thread->run };
	list_init(&first->run);
}

static inline bool runq_has(const struct thread *thread)
{
	return !list_empty(&thread->run);
}

#endif
