// SPDX-License-Identifier: MIT
/*
 * eventfd: a counter that a write adds to and a read takes from, all of it or
 * one. A read waits while it is 0, a write while it would pass COUNT_LAST.
 *
 * The count is under a spinlock; user memory is copied before or after. A
 * reader wakes the writers after it has let go of the lock, and the other way
 * round, so who looks between wait_prepare and wait_sleep misses nothing. All
 * are woken: a waiter that cannot go on after all would waste the wake-up of
 * one that could.
 */
#include "fs/eventfd.h"

#include "fs/eventfd_impl.h"
#include "fs/file.h"
#include "fs/inode.h"
#include "fs/pieces.h"
#include "fs/poll.h"
#include "lib/errno.h"
#include "mm/kmem.h"
#include "mm/user.h"
#include "sched/wait.h"

/* False if there is nothing to take. */
static bool try_take(struct event *e, uint64_t *value)
{
	bool there;

	spin_lock(&e->lock);
	there = e->count > 0;
	*value = e->semaphore && there ? 1 : e->count;
	e->count -= *value;
	spin_unlock(&e->lock);
	if (there)
		wait_wake_all(&e->can_write);
	return there;
}

/* False if it does not fit. */
static bool try_add(struct event *e, uint64_t *value)
{
	bool fits;

	spin_lock(&e->lock);
	fits = *value <= COUNT_LAST - e->count;
	if (fits)
		e->count += *value;
	spin_unlock(&e->lock);
	if (fits)
		wait_wake_all(&e->can_read);
	return fits;
}

typedef bool (*try_fn)(struct event *e, uint64_t *value);

/* Until @try succeeds: 0, -EAGAIN or -EINTR. */
static int repeat(const struct file *f, struct waitq *queue, try_fn try,
		  uint64_t *value)
{
	struct event *e = f->data;
	struct waiter w;
	int err = 0;

	if (try(e, value))
		return 0;
	if (file_flags(f) & FILE_NONBLOCK)
		return -EAGAIN;
	for (;;) {
		wait_prepare(queue, &w, WAIT_INTERRUPTIBLE);
		if (try(e, value)) {
			err = 0;
			break;
		}
		if (err)
			break;
		err = wait_sleep(&w, WAIT_FOREVER);
	}
	wait_finish(&w);
	return err;
}

static long event_read(struct file *f, uint64_t buf, size_t len, uint64_t *pos)
{
	struct event *e = f->data;
	uint64_t value;
	int err;

	(void)pos;
	if (len < sizeof(value))
		return -EINVAL;
	err = repeat(f, &e->can_read, try_take, &value);
	if (err)
		return err;
	err = copy_to_user(buf, &value, sizeof(value));
	return err ? err : (long)sizeof(value);
}

/* All pieces together are one read. */
static long event_readv(struct file *f, const struct io_vector *iov,
			unsigned n)
{
	struct event *e = f->data;
	struct pieces to;
	uint64_t value;
	int err;

	pieces_init(&to, iov, n);
	if (to.left < sizeof(value))
		return -EINVAL;
	err = repeat(f, &e->can_read, try_take, &value);
	if (err)
		return err;
	if (pieces_write(&to, &value, sizeof(value)) < sizeof(value))
		return -EFAULT;
	return sizeof(value);
}

/* Eight bytes at a time: writev of several pieces is as many writes. */
static long event_write(struct file *f, uint64_t buf, size_t len,
			uint64_t *pos)
{
	struct event *e = f->data;
	uint64_t value;
	int err;

	(void)pos;
	if (len < sizeof(value))
		return -EINVAL;
	err = copy_from_user(&value, buf, sizeof(value));
	if (err)
		return err;
	if (value > COUNT_LAST)
		return -EINVAL;
	err = repeat(f, &e->can_write, try_add, &value);
	return err ? err : (long)sizeof(value);
}

static unsigned event_poll(struct file *f, struct poll_table *pt)
{
	struct event *e = f->data;
	uint64_t count;

	poll_wait(pt, &e->can_read);
	poll_wait(pt, &e->can_write);
	spin_lock(&e->lock);
	count = e->count;
	spin_unlock(&e->lock);
	return (count > 0 ? POLLIN : 0) | (count < COUNT_LAST ? POLLOUT : 0);
}

static const struct file_ops event_file_ops = {
	.read = event_read,
	.readv = event_readv,
	.write = event_write,
	.poll = event_poll,
	.ignores_seek = true,
	.takes_empty = true,
};

static void event_destroy(struct inode *inode)
{
	kfree(inode->data);
}

static const struct inode_ops event_inode_ops = {
	.dev = 4,
	.destroy = event_destroy,
};

int eventfd_create(uint32_t count, bool semaphore, uint32_t flags,
		   struct file **out)
{
	struct inode *inode = inode_alloc(&event_inode_ops, 0, 0600);
	struct event *e = inode ? kzalloc(sizeof(*e)) : NULL;
	int err;

	if (!e) {
		inode_put(inode);
		return -ENOMEM;
	}
	spin_init(&e->lock, RANK_EVENT, "eventfd");
	e->count = count;
	e->semaphore = semaphore;
	waitq_init(&e->can_read, "eventfd readers");
	waitq_init(&e->can_write, "eventfd writers");
	inode->data = e;
	inode->file_ops = &event_file_ops;
	err = file_create(inode, FILE_RDWR | flags, out);
	if (!err) {
		(*out)->data = e;
		(*out)->leaf = LEAF_EVENT;
	}
	/* No other file of it: by a path (/proc/PID/fd) it is no device. */
	inode->file_ops = NULL;
	inode_put(inode);
	return err;
}
