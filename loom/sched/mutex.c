// SPDX-License-Identifier: MIT
/*
 * Sleeping locks. Called by file systems, address spaces and whoever else
 * holds a lock over something that may sleep.
 *
 * The owner's word is 0, or the owner, with MUTEX_WAITERS added while somebody
 * waits. Without waiters one compare-and-swap takes the mutex (acquire) and
 * one lets go of it (release); these two are the pair that orders what is done
 * under it. With waiters both go through the queue's lock, which orders too.
 *
 * A waiter puts itself on the queue, then sets MUTEX_WAITERS, and sleeps. The
 * owner's compare-and-swap fails from then on; it takes the queue's lock and
 * makes the first waiter the owner. One that lets go between the two steps of
 * the waiter leaves 0 in the word, which the waiter finds and takes.
 */
#include "sched/mutex.h"

#include <stddef.h>

#include "lib/assert.h"
#include "sched/sched.h"
#include "sched/thread.h"

_Static_assert(_Alignof(struct thread) > MUTEX_WAITERS,
	       "the low bit of a thread's address is free");

static struct thread *owner_of(uintptr_t word)
{
	return (struct thread *)(word & ~(uintptr_t)MUTEX_WAITERS);
}

static bool swap(struct mutex *mutex, uintptr_t from, uintptr_t to, int order)
{
	return __atomic_compare_exchange_n(&mutex->owner, &from, to, false,
					   order, __ATOMIC_RELAXED);
}

void mutex_init(struct mutex *mutex, enum lock_rank rank, const char *name)
{
	mutex->owner = 0;
	waitq_init(&mutex->queue, name);
	mutex->rank = (uint16_t)rank;
	mutex->name = name;
}

/*
 * With the caller on the queue: true if the mutex is its own now; else its
 * owner is to run, and to wake the caller.
 */
static bool claim(struct mutex *mutex, struct thread *self)
{
	uint64_t daif = spin_lock_irqsave(&mutex->queue.lock);
	uintptr_t me = (uintptr_t)self;
	uintptr_t word;
	bool mine;

	for (;;) {
		word = __atomic_load_n(&mutex->owner, __ATOMIC_ACQUIRE);
		mine = owner_of(word) == self;
		if (mine)
			break;
		if (!word && swap(mutex, 0, me, __ATOMIC_ACQUIRE)) {
			mine = true;
			break;
		}
		if (word && swap(mutex, word, word | MUTEX_WAITERS,
				 __ATOMIC_RELAXED)) {
			sched_boost(owner_of(word), self->prio);
			break;
		}
	}
	spin_unlock_irqrestore(&mutex->queue.lock, daif);
	return mine;
}

static void wait_for(struct mutex *mutex, struct thread *self)
{
	struct waiter w;

	for (;;) {
		wait_prepare(&mutex->queue, &w, WAIT_UNINTERRUPTIBLE);
		if (claim(mutex, self))
			break;
		wait_sleep(&w, WAIT_FOREVER);
	}
	wait_finish(&w);
}

static void lock(struct mutex *mutex, bool nested)
{
	struct thread *self = thread_current();
	uint64_t asked;

	lock_note(mutex, mutex->rank, mutex->name, nested);
	/* Before the first thread there is nobody to lock out. */
	if (!self)
		return;
	if (!swap(mutex, 0, (uintptr_t)self, __ATOMIC_ACQUIRE)) {
		asked = lock_stat_now();
		wait_for(mutex, self);
		lock_note_wait(mutex, asked);
	}
	self->mutexes++;
}

void mutex_lock(struct mutex *mutex)
{
	lock(mutex, false);
}

void mutex_lock_nested(struct mutex *mutex)
{
	lock(mutex, true);
}

/* The best priority among those that wait. */
static unsigned waiting_prio(const struct mutex *mutex)
{
	const struct waiter *waiter;
	unsigned best = PRIO_IDLE;

	list_for_each_entry(waiter, &mutex->queue.waiters, struct waiter, link)
		if (waiter->thread->prio < best)
			best = waiter->thread->prio;
	return best;
}

static void hand_over(struct mutex *mutex)
{
	uint64_t daif = spin_lock_irqsave(&mutex->queue.lock);
	struct list *node = list_pop(&mutex->queue.waiters);
	bool more = !list_empty(&mutex->queue.waiters);
	struct thread *next;

	if (!node) {
		/* All who waited were woken by something else, and look. */
		__atomic_store_n(&mutex->owner, 0, __ATOMIC_RELEASE);
	} else {
		next = container_of(node, struct waiter, link)->thread;
		__atomic_store_n(&mutex->owner,
				 (uintptr_t)next | (more ? MUTEX_WAITERS : 0),
				 __ATOMIC_RELEASE);
		if (more)
			sched_boost(next, waiting_prio(mutex));
		sched_wake(next);
	}
	spin_unlock_irqrestore(&mutex->queue.lock, daif);
}

void mutex_unlock(struct mutex *mutex)
{
	struct thread *self = thread_current();

	lock_unnote(mutex, mutex->name);
	if (!self)
		return;
	assert(mutex_held(mutex));
	self->mutexes--;
	if (!swap(mutex, (uintptr_t)self, 0, __ATOMIC_RELEASE))
		hand_over(mutex);
	if (self->mutexes == 0)
		sched_unboost();
}

/*
 * While it is held under mask, self->mutexes does not say so: who is boosted
 * for it has MUTEX_WAITERS set, and is unboosted here.
 */
#if LOOM_DEBUG
bool mutex_lock_masked(struct mutex *mutex)
{
	struct thread *self = thread_current();

	if (!swap(mutex, 0, (uintptr_t)self, __ATOMIC_ACQUIRE))
		return false;
	assert(self->mutexes == 0);
	lock_note(mutex, mutex->rank, mutex->name, false);
	return true;
}

bool mutex_unlock_masked(struct mutex *mutex)
{
	struct thread *self = thread_current();

	assert(mutex_held(mutex));
	lock_unnote(mutex, mutex->name);
	if (swap(mutex, (uintptr_t)self, 0, __ATOMIC_RELEASE))
		return true;
	hand_over(mutex);
	sched_unboost();
	return false;
}
#else
void mutex_unlock_waiters(struct mutex *mutex)
{
	hand_over(mutex);
	sched_unboost();
}
#endif

bool mutex_held(const struct mutex *mutex)
{
	struct thread *self = thread_current();

	return !self ||
	       owner_of(__atomic_load_n(&mutex->owner, __ATOMIC_RELAXED)) ==
		       self;
}
