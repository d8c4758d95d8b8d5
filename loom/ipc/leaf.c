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
 * thread has the table, so nobody takes it off (ipc.files).
 */
#include "ipc/leaf.h"

#include <weft/frame.h>

#include <loom/abi.h>

#include "fs/file.h"
#include "ipc/endpoint.h"
#include "ipc/notification.h"
#include "ipc/queue.h"
#include "lib/assert.h"
#include "proc/process.h"
#include "sched/quick.h"
#include "sched/sched.h"

void ipc_leaf_know_files(void)
{
	struct process *p = process_current();
	/* As in syscall/path_arg.c: nobody but this thread can change that. */
	bool alone = __atomic_load_n(&p->running, __ATOMIC_ACQUIRE) == 1 &&
		     !files_shared(p->files);

	thread_current()->ipc.files = alone ? p->files : NULL;
}

void ipc_leaf_forget_files(void)
{
	thread_current()->ipc.files = NULL;
}

/* The file of descriptor @fd if it permits @right; NULL: look again. */
static inline struct file *file_of(const struct thread *self, uint64_t fd,
				   uint32_t right)
{
	const struct files *files = self->ipc.files;
	const struct fd_table *t;
	struct file *f;

	if (!files)
		return NULL;
	t = files->table;
	if ((uint32_t)fd >= t->size)
		return NULL;
	f = t->slot[(uint32_t)fd];
	return f && f->leaf & right ? f : NULL;
}

/* May @next run at once, at the cost of @self alone? */
static inline bool may_follow(const struct cpu *cpu, const struct thread *self,
			      const struct thread *next)
{
	/* Nobody who waits to run is better than @self: it runs. */
	return quick_is_near(cpu, next) && next->prio <= self->prio;
}

static inline struct weft_frame *frame_of(const struct thread *asleep)
{
	return weft_task_frame(&asleep->task);
}

/* @self waits for @object from now on. */
static inline void fall_asleep(struct cpu *cpu, struct thread *self,
			       void *object, enum ipc_state state)
{
	self->ipc.object = object;
	self->ipc.state = state;
	self->ipc.watch.rung = false;
	self->state = THREAD_BLOCKED;
	self->blocked_at = cpu->charged;
}

/* @next has what it waited for. */
static inline void wake_up(struct thread *next)
{
	next->ipc.state = IPC_IDLE;
	next->state = THREAD_RUNNING;
}

static inline struct thread *first_of(const struct list *queue)
{
	return list_first_entry(queue, struct thread, ipc.link);
}

struct weft_leaf_result leaf_ipc_signal(uint64_t fd, uint64_t bits,
					uint64_t x2, uint64_t x3, uint64_t x4,
					uint64_t x5, uint64_t x6, uint64_t x7)
{
	struct thread *self = thread_current();
	struct cpu *cpu = cpu_current();
	struct notification *n;
	struct weft_frame *frame;
	struct thread *to;
	struct file *f;

	(void)x2, (void)x3, (void)x4, (void)x5, (void)x6, (void)x7;
	if (!quick_allowed(cpu))
		return quick_defer();
	f = file_of(self, fd, LEAF_SIGNAL);
	if (!f)
		return quick_defer();
	if (f->badge)
		bits = f->badge;
	n = f->data;
	if (!bits || n->slow & NOTE_WATCHED)
		return quick_defer();
	if (list_empty(&n->waiters)) {
		n->word |= bits;
		return quick_done(0);
	}
	to = first_of(&n->waiters);
	if (!may_follow(cpu, self, to))
		return quick_defer();
	list_del(&to->ipc.link);
	frame = frame_of(to);
	frame->x[0] = 0;
	frame->x[1] = bits;
	wake_up(to);
	self->state = THREAD_RUNNABLE;
	runq_add(cpu, self, PLACE_NEXT);
	return quick_switch(cpu, self, to, 0);
}

struct weft_leaf_result leaf_ipc_wait(uint64_t fd, uint64_t timeout,
				      uint64_t x2, uint64_t x3, uint64_t x4,
				      uint64_t x5, uint64_t x6, uint64_t x7)
{
	struct thread *self = thread_current();
	struct cpu *cpu = cpu_current();
	struct notification *n;
	struct thread *next;
	uint64_t word;
	struct file *f;

	(void)x2, (void)x3, (void)x4, (void)x5, (void)x6, (void)x7;
	if (!quick_allowed(cpu))
		return quick_defer();
	f = file_of(self, fd, LEAF_WAIT);
	if (!f)
		return quick_defer();
	n = f->data;
	if (n->slow & NOTE_STALLED)
		return quick_defer();
	word = n->word;
	if (word) {
		n->word = 0;
		thread_user_frame(self)->x[1] = word;
		return quick_done(0);
	}
	if (timeout != LOOM_FOREVER || f->flags & FILE_NONBLOCK ||
	    !list_empty(&n->waiters))
		return quick_defer();
	list_add_tail(&n->waiters, &self->ipc.link);
	self->ipc.prio = self->prio;
	fall_asleep(cpu, self, n, IPC_WAITING);
	next = runq_first(cpu);
	if (!next || !quick_is_near(cpu, next))
		return sched_leaf_sleep(fd);
	runq_remove(cpu, next);
	next->state = THREAD_RUNNING;
	return quick_switch(cpu, self, next, fd);
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
static struct weft_leaf_result sleep_apart(struct cpu *cpu, struct thread *self,
					   struct endpoint *ep, uint64_t fd)
{
	self->ipc.object = ep;
	self->state = THREAD_BLOCKED;
	self->blocked_at = cpu->charged;
	return sched_leaf_sleep(fd);
}

static struct weft_leaf_result call_apart(struct cpu *cpu, struct thread *self,
					  const struct file *f, uint64_t fd)
{
	self->ipc.badge = f->badge;
	if (!endpoint_begin_call(f->data, !(f->flags & FILE_NONBLOCK)))
		return quick_defer();
	return sleep_apart(cpu, self, f->data, fd);
}

struct weft_leaf_result leaf_ipc_call(uint64_t fd, uint64_t tag, uint64_t x2,
				      uint64_t x3, uint64_t x4, uint64_t x5,
				      uint64_t x6, uint64_t x7)
{
	struct thread *self = thread_current();
	struct cpu *cpu = cpu_current();
	struct weft_frame *frame;
	struct endpoint *ep;
	struct thread *to;
	struct file *f;

	if (!quick_allowed(cpu) || (uint32_t)tag)
		return quick_defer();
	f = file_of(self, fd, LEAF_SEND);
	if (!f)
		return quick_defer();
	ep = f->data;
	if (ep->waiting != QUEUE_RECEIVERS)
		return call_apart(cpu, self, f, fd);
	to = first_of(&ep->queue);
	if (!may_follow(cpu, self, to))
		return call_apart(cpu, self, f, fd);
	list_del(&to->ipc.link);
	if (list_empty(&ep->queue))
		ep->waiting = QUEUE_EMPTY;
	frame = frame_of(to);
	write_message(frame, tag | LOOM_TAG_CALL, x2, x3, x4, x5, x6, x7);
	frame->x[9] = f->badge;
	to->ipc.reply_lock = ep->lock;
	to->ipc.caller = self;
	self->ipc.server = to;
	fall_asleep(cpu, self, ep, IPC_AWAITING_REPLY);
	wake_up(to);
	return quick_switch(cpu, self, to, fd);
}

struct weft_leaf_result leaf_ipc_reply_recv(uint64_t fd, uint64_t tag,
					    uint64_t x2, uint64_t x3,
					    uint64_t x4, uint64_t x5,
					    uint64_t x6, uint64_t x7)
{
	struct thread *self = thread_current();
	struct cpu *cpu = cpu_current();
	struct thread *caller = self->ipc.caller;
	struct endpoint *ep;
	struct file *f;

	if (!quick_allowed(cpu) || (uint32_t)tag)
		return quick_defer();
	f = file_of(self, fd, LEAF_RECV);
	if (!f || f->flags & FILE_NONBLOCK)
		return quick_defer();
	ep = f->data;
	if (!caller || ep->waiting != QUEUE_EMPTY || ep->watched ||
	    !ep->senders || !may_follow(cpu, self, caller)) {
		if (!endpoint_begin_receive(ep))
			return quick_defer();
		return sleep_apart(cpu, self, ep, fd);
	}
	write_message(frame_of(caller), tag, x2, x3, x4, x5, x6, x7);
	self->ipc.caller = NULL;
	list_add_tail(&ep->queue, &self->ipc.link);
	ep->waiting = QUEUE_RECEIVERS;
	self->ipc.prio = self->prio;
	fall_asleep(cpu, self, ep, IPC_RECEIVING);
	wake_up(caller);
	return quick_switch(cpu, self, caller, fd);
}
