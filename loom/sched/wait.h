// SPDX-License-Identifier: MIT
/*
 * Wait queues: how a thread sleeps until something happens, a deadline passes
 * or a signal arrives, without losing a wake-up in between.
 *
 *	struct waiter w;
 *	int err = 0;
 *
 *	for (;;) {
 *		wait_prepare(&q, &w, WAIT_INTERRUPTIBLE);
 *		if (condition || err)
 *			break;
 *		err = wait_sleep(&w, deadline);
 *	}
 *	wait_finish(&w);
 *
 * wait_prepare puts the thread on the queue and marks it BLOCKED, then the
 * condition is looked at: a waker that made the condition true before cannot
 * be missed, one that comes after finds the thread on the queue and makes it
 * runnable, and wait_sleep returns. Between wait_prepare and wait_sleep the
 * thread takes no sleeping lock and touches no user memory. Each wait_prepare
 * is followed by one wait_sleep or one wait_finish. wait_sleep may return 0
 * without a wake-up (the thread was preempted in between), so there is always
 * a loop.
 *
 * A thread that waits for several queues at once, as poll(2) does, has a
 * struct watch and a watcher on each:
 *
 *	watch_init(&watch);
 *	for each queue: watcher_add(&watcher[i], &watch, queue[i]);
 *	for (;;) {
 *		watch_begin(&watch);
 *		if (some condition || err)
 *			break;
 *		err = watch_sleep(&watch, deadline);
 *	}
 *	for each queue: watcher_remove(&watcher[i]);
 *
 * A watcher stays on its queue and is told of each wake-up, whether one or
 * all are woken; it takes none away from the waiters. The thread is RUNNING
 * while it looks at the conditions, so it may take sleeping locks there: a
 * wake-up that comes meanwhile is kept in the watch, and watch_sleep returns
 * at once.
 */
#ifndef LOOM_SCHED_WAIT_H
#define LOOM_SCHED_WAIT_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/list.h"
#include "lib/lock.h"

struct thread;

#define WAIT_FOREVER UINT64_MAX

enum wait_mode {
	WAIT_INTERRUPTIBLE,	/* any signal that is not ignored ends it */
	WAIT_KILLABLE,		/* only one that ends the process */
	WAIT_UNINTERRUPTIBLE,	/* only for waits that are sure to be short */
};

struct waitq {
	struct spinlock lock;
	/* lock */
	struct list waiters;
	struct list watchers;
};

struct waiter {
	struct waitq *queue;
	struct thread *thread;
	struct list link;	/* on queue->waiters; self-linked when woken */
	enum wait_mode mode;
};

/* A thread and the queues that it watches. */
struct watch {
	struct thread *thread;
	bool rung;		/* atomic: a wake-up since watch_begin */
};

struct watcher {
	struct watch *watch;
	struct waitq *queue;
	struct list link;	/* on queue->watchers; its lock */
};

#define WAITQ_INIT(name_, q_)						\
	{ .lock = SPINLOCK_INIT(RANK_WAITQ, name_),			\
	  .waiters = { &(q_).waiters, &(q_).waiters },			\
	  .watchers = { &(q_).watchers, &(q_).watchers } }

void waitq_init(struct waitq *queue, const char *name);

void wait_prepare(struct waitq *queue, struct waiter *waiter,
		  enum wait_mode mode);

/*
 * Sleep until woken, until @deadline_ns (of clock_now(), or WAIT_FOREVER) or
 * until a signal: 0, -ETIMEDOUT or -EINTR. Returns 0 at once if the wake-up
 * came between wait_prepare and now.
 */
int wait_sleep(struct waiter *waiter, uint64_t deadline_ns);

void wait_finish(struct waiter *waiter);

/*
 * Wake the one that waits longest, or all; and all watchers. From any
 * context, no lock ranked RANK_WAITQ or above held. The condition was made
 * true before. A waiter that was woken but leaves without having slept passes
 * the wake-up on.
 */
void wait_wake_one(struct waitq *queue);
void wait_wake_all(struct waitq *queue);

/* @watch is the calling thread's and is on no queue yet. */
void watch_init(struct watch *watch);

/*
 * Wake the thread of @watch, which was told under a lock that it takes before
 * it lets @watch go. What watch_begin is followed by a look at was done before.
 */
void watch_ring(struct watch *watch);

/* The queue must last until the watcher is removed. */
void watcher_add(struct watcher *watcher, struct watch *watch,
		 struct waitq *queue);
void watcher_remove(struct watcher *watcher);

/* Forget the wake-ups so far: the conditions are looked at next. */
void watch_begin(struct watch *watch);

/*
 * Sleep, interruptibly, until a queue is woken: 0, -ETIMEDOUT, -EINTR. A
 * deadline that has passed and a signal come before a wake-up, for queues
 * that are busy with other things would hide them for ever; who gets such an
 * error looks at the conditions once more.
 */
int watch_sleep(struct watch *watch, uint64_t deadline_ns);

/* Sleep until @deadline_ns with no queue: 0 (time is up) or -EINTR. */
int wait_until(uint64_t deadline_ns);

#endif
