// SPDX-License-Identifier: MIT
/*
 * Pipes: a ring of bytes between open files. pipe2(2) makes one without a
 * name; an inode of type MODE_FIFO is one with a name. The pipe exists as
 * long as a file of its inode is open.
 *
 * It is guarded by the lock of the inode, held while bytes are copied from or
 * to a program and never while waiting. The amount in the ring and the
 * numbers of ends are also looked at without the lock, between wait_prepare
 * and wait_sleep: whoever changes one of them wakes the queue afterwards, and
 * the queue's spinlock orders the two (sched/wait.h).
 */
#include "fs/pipe.h"

#include "fs/file.h"
#include "fs/inode.h"
#include "fs/pieces.h"
#include "fs/pipe_impl.h"
#include "fs/poll.h"
#include "lib/errno.h"
#include "mm/kmem.h"
#include "mm/layout.h"
#include "mm/user.h"
#include "proc/process.h"
#include "sched/wait.h"
#include "signal/signal.h"

enum {
	PIPE_BUF = 4096,	/* a write of so much is not cut in two */
	SIZE_FIRST = 16 * PAGE_SIZE,
	SIZE_LIMIT = 1024 * 1024,	/* that F_SETPIPE_SZ gives */
	FIONREAD = 0x541b,
};

static uint32_t look(const uint32_t *field)
{
	return __atomic_load_n(field, __ATOMIC_ACQUIRE);
}

static void change(uint32_t *field, uint32_t value)
{
	__atomic_store_n(field, value, __ATOMIC_RELEASE);
}

static bool reads(const struct file *f)
{
	return (f->flags & FILE_ACCMODE) != FILE_WRONLY;
}

static bool writes(const struct file *f)
{
	return (f->flags & FILE_ACCMODE) != FILE_RDONLY;
}

/* Sleep until the pipe may have something, or was closed: 0 or -EINTR. */
static int wait_to_read(struct pipe *p)
{
	struct waiter w;
	int err = 0;

	wait_prepare(&p->can_read, &w, WAIT_INTERRUPTIBLE);
	if (!pipe_ring_used(&p->ring) && look(&p->writers))
		err = wait_sleep(&w, WAIT_FOREVER);
	wait_finish(&w);
	return err;
}

/* Sleep until @room bytes may fit, or nobody reads any more: 0 or -EINTR. */
static int wait_to_write(struct pipe *p, uint64_t room)
{
	struct waiter w;
	int err = 0;

	wait_prepare(&p->can_write, &w, WAIT_INTERRUPTIBLE);
	if (pipe_ring_room(&p->ring) < room && look(&p->readers))
		err = wait_sleep(&w, WAIT_FOREVER);
	wait_finish(&w);
	return err;
}

/*
 * Bytes given, 0 at the end of the file, -EAGAIN if nothing is there yet,
 * -EFAULT.
 */
static long try_read(struct file *f, struct pieces *to)
{
	struct pipe *p = f->data;
	long n;

	mutex_lock(&f->inode->lock);
	if (p->ring.used)
		n = pipe_ring_get(&p->ring, to);
	else
		n = p->writers ? -EAGAIN : 0;
	mutex_unlock(&f->inode->lock);
	if (n > 0)
		wait_wake_all(&p->can_write);
	return n;
}

static long read_some(struct file *f, struct pieces *to)
{
	struct pipe *p = f->data;

	if (!to->left)
		return 0;
	for (;;) {
		long n = try_read(f, to);
		int err;

		if (n != -EAGAIN || (file_flags(f) & FILE_NONBLOCK))
			return n;
		err = wait_to_read(p);
		if (err)
			return err;
	}
}

/*
 * Bytes taken, -EAGAIN if @whole is set and not all of it fits or if nothing
 * does, -EPIPE, -ENOMEM, -EFAULT.
 */
static long try_write(struct file *f, struct pieces *from, bool whole)
{
	struct pipe *p = f->data;
	uint32_t room;
	long n;

	mutex_lock(&f->inode->lock);
	room = p->ring.size - p->ring.used;
	if (!p->readers)
		n = -EPIPE;
	else if (!room || (whole && room < from->left))
		n = -EAGAIN;
	else
		n = pipe_ring_put(&p->ring, from);
	mutex_unlock(&f->inode->lock);
	if (n > 0)
		wait_wake_all(&p->can_read);
	return n;
}

static long write_all(struct file *f, struct pieces *from)
{
	struct pipe *p = f->data;
	bool whole = from->left <= PIPE_BUF;
	size_t done = 0;

	while (from->left) {
		long n = try_write(f, from, whole && !done);

		if (n > 0) {
			done += (size_t)n;
			continue;
		}
		if (n == -EAGAIN && !(file_flags(f) & FILE_NONBLOCK))
			n = wait_to_write(p, whole ? from->left : 1);
		if (n == -EPIPE)
			signal_send(process_current(), SIGPIPE);
		if (n)
			return done ? (long)done : n;
	}
	return (long)done;
}

static long pipe_readv(struct file *f, const struct io_vector *iov, unsigned n)
{
	struct pieces to;

	pieces_init(&to, iov, n);
	return read_some(f, &to);
}

static long pipe_read(struct file *f, uint64_t buf, size_t len, uint64_t *pos)
{
	struct io_vector iov = { .base = buf, .len = len };

	(void)pos;
	return pipe_readv(f, &iov, 1);
}

static long pipe_writev(struct file *f, const struct io_vector *iov,
			unsigned n)
{
	struct pieces from;

	pieces_init(&from, iov, n);
	return write_all(f, &from);
}

static long pipe_write(struct file *f, uint64_t buf, size_t len, uint64_t *pos)
{
	struct io_vector iov = { .base = buf, .len = len };

	(void)pos;
	return pipe_writev(f, &iov, 1);
}

static long pipe_kwrite(struct file *f, void *src, size_t len, uint64_t *pos)
{
	struct pieces from;

	(void)pos;
	pieces_init_kernel(&from, src, len);
	return write_all(f, &from);
}

/*
 * Writable means that a write of PIPE_BUF bytes fits whole. A reader that
 * opened a named pipe without waiting for a writer sees no end of the file
 * before there was one.
 */
static unsigned pipe_poll(struct file *f, struct poll_table *pt)
{
	struct pipe *p = f->data;
	unsigned mask = 0;

	if (reads(f)) {
		poll_wait(pt, &p->can_read);
		if (pipe_ring_used(&p->ring))
			mask |= POLLIN | POLLRDNORM;
		if (!look(&p->writers) && look(&p->writer_opens) != f->pos)
			mask |= POLLHUP;
	}
	if (writes(f)) {
		poll_wait(pt, &p->can_write);
		if (pipe_ring_room(&p->ring) >= PIPE_BUF)
			mask |= POLLOUT | POLLWRNORM;
		if (!look(&p->readers))
			mask |= POLLERR;
	}
	return mask;
}

static long pipe_ioctl(struct file *f, uint32_t cmd, uint64_t arg)
{
	struct pipe *p = f->data;
	uint32_t used = pipe_ring_used(&p->ring);

	if (cmd != FIONREAD)
		return -ENOTTY;
	return copy_to_user(arg, &used, sizeof(used));
}

/* Opening and closing. */

static struct pipe *pipe_alloc(void)
{
	struct pipe *p = kzalloc(sizeof(*p));

	if (!p)
		return NULL;
	if (pipe_ring_init(&p->ring, SIZE_FIRST)) {
		kfree(p);
		return NULL;
	}
	waitq_init(&p->can_read, "pipe readers");
	waitq_init(&p->can_write, "pipe writers");
	waitq_init(&p->opened, "pipe openers");
	return p;
}

/* Count @f in, into a pipe that is made if it is the first. Lock held. */
static int join(struct file *f)
{
	struct pipe *p = f->inode->data;

	if (!p)
		p = pipe_alloc();
	if (!p)
		return -ENOMEM;
	f->inode->data = p;
	f->data = p;
	p->files++;
	if (reads(f)) {
		f->leaf |= LEAF_PIPE_READ;
		change(&p->readers, p->readers + 1);
		change(&p->reader_opens, p->reader_opens + 1);
	}
	if (writes(f)) {
		f->leaf |= LEAF_PIPE_WRITE;
		change(&p->writers, p->writers + 1);
		change(&p->writer_opens, p->writer_opens + 1);
	}
	return 0;
}

static void wake_everyone(struct pipe *p)
{
	wait_wake_all(&p->can_read);
	wait_wake_all(&p->can_write);
	wait_wake_all(&p->opened);
}

/* This file is no end any more; then, when nobody else uses the pipe, free. */
static void pipe_release(struct file *f)
{
	struct inode *inode = f->inode;
	struct pipe *p = f->data;
	bool last;

	mutex_lock(&inode->lock);
	if (reads(f))
		change(&p->readers, p->readers - 1);
	if (writes(f))
		change(&p->writers, p->writers - 1);
	mutex_unlock(&inode->lock);
	wake_everyone(p);

	mutex_lock(&inode->lock);
	last = --p->files == 0;
	if (last)
		inode->data = NULL;
	mutex_unlock(&inode->lock);
	if (last) {
		pipe_ring_free(&p->ring);
		kfree(p);
	}
}

/*
 * Wait until the other end was opened after @seen opens of it. The number
 * counts, not whether it is open now: one that came and went was there.
 */
static int wait_partner(struct pipe *p, const uint32_t *opens, uint32_t seen)
{
	struct waiter w;
	int err = 0;

	for (;;) {
		wait_prepare(&p->opened, &w, WAIT_INTERRUPTIBLE);
		if (look(opens) != seen || err)
			break;
		err = wait_sleep(&w, WAIT_FOREVER);
	}
	wait_finish(&w);
	return look(opens) != seen ? 0 : err;
}

static const struct inode_ops pipe_inode_ops;

/* Only one end, of a pipe with a name, cares whether there is another. */
static bool is_lonely(const struct file *f)
{
	const struct pipe *p = f->inode->data;

	if (f->inode->ops == &pipe_inode_ops || (reads(f) && writes(f)))
		return false;
	return !p || !(reads(f) ? p->writers : p->readers);
}

static int pipe_open(struct file *f)
{
	struct inode *inode = f->inode;
	bool nonblock = f->flags & FILE_NONBLOCK, lonely;
	const uint32_t *opens;
	struct pipe *p;
	uint32_t seen;
	int err;

	if ((f->flags & FILE_ACCMODE) > FILE_RDWR)
		return -EINVAL;
	mutex_lock(&inode->lock);
	lonely = is_lonely(f);
	err = lonely && nonblock && writes(f) ? -ENXIO : join(f);
	p = f->data;
	if (err) {
		mutex_unlock(&inode->lock);
		return err;
	}
	opens = reads(f) ? &p->writer_opens : &p->reader_opens;
	seen = *opens;
	/* A pipe has no position; pipe_poll says what this is. */
	if (lonely && nonblock)
		f->pos = seen;
	mutex_unlock(&inode->lock);
	wake_everyone(p);
	if (!lonely || nonblock)
		return 0;
	err = wait_partner(p, opens, seen);
	if (err)
		pipe_release(f);
	return err;
}

const struct file_ops pipe_file_ops = {
	.read = pipe_read,
	.readv = pipe_readv,
	.write = pipe_write,
	.writev = pipe_writev,
	.kwrite = pipe_kwrite,
	.ioctl = pipe_ioctl,
	.poll = pipe_poll,
	.open = pipe_open,
	.release = pipe_release,
};

static const struct inode_ops pipe_inode_ops = {
	.dev = 3,
};

int pipe_create(uint32_t flags, struct file **reader, struct file **writer)
{
	struct inode *inode = inode_alloc(&pipe_inode_ops, 0,
					  MODE_FIFO | 0600);
	int err;

	if (!inode)
		return -ENOMEM;
	inode->file_ops = &pipe_file_ops;
	flags &= FILE_NONBLOCK;
	err = file_create(inode, FILE_RDONLY | flags, reader);
	if (!err) {
		err = file_create(inode, FILE_WRONLY | flags, writer);
		if (err)
			file_put(*reader);
	}
	inode_put(inode);
	return err;
}

/* Size */

long pipe_get_size(struct file *f)
{
	struct pipe *p = f->data;

	if (f->ops != &pipe_file_ops)
		return -EBADF;
	return (long)look(&p->ring.size);
}

/* What Linux makes of a wish: a power of two of pages; 0: too much. */
static uint32_t round_size(uint32_t wish)
{
	uint32_t size = PAGE_SIZE;

	if (wish > UINT32_C(1) << 31)
		return 0;
	while (size < wish)
		size *= 2;
	return size;
}

long pipe_set_size(struct file *f, uint32_t wish)
{
	struct pipe *p = f->data;
	uint32_t size = round_size(wish);
	int err;

	if (f->ops != &pipe_file_ops)
		return -EBADF;
	if (!size)
		return -EINVAL;
	if (size > SIZE_LIMIT)
		return -EPERM;
	mutex_lock(&f->inode->lock);
	err = pipe_ring_resize(&p->ring, size);
	mutex_unlock(&f->inode->lock);
	if (err)
		return err;
	wait_wake_all(&p->can_write);
	return (long)size;
}
