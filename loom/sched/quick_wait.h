// SPDX-License-Identifier: MIT
/*
 * Sleeping and waking in leaf calls (sched/quick.h), on queues that general
 * calls use, too. A thread that sleeps so is queued as one in a general call
 * is, so that everybody who wakes finds it; what it does not have is a place
 * in the kernel to go on at. Who wakes it without giving it the result of its
 * call lets it go on in syscall_resume (WORK_LEAF).
 *
 * Who wakes gives way at once to one that has slice left, as in a general
 * wake-up, and comes next after it. That is asked of both, if anybody else
 * waits for the CPU: then only what the ticks see decides who has had too much,
 * and here nobody gains by being between two of them. If nobody does there is
 * nobody to be fair to, and a tick would renew the slice.
 */
#ifndef LOOM_SCHED_QUICK_WAIT_H
#define LOOM_SCHED_QUICK_WAIT_H

#include "sched/quick.h"
#include "sched/sched.h"

static inline bool quick_has_slice(const struct thread *thread)
{
	return (int64_t)(thread->slice_end - thread_cpu_time(thread)) > 0;
}

/*
 * Is @to asleep in a leaf call, and to run at once if @self wakes it? Who was
 * displaced (sched/cpu.h) is better than all that wait: @self would not be.
 */
static inline bool quick_may_wake(const struct thread *self,
				  const struct thread *to)
{
	const struct cpu *cpu = quick_cpu(self);

	return quick_is_near(to) && to->state == THREAD_BLOCKED &&
	       to->prio <= self->prio && !cpu->displaced &&
	       (!cpu->levels || (quick_has_slice(self) && quick_has_slice(to)));
}

/*
 * @self, which is on a queue, sleeps: what the leaf function returns. @x0 is
 * the caller's, for it may be that the call is made again.
 */
static inline struct weft_leaf_result quick_sleep(struct cpu *cpu,
						  struct thread *self,
						  uint64_t x0)
{
	struct thread *next = runq_first(cpu);
	uint64_t now = quick_now();

	trace_wait();
	if (cpu->displaced || !next || !quick_is_near(next))
		return sched_leaf_sleep(x0);
	self->state = THREAD_BLOCKED;
	self->blocked_at = now;
	runq_remove(cpu, next);
	return quick_switch(cpu, self, next, x0, now);
}

/* @to, off its queue, is woken by @self, whose call gives @value. */
static inline struct weft_leaf_result quick_wake(struct cpu *cpu,
						 struct thread *self,
						 struct thread *to,
						 uint64_t value)
{
	trace(TRACE_WAKE, (uintptr_t)to, TRACE_WAKE_PLAIN);
	to->state = THREAD_READY;
	runq_add(cpu, self, PLACE_NEXT);
	return quick_switch(cpu, self, to, value, quick_now());
}

/* Is nobody told of what happens there? */
static inline bool quick_is_quiet(const struct waitq *queue)
{
	return list_empty(&queue->waiters) && list_empty(&queue->watchers);
}

/*
 * Who is to be woken on @queue, in *@to; NULL: nobody. False: it is not as
 * simple as one thread that may run at once.
 */
static inline bool quick_waiter(const struct thread *self,
				const struct waitq *queue, struct thread **to)
{
	const struct list *first = queue->waiters.next;

	*to = NULL;
	if (!list_empty(&queue->watchers))
		return false;
	if (first == &queue->waiters)
		return true;
	if (first->next != &queue->waiters)
		return false;
	*to = container_of(first, struct waiter, link)->thread;
	return quick_may_wake(self, *to);
}

/* @self waits on @queue; as quick_sleep. */
static inline struct weft_leaf_result quick_wait(struct cpu *cpu,
						 struct thread *self,
						 struct waitq *queue,
						 uint64_t x0)
{
	struct waiter *waiter = &self->leaf_waiter;

	waiter->queue = queue;
	waiter->thread = self;
	list_add_tail(&queue->waiters, &waiter->link);
	return quick_sleep(cpu, self, x0);
}

#endif
