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

static inline void runq_add(struct cpu *cpu, struct thread *thread,
			    enum place place)
{
	struct run_level *level = &cpu->level[thread->prio];

	switch (place) {
	case PLACE_FIRST:
		list_add_head(&level->woken, &thread->run);
		break;
	case PLACE_WOKEN:
		list_add_tail(&level->woken, &thread->run);
		break;
	case PLACE_NEXT:
		list_add_head(&level->ready, &thread->run);
		break;
	case PLACE_LAST:
		list_add_tail(&level->ready, &thread->run);
		break;
	}
	runq_store(cpu, cpu->levels | UINT64_C(1) << thread->prio,
		   cpu->nready + 1);
}

static inline void runq_remove(struct cpu *cpu, struct thread *thread)
{
	struct run_level *level = &cpu->level[thread->prio];
	uint64_t levels = cpu->levels;

	list_del(&thread->run);
	if (list_empty(&level->woken) && list_empty(&level->ready))
		levels &= ~(UINT64_C(1) << thread->prio);
	runq_store(cpu, levels, cpu->nready - 1);
}

/* The one that is to run next, or NULL. */
static inline struct thread *runq_first(const struct cpu *cpu)
{
	const struct run_level *level;
	const struct list *queue;

	if (!cpu->levels)
		return NULL;
	level = &cpu->level[__builtin_ctzll(cpu->levels)];
	queue = list_empty(&level->woken) ? &level->ready : &level->woken;
	return list_first_entry(queue, struct thread, run);
}

/* Take off the one that is to run next; there is one. */
static inline struct thread *runq_take(struct cpu *cpu)
{
	struct thread *first = runq_first(cpu);

	runq_remove(cpu, first);
	return first;
}

/*
 * Who would run if @thread, the one that runs, yielded: the first on its level,
 * if that is not one that woke and no other level comes first. Or NULL.
 */
static inline struct thread *runq_in_turn(const struct cpu *cpu,
					  const struct thread *thread)
{
	const struct run_level *level = &cpu->level[thread->prio];

	if (runq_best(cpu) != thread->prio || !list_empty(&level->woken))
		return NULL;
	return list_first_entry(&level->ready, struct thread, run);
}

/*
 * @first, who is in turn after @thread, is taken off the queue, and @thread put
 * behind all that wait on the level of both.
 */
static inline void runq_rotate(struct cpu *cpu, struct thread *thread,
			       struct thread *first)
{
	list_del(&first->run);
	list_add_tail(&cpu->level[thread->prio].ready, &thread->run);
}

static inline bool runq_has(const struct thread *thread)
{
	return !list_empty(&thread->run);
}

#endif
