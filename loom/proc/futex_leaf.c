// SPDX-License-Identifier: MIT
/*
 * The short way of futex(2); see futex_leaf.h. Called by weft's entry code with
 * all of DAIF masked, on the only CPU (sched/quick.h): so the buckets are not
 * locked, and from the look at the word to the sleep nobody changes it.
 *
 * Who sleeps here hangs on its bucket as futex.c hangs it there. A wake-up from
 * here is all that it waits for, and the result is in its frame; anybody else's
 * lets it go on in futex_wait_again.
 */
#include "proc/futex_leaf.h"

#include <weft/frame.h>
#include <weft/leaf_user.h>

#include "lib/errno.h"
#include "mm/layout.h"
#include "proc/futex.h"
#include "proc/futex_impl.h"
#include "proc/process.h"
#include "sched/quick_wait.h"

enum {
	WAIT_PRIVATE = 128,
	WAKE_PRIVATE = 129,
};

static inline struct weft_leaf_result
wait(struct cpu *cpu, struct thread *self, const struct futex_key *key,
     uint32_t value)
{
	struct futex_waiter *w = &self->futex;
	uint32_t now;

	if (!weft_leaf_load32(key->offset, &now))
		return quick_defer();
	if (now != value)
		return quick_done((uint64_t)-EAGAIN);
	w->key = *key;
	w->woken = false;
	w->realtime = false;
	w->bits = FUTEX_ANY;
	w->watch.thread = self;
	w->watch.rung = false;
	futex_enqueue(w, futex_bucket_of(key));
	return quick_sleep(cpu, self, key->offset);
}

/* One, of whom nobody else in the bucket may be meant, too. */
static inline struct weft_leaf_result
wake(struct cpu *cpu, struct thread *self, const struct futex_key *key, int n)
{
	struct futex_bucket *bucket = futex_bucket_of(key);
	struct list *first = bucket->waiters.next;
	struct futex_waiter *w = container_of(first, struct futex_waiter, link);
	struct thread *to;

	if (first == &bucket->waiters)
		return quick_done(0);
	to = w->watch.thread;
	if (!futex_key_equal(&w->key, key) || !quick_may_wake(self, to) ||
	    (n != 1 && first->next != &bucket->waiters))
		return quick_defer();
	list_del(&w->link);
	weft_frame_set_result(weft_task_frame(&to->task), 0);
	return quick_wake(cpu, self, to, 1);
}

/* futex(word, operation, value, timeout) */
LEAF_CALL(leaf_futex)
{
	struct thread *self = thread_current();
	struct cpu *cpu = quick_cpu(self);
	const struct futex_key key = {
		(uintptr_t)self->process->aspace, x0, false,
	};

	if (!quick_allowed(cpu) || x0 >= USER_TOP || x0 % sizeof(uint32_t))
		return quick_defer();
	if ((uint32_t)x1 == WAKE_PRIVATE)
		return wake(cpu, self, &key, (int)x2);
	if ((uint32_t)x1 == WAIT_PRIVATE && !x3)
		return wait(cpu, self, &key, (uint32_t)x2);
	return quick_defer();
}
