// SPDX-License-Identifier: MIT
/*
 * System calls on descriptors: reading and writing, copies of descriptors,
 * their flags, pipes.
 */
#include "fs/file.h"
#include "fs/inode.h"
#include "fs/pipe.h"
#include "lib/errno.h"
#include "mm/kmem.h"
#include "mm/user.h"
#include "proc/process.h"
#include "syscall/iov_arg.h"
#include "syscall/path_arg.h"
#include "syscall/sys_fs.h"
#include "syscall/syscall.h"

enum {
	FD_CLOEXEC = 1,
	CLOSE_RANGE_UNSHARE = 2,
	CLOSE_RANGE_CLOEXEC = 4,
	FADV_NOREUSE = 5,	/* the highest advice */
};

/* fcntl commands */
enum {
	F_DUPFD = 0,
	F_GETFD = 1,
	F_SETFD = 2,
	F_GETFL = 3,
	F_SETFL = 4,
	F_DUPFD_CLOEXEC = 1030,
	F_SETPIPE_SZ = 1031,
	F_GETPIPE_SZ = 1032,
};

static struct files *my_files(void)
{
	return process_current()->files;
}

/* close(fd) */
long sys_close(const uint64_t arg[6])
{
	return files_close(my_files(), (int)arg[0]);
}

/* read(fd, buf, count) */
long sys_read(const uint64_t arg[6])
{
	struct file *f = file_arg(arg[0]);
	long n;

	if (!f)
		return -EBADF;
	n = file_read(f, arg[1], arg[2]);
	file_put(f);
	return n;
}

/* write(fd, buf, count) */
long sys_write(const uint64_t arg[6])
{
	struct file *f = file_arg(arg[0]);
	long n;

	if (!f)
		return -EBADF;
	n = file_write(f, arg[1], arg[2]);
	file_put(f);
	return n;
}

/* pread64(fd, buf, count, offset) */
long sys_pread64(const uint64_t arg[6])
{
	struct file *f = file_arg(arg[0]);
	long n;

	if (!f)
		return -EBADF;
	n = file_pread(f, arg[1], arg[2], arg[3]);
	file_put(f);
	return n;
}

/* pwrite64(fd, buf, count, offset) */
long sys_pwrite64(const uint64_t arg[6])
{
	struct file *f = file_arg(arg[0]);
	long n;

	if (!f)
		return -EBADF;
	n = file_pwrite(f, arg[1], arg[2], arg[3]);
	file_put(f);
	return n;
}

typedef long (*vector_fn)(struct file *f, const struct io_vector *iov,
			  unsigned n);

static long do_vector(struct file *f, uint64_t user_iov, uint64_t count,
		      vector_fn fn)
{
	struct io_vector *iov;
	long n;

	if (count > IOV_MAX)
		return -EINVAL;
	n = iov_arg_get(&iov, user_iov, count);
	if (n)
		return n;
	n = fn(f, iov, (unsigned)count);
	kfree(iov);
	return n;
}

/* readv(fd, iov, count) */
long sys_readv(const uint64_t arg[6])
{
	struct file *f = file_arg(arg[0]);
	long n;

	if (!f)
		return -EBADF;
	n = do_vector(f, arg[1], arg[2], file_readv);
	file_put(f);
	return n;
}

/* writev(fd, iov, count) */
long sys_writev(const uint64_t arg[6])
{
	struct file *f = file_arg(arg[0]);
	long n;

	if (!f)
		return -EBADF;
	n = do_vector(f, arg[1], arg[2], file_writev);
	file_put(f);
	return n;
}

/* lseek(fd, offset, whence) */
long sys_lseek(const uint64_t arg[6])
{
	struct file *f = file_arg(arg[0]);
	long pos;

	if (!f)
		return -EBADF;
	pos = file_seek(f, (int64_t)arg[1], (int)arg[2]);
	file_put(f);
	return pos;
}

static long dup_from(struct file *f, int from, bool cloexec)
{
	int fd;

	file_get(f);
	fd = files_install(my_files(), f, from, cloexec);
	if (fd < 0)
		file_put(f);
	return fd;
}

/* dup(fd) */
long sys_dup(const uint64_t arg[6])
{
	struct file *f = file_arg(arg[0]);
	long fd;

	if (!f)
		return -EBADF;
	fd = dup_from(f, 0, false);
	file_put(f);
	return fd;
}

/* dup3(fd, newfd, flags) */
long sys_dup3(const uint64_t arg[6])
{
	uint32_t flags = (uint32_t)arg[2];

	if (flags & ~(uint32_t)FILE_CLOEXEC)
		return -EINVAL;
	return files_dup_to(my_files(), (int)arg[0], (int)arg[1], flags);
}

static long do_fcntl(struct file *f, int fd, int cmd, uint64_t value)
{
	uint32_t soft, hard;

	switch (cmd) {
	case F_DUPFD:
	case F_DUPFD_CLOEXEC:
		files_get_limit(my_files(), &soft, &hard);
		if (value >= soft)
			return -EINVAL;
		return dup_from(f, (int)value, cmd == F_DUPFD_CLOEXEC);
	case F_GETFD:
		return files_get_cloexec(my_files(), fd);
	case F_SETFD:
		return files_set_cloexec(my_files(), fd, value & FD_CLOEXEC);
	case F_GETFL:
		return file_flags(f);
	case F_SETFL:
		if (!f->ops)
			return -EBADF;
		file_set_flags(f, (uint32_t)value);
		return 0;
	case F_SETPIPE_SZ:
		return pipe_set_size(f, (uint32_t)value);
	case F_GETPIPE_SZ:
		return pipe_get_size(f);
	default:
		return -EINVAL;
	}
}

/* fcntl(fd, cmd, value) */
long sys_fcntl(const uint64_t arg[6])
{
	struct file *f = file_arg(arg[0]);
	long result;

	if (!f)
		return -EBADF;
	result = do_fcntl(f, (int)arg[0], (int)arg[1], arg[2]);
	file_put(f);
	return result;
}

/* ioctl(fd, cmd, value) */
long sys_ioctl(const uint64_t arg[6])
{
	struct file *f = file_arg(arg[0]);
	long result;

	if (!f)
		return -EBADF;
	result = file_ioctl(f, (uint32_t)arg[1], arg[2]);
	file_put(f);
	return result;
}

static int reserve_pair(int fd[2], bool cloexec)
{
	fd[0] = files_reserve(my_files(), 0, cloexec);
	if (fd[0] < 0)
		return fd[0];
	fd[1] = files_reserve(my_files(), 0, cloexec);
	if (fd[1] >= 0)
		return 0;
	files_cancel(my_files(), fd[0]);
	return fd[1];
}

/*
 * The program learns the numbers before they mean anything: no thread of it
 * can have closed or used what a bad address takes back.
 */
int install_pair(struct file *end[2], uint64_t addr, bool cloexec)
{
	int fd[2];
	int err = reserve_pair(fd, cloexec);

	if (!err && copy_to_user(addr, fd, sizeof(fd))) {
		files_cancel(my_files(), fd[0]);
		files_cancel(my_files(), fd[1]);
		err = -EFAULT;
	}
	for (int i = 0; i < 2; i++) {
		if (err)
			file_put(end[i]);
		else
			files_fill(my_files(), fd[i], end[i]);
	}
	return err;
}

/* pipe2(fds, flags) */
long sys_pipe2(const uint64_t arg[6])
{
	uint32_t flags = (uint32_t)arg[1];
	struct file *end[2];
	int err;

	if (flags & FILE_DIRECT)
		(void)syscall_part_missing(PART_PIPE_PACKETS);
	if (flags & ~(uint32_t)(FILE_CLOEXEC | FILE_NONBLOCK))
		return -EINVAL;
	err = pipe_create(flags, &end[0], &end[1]);
	return err ? err : install_pair(end, arg[0], flags & FILE_CLOEXEC);
}

/* getdents64(fd, buf, size) */
long sys_getdents64(const uint64_t arg[6])
{
	struct file *f = file_arg(arg[0]);
	long n;

	if (!f)
		return -EBADF;
	n = file_getdents(f, arg[1], (uint32_t)arg[2]);
	file_put(f);
	return n;
}

/* ftruncate(fd, length) */
long sys_ftruncate(const uint64_t arg[6])
{
	struct file *f;
	int err;

	if ((int64_t)arg[1] < 0)
		return -EINVAL;
	f = file_arg(arg[0]);
	if (!f)
		return -EBADF;
	err = file_truncate(f, arg[1]);
	file_put(f);
	return err;
}

/* sync(): nothing is ever later in memory than it is in the file system */
long sys_sync(const uint64_t arg[6])
{
	(void)arg;
	return 0;
}

/* fsync(fd) */
long sys_fsync(const uint64_t arg[6])
{
	struct file *f = file_arg(arg[0]);
	long result = 0;

	if (!f)
		return -EBADF;
	if (!f->ops)
		result = -EBADF;
	else if (!inode_is(f->inode, MODE_REG) && !inode_is(f->inode, MODE_DIR))
		result = -EINVAL;
	file_put(f);
	return result;
}

/* fdatasync(fd) */
long sys_fdatasync(const uint64_t arg[6])
{
	return sys_fsync(arg);
}

/* fallocate(fd, mode, offset, length): posix_fallocate() then writes zeros */
long sys_fallocate(const uint64_t arg[6])
{
	struct file *f = file_arg(arg[0]);

	if (!f)
		return -EBADF;
	file_put(f);
	return -EOPNOTSUPP;
}

/* fadvise64(fd, offset, length, advice): there is nothing to read ahead */
long sys_fadvise64(const uint64_t arg[6])
{
	struct file *f = file_arg(arg[0]);
	long result = 0;

	if (!f)
		return -EBADF;
	if (inode_is(f->inode, MODE_FIFO))
		result = -ESPIPE;
	else if (!f->ops)
		result = -EBADF;
	else if ((int64_t)arg[2] < 0 || (uint32_t)arg[3] > FADV_NOREUSE)
		result = -EINVAL;
	file_put(f);
	return result;
}

/* close_range(first, last, flags) */
long sys_close_range(const uint64_t arg[6])
{
	uint32_t first = (uint32_t)arg[0], last = (uint32_t)arg[1];
	uint32_t flags = (uint32_t)arg[2];
	int fd;

	if (flags & ~(uint32_t)(CLOSE_RANGE_UNSHARE | CLOSE_RANGE_CLOEXEC) ||
	    first > last)
		return -EINVAL;
	if (flags & CLOSE_RANGE_UNSHARE &&
	    __atomic_load_n(&my_files()->refs, __ATOMIC_RELAXED) > 1)
		return syscall_part_missing(PART_CLOSE_RANGE_UNSHARE);
	if (first > INT32_MAX)
		return 0;
	fd = files_next(my_files(), (int)first);
	while (fd >= 0 && (uint32_t)fd <= last) {
		/* -EBADF: another thread was faster. */
		if (flags & CLOSE_RANGE_CLOEXEC)
			(void)files_set_cloexec(my_files(), fd, true);
		else
			(void)files_close(my_files(), fd);
		fd = files_next(my_files(), fd + 1);
	}
	return 0;
}
