// SPDX-License-Identifier: MIT
/*
 * System calls that read or write several pieces at once.
 */
#include "fs/file.h"
#include "lib/errno.h"
#include "mm/kmem.h"
#include "syscall/iov_arg.h"
#include "syscall/path_arg.h"
#include "syscall/sys_fs.h"

/* Flags of preadv2 and pwritev2 that ask for what is so anyway. */
enum {
	RWF_HIPRI = 1,
	RWF_DSYNC = 2,
	RWF_SYNC = 4,
	RWF_HARMLESS = RWF_HIPRI | RWF_DSYNC | RWF_SYNC,
};

/* Where in the file: its own position, or another. */
#define POS_OF_FILE	((int64_t)-1)

static long transfer(struct file *f, const struct io_vector *iov, unsigned n,
		     int64_t pos, bool is_write)
{
	if (pos == POS_OF_FILE)
		return is_write ? file_writev(f, iov, n) :
				  file_readv(f, iov, n);
	return is_write ? file_pwritev(f, iov, n, (uint64_t)pos) :
			  file_preadv(f, iov, n, (uint64_t)pos);
}

static long do_vector(struct file *f, uint64_t user_iov, uint64_t count,
		      int64_t pos, bool is_write)
{
	struct io_vector *iov;
	long n;

	if (count > IOV_MAX)
		return -EINVAL;
	n = iov_arg_get(&iov, user_iov, count);
	if (n)
		return n;
	n = transfer(f, iov, (unsigned)count, pos, is_write);
	kfree(iov);
	return n;
}

/* arg: fd, vector, count, ...; @pos is given or POS_OF_FILE. */
static long vector_call(const uint64_t arg[6], int64_t pos, bool is_write)
{
	struct file_ref r = file_ref_get(arg[0]);
	long n;

	if (!r.file)
		return -EBADF;
	n = do_vector(r.file, arg[1], arg[2], pos, is_write);
	file_ref_put(r);
	return n;
}

/* readv(fd, iov, count) */
long sys_readv(const uint64_t arg[6])
{
	return vector_call(arg, POS_OF_FILE, false);
}

/* writev(fd, iov, count) */
long sys_writev(const uint64_t arg[6])
{
	return vector_call(arg, POS_OF_FILE, true);
}

/* preadv(fd, iov, count, pos) */
long sys_preadv(const uint64_t arg[6])
{
	if ((int64_t)arg[3] < 0)
		return -EINVAL;
	return vector_call(arg, (int64_t)arg[3], false);
}

/* pwritev(fd, iov, count, pos) */
long sys_pwritev(const uint64_t arg[6])
{
	if ((int64_t)arg[3] < 0)
		return -EINVAL;
	return vector_call(arg, (int64_t)arg[3], true);
}

/* A position of -1 is the file's own. 0, or an error. */
static long check_second(const uint64_t arg[6])
{
	if ((int64_t)arg[3] < POS_OF_FILE)
		return -EINVAL;
	return (uint32_t)arg[5] & ~(uint32_t)RWF_HARMLESS ? -EOPNOTSUPP : 0;
}

/* preadv2(fd, iov, count, pos, unused, flags) */
long sys_preadv2(const uint64_t arg[6])
{
	long err = check_second(arg);

	return err ? err : vector_call(arg, (int64_t)arg[3], false);
}

/* pwritev2(fd, iov, count, pos, unused, flags) */
long sys_pwritev2(const uint64_t arg[6])
{
	long err = check_second(arg);

	return err ? err : vector_call(arg, (int64_t)arg[3], true);
}
