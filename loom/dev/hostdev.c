// SPDX-License-Identifier: MIT
/*
 * The host channel as devices. The file layer calls these operations with
 * user addresses; the channel takes kernel memory only, so bytes pass through
 * a page.
 *
 * The host cannot interrupt: a reader that finds nothing looks again at every
 * tick, and while somebody polls for input a timeout does. The others run
 * meanwhile.
 */
#include "dev/hostdev.h"

#include "dev/host.h"
#include "fs/file.h"
#include "fs/inode.h"
#include "fs/poll.h"
#include "lib/errno.h"
#include "lib/lock.h"
#include "mm/kmem.h"
#include "mm/layout.h"
#include "mm/user.h"
#include "proc/process.h"
#include "sched/clock.h"
#include "sched/wait.h"
#include "signal/signal.h"

enum {
	POLL_NS = 10 * 1000 * 1000,
};

static int hostdev_open(struct file *f)
{
	(void)f;
	return host_present() ? 0 : -ENODEV;
}

static size_t piece(size_t left)
{
	return left < PAGE_SIZE ? left : PAGE_SIZE;
}

/* Bytes in @page, 0 at the end, or why not; waits unless the file may not. */
static long read_wait(const struct file *f, void *page, size_t len)
{
	uint32_t flags = file_flags(f);

	for (;;) {
		long n = host_read(page, len);
		int err;

		if (n != -EAGAIN || flags & FILE_NONBLOCK)
			return n;
		err = wait_until(clock_deadline(POLL_NS));
		if (err < 0)
			return err;
	}
}

/*
 * What there is, at most @len. Bytes that were taken from the channel and
 * then meet a bad address are lost, as with a terminal.
 */
static long read_pieces(struct file *f, char *page, uint64_t buf, size_t len)
{
	size_t done = 0;
	long n = read_wait(f, page, piece(len));

	while (n > 0) {
		size_t copied = copy_to_user_partial(buf + done, page,
						     (size_t)n);

		done += copied;
		if (copied < (size_t)n)
			return done ? (long)done : -EFAULT;
		if (done == len || signal_pending())
			break;
		n = host_read(page, piece(len - done));
	}
	return done ? (long)done : n;
}

static long hostdev_read(struct file *f, uint64_t buf, size_t len,
			 uint64_t *pos)
{
	char *page;
	long n;

	(void)pos;
	if (f->inode->rdev != DEV_HOSTIN)
		return -EINVAL;
	if (len == 0)
		return 0;
	page = kmalloc(PAGE_SIZE);
	if (!page)
		return -ENOMEM;
	n = read_pieces(f, page, buf, len);
	kfree(page);
	return n;
}

static long write_pieces(enum host_stream stream, char *page, uint64_t buf,
			 size_t len)
{
	size_t done = 0;
	long n = 0;

	while (done < len) {
		size_t copied = copy_from_user_partial(page, buf + done,
						       piece(len - done));

		n = copied ? host_write(stream, page, copied) : -EFAULT;
		if (n < 0)
			break;
		done += (size_t)n;
		if (done < len && signal_pending()) {
			n = -EINTR;
			break;
		}
	}
	if (n == -EPIPE)
		signal_send(process_current(), SIGPIPE);
	return done ? (long)done : n;
}

static long hostdev_write(struct file *f, uint64_t buf, size_t len,
			  uint64_t *pos)
{
	enum host_stream stream;
	char *page;
	long n;

	(void)pos;
	if (f->inode->rdev == DEV_HOSTOUT)
		stream = HOST_OUT;
	else if (f->inode->rdev == DEV_HOSTERR)
		stream = HOST_ERR;
	else
		return -EINVAL;
	page = kmalloc(PAGE_SIZE);
	if (!page)
		return -ENOMEM;
	n = write_pieces(stream, page, buf, len);
	kfree(page);
	return n;
}

static long hostdev_kwrite(struct file *f, void *src, size_t len,
			   uint64_t *pos)
{
	long n;

	(void)pos;
	if (f->inode->rdev == DEV_HOSTIN)
		return -EINVAL;
	n = host_write(f->inode->rdev == DEV_HOSTOUT ? HOST_OUT : HOST_ERR,
		       src, piece(len));
	if (n == -EPIPE)
		signal_send(process_current(), SIGPIPE);
	return n;
}

static struct waitq pollers = WAITQ_INIT("host input", pollers);
static struct timeout look_again;
static struct spinlock look_lock = SPINLOCK_INIT(RANK_TTY, "host input");
static bool will_look;		/* look_lock: look_again is running */

static void look_now(struct timeout *timeout)
{
	uint64_t daif = spin_lock_irqsave(&look_lock);

	(void)timeout;
	will_look = false;
	spin_unlock_irqrestore(&look_lock, daif);
	wait_wake_all(&pollers);
}

/* Wake the pollers soon. A timeout that was heard may be used again. */
static void look_soon(void)
{
	uint64_t daif = spin_lock_irqsave(&look_lock);

	if (!will_look) {
		will_look = true;
		timeout_init(&look_again, look_now);
		timeout_start(&look_again, clock_deadline(POLL_NS));
	}
	spin_unlock_irqrestore(&look_lock, daif);
}

static unsigned hostdev_poll(struct file *f, struct poll_table *pt)
{
	if (f->inode->rdev != DEV_HOSTIN)
		return POLLOUT | POLLWRNORM;
	poll_wait(pt, &pollers);
	if (host_readable())
		return POLLIN | POLLRDNORM;
	if (pt)
		look_soon();
	return 0;
}

const struct file_ops hostdev_file_ops = {
	.read = hostdev_read,
	.write = hostdev_write,
	.kwrite = hostdev_kwrite,
	.poll = hostdev_poll,
	.open = hostdev_open,
};
