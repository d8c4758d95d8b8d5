// SPDX-License-Identifier: MIT
/*
 * Endpoints; see endpoint.h.
 *
 * The lock. That of an endpoint guards its queue, the ipc state of the threads
 * on it, and what becomes of its calls: caller->ipc.server and
 * server->ipc.caller point at each other, and change together. The server has
 * nothing that keeps the endpoint of its caller alive: it may have closed it,
 * and the caller, when it gives up, may free it. So the locks are not in the
 * endpoints but in a table that never goes away, and a server
 *
 *	looks at ipc.caller
 *	takes ipc.reply_lock, which it got together with the caller
 *	looks at ipc.caller again
 *
 * A caller that is still there at the second look cannot leave before the lock
 * is released, because it clears the server's pointer under it. Two of these
 * locks are never held at once, so one of them may serve many endpoints.
 *
 * The frames. Whoever is on a queue, or awaits a reply, is in the kernel, in a
 * system call, and will look at its frame again only after it has taken the
 * lock and found itself DONE. So its peer, with the lock, reads its registers
 * or writes them. One that gives up has had nothing written: its call can be
 * made again.
 */
#include "ipc/endpoint.h"

#include <weft/frame.h>

#include <loom/abi.h>

#include "fs/file.h"
#include "fs/inode.h"
#include "fs/poll.h"
#include "ipc/handle.h"
#include "ipc/queue.h"
#include "lib/assert.h"
#include "lib/errno.h"
#include "sched/thread.h"
#include "trace/trace.h"

_Static_assert(offsetof(struct endpoint, pollers) <= 64,
	       "a message touches one cache line of its endpoint");
_Static_assert(offsetof(struct ipc_thread, accepts) <= 64,
	       "and one of each thread");

enum {
	LOCKS = 64,		/* a power of two */
	STARTED = 1,		/* start_...: now wait */
};

/* What of a tag arrives; the receiver's part says more. */
#define TAG_TRAVELS	(UINT64_MAX << LOOM_TAG_LABEL_SHIFT |		\
			 LOOM_TAG_FD | LOOM_TAG_BUFFER |		\
			 UINT64_C(0xffff) << LOOM_TAG_BYTES_SHIFT)

/* Each in a cache line of its own. */
struct endpoint_lock {
	_Alignas(64) struct spinlock lock;
};

#define LOCK	{ SPINLOCK_INIT(RANK_ENDPOINT, "endpoint") }
#define LOCKS_4	LOCK, LOCK, LOCK, LOCK
#define LOCKS_16 LOCKS_4, LOCKS_4, LOCKS_4, LOCKS_4

static struct endpoint_lock locks[LOCKS] = {
	LOCKS_16, LOCKS_16, LOCKS_16, LOCKS_16
};

/*
 * Who waits in a leaf call, alone, is not on the queue, where it would cost
 * more than all the rest of a call. Whoever takes the lock finds it there.
 */
static void lock(struct endpoint *ep)
{
	struct thread *ready;

	spin_lock(ep->lock);
	ready = endpoint_ready(ep);
	if (!ready)
		return;
	ep->ready = NULL;
	list_add_tail(&ep->queue, &ready->ipc.link);
	ready->ipc.prio = ready->prio;
	ep->waiting = QUEUE_RECEIVERS;
}

static void unlock(struct endpoint *ep)
{
	bool free = ep->waiting == QUEUE_EMPTY && !ep->watched && ep->senders;

	ep->ready = free ? NULL : ENDPOINT_BUSY;
	spin_unlock(ep->lock);
}

/* All below, where it does not say otherwise, with the endpoint's lock. */

static void tell_pollers(struct endpoint *ep)
{
	if (!ep->watched)
		return;
	/* Each of them looks again, and says so if it comes back. */
	ep->watched = false;
	wait_wake_all(&ep->pollers);
}

static void queue_up(struct endpoint *ep, struct thread *self,
		     enum ipc_state state)
{
	ipc_enqueue(&ep->queue, self, state);
	ep->waiting = state == IPC_RECEIVING ? QUEUE_RECEIVERS :
					       QUEUE_SENDERS;
	tell_pollers(ep);
}

/* After threads have left the queue. */
static void note_queue(struct endpoint *ep)
{
	if (list_empty(&ep->queue))
		ep->waiting = QUEUE_EMPTY;
}

/* Can @to take what @from sends: 0, -EMSGSIZE, -EOPNOTSUPP. */
static int check_fit(const struct thread *from, const struct thread *to)
{
	if (from->ipc.out.len > to->ipc.buffer_size)
		return -EMSGSIZE;
	if (from->ipc.out.file && to->ipc.accepts < 0)
		return -EOPNOTSUPP;
	return 0;
}

/* One of the two is the caller, the other one waits. */
static void move_message(struct thread *from, struct thread *to, uint64_t more)
{
	const struct weft_frame *src = thread_user_frame(from);
	struct weft_frame *dst = thread_user_frame(to);

	weft_frame_set_more(dst, 1, (weft_frame_arg(src, 1) & TAG_TRAVELS) |
				    more);
	for (unsigned i = 2; i <= 7; i++)
		weft_frame_set_more(dst, i, weft_frame_arg(src, i));
	to->ipc.in = from->ipc.out;
	from->ipc.out = (struct parcel){ 0 };
}

static void deliver(struct thread *from, struct thread *to, bool calls)
{
	move_message(from, to, calls ? LOOM_TAG_CALL : 0);
	weft_frame_set_more(thread_user_frame(to), 9, from->ipc.badge);
}

/* @server has received the call of @caller: the reply right is born. */
static void give_reply_right(struct endpoint *ep, struct thread *caller,
			     struct thread *server)
{
	assert(!server->ipc.caller && !server->ipc.caller_gone);
	assert(server->ipc.reply_lock == ep->lock);
	(void)ep;
	/* Only its own thread looks without the lock, and it waits now. */
	__atomic_store_n(&server->ipc.caller, caller, __ATOMIC_RELAXED);
	caller->ipc.server = server;
	caller->ipc_state = IPC_AWAITING_REPLY;
}

/* 0, STARTED, or why not. */
static int start_send(struct endpoint *ep, struct thread *self, bool calls,
		      bool queues)
{
	struct thread *to;
	int err;

	if (!ep->receivers)
		return -EPIPE;
	if (ep->waiting != QUEUE_RECEIVERS) {
		if (!queues)
			return -EAGAIN;
		trace(TRACE_IPC_CALL, (uintptr_t)ep, 0);
		queue_up(ep, self, calls ? IPC_CALLING : IPC_SENDING);
		return STARTED;
	}
	to = ipc_first(&ep->queue);
	trace(TRACE_IPC_CALL, (uintptr_t)ep, (uintptr_t)to);
	err = check_fit(self, to);
	if (err)
		return err;
	deliver(self, to, calls);
	if (calls)
		give_reply_right(ep, self, to);
	ipc_finish(to, 0);
	note_queue(ep);
	return calls ? STARTED : 0;
}

/* Take the message of @from, the first sender. False: it does not fit. */
static bool take_from(struct endpoint *ep, struct thread *from,
		      struct thread *self)
{
	bool calls = from->ipc_state == IPC_CALLING;
	int err = check_fit(from, self);

	if (!err)
		deliver(from, self, calls);
	if (err || !calls) {
		ipc_finish(from, err);
		return !err;
	}
	list_del(&from->ipc.link);
	give_reply_right(ep, from, self);
	return true;
}

static int start_receive(struct endpoint *ep, struct thread *self, bool queues)
{
	bool taken = false;

	trace(TRACE_IPC_RECEIVE, (uintptr_t)ep, 0);
	self->ipc.reply_lock = ep->lock;
	while (!taken && ep->waiting == QUEUE_SENDERS) {
		taken = take_from(ep, ipc_first(&ep->queue), self);
		note_queue(ep);
	}
	if (taken)
		return 0;
	if (!ep->senders)
		return -EPIPE;
	if (!queues)
		return -EAGAIN;
	queue_up(ep, self, IPC_RECEIVING);
	return STARTED;
}

/* The calling thread does not wait any longer, because of @err. */
static void give_up(struct endpoint *ep, struct thread *self, int err)
{
	struct thread *server = self->ipc.server;
	bool received = self->ipc_state == IPC_AWAITING_REPLY;

	if (received) {
		server->ipc.caller_gone = true;
		/* Release: who finds nobody finds that there was one. */
		__atomic_store_n(&server->ipc.caller, NULL, __ATOMIC_RELEASE);
		if (err == -EINTR)
			err = -ECANCELED;
	}
	ipc_give_up(self, err);
	if (!received)
		note_queue(ep);
}

/* Without the lock. Sleep until the calling thread is DONE. */
static int wait_done(struct endpoint *ep, struct thread *self,
		     uint64_t deadline_ns)
{
	bool done;
	int err;

	do {
		err = ipc_sleep(self, deadline_ns);
		lock(ep);
		/* What has happened counts, whatever else came. */
		if (err && self->ipc_state != IPC_DONE)
			give_up(ep, self, err);
		done = self->ipc_state == IPC_DONE;
		unlock(ep);
	} while (!done);
	return ipc_result(self);
}

/* The rest takes the locks. */

int endpoint_send(struct endpoint *ep, uint64_t badge, bool calls,
		  const struct ipc_patience *patience)
{
	struct thread *self = thread_current();
	int err;

	ipc_watch(self);
	self->ipc.badge = badge;
	lock(ep);
	err = start_send(ep, self, calls, patience->queues);
	unlock(ep);
	if (err != STARTED)
		return err;
	return wait_done(ep, self, patience->deadline_ns);
}

/*
 * The caller of this thread, which cannot leave until unlock_caller; NULL:
 * there is none.
 */
static struct thread *lock_caller(struct thread *self)
{
	struct thread *caller;

	if (!__atomic_load_n(&self->ipc.caller, __ATOMIC_ACQUIRE))
		return NULL;
	spin_lock(self->ipc.reply_lock);
	caller = __atomic_load_n(&self->ipc.caller, __ATOMIC_RELAXED);
	if (!caller)
		spin_unlock(self->ipc.reply_lock);
	return caller;
}

/* It has its reply, or @result instead: the right is used up. */
static void finish_caller(struct thread *self, struct thread *caller,
			  int result)
{
	__atomic_store_n(&self->ipc.caller, NULL, __ATOMIC_RELAXED);
	ipc_finish(caller, result);
}

int endpoint_reply(void)
{
	struct thread *self = thread_current();
	struct thread *caller = lock_caller(self);
	int err;

	if (!caller) {
		err = self->ipc.caller_gone ? -ESRCH : -ENOTCONN;
		self->ipc.caller_gone = false;
		return err;
	}
	err = check_fit(self, caller);
	if (!err) {
		trace(TRACE_IPC_REPLY, 0, (uintptr_t)caller);
		move_message(self, caller, 0);
		finish_caller(self, caller, 0);
	}
	spin_unlock(self->ipc.reply_lock);
	return err;
}

static void refuse_caller(struct thread *self)
{
	struct thread *caller = lock_caller(self);

	if (caller) {
		finish_caller(self, caller, -ECONNRESET);
		spin_unlock(self->ipc.reply_lock);
	}
	self->ipc.caller_gone = false;
}

int endpoint_receive(struct endpoint *ep, const struct ipc_patience *patience)
{
	struct thread *self = thread_current();
	int err;

	refuse_caller(self);
	ipc_watch(self);
	lock(ep);
	err = start_receive(ep, self, patience->queues);
	unlock(ep);
	if (err != STARTED)
		return err;
	return wait_done(ep, self, patience->deadline_ns);
}

bool endpoint_begin_call(struct endpoint *ep, bool queues)
{
	struct thread *self = thread_current();
	int err;

	ipc_watch(self);
	lock(ep);
	err = start_send(ep, self, true, queues);
	unlock(ep);
	return err == STARTED;
}

bool endpoint_begin_receive(struct endpoint *ep)
{
	struct thread *self = thread_current();
	bool waits;
	int err;

	if (self->ipc.caller_gone)
		return false;
	lock(ep);
	waits = ep->waiting != QUEUE_SENDERS && ep->senders;
	unlock(ep);
	/* It stays so: this is the only CPU, and nothing interrupts. */
	if (!waits)
		return false;
	err = endpoint_reply();
	assert(!err || err == -ENOTCONN);
	ipc_watch(self);
	trace(TRACE_IPC_RECEIVE, (uintptr_t)ep, 0);
	lock(ep);
	self->ipc.reply_lock = ep->lock;
	queue_up(ep, self, IPC_RECEIVING);
	unlock(ep);
	return true;
}

int endpoint_resume(struct endpoint *ep)
{
	return wait_done(ep, thread_current(), WAIT_FOREVER);
}

void endpoint_leave(void)
{
	struct thread *self = thread_current();

	refuse_caller(self);
	self->ipc.buffer = 0;
	self->ipc.buffer_size = 0;
}

/* Files */

static unsigned poll(struct file *f, struct poll_table *pt)
{
	struct endpoint *ep = f->data;
	unsigned rights = handle_rights(f);
	unsigned state = 0;

	poll_wait(pt, &ep->pollers);
	lock(ep);
	if (pt)
		ep->watched = true;
	if (rights & LOOM_RIGHT_RECV)
		state |= (ep->waiting == QUEUE_SENDERS ?
			  POLLIN | POLLRDNORM : 0) |
			 (ep->senders ? 0 : POLLHUP);
	if (rights & LOOM_RIGHT_SEND)
		state |= (ep->waiting == QUEUE_RECEIVERS ?
			  POLLOUT | POLLWRNORM : 0) |
			 (ep->receivers ? 0 : POLLERR);
	unlock(ep);
	return state;
}

static int open(struct file *f)
{
	struct endpoint *ep = f->data;
	unsigned rights = handle_rights(f);

	lock(ep);
	ep->receivers += rights & LOOM_RIGHT_RECV ? 1 : 0;
	ep->senders += rights & LOOM_RIGHT_SEND ? 1 : 0;
	unlock(ep);
	return 0;
}

/*
 * Without anybody at the other side nobody need wait any longer. Those who
 * wait have files of their own, so if it is the last of all, nobody does.
 */
static void release(struct file *f)
{
	struct endpoint *ep = f->data;
	unsigned rights = handle_rights(f);

	lock(ep);
	ep->receivers -= rights & LOOM_RIGHT_RECV ? 1 : 0;
	ep->senders -= rights & LOOM_RIGHT_SEND ? 1 : 0;
	if ((!ep->receivers && ep->waiting == QUEUE_SENDERS) ||
	    (!ep->senders && ep->waiting == QUEUE_RECEIVERS)) {
		while (!list_empty(&ep->queue))
			ipc_finish(ipc_first(&ep->queue), -EPIPE);
		note_queue(ep);
	}
	if (!ep->receivers || !ep->senders)
		tell_pollers(ep);
	unlock(ep);
}

const struct file_ops endpoint_file_ops = {
	.poll = poll,
	.open = open,
	.release = release,
};

static const struct inode_ops inode_ops = {
	.dev = 4,
	.destroy = handle_destroy,
};

int endpoint_create(struct file **out)
{
	static unsigned created;	/* atomic */
	unsigned n = __atomic_fetch_add(&created, 1, __ATOMIC_RELAXED);
	struct inode *inode = handle_inode(&inode_ops,
					   sizeof(struct endpoint));
	struct endpoint *ep;
	int err;

	if (!inode)
		return -ENOMEM;
	ep = inode->data;
	ep->lock = &locks[n % LOCKS].lock;
	list_init(&ep->queue);
	waitq_init(&ep->pollers, "pollers of an endpoint");
	err = handle_create(inode, &endpoint_file_ops,
			    LOOM_RIGHT_RECV | LOOM_RIGHT_SEND, 0, out);
	inode_put(inode);
	return err;
}
