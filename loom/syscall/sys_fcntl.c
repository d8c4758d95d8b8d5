// SPDX-License-Identifier: MIT
/*
 * fcntl, and the locks on files: flock and the record locks of fcntl.
 */
#include "fs/file.h"
#include "fs/filelock.h"
#include "fs/inode.h"
#include "fs/lockrange.h"
#include "fs/pipe.h"
#include "lib/errno.h"
#include "mm/user.h"
#include "proc/process.h"
#include "syscall/dup.h"
#include "syscall/path_arg.h"
#include "syscall/sys_fs.h"

enum { FD_CLOEXEC = 1 };

/* fcntl commands */
enum {
	F_DUPFD = 0,
	F_GETFD = 1,
	F_SETFD = 2,
	F_GETFL = 3,
	F_SETFL = 4,
	F_GETLK = 5,
	F_SETLK = 6,
	F_SETLKW = 7,
	F_GETOWN = 9,
	F_GETSIG = 11,
	F_OFD_GETLK = 36,
	F_OFD_SETLK = 37,
	F_OFD_SETLKW = 38,
	F_GETLEASE = 1025,
	F_DUPFD_CLOEXEC = 1030,
	F_SETPIPE_SZ = 1031,
	F_GETPIPE_SZ = 1032,
	F_GET_SEALS = 1034,
};

enum { F_SEAL_SEAL = 1 };

/* flock operations */
enum {
	LOCK_SH = 1,
	LOCK_EX = 2,
	LOCK_NB = 4,
	LOCK_UN = 8,
};

enum { WHENCE_SET = 0, WHENCE_CUR = 1, WHENCE_END = 2 };

/* struct flock of Linux, arm64 */
struct user_flock {
	int16_t type;
	int16_t whence;
	int32_t pad1;
	int64_t start;
	int64_t len;
	int32_t pid;
	int32_t pad2;
};

_Static_assert(sizeof(struct user_flock) == 32, "Linux's struct flock");

static struct files *my_files(void)
{
	return process_current()->files;
}

static bool may(const struct file *f, uint32_t mode)
{
	uint32_t access = file_flags(f) & FILE_ACCMODE;

	return access == FILE_RDWR || access == mode;
}

/* Where l_start counts from, or a negative errno. */
static int64_t base_of(struct file *f, int whence)
{
	int64_t base;

	switch (whence) {
	case WHENCE_SET:
		return 0;
	case WHENCE_CUR:
		mutex_lock(&f->lock);
		base = (int64_t)f->pos;
		mutex_unlock(&f->lock);
		return base;
	case WHENCE_END:
		mutex_lock(&f->inode->lock);
		base = (int64_t)f->inode->size;
		mutex_unlock(&f->inode->lock);
		return base;
	default:
		return -EINVAL;
	}
}

/* The range that @l names: a negative length lies before the start. */
static int range_of(struct file *f, const struct user_flock *l,
		    struct lock_range *range)
{
	int64_t start = base_of(f, l->whence), last = INT64_MAX;

	if (start < 0)
		return (int)start;
	if (__builtin_add_overflow(start, l->start, &start))
		return -EOVERFLOW;
	if (l->len > 0 && __builtin_add_overflow(start, l->len - 1, &last))
		return -EOVERFLOW;
	if (l->len < 0) {
		last = start - 1;
		if (__builtin_add_overflow(start, l->len, &start))
			return -EINVAL;
	}
	if (start < 0 || last < 0)
		return -EINVAL;
	range->start = (uint64_t)start;
	range->last = (uint64_t)last;
	return 0;
}

/* What the user's struct flock asks for, by @file's descriptor. */
static int wish_from_user(struct file *f, uint64_t addr, bool ofd,
			  struct user_flock *l, struct lock_range *wish)
{
	if (!f->ops)
		return -EBADF;
	if (copy_from_user(l, addr, sizeof(*l)))
		return -EFAULT;
	if (l->type < LOCK_READ || l->type > LOCK_NONE || (ofd && l->pid))
		return -EINVAL;
	*wish = (struct lock_range){
		.owner = ofd ? (const void *)f : my_files(),
		.pid = ofd ? -1 : process_current()->pid,
		.kind = LOCK_RECORD,
		.type = (uint16_t)l->type,
	};
	return range_of(f, l, wish);
}

static long set_lock(struct file *f, int fd, uint64_t addr, bool ofd,
		     bool wait)
{
	struct lock_range wish;
	struct user_flock l;
	struct file *now;
	int err = wish_from_user(f, addr, ofd, &l, &wish);

	if (err)
		return err;
	if ((wish.type == LOCK_READ && !may(f, FILE_RDONLY)) ||
	    (wish.type == LOCK_WRITE && !may(f, FILE_WRONLY)))
		return -EBADF;
	err = filelock_set(f->inode, &wish, wait);
	if (err || ofd || wish.type == LOCK_NONE)
		return err;
	/*
	 * If another thread has closed the descriptor meanwhile, the lock
	 * came too late to be given back by that.
	 */
	now = files_lookup(my_files(), fd);
	if (now)
		file_put(now);
	if (now == f)
		return 0;
	filelock_closed(f->inode, my_files());
	return -EBADF;
}

static long get_lock(struct file *f, uint64_t addr, bool ofd)
{
	struct lock_range wish, found;
	struct user_flock l;
	int err = wish_from_user(f, addr, ofd, &l, &wish);

	if (err)
		return err;
	if (wish.type == LOCK_NONE)
		return -EINVAL;
	if (!filelock_get(f->inode, &wish, &found)) {
		l.type = LOCK_NONE;
	} else {
		l.type = (int16_t)found.type;
		l.whence = WHENCE_SET;
		l.start = (int64_t)found.start;
		l.len = found.last == INT64_MAX ? 0 :
			(int64_t)(found.last - found.start + 1);
		l.pid = found.pid;
	}
	return copy_to_user(addr, &l, sizeof(l));
}

static long set_status(struct file *f, uint32_t flags)
{
	if (!f->ops)
		return -EBADF;
	if (flags & FILE_DIRECT)
		return -EINVAL;
	file_set_flags(f, flags);
	return 0;
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
		return set_status(f, (uint32_t)value);
	case F_GETLK:
	case F_OFD_GETLK:
		return get_lock(f, value, cmd == F_OFD_GETLK);
	case F_SETLK:
	case F_SETLKW:
		return set_lock(f, fd, value, false, cmd == F_SETLKW);
	case F_OFD_SETLK:
	case F_OFD_SETLKW:
		return set_lock(f, fd, value, true, cmd == F_OFD_SETLKW);
	case F_GETOWN:		/* nobody is sent SIGIO */
	case F_GETSIG:
		return f->ops ? 0 : -EBADF;
	case F_SETPIPE_SZ:
		return pipe_set_size(f, (uint32_t)value);
	case F_GETPIPE_SZ:
		return pipe_get_size(f);
	case F_GETLEASE:
		return f->ops ? LOCK_NONE : -EBADF;
	case F_GET_SEALS:	/* files in memory, and none can be added */
		return f->ops && inode_is(f->inode, MODE_REG) &&
		       f->inode->ops->tmpfile ? F_SEAL_SEAL : -EINVAL;
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

/* flock(fd, operation): the lock is the open file's, copies share it */
long sys_flock(const uint64_t arg[6])
{
	uint32_t op = (uint32_t)arg[1];
	struct lock_range wish = {
		.pid = process_current()->pid,
		.kind = LOCK_FLOCK,
		.last = INT64_MAX,
	};
	struct file *f;
	int err;

	switch (op & ~(uint32_t)LOCK_NB) {
	case LOCK_SH: wish.type = LOCK_READ; break;
	case LOCK_EX: wish.type = LOCK_WRITE; break;
	case LOCK_UN: wish.type = LOCK_NONE; break;
	default: return -EINVAL;
	}
	f = file_arg(arg[0]);
	if (!f)
		return -EBADF;
	wish.owner = f;
	err = f->ops ? filelock_set(f->inode, &wish, !(op & LOCK_NB)) : -EBADF;
	file_put(f);
	return err;
}
