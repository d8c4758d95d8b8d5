// SPDX-License-Identifier: MIT
/*
 * Character devices: /dev/null, zero, full, random and urandom, and the way to
 * the terminal and the host channel. Called when an inode for a device is made.
 */
#include "fs/devnode.h"

#include "dev/hostdev.h"
#include "fs/file.h"
#include "fs/inode.h"
#include "fs/pipe.h"
#include "lib/errno.h"
#include "lib/random.h"
#include "lib/string.h"
#include "mm/layout.h"
#include "mm/user.h"
#include "signal/signal.h"
#include "tty/tty.h"

static long null_read(struct file *f, uint64_t buf, size_t len, uint64_t *pos)
{
	(void)f;
	(void)buf;
	(void)len;
	(void)pos;
	return 0;
}

/* All is taken, and never looked at: a bad address is no error here. */
static long swallow(struct file *f, uint64_t buf, size_t len, uint64_t *pos)
{
	(void)f;
	(void)buf;
	(void)pos;
	return (long)len;
}

static long full_write(struct file *f, uint64_t buf, size_t len, uint64_t *pos)
{
	(void)f;
	(void)buf;
	(void)len;
	(void)pos;
	return -ENOSPC;
}

/* By pages: what lies before a bad address counts, and a kill ends it. */
static long zero_read(struct file *f, uint64_t buf, size_t len, uint64_t *pos)
{
	size_t done = 0;
	int err = 0;

	(void)f;
	(void)pos;
	while (done < len && !err) {
		size_t n = PAGE_SIZE - (buf + done) % PAGE_SIZE;

		if (n > len - done)
			n = len - done;
		err = clear_user(buf + done, n);
		if (err)
			break;
		done += n;
		if (signal_pending())
			err = -EINTR;
	}
	return done ? (long)done : err;
}

/*
 * As getrandom(2): never waits for a seed that will not come. What is written
 * is not mixed in, for then it would count as seed.
 */
static long random_read(struct file *f, uint64_t buf, size_t len, uint64_t *pos)
{
	uint8_t bytes[128];
	size_t done = 0;

	(void)f;
	(void)pos;
	while (done < len && !(done && signal_pending())) {
		size_t want = len - done < sizeof(bytes) ? len - done :
							   sizeof(bytes);
		size_t n;

		random_bytes(bytes, want);
		n = copy_to_user_partial(buf + done, bytes, want);
		done += n;
		if (n < want)
			break;
	}
	memset(bytes, 0, sizeof(bytes));
	return done ? (long)done : -EFAULT;
}

static long swallow_kernel(struct file *f, void *src, size_t len, uint64_t *pos)
{
	(void)f;
	(void)src;
	(void)pos;
	return (long)len;
}

static const struct file_ops null_file_ops = {
	.read = null_read,
	.write = swallow,
	.kwrite = swallow_kernel,
	.seekable = true,
};

static const struct file_ops zero_file_ops = {
	.read = zero_read,
	.write = swallow,
	.kwrite = swallow_kernel,
	.seekable = true,
};

static const struct file_ops full_file_ops = {
	.read = zero_read,
	.write = full_write,
	.seekable = true,
};

static const struct file_ops random_file_ops = {
	.read = random_read,
	.write = swallow,
	.seekable = true,
};

const struct file_ops *devnode_file_ops(uint32_t mode, uint64_t rdev)
{
	if ((mode & MODE_FMT) == MODE_FIFO)
		return &pipe_file_ops;
	if ((mode & MODE_FMT) != MODE_CHR)
		return NULL;
	switch (rdev) {
	case DEV_NULL:
		return &null_file_ops;
	case DEV_ZERO:
		return &zero_file_ops;
	case DEV_FULL:
		return &full_file_ops;
	case DEV_RANDOM:
	case DEV_URANDOM:
		return &random_file_ops;
	case DEV_CONSOLE:
	case DEV_TTY:
		return &tty_file_ops;
	case DEV_HOSTIN:
	case DEV_HOSTOUT:
	case DEV_HOSTERR:
		return &hostdev_file_ops;
	default:
		return NULL;
	}
}
