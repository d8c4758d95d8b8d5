// SPDX-License-Identifier: MIT
/* Notifications; see notification.h. What can be bound to one is in bind.c. */
#include "ipc/notification.h"

#include <loom/abi.h>

#include "fs/file.h"
#include "fs/inode.h"
#include "fs/poll.h"
#include "ipc/bind.h"
#include "ipc/handle.h"
#include "ipc/queue.h"
#include "lib/errno.h"
#include "trace/trace.h"

_Static_assert(offsetof(struct notification, pollers) <= 64,
	       "signal and wait touch one cache line");

void notification_signal_locked(struct notification *n, uint64_t bits)
{
	struct thread *first;

	if (!list_empty(&n->waiters)) {
		first = ipc_first(&n->waiters);
		trace(TRACE_NOTE_SIGNAL, (uintptr_t)n, (uintptr_t)first);
		first->ipc.badge = bits;
		ipc_finish(first, 0);
		return;
	}
	trace(TRACE_NOTE_SIGNAL, (uintptr_t)n, 0);
	n->word |= bits;
	if (n->slow & NOTE_WATCHED) {
		/* Each of them looks again, and says so if it comes back. */
		n->slow &= ~(uint32_t)NOTE_WATCHED;
		wait_wake_all(&n->pollers);
	}
}

void notification_signal(struct notification *n, uint64_t bits)
{
	uint64_t daif = spin_lock_irqsave(&n->lock);

	notification_signal_locked(n, bits);
	spin_unlock_irqrestore(&n->lock, daif);
}

/* 0: *@word is what there was, or is 0 and the thread on the queue. */
static int take_or_queue(struct notification *n, bool waits, uint64_t *word)
{
	struct thread *self = thread_current();
	uint64_t daif = spin_lock_irqsave(&n->lock);
	int err = 0;

	trace(TRACE_NOTE_WAIT, (uintptr_t)n, 0);
	*word = n->word;
	n->word = 0;
	if (n->slow & NOTE_STALLED)
		bind_timer_resume(n);
	if (!*word && !waits)
		err = -EAGAIN;
	else if (!*word)
		ipc_enqueue(&n->waiters, self, IPC_WAITING);
	spin_unlock_irqrestore(&n->lock, daif);
	return err;
}

/* On the queue, until signalled, or until there is another reason. */
static int wait_on_queue(struct notification *n, uint64_t deadline_ns)
{
	struct thread *self = thread_current();
	uint64_t daif;
	bool done;
	int err;

	do {
		err = ipc_sleep(self, deadline_ns);
		daif = spin_lock_irqsave(&n->lock);
		/* A signal counts, whatever else came: its bits are here. */
		if (err && self->ipc_state != IPC_DONE)
			ipc_give_up(self, err);
		done = self->ipc_state == IPC_DONE;
		spin_unlock_irqrestore(&n->lock, daif);
	} while (!done);
	return ipc_result(self);
}

int notification_wait(struct notification *n, bool waits, uint64_t deadline_ns,
		      uint64_t *word)
{
	struct thread *self = thread_current();
	int err;

	ipc_watch(self);
	err = take_or_queue(n, waits, word);
	if (err || *word)
		return err;
	err = wait_on_queue(n, deadline_ns);
	*word = self->ipc.badge;
	return err;
}

int notification_resume(struct notification *n, uint64_t *word)
{
	int err = wait_on_queue(n, WAIT_FOREVER);

	*word = thread_current()->ipc.badge;
	return err;
}

static unsigned poll(struct file *f, struct poll_table *pt)
{
	struct notification *n = f->data;
	unsigned rights = handle_rights(f);
	unsigned state = 0;
	uint64_t daif;

	poll_wait(pt, &n->pollers);
	daif = spin_lock_irqsave(&n->lock);
	if (pt)
		n->slow |= NOTE_WATCHED;
	if (n->word && rights & LOOM_RIGHT_RECV)
		state |= POLLIN | POLLRDNORM;
	spin_unlock_irqrestore(&n->lock, daif);
	if (rights & LOOM_RIGHT_SEND)
		state |= POLLOUT | POLLWRNORM;
	return state;
}

static int open(struct file *f)
{
	struct notification *n = f->data;

	__atomic_add_fetch(&n->files, 1, __ATOMIC_RELAXED);
	return 0;
}

/* With the last file goes what would signal it. */
static void release(struct file *f)
{
	struct notification *n = f->data;

	/* Acquire and release: what others did with their files is over. */
	if (__atomic_sub_fetch(&n->files, 1, __ATOMIC_ACQ_REL) == 0)
		bind_end(n);
}

const struct file_ops notification_file_ops = {
	.poll = poll,
	.open = open,
	.release = release,
};

static const struct inode_ops inode_ops = {
	.dev = 4,
	.destroy = handle_destroy,
};

int notification_create(struct file **out)
{
	struct inode *inode = handle_inode(&inode_ops,
					   sizeof(struct notification));
	struct notification *n;
	int err;

	if (!inode)
		return -ENOMEM;
	n = inode->data;
	spin_init(&n->lock, RANK_NOTIFICATION, "notification");
	list_init(&n->waiters);
	waitq_init(&n->pollers, "pollers of a notification");
	err = handle_create(inode, &notification_file_ops,
			    LOOM_RIGHT_RECV | LOOM_RIGHT_SEND, 0, out);
	inode_put(inode);
	return err;
}
