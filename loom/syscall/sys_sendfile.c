// SPDX-License-Identifier: MIT
/*
 * sendfile and copy_file_range: from a regular file to what can be written
 * (copy_file_range: to another regular file), through a page of the kernel's.
 *
 * Positions are taken at the start and set at the end, without a lock over
 * the copy, as Linux does: the output may wait for a reader, and who shares
 * the input file must not wait with it.
 */
#include "syscall/sys_sendfile.h"

#include <stdbool.h>

#include "fs/file.h"
#include "fs/inode.h"
#include "lib/errno.h"
#include "mm/kmem.h"
#include "mm/layout.h"
#include "mm/user.h"
#include "signal/signal.h"
#include "syscall/path_arg.h"

/* One side: a file and where in it. */
struct side {
	struct file *f;
	uint64_t addr;		/* of the program's offset; 0: f's own */
	uint64_t pos;
};

static bool may(const struct file *f, uint32_t access)
{
	uint32_t mode = file_flags(f) & FILE_ACCMODE;

	return f->ops && (mode == access || mode == FILE_RDWR);
}

/* 0, -EFAULT or -EINVAL. */
static int side_start(struct side *s)
{
	int64_t pos;

	if (!s->addr) {
		mutex_lock(&s->f->lock);
		s->pos = s->f->pos;
		mutex_unlock(&s->f->lock);
		return 0;
	}
	if (copy_from_user(&pos, s->addr, sizeof(pos)))
		return -EFAULT;
	if (pos < 0)
		return -EINVAL;
	s->pos = (uint64_t)pos;
	return 0;
}

/* -EFAULT: what was copied has been copied, the program was not told. */
static int side_end(const struct side *s)
{
	if (s->addr)
		return copy_to_user(s->addr, &s->pos, sizeof(s->pos));
	if (s->f->ops->seekable) {
		mutex_lock(&s->f->lock);
		s->f->pos = s->pos;
		mutex_unlock(&s->f->lock);
	}
	return 0;
}

/* At most a page: bytes written, 0 at the end of the input. */
static long copy_page(struct side *in, struct side *out, void *page,
		      uint64_t len)
{
	size_t want = len < PAGE_SIZE ? len : PAGE_SIZE;
	long n = file_kread(in->f, page, want, in->pos);

	if (n <= 0)
		return n;
	n = file_kwrite(out->f, page, (size_t)n, &out->pos);
	if (n > 0)
		in->pos += (uint64_t)n;
	return n;
}

/* Bytes, or a negative errno if none: -EAGAIN, -EPIPE, -EINTR ... */
static long copy(struct side *in, struct side *out, uint64_t len)
{
	void *page = kmalloc(PAGE_SIZE);
	uint64_t done = 0;
	long n = 1;

	if (!page)
		return -ENOMEM;
	while (done < len && n > 0) {
		n = copy_page(in, out, page, len - done);
		if (n > 0)
			done += (uint64_t)n;
		if (n > 0 && done < len && signal_pending())
			n = -EINTR;
	}
	kfree(page);
	return done ? (long)done : n;
}

static uint64_t cut(const struct side *in, uint64_t len)
{
	if (len > IO_MAX)
		len = IO_MAX;
	return len < INT64_MAX - in->pos ? len : INT64_MAX - in->pos;
}

static long send_checked(struct side *in, struct side *out, uint64_t len)
{
	long n;
	int err;

	if (!may(in->f, FILE_RDONLY))
		return -EBADF;
	/* A pipe, say, has no offset to give. */
	if (in->addr && !in->f->ops->seekable)
		return -ESPIPE;
	err = side_start(in);
	if (!err)
		err = side_start(out);
	if (err)
		return err;
	if (!may(out->f, FILE_WRONLY))
		return -EBADF;
	if (!inode_is(in->f->inode, MODE_REG) ||
	    file_flags(out->f) & FILE_APPEND)
		return -EINVAL;
	n = copy(in, out, cut(in, len));
	/* The offset is written whatever came of it. */
	err = side_end(in);
	if (!err)
		err = side_end(out);
	return err ? err : n;
}

static long range_checked(struct side *in, struct side *out, uint64_t len)
{
	struct inode *from = in->f->inode, *to = out->f->inode;
	int err = side_start(in);
	long n;

	if (!err)
		err = side_start(out);
	if (err)
		return err;
	if (inode_is(from, MODE_DIR) || inode_is(to, MODE_DIR))
		return -EISDIR;
	if (!inode_is(from, MODE_REG) || !inode_is(to, MODE_REG))
		return -EINVAL;
	if (!may(in->f, FILE_RDONLY) || !may(out->f, FILE_WRONLY) ||
	    file_flags(out->f) & FILE_APPEND)
		return -EBADF;
	if (from->ops != to->ops)
		return -EXDEV;
	if (len > INT64_MAX || in->pos + len > INT64_MAX ||
	    out->pos + len > INT64_MAX)
		return -EOVERFLOW;
	if (from == to && in->pos < out->pos + len && out->pos < in->pos + len)
		return -EINVAL;
	n = copy(in, out, cut(in, len));
	if (n > 0 && (side_end(in) || side_end(out)))
		return -EFAULT;
	return n;
}

typedef long (*checked_fn)(struct side *in, struct side *out, uint64_t len);

static long with_files(struct side *in, uint64_t in_fd, struct side *out,
		       uint64_t out_fd, uint64_t len, checked_fn fn)
{
	long n = -EBADF;

	in->f = file_arg(in_fd);
	out->f = file_arg(out_fd);
	if (in->f && out->f)
		n = fn(in, out, len);
	if (in->f)
		file_put(in->f);
	if (out->f)
		file_put(out->f);
	return n;
}

long sys_sendfile(const uint64_t arg[6])
{
	struct side in = { .addr = arg[2] }, out = { .addr = 0 };

	return with_files(&in, arg[1], &out, arg[0], arg[3], send_checked);
}

long sys_copy_file_range(const uint64_t arg[6])
{
	struct side in = { .addr = arg[1] }, out = { .addr = arg[3] };

	if ((uint32_t)arg[5])
		return -EINVAL;
	return with_files(&in, arg[0], &out, arg[2], arg[4], range_checked);
}
