// SPDX-License-Identifier: MIT
/*
 * System calls on descriptors: reading and writing, copies of descriptors,
 * pipes. Vectors are in sys_vector.c, fcntl in sys_fcntl.c.
 */
#include "fs/file.h"
#include "fs/inode.h"
#include "fs/pipe.h"
#include "lib/errno.h"
#include "mm/user.h"
#include "proc/own_files.h"
#include "proc/process.h"
#include "syscall/path_arg.h"
#include "syscall/dup.h"
#include "syscall/sys_fs.h"
#include "syscall/syscall.h"

enum {
	CLOSE_RANGE_UNSHARE = 2,
	CLOSE_RANGE_CLOEXEC = 4,
	FIONREAD = 0x541b,
	FIONBIO = 0x5421,
	FIONCLEX = 0x5450,
	FIOCLEX = 0x5451,
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

/* If @r has leaf calls they may find it from now on. */
static void know_files(struct file_ref r)
{
	if (r.file->leaf && !r.counted)
		own_files_know();
}

/* read(fd, buf, count) */
long sys_read(const uint64_t arg[6])
{
	struct file_ref r = file_ref_get(arg[0]);
	long n;

	if (!r.file)
		return -EBADF;
	know_files(r);
	n = file_read(r.file, arg[1], arg[2]);
	file_ref_put(r);
	return n;
}

/* write(fd, buf, count) */
long sys_write(const uint64_t arg[6])
{
	struct file_ref r = file_ref_get(arg[0]);
	long n;

	if (!r.file)
		return -EBADF;
	know_files(r);
	n = file_write(r.file, arg[1], arg[2]);
	file_ref_put(r);
	return n;
}

/* pread64(fd, buf, count, offset) */
long sys_pread64(const uint64_t arg[6])
{
	struct file_ref r;
	long n;

	if ((int64_t)arg[3] < 0)
		return -EINVAL;
	r = file_ref_get(arg[0]);
	if (!r.file)
		return -EBADF;
	n = file_pread(r.file, arg[1], arg[2], arg[3]);
	file_ref_put(r);
	return n;
}

/* pwrite64(fd, buf, count, offset) */
long sys_pwrite64(const uint64_t arg[6])
{
	struct file_ref r;
	long n;

	if ((int64_t)arg[3] < 0)
		return -EINVAL;
	r = file_ref_get(arg[0]);
	if (!r.file)
		return -EBADF;
	n = file_pwrite(r.file, arg[1], arg[2], arg[3]);
	file_ref_put(r);
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

long dup_from(struct file *f, int from, bool cloexec)
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

static long set_flag(struct file *f, uint64_t addr, uint32_t flag)
{
	uint32_t on;

	if (copy_from_user(&on, addr, sizeof(on)))
		return -EFAULT;
	file_set_flags(f, on ? file_flags(f) | flag : file_flags(f) & ~flag);
	return 0;
}

/* What is left to be read of a regular file. */
static long tell_rest(struct file *f, uint64_t addr)
{
	uint64_t pos, size;
	int32_t rest;

	mutex_lock(&f->lock);
	pos = f->pos;
	mutex_unlock(&f->lock);
	mutex_lock(&f->inode->lock);
	size = f->inode->size;
	mutex_unlock(&f->inode->lock);
	rest = (int32_t)(size - pos);
	return copy_to_user(addr, &rest, sizeof(rest));
}

/* What is the same for every kind of file comes first, as in Linux. */
static long do_ioctl(struct file *f, int fd, uint32_t cmd, uint64_t arg)
{
	if (!f->ops)
		return -EBADF;
	switch (cmd) {
	case FIOCLEX:
	case FIONCLEX:
		return files_set_cloexec(my_files(), fd, cmd == FIOCLEX);
	case FIONBIO:
		return set_flag(f, arg, FILE_NONBLOCK);
	case FIONREAD:
		if (inode_is(f->inode, MODE_REG))
			return tell_rest(f, arg);
		break;
	default:
		break;
	}
	return file_ioctl(f, cmd, arg);
}

/* ioctl(fd, cmd, value) */
long sys_ioctl(const uint64_t arg[6])
{
	struct file *f = file_arg(arg[0]);
	long result;

	if (!f)
		return -EBADF;
	result = do_ioctl(f, (int)arg[0], (uint32_t)arg[1], arg[2]);
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
