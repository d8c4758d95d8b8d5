// SPDX-License-Identifier: MIT
/*
 * A lock that sleeps. Its owner may block (a user copy that faults in a page,
 * another mutex of higher rank), but never waits for an event of the outside
 * while it holds one: waits for a mutex are short and cannot be interrupted.
 * Not for interrupt handlers, not with a spinlock held.
 *
 * Ownership is handed to the thread that waits longest, so nobody starves. An
 * owner that others wait for inherits the best priority among them and runs
 * before the others of that priority until it has let go of its mutexes: a
 * busy program that was preempted with a mutex held does not make an
 * interactive one wait for its next turn. (One step only: if the owner itself
 * waits for another mutex, that one's owner is not lifted again.)
 */
#ifndef LOOM_SCHED_MUTEX_H
#define LOOM_SCHED_MUTEX_H

#include <stdbool.h>
#include <stdint.h>

#include <weft/task.h>

#include "lib/lock.h"
#include "sched/wait.h"

/*
 * In the owner's word: somebody may be on the queue. Set and cleared under the
 * queue's lock only, so that an owner with waiters cannot let go, and vanish,
 * while one of them looks at it.
 */
#define MUTEX_WAITERS 1

struct mutex {
	uintptr_t owner;	/* struct thread *, and MUTEX_WAITERS */
	struct waitq queue;
	uint16_t rank;		/* enum lock_rank */
	const char *name;
};

void mutex_init(struct mutex *mutex, enum lock_rank rank, const char *name);
void mutex_lock(struct mutex *mutex);
/* For the second of two of the same rank; the callers' own order applies. */
void mutex_lock_nested(struct mutex *mutex);
void mutex_unlock(struct mutex *mutex);
bool mutex_held(const struct mutex *mutex);

/*
 * Take @mutex if that needs no sleep, DAIF masked, by a thread that has no
 * other: true. It is let go of under the same mask, which is true too, or, if
 * somebody has come to wait for it, false: the caller goes a way on which it is
 * looked whether another thread should run.
 */
#if LOOM_DEBUG
bool mutex_lock_masked(struct mutex *mutex);
bool mutex_unlock_masked(struct mutex *mutex);
#else
/* The rest of mutex_unlock_masked: to those who wait. */
void mutex_unlock_waiters(struct mutex *mutex);

/* These are the pair of mutex.c: acquire and release. It may fail by chance. */
static inline bool mutex_lock_masked(struct mutex *mutex)
{
	uintptr_t nobody = 0;

	return __atomic_compare_exchange_n(&mutex->owner, &nobody,
					   (uintptr_t)weft_task_current(),
					   true, __ATOMIC_ACQUIRE,
					   __ATOMIC_RELAXED);
}

static inline bool mutex_unlock_masked(struct mutex *mutex)
{
	uintptr_t self = (uintptr_t)weft_task_current();

	if (__atomic_compare_exchange_n(&mutex->owner, &self, 0, false,
					__ATOMIC_RELEASE, __ATOMIC_RELAXED))
		return true;
	mutex_unlock_waiters(mutex);
	return false;
}
#endif

#endif
