// SPDX-License-Identifier: MIT
/*
 * The short way of notifications and endpoints; see leaf.h. Called by weft's
 * entry code with all of DAIF masked, on the only CPU (sched/quick.h): so
 * nothing here is locked, and what is found stays as it is.
 *
 * What makes it short: the words of a message go from the registers of the one
 * into the frame of the other, who is asleep in such a call itself, parked at
 * that frame. A thread that waits is queued as endpoint.c and notification.c
 * queue it, so that they find it; its ipc state and that of the scheduler are
 * theirs. What it does not have is a place in the kernel to go on at. If
 * somebody else than a leaf call wakes it (a general sender, a signal, the end
 * of the endpoint) it goes on in ipc_resume, on its way out (WORK_LEAF).
 *
 * No reference is held on the file of a descriptor, not even asleep: no other
 * thread has the table, so nobody takes it off (proc/own_files.h).
 */
#include "ipc/leaf.h"

#include <weft/frame.h>

#include <loom/abi.h>

#include "fs/file.h"
#include "ipc/endpoint.h"
#include "ipc/notification.h"
#include "ipc/queue.h"
#include "lib/assert.h"
#include "proc/own_files.h"
#include "proc/process.h"
#include "sched/quick.h"
#include "sched/sched.h"
#include "trace/trace.h"

/* One leaf function calls another with what it was given. */
#define ARGS x0, x1, x2, x3, x4, x5, x6, x7

/* Apart also in the code: what calls nothing saves no registers. */
#define APART static __attribute__((noinline))

/*
 * The file of descriptor @fd, if it was the last one and permits @right, and in
 * *@data what it is of; or NULL.
 */
static inline struct file *file_of(const struct thread *self, uint64_t fd,
				   uint32_t right, void *data)
{
	const struct files *files = self->own_files;

	if (files->known_fd != (uint32_t)fd)
		return NULL;
	*(void **)data = files->known_data;
	return files->known->leaf & right ? files->known : NULL;
}

/* False: @fd is nothing for a leaf call, or not for this one. */
static bool learn(uint64_t fd, uint32_t right)
{
	struct files *files = thread_current()->own_files;
	struct file *f = own_file(thread_current(), fd, right);

	if (!f || (uint32_t)fd == files->known_fd)
		return false;
	files->known_fd = (uint32_t)fd;
	files->known = f;
	files->known_data = f->data;
	return true;
}

/* NAME(), once more if its descriptor can be learnt. */
#define AGAIN(name, right)						\
	APART LEAF_CALL(name##_again)				\
	{								\
		return learn(x0, right) ? name(ARGS) : quick_defer();	\
	}

AGAIN(leaf_ipc_signal, LEAF_SIGNAL)
AGAIN(leaf_ipc_wait, LEAF_WAIT)
AGAIN(leaf_ipc_call, LEAF_SEND)
AGAIN(leaf_ipc_reply_recv, LEAF_RECV)

/*
 * May @next run at once, at the cost of @self alone? Not if it was woken
 * meanwhile, by a signal, and is queued to run: it will give up, unless it
 * finds that it need not.
 */
static inline bool may_follow(const struct thread *self,
			      const struct thread *next)
{
	_Static_assert(THREAD_READY == 0 && THREAD_BLOCKED == 1,
		       "of one that lives bit 0 tells them apart");
	/* Nobody who waits to run is better than @self: it runs. */
	return next->state & 1 && next->prio <= self->prio;
}

/* Of one that is in a leaf call, running or asleep. */
static inline struct weft_frame *frame_of(const struct thread *thread)
{
	return weft_task_frame(&thread->task);
}

/* @self waits from now on, and was running until @now. */
static inline void fall_asleep(struct thread *self, enum ipc_state state,
			       uint64_t now)
{
	trace_wait();
	self->ipc_state = state;
	self->state = THREAD_BLOCKED;
	self->blocked_at = now;
}

/* @next has what it waited for. */
static inline void wake_up(struct thread *next)
{
	trace(TRACE_WAKE, (uintptr_t)next, TRACE_WAKE_PLAIN);
	next->ipc_state = IPC_IDLE;
	next->state = THREAD_READY;
}

LEAF_CALL(leaf_ipc_signal)
{
	struct thread *self = thread_current();
	struct cpu *cpu = quick_cpu(self);
	struct notification *n;
	struct file *f = file_of(self, x0, LEAF_SIGNAL, &n);
	struct weft_frame *frame;
	struct thread *to;
	uint64_t bits;

	if (!f)
		return leaf_ipc_signal_again(ARGS);
	bits = f->badge ? f->badge : x1;
	if (!bits || n->slow & NOTE_WATCHED)
		return quick_defer();
	if (list_empty(&n->waiters)) {
		trace(TRACE_NOTE_SIGNAL, (uintptr_t)n, 0);
		n->word |= bits;
		return quick_done(0);
	}
	to = list_first_entry(&n->waiters, struct thread, ipc.link);
	if (!may_follow(self, to) || !quick_is_near(to))
		return quick_defer();
	trace(TRACE_NOTE_SIGNAL, (uintptr_t)n, (uintptr_t)to);
	list_del(&to->ipc.link);
	frame = frame_of(to);
	frame->x[0] = 0;
	frame->x[1] = bits;
	wake_up(to);
	quick_step_back(cpu, self, to);
	return quick_switch(cpu, self, to, 0, quick_now());
}

LEAF_CALL(leaf_ipc_wait)
{
	struct thread *self = thread_current();
	struct cpu *cpu = quick_cpu(self);
	struct notification *n;
	struct file *f = file_of(self, x0, LEAF_WAIT, &n);
	uint64_t now, word;
	struct thread *next;

	if (!f)
		return leaf_ipc_wait_again(ARGS);
	if (n->slow & NOTE_STALLED)
		return quick_defer();
	word = n->word;
	if (word) {
		trace(TRACE_NOTE_WAIT, (uintptr_t)n, 0);
		n->word = 0;
		frame_of(self)->x[1] = word;
		return quick_done(0);
	}
	if (x1 != LOOM_FOREVER || f->flags & FILE_NONBLOCK ||
	    !list_empty(&n->waiters))
		return quick_defer();
	trace(TRACE_NOTE_WAIT, (uintptr_t)n, 0);
	list_add_tail(&n->waiters, &self->ipc.link);
	self->ipc.prio = self->prio;
	now = quick_now();
	fall_asleep(self, IPC_WAITING, now);
	next = cpu->displaced;
	if (!next || !quick_is_near(next))
		return sched_leaf_sleep(x0);
	cpu->displaced = NULL;
	return quick_switch(cpu, self, next, x0, now);
}

static inline void write_message(struct weft_frame *frame, uint64_t tag,
				 uint64_t x2, uint64_t x3, uint64_t x4,
				 uint64_t x5, uint64_t x6, uint64_t x7)
{
	frame->x[0] = 0;
	frame->x[1] = tag;
	frame->x[2] = x2;
	frame->x[3] = x3;
	frame->x[4] = x4;
	frame->x[5] = x5;
	frame->x[6] = x6;
	frame->x[7] = x7;
}

/*
 * Not from the one to the other in one step: they are not equally urgent, or
 * one of them sleeps elsewhere. But this one sleeps here, so that the next time
 * it may be.
 */
APART struct weft_leaf_result call_apart(struct thread *self,
					 const struct file *f, uint64_t fd)
{
	self->ipc.badge = f->badge;
	if (!endpoint_begin_call(f->data, !(f->flags & FILE_NONBLOCK)))
		return quick_defer();
	trace_wait();
	return sched_leaf_sleep(fd);
}

APART struct weft_leaf_result receive_apart(struct endpoint *ep, uint64_t fd)
{
	if (!endpoint_begin_receive(ep))
		return quick_defer();
	trace_wait();
	return sched_leaf_sleep(fd);
}

LEAF_CALL(leaf_ipc_call)
{
	struct thread *self = thread_current();
	struct endpoint *ep;
	struct file *f = file_of(self, x0, LEAF_SEND, &ep);
	uint64_t now = quick_now();
	struct weft_frame *frame;
	struct thread *to;

	if ((uint32_t)x1)
		return quick_defer();
	if (!f)
		return leaf_ipc_call_again(ARGS);
	to = endpoint_ready(ep);
	if (!to || !may_follow(self, to))
		return call_apart(self, f, x0);
	trace(TRACE_IPC_CALL, (uintptr_t)ep, (uintptr_t)to);
	ep->ready = NULL;
	frame = frame_of(to);
	write_message(frame, x1 | LOOM_TAG_CALL, x2, x3, x4, x5, x6, x7);
	frame->x[9] = f->badge;
	to->ipc.caller = self;
	self->ipc.server = to;
	fall_asleep(self, IPC_AWAITING_REPLY, now);
	wake_up(to);
	return quick_switch(quick_cpu(self), self, to, x0, now);
}

LEAF_CALL(leaf_ipc_reply_recv)
{
	struct thread *self = thread_current();
	struct thread *caller = self->ipc.caller;
	struct endpoint *ep;
	struct file *f = file_of(self, x0, LEAF_RECV, &ep);
	uint64_t now = quick_now();

	if ((uint32_t)x1)
		return quick_defer();
	if (!f)
		return leaf_ipc_reply_recv_again(ARGS);
	if (f->flags & FILE_NONBLOCK)
		return quick_defer();
	if (!caller || ep->ready || !may_follow(self, caller) ||
	    !quick_is_near(caller))
		return receive_apart(ep, x0);
	trace(TRACE_IPC_REPLY, (uintptr_t)ep, (uintptr_t)caller);
	trace(TRACE_IPC_RECEIVE, (uintptr_t)ep, 0);
	write_message(frame_of(caller), x1, x2, x3, x4, x5, x6, x7);
	self->ipc.caller = NULL;
	self->ipc.reply_lock = ep->lock;
	ep->ready = self;
	fall_asleep(self, IPC_RECEIVING, now);
	wake_up(caller);
	return quick_switch(quick_cpu(self), self, caller, x0, now);
}

struct file *leaf_ipc_file(const struct weft_frame *frame)
{
	return files_peek(process_current()->files, (int)frame->x[0]);
}
