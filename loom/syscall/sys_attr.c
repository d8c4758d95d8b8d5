// SPDX-License-Identifier: MIT
/*
 * System calls that change what a file is like: its mode, owner, times. And
 * those on extended attributes, which no file system here has.
 */
#include "fs/file.h"
#include "fs/inode.h"
#include "lib/errno.h"
#include "mm/user.h"
#include "syscall/path_arg.h"
#include "syscall/sys_fs.h"

#define NS_PER_SECOND	UINT64_C(1000000000)

enum {
	UTIME_NOW = 0x3fffffff,
	UTIME_OMIT = 0x3ffffffe,
	XATTR_NAME_SIZE = 256,		/* with the NUL */
	XATTR_SIZE_MAX = 65536,
	XATTR_CREATE = 1,
	XATTR_REPLACE = 2,
};

struct user_timespec {
	int64_t sec;
	int64_t nsec;
};

/* fchmod(fd, mode) */
long sys_fchmod(const uint64_t arg[6])
{
	struct file *f = file_arg(arg[0]);
	int err;

	if (!f)
		return -EBADF;
	err = f->ops ? inode_chmod(f->inode, (uint32_t)arg[1]) : -EBADF;
	file_put(f);
	return err;
}

/* fchmodat(dirfd, path, mode) */
long sys_fchmodat(const uint64_t arg[6])
{
	struct inode *inode;
	int err = path_arg_inode(arg[0], arg[1], 0, &inode);

	if (err)
		return err;
	err = inode_chmod(inode, (uint32_t)arg[2]);
	inode_put(inode);
	return err;
}

/* fchown(fd, uid, gid) */
long sys_fchown(const uint64_t arg[6])
{
	struct file *f = file_arg(arg[0]);
	int err;

	if (!f)
		return -EBADF;
	err = f->ops ? inode_chown(f->inode, (uint32_t)arg[1],
				   (uint32_t)arg[2]) : -EBADF;
	file_put(f);
	return err;
}

/* fchownat(dirfd, path, uid, gid, flags) */
long sys_fchownat(const uint64_t arg[6])
{
	uint32_t flags = (uint32_t)arg[4];
	struct inode *inode;
	int err;

	if (flags & ~(uint32_t)(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH))
		return -EINVAL;
	err = path_arg_inode(arg[0], arg[1], flags, &inode);
	if (err)
		return err;
	err = inode_chown(inode, (uint32_t)arg[2], (uint32_t)arg[3]);
	inode_put(inode);
	return err;
}

/* ns since 1970; what does not fit is the nearest time that does. */
static int time_from(const struct user_timespec *t, uint64_t *ns)
{
	const int64_t max_sec = INT64_MAX / (int64_t)NS_PER_SECOND - 1;
	int64_t sec = t->sec;

	if (t->nsec == UTIME_NOW || t->nsec == UTIME_OMIT) {
		*ns = t->nsec == UTIME_NOW ? INODE_TIME_NOW : INODE_TIME_OMIT;
		return 0;
	}
	if (t->nsec < 0 || t->nsec >= (int64_t)NS_PER_SECOND)
		return -EINVAL;
	if (sec < 0)
		sec = 0;
	if (sec > max_sec)
		sec = max_sec;
	*ns = (uint64_t)sec * NS_PER_SECOND + (uint64_t)t->nsec;
	return 0;
}

/* The file's inode, counted: of the path or, if that is null, of @dirfd. */
static int times_inode(uint64_t dirfd, uint64_t path, uint32_t flags,
		       struct inode **out)
{
	struct file *f;

	if (path)
		return path_arg_inode(dirfd, path, flags, out);
	if ((int)dirfd == AT_FDCWD)
		return -EFAULT;
	if (flags)
		return -EINVAL;
	f = file_arg(dirfd);
	if (!f)
		return -EBADF;
	*out = f->inode;
	inode_get(*out);
	file_put(f);
	return 0;
}

/* utimensat(dirfd, path, times, flags); no times: now */
long sys_utimensat(const uint64_t arg[6])
{
	struct user_timespec times[2] = { { 0, UTIME_NOW }, { 0, UTIME_NOW } };
	uint32_t flags = (uint32_t)arg[3];
	uint64_t atime = 0, mtime = 0;
	struct inode *inode;
	bool is_time;
	int err;

	if (flags & ~(uint32_t)(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH))
		return -EINVAL;
	if (arg[2] && copy_from_user(times, arg[2], sizeof(times)))
		return -EFAULT;
	is_time = !time_from(&times[0], &atime) &&
		  !time_from(&times[1], &mtime);
	if (is_time && atime == INODE_TIME_OMIT && mtime == INODE_TIME_OMIT)
		return 0;
	err = times_inode(arg[0], arg[1], flags, &inode);
	if (err)
		return err;
	/* What is wrong with the path comes before that. */
	err = is_time ? inode_set_times(inode, atime, mtime) : -EINVAL;
	inode_put(inode);
	return err;
}

/*
 * Extended attributes. The arguments are looked at as Linux does; then there
 * are none, and none can be made.
 */

/* The attribute's name at @addr: 0, -EFAULT, -ERANGE. */
static int check_xattr_name(uint64_t addr)
{
	char name[XATTR_NAME_SIZE];
	long len = string_from_user(name, addr, sizeof(name));

	if (len == -ENAMETOOLONG || len == 0)
		return -ERANGE;
	return len < 0 ? (int)len : 0;
}

/* How to know the file: by a path, by one that may be a link, by descriptor. */
enum by { BY_PATH, BY_LINK, BY_FD };

static int xattr_inode(enum by by, uint64_t arg, struct inode **out)
{
	struct file *f;

	if (by != BY_FD)
		return path_arg_inode((uint64_t)AT_FDCWD, arg, by == BY_LINK ?
				      AT_SYMLINK_NOFOLLOW : 0, out);
	f = file_arg(arg);
	if (!f)
		return -EBADF;
	if (!f->ops) {
		file_put(f);
		return -EBADF;
	}
	*out = f->inode;
	inode_get(*out);
	file_put(f);
	return 0;
}

/* (file, name, ...) of any call that names an attribute */
static long name_xattr(enum by by, const uint64_t arg[6], int err)
{
	struct inode *inode;
	int first = xattr_inode(by, arg[0], &inode);

	if (first)
		return first;
	inode_put(inode);
	if (!err)
		err = check_xattr_name(arg[1]);
	return err ? err : -EOPNOTSUPP;
}

/* (file, name, value, size, flags) */
static long set_xattr(enum by by, const uint64_t arg[6])
{
	int err = 0;

	if ((uint32_t)arg[4] & ~(uint32_t)(XATTR_CREATE | XATTR_REPLACE))
		err = -EINVAL;
	else if (arg[3] > XATTR_SIZE_MAX)
		err = -E2BIG;
	return name_xattr(by, arg, err);
}

/* (file, list, size): the list is empty */
static long list_xattr(enum by by, const uint64_t arg[6])
{
	struct inode *inode;
	int err = xattr_inode(by, arg[0], &inode);

	if (err)
		return err;
	inode_put(inode);
	return 0;
}

long sys_setxattr(const uint64_t arg[6])
{
	return set_xattr(BY_PATH, arg);
}

long sys_lsetxattr(const uint64_t arg[6])
{
	return set_xattr(BY_LINK, arg);
}

long sys_fsetxattr(const uint64_t arg[6])
{
	return set_xattr(BY_FD, arg);
}

long sys_getxattr(const uint64_t arg[6])
{
	return name_xattr(BY_PATH, arg, 0);
}

long sys_lgetxattr(const uint64_t arg[6])
{
	return name_xattr(BY_LINK, arg, 0);
}

long sys_fgetxattr(const uint64_t arg[6])
{
	return name_xattr(BY_FD, arg, 0);
}

long sys_listxattr(const uint64_t arg[6])
{
	return list_xattr(BY_PATH, arg);
}

long sys_llistxattr(const uint64_t arg[6])
{
	return list_xattr(BY_LINK, arg);
}

long sys_flistxattr(const uint64_t arg[6])
{
	return list_xattr(BY_FD, arg);
}

long sys_removexattr(const uint64_t arg[6])
{
	return name_xattr(BY_PATH, arg, 0);
}

long sys_lremovexattr(const uint64_t arg[6])
{
	return name_xattr(BY_LINK, arg, 0);
}

long sys_fremovexattr(const uint64_t arg[6])
{
	return name_xattr(BY_FD, arg, 0);
}
