// SPDX-License-Identifier: MIT
/*
 * System calls that tell what a file is like: stat and its kin, access,
 * readlink. What changes it is in sys_attr.c.
 */
#include "fs/file.h"
#include "fs/inode.h"
#include "fs/pagetree.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "mm/kmem.h"
#include "mm/user.h"
#include "syscall/path_arg.h"
#include "syscall/sys_fs.h"

#define NS_PER_SECOND	UINT64_C(1000000000)

enum {
	BLOCK_BYTES = 4096,		/* st_blksize */
	SECTORS_PER_PAGE = 8,		/* st_blocks counts 512 bytes */
	STATX_BASIC_STATS = 0x7ff,
	X_OK = 1,
	W_OK = 2,
	R_OK = 4,
};

struct user_timespec {
	int64_t sec;
	int64_t nsec;
};

/* struct stat of arm64 (asm-generic) */
struct user_stat {
	uint64_t dev;
	uint64_t ino;
	uint32_t mode;
	uint32_t nlink;
	uint32_t uid;
	uint32_t gid;
	uint64_t rdev;
	uint64_t pad1;
	int64_t size;
	int32_t blksize;
	int32_t pad2;
	int64_t blocks;
	struct user_timespec atime;
	struct user_timespec mtime;
	struct user_timespec ctime;
	uint32_t unused[2];
};

_Static_assert(sizeof(struct user_stat) == 128, "Linux's struct stat");
_Static_assert(offsetof(struct user_stat, size) == 48, "Linux's struct stat");
_Static_assert(offsetof(struct user_stat, atime) == 72, "Linux's struct stat");

struct user_statx_time {
	int64_t sec;
	uint32_t nsec;
	int32_t pad;
};

struct user_statx {
	uint32_t mask;
	uint32_t blksize;
	uint64_t attributes;
	uint32_t nlink;
	uint32_t uid;
	uint32_t gid;
	uint16_t mode;
	uint16_t pad;
	uint64_t ino;
	uint64_t size;
	uint64_t blocks;
	uint64_t attributes_mask;
	struct user_statx_time atime;
	struct user_statx_time btime;
	struct user_statx_time ctime;
	struct user_statx_time mtime;
	uint32_t rdev_major;
	uint32_t rdev_minor;
	uint32_t dev_major;
	uint32_t dev_minor;
	uint64_t unused[14];
};

_Static_assert(sizeof(struct user_statx) == 256, "Linux's struct statx");
_Static_assert(offsetof(struct user_statx, ino) == 32, "Linux's struct statx");
_Static_assert(offsetof(struct user_statx, rdev_major) == 128,
	       "Linux's struct statx");

static struct user_timespec timespec_of(uint64_t ns)
{
	return (struct user_timespec){
		.sec = (int64_t)(ns / NS_PER_SECOND),
		.nsec = (int64_t)(ns % NS_PER_SECOND),
	};
}

static void fill_stat(struct inode *inode, struct user_stat *st)
{
	memset(st, 0, sizeof(*st));
	mutex_lock(&inode->lock);
	st->dev = inode->ops->dev;
	st->ino = inode->number;
	st->mode = inode->mode;
	st->nlink = inode->nlink;
	st->uid = inode->uid;
	st->gid = inode->gid;
	st->rdev = inode->rdev;
	st->size = (int64_t)inode->size;
	st->blksize = BLOCK_BYTES;
	if (inode->pages)
		st->blocks = (int64_t)pagetree_count(inode->pages) *
			     SECTORS_PER_PAGE;
	st->atime = timespec_of(inode->atime_ns);
	st->mtime = timespec_of(inode->mtime_ns);
	st->ctime = timespec_of(inode->ctime_ns);
	mutex_unlock(&inode->lock);
}

static long give_stat(struct inode *inode, uint64_t buf)
{
	struct user_stat st;

	fill_stat(inode, &st);
	return copy_to_user(buf, &st, sizeof(st));
}

/* newfstatat(dirfd, path, buf, flags) */
long sys_newfstatat(const uint64_t arg[6])
{
	uint32_t flags = (uint32_t)arg[3];
	struct inode *inode;
	long err;

	if (flags & ~(uint32_t)(AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT |
				AT_EMPTY_PATH))
		return -EINVAL;
	err = path_arg_inode(arg[0], arg[1], flags, &inode);
	if (err)
		return err;
	err = give_stat(inode, arg[2]);
	inode_put(inode);
	return err;
}

/* fstat(fd, buf) */
long sys_fstat(const uint64_t arg[6])
{
	struct file *f = file_arg(arg[0]);
	long err;

	if (!f)
		return -EBADF;
	err = give_stat(f->inode, arg[1]);
	file_put(f);
	return err;
}

static struct user_statx_time statx_time(struct user_timespec t)
{
	return (struct user_statx_time){
		.sec = t.sec,
		.nsec = (uint32_t)t.nsec,
	};
}

static long give_statx(struct inode *inode, uint64_t buf)
{
	struct user_statx stx;
	struct user_stat st;

	fill_stat(inode, &st);
	stx = (struct user_statx){
		.mask = STATX_BASIC_STATS,
		.blksize = BLOCK_BYTES,
		.nlink = st.nlink,
		.uid = st.uid,
		.gid = st.gid,
		.mode = (uint16_t)st.mode,
		.ino = st.ino,
		.size = (uint64_t)st.size,
		.blocks = (uint64_t)st.blocks,
		.atime = statx_time(st.atime),
		.ctime = statx_time(st.ctime),
		.mtime = statx_time(st.mtime),
		/* Linux's encoding: 8 bits of the minor number, 12, the rest */
		.rdev_major = (uint32_t)(st.rdev >> 8 & 0xfff),
		.rdev_minor = (uint32_t)((st.rdev & 0xff) |
					 (st.rdev >> 12 & 0xfff00)),
		.dev_minor = (uint32_t)st.dev,
	};
	return copy_to_user(buf, &stx, sizeof(stx));
}

/* statx(dirfd, path, flags, mask, buf); always the basic fields */
long sys_statx(const uint64_t arg[6])
{
	uint32_t flags = (uint32_t)arg[2];
	struct inode *inode;
	long err;

	if (flags & ~(uint32_t)(AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT |
				AT_EMPTY_PATH | AT_STATX_SYNC_TYPE))
		return -EINVAL;
	if ((flags & AT_STATX_SYNC_TYPE) == AT_STATX_SYNC_TYPE ||
	    (arg[3] & 0x80000000))
		return -EINVAL;
	err = path_arg_inode(arg[0], arg[1], flags, &inode);
	if (err)
		return err;
	err = give_statx(inode, arg[4]);
	inode_put(inode);
	return err;
}

/*
 * What root may do: all but write where nothing can be written, and execute
 * a file that nobody may.
 */
static long check_access(struct inode *inode, uint32_t wanted)
{
	if ((wanted & W_OK) && inode->ops->read_only)
		return -EROFS;
	if ((wanted & X_OK) && !inode_is(inode, MODE_DIR) &&
	    !(__atomic_load_n(&inode->mode, __ATOMIC_RELAXED) & 0111))
		return -EACCES;
	return 0;
}

static long do_access(uint64_t dirfd, uint64_t path, uint64_t mode,
		      uint32_t flags)
{
	struct inode *inode;
	long err;

	if (((uint32_t)mode & ~(uint32_t)(R_OK | W_OK | X_OK)) ||
	    (flags & ~(uint32_t)(AT_EACCESS | AT_SYMLINK_NOFOLLOW |
				 AT_EMPTY_PATH)))
		return -EINVAL;
	err = path_arg_inode(dirfd, path, flags, &inode);
	if (err)
		return err;
	err = check_access(inode, (uint32_t)mode);
	inode_put(inode);
	return err;
}

/* faccessat(dirfd, path, mode) */
long sys_faccessat(const uint64_t arg[6])
{
	return do_access(arg[0], arg[1], arg[2], 0);
}

/* faccessat2(dirfd, path, mode, flags) */
long sys_faccessat2(const uint64_t arg[6])
{
	return do_access(arg[0], arg[1], arg[2], (uint32_t)arg[3]);
}

static long give_target(struct inode *inode, uint64_t buf, size_t size)
{
	char *target = kmalloc(FS_PATH_SIZE);
	long n;

	if (!target)
		return -ENOMEM;
	n = inode_readlink(inode, target,
			   size < FS_PATH_SIZE ? size : FS_PATH_SIZE);
	if (n > 0 && copy_to_user(buf, target, (size_t)n))
		n = -EFAULT;
	kfree(target);
	return n;
}

/* readlinkat(dirfd, path, buf, size): the length, without a NUL */
long sys_readlinkat(const uint64_t arg[6])
{
	int size = (int)arg[3];
	struct inode *inode;
	char first;
	long n;

	if (size <= 0)
		return -EINVAL;
	n = path_arg_inode(arg[0], arg[1], AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH,
			   &inode);
	if (n)
		return n;
	n = give_target(inode, arg[2], (size_t)size);
	inode_put(inode);
	/* No link; and an empty path is one that does not exist. */
	if (n == -EINVAL && copy_from_user(&first, arg[1], 1) == 0 && !first)
		n = -ENOENT;
	return n;
}
