// SPDX-License-Identifier: MIT
/*
 * Wait queues. Called by everything that blocks; sched/sched.c has the
 * argument why no wake-up is lost.
 *
 * A waiter lies on the stack of the thread that waits. Wakers take it off the
 * queue and wake its thread without letting go of the queue's lock, and the
 * thread takes that lock before it leaves wait_sleep or wait_finish: neither
 * the waiter nor the thread can vanish under a waker.
 *
 * Signals: wait_sleep looks for a pending one after the thread is BLOCKED with
 * kill_wakeups set. A signal raised before is seen there; one raised after
 * finds the thread and wakes it.
 *
 * Why a watch loses no wake-up. Its thread is BLOCKED only after it has looked
 * at the conditions, so what happened since must be remembered:
 *
 *	watcher				waker
 *	P1 rung = false			W1 condition = true
 *	P2 look at the conditions	W2 lock(queue) rung = true
 *	P3 BLOCKED			W3 sched_wake unlock(queue)
 *	P4 look at rung
 *	P5 sched_switch
 *
 * Both P1 and W2 are exchanges, so they have an order. If W2 is first, P1
 * reads what it wrote, or what a later waker did, and so acquires W1 for P2.
 * If P1 is first, either P4 sees true; or W3 comes after P3 under the
 * run-queue lock, finds the thread BLOCKED and wakes it. A waker that finds
 * rung set leaves W3 to the one who set it: for that one all this holds, the
 * thread looks again, and the next P1 acquires what both did. What happened
 * before the watcher was on the queue is seen by P2: the queue's lock is
 * between the two.
 *
 * A watcher is taken off under its queue's lock, which wakers hold as long as
 * they look at it: watch and thread outlive them.
 */
#include "sched/wait.h"

#include <stddef.h>

#include "lib/assert.h"
#include "lib/errno.h"
#include "sched/clock.h"
#include "sched/sched.h"
#include "sched/thread.h"
#include "signal/signal.h"
#include "trace/trace.h"

/* A thread's own deadline. */
struct alarm {
	struct timeout timeout;
	struct thread *thread;
};

void waitq_init(struct waitq *queue, const char *name)
{
	spin_init(&queue->lock, RANK_WAITQ, name);
	list_init(&queue->waiters);
	list_init(&queue->watchers);
}

static bool is_on(const struct waitq *queue, const struct waiter *waiter)
{
	const struct list *node;

	list_for_each(node, &queue->waiters)
		if (node == &waiter->link)
			return true;
	return false;
}

void wait_prepare(struct waitq *queue, struct waiter *waiter,
		  enum wait_mode mode)
{
	uint64_t daif = spin_lock_irqsave(&queue->lock);

	assert(!is_on(queue, waiter));
	waiter->queue = queue;
	waiter->thread = thread_current();
	waiter->mode = mode;
	list_add_tail(&queue->waiters, &waiter->link);
	sched_prepare_block(mode != WAIT_UNINTERRUPTIBLE);
	spin_unlock_irqrestore(&queue->lock, daif);
}

/* Off the queue. True if a waker was faster. */
static bool leave(struct waiter *waiter)
{
	struct waitq *queue = waiter->queue;
	uint64_t daif = spin_lock_irqsave(&queue->lock);
	bool woken = list_empty(&waiter->link);

	list_del(&waiter->link);
	waiter->queue = NULL;
	spin_unlock_irqrestore(&queue->lock, daif);
	return woken;
}

static bool interrupted(const struct waiter *waiter)
{
	switch (waiter->mode) {
	case WAIT_INTERRUPTIBLE:
		return signal_pending();
	case WAIT_KILLABLE:
		return signal_is_deadly();
	default:
		return false;
	}
}

static bool has_passed(uint64_t deadline_ns)
{
	return deadline_ns != WAIT_FOREVER && clock_now() >= deadline_ns;
}

static void alarm_rings(struct timeout *timeout)
{
	sched_wake(container_of(timeout, struct alarm, timeout)->thread);
}

static void sleep_until(uint64_t deadline_ns)
{
	struct alarm alarm = { .thread = thread_current() };

	if (deadline_ns == WAIT_FOREVER) {
		sched_switch();
		return;
	}
	timeout_init(&alarm.timeout, alarm_rings);
	timeout_start(&alarm.timeout, deadline_ns);
	sched_switch();
	/* Its function may run on another CPU, with our stack in its hands. */
	timeout_stop(&alarm.timeout);
}

int wait_sleep(struct waiter *waiter, uint64_t deadline_ns)
{
	assert(waiter->queue);
	lock_assert_none_spinning();
	trace(TRACE_WAIT, (uintptr_t)__builtin_return_address(0), deadline_ns);
	if (!has_passed(deadline_ns) && !interrupted(waiter))
		sleep_until(deadline_ns);
	sched_cancel_block();
	if (leave(waiter))
		return 0;
	if (interrupted(waiter))
		return -EINTR;
	return has_passed(deadline_ns) ? -ETIMEDOUT : 0;
}

void wait_finish(struct waiter *waiter)
{
	struct waitq *queue = waiter->queue;

	/* wait_sleep was the last call: the thread is off and awake. */
	if (!queue)
		return;
	sched_cancel_block();
	if (leave(waiter))
		wait_wake_one(queue);
}

void watch_ring(struct watch *watch)
{
	if (!__atomic_exchange_n(&watch->rung, true, __ATOMIC_ACQ_REL))
		sched_wake(watch->thread);
}

static void ring_watchers(struct waitq *queue)
{
	struct watcher *watcher;

	list_for_each_entry(watcher, &queue->watchers, struct watcher, link)
		watch_ring(watcher->watch);
}

static void wake_first(struct waitq *queue)
{
	struct waiter *waiter =
		list_first_entry(&queue->waiters, struct waiter, link);

	list_del(&waiter->link);
	sched_wake(waiter->thread);
}

void wait_wake_one(struct waitq *queue)
{
	uint64_t daif = spin_lock_irqsave(&queue->lock);

	ring_watchers(queue);
	if (!list_empty(&queue->waiters))
		wake_first(queue);
	spin_unlock_irqrestore(&queue->lock, daif);
}

void wait_wake_all(struct waitq *queue)
{
	uint64_t daif = spin_lock_irqsave(&queue->lock);

	ring_watchers(queue);
	while (!list_empty(&queue->waiters))
		wake_first(queue);
	spin_unlock_irqrestore(&queue->lock, daif);
}

void watch_init(struct watch *watch)
{
	watch->thread = thread_current();
	watch->rung = false;
}

void watcher_add(struct watcher *watcher, struct watch *watch,
		 struct waitq *queue)
{
	uint64_t daif = spin_lock_irqsave(&queue->lock);

	watcher->watch = watch;
	watcher->queue = queue;
	list_add_tail(&queue->watchers, &watcher->link);
	spin_unlock_irqrestore(&queue->lock, daif);
}

void watcher_remove(struct watcher *watcher)
{
	uint64_t daif = spin_lock_irqsave(&watcher->queue->lock);

	list_del(&watcher->link);
	spin_unlock_irqrestore(&watcher->queue->lock, daif);
}

void watch_begin(struct watch *watch)
{
	(void)__atomic_exchange_n(&watch->rung, false, __ATOMIC_ACQ_REL);
}

static bool may_sleep(const struct watch *watch, uint64_t deadline_ns)
{
	if (has_passed(deadline_ns) ||
	    (watch->thread->process && signal_pending()))
		return false;
	return !__atomic_load_n(&watch->rung, __ATOMIC_ACQUIRE);
}

int watch_sleep(struct watch *watch, uint64_t deadline_ns)
{
	assert(watch->thread == thread_current());
	lock_assert_none_spinning();
	trace(TRACE_WAIT, (uintptr_t)__builtin_return_address(0), deadline_ns);
	sched_prepare_block(true);
	if (may_sleep(watch, deadline_ns))
		sleep_until(deadline_ns);
	sched_cancel_block();
	if (watch->thread->process && signal_pending())
		return -EINTR;
	return has_passed(deadline_ns) ? -ETIMEDOUT : 0;
}

int wait_until(uint64_t deadline_ns)
{
	struct waitq nobody;
	struct waiter w;
	int err = 0;

	waitq_init(&nobody, "wait_until");
	for (;;) {
		wait_prepare(&nobody, &w, WAIT_INTERRUPTIBLE);
		if (err)
			break;
		err = wait_sleep(&w, deadline_ns);
	}
	wait_finish(&w);
	return err == -ETIMEDOUT ? 0 : err;
}
