// SPDX-License-Identifier: MIT
/*
 * Pipes: a ring of 64 KiB between two open files. pipe2(2) makes them.
 *
 * The ring is guarded by the lock of the pipe's inode, held while bytes are
 * copied from or to a program and never while waiting. The amount in the ring
 * and the number of ends are also looked at without the lock, between
 * wait_prepare and wait_sleep: whoever changes one of them wakes the queue
 * afterwards, and the queue's spinlock orders the two (sched/wait.h).
 */
#include "fs/file.h"
#include "fs/inode.h"
#include "lib/errno.h"
#include "mm/kmem.h"
#include "mm/page.h"
#include "mm/user.h"
#include "proc/process.h"
#include "sched/wait.h"
#include "signal/signal.h"

enum {
	PIPE_PAGES = 16,
	PIPE_SIZE = PIPE_PAGES * PAGE_SIZE,
	PIPE_BUF = 4096,	/* a write of so much is not cut in two */
	FIONREAD = 0x541b,
};

struct pipe {
	/* inode->lock */
	uint64_t page[PIPE_PAGES];	/* physical; 0 until first used */
	uint32_t start;			/* of the oldest byte */

	/* inode->lock to change, atomic to look at */
	uint32_t used;
	uint32_t readers, writers;

	struct waitq can_read, can_write;
};

/* What is still to be written: the pieces of a user's buffer. */
struct source {
	const struct io_vector *iov;	/* the first that is not used up */
	uint64_t offset;		/* in it */
	uint64_t left;			/* in all */
};

static uint32_t look(const uint32_t *field)
{
	return __atomic_load_n(field, __ATOMIC_ACQUIRE);
}

static void change(uint32_t *field, uint32_t value)
{
	__atomic_store_n(field, value, __ATOMIC_RELEASE);
}

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* Bytes from @at, counted from the start of the ring, to its page's end. */
static size_t page_rest(uint32_t at)
{
	return PAGE_SIZE - at % PAGE_SIZE;
}

/*
 * Bytes given, 0 at the end of the file, -EAGAIN if nothing is there yet,
 * -EFAULT. The lock is held, as in try_write.
 */
static long try_read(struct pipe *p, uint64_t buf, size_t len)
{
	size_t done = 0;

	if (!p->used)
		return p->writers ? -EAGAIN : 0;
	len = least(len, p->used);
	while (done < len) {
		uint8_t *page = phys_to_virt(p->page[p->start / PAGE_SIZE]);
		size_t want = least(len - done, page_rest(p->start));
		size_t n = copy_to_user_partial(buf + done, page +
						p->start % PAGE_SIZE, want);

		done += n;
		p->start = (p->start + (uint32_t)n) % PIPE_SIZE;
		if (n < want)
			break;
	}
	change(&p->used, p->used - (uint32_t)done);
	if (!p->used)
		p->start = 0;	/* a pipe with little in it uses one page */
	return done ? (long)done : -EFAULT;
}

/* Copy one piece into the ring: bytes taken, or a negative errno if none. */
static long take_piece(struct pipe *p, struct source *src, size_t room)
{
	uint32_t at = (p->start + p->used) % PIPE_SIZE;
	uint64_t *pa = &p->page[at / PAGE_SIZE];
	size_t want, n;

	/* There is a byte left, so an element that is not used up. */
	/* NOLINTNEXTLINE(clang-analyzer-core.UndefinedBinaryOperatorResult) */
	for (; src->offset == src->iov->len; src->iov++)
		src->offset = 0;
	if (!*pa)
		*pa = page_alloc(0);
	if (!*pa)
		return -ENOMEM;
	want = least(least(room, page_rest(at)), src->iov->len - src->offset);
	n = copy_from_user_partial((uint8_t *)phys_to_virt(*pa) +
				   at % PAGE_SIZE,
				   src->iov->base + src->offset, want);
	src->offset += n;
	src->left -= n;
	change(&p->used, p->used + (uint32_t)n);
	return n ? (long)n : -EFAULT;
}

/*
 * Bytes taken, -EAGAIN if @whole is set and not all of it fits or if nothing
 * does, -EPIPE, -ENOMEM, -EFAULT.
 */
static long try_write(struct pipe *p, struct source *src, bool whole)
{
	size_t room = PIPE_SIZE - p->used, done = 0;
	long n = 0;

	if (!p->readers)
		return -EPIPE;
	if (!room || (whole && room < src->left))
		return -EAGAIN;
	while (src->left && room && n >= 0) {
		n = take_piece(p, src, room);
		if (n > 0) {
			done += (size_t)n;
			room -= (size_t)n;
		}
	}
	return done ? (long)done : n;
}

/* Sleep until the pipe may have something, or was closed: 0 or -EINTR. */
static int wait_to_read(struct pipe *p)
{
	struct waiter w;
	int err = 0;

	wait_prepare(&p->can_read, &w, WAIT_INTERRUPTIBLE);
	if (!look(&p->used) && look(&p->writers))
		err = wait_sleep(&w, WAIT_FOREVER);
	wait_finish(&w);
	return err;
}

/* Sleep until @room bytes may fit, or nobody reads any more: 0 or -EINTR. */
static int wait_to_write(struct pipe *p, size_t room)
{
	struct waiter w;
	int err = 0;

	wait_prepare(&p->can_write, &w, WAIT_INTERRUPTIBLE);
	if (PIPE_SIZE - look(&p->used) < room && look(&p->readers))
		err = wait_sleep(&w, WAIT_FOREVER);
	wait_finish(&w);
	return err;
}

static long pipe_read(struct file *f, uint64_t buf, size_t len, uint64_t *pos)
{
	struct pipe *p = f->inode->data;

	(void)pos;
	for (;;) {
		long n;
		int err;

		mutex_lock(&f->inode->lock);
		n = try_read(p, buf, len);
		mutex_unlock(&f->inode->lock);
		if (n > 0)
			wait_wake_all(&p->can_write);
		if (n != -EAGAIN || (file_flags(f) & FILE_NONBLOCK))
			return n;
		err = wait_to_read(p);
		if (err)
			return err;
	}
}

static long write_all(struct file *f, struct source *src)
{
	struct pipe *p = f->inode->data;
	bool whole = src->left <= PIPE_BUF;
	size_t done = 0;

	while (src->left) {
		long n;

		mutex_lock(&f->inode->lock);
		n = try_write(p, src, whole && !done);
		mutex_unlock(&f->inode->lock);
		if (n > 0) {
			done += (size_t)n;
			wait_wake_all(&p->can_read);
			continue;
		}
		if (n == -EAGAIN && !(file_flags(f) & FILE_NONBLOCK))
			n = wait_to_write(p, whole ? src->left : 1);
		if (n == -EPIPE)
			signal_send(process_current(), SIGPIPE);
		if (n)
			return done ? (long)done : n;
	}
	return (long)done;
}

static long pipe_writev(struct file *f, const struct io_vector *iov,
			unsigned n)
{
	struct source src = { .iov = iov };

	for (unsigned i = 0; i < n; i++)
		src.left += iov[i].len;
	return write_all(f, &src);
}

static long pipe_write(struct file *f, uint64_t buf, size_t len, uint64_t *pos)
{
	struct io_vector iov = { .base = buf, .len = len };

	(void)pos;
	return pipe_writev(f, &iov, 1);
}

static long pipe_ioctl(struct file *f, uint32_t cmd, uint64_t arg)
{
	struct pipe *p = f->inode->data;
	uint32_t used = look(&p->used);

	if (cmd != FIONREAD)
		return -ENOTTY;
	return copy_to_user(arg, &used, sizeof(used));
}

/* How many files are open at this end. */
static uint32_t *end_of(struct file *f)
{
	struct pipe *p = f->inode->data;
	bool reads = (f->flags & FILE_ACCMODE) == FILE_RDONLY;

	return reads ? &p->readers : &p->writers;
}

static int pipe_open(struct file *f)
{
	mutex_lock(&f->inode->lock);
	change(end_of(f), *end_of(f) + 1);
	mutex_unlock(&f->inode->lock);
	return 0;
}

static void pipe_release(struct file *f)
{
	struct pipe *p = f->inode->data;

	mutex_lock(&f->inode->lock);
	change(end_of(f), *end_of(f) - 1);
	mutex_unlock(&f->inode->lock);
	wait_wake_all(&p->can_read);
	wait_wake_all(&p->can_write);
}

static const struct file_ops pipe_file_ops = {
	.read = pipe_read,
	.write = pipe_write,
	.writev = pipe_writev,
	.ioctl = pipe_ioctl,
	.open = pipe_open,
	.release = pipe_release,
};

static void pipe_destroy(struct inode *inode)
{
	struct pipe *p = inode->data;

	if (!p)
		return;
	for (unsigned i = 0; i < PIPE_PAGES; i++)
		if (p->page[i])
			page_free(p->page[i], 0);
	kfree(p);
}

static const struct inode_ops pipe_inode_ops = {
	.dev = 3,
	.destroy = pipe_destroy,
};

static struct inode *pipe_inode(void)
{
	struct inode *inode = inode_alloc(&pipe_inode_ops, 0, MODE_FIFO | 0600);
	struct pipe *p = inode ? kzalloc(sizeof(*p)) : NULL;

	if (!p) {
		inode_put(inode);
		return NULL;
	}
	waitq_init(&p->can_read, "pipe readers");
	waitq_init(&p->can_write, "pipe writers");
	inode->data = p;
	inode->file_ops = &pipe_file_ops;
	return inode;
}

int pipe_create(uint32_t flags, struct file **reader, struct file **writer)
{
	struct inode *inode = pipe_inode();
	int err;

	if (!inode)
		return -ENOMEM;
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
