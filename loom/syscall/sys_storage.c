// SPDX-License-Identifier: MIT
/*
 * System calls on what files are stored in: how full a file system is, memory
 * for a file beforehand, files of memory without a name. To bring things to a
 * disk, or to have them read ahead, nothing is to be done: all is in memory.
 */
#include "fs/file.h"
#include "fs/inode.h"
#include "fs/ramfs.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "mm/page.h"
#include "mm/user.h"
#include "proc/process.h"
#include "syscall/path_arg.h"
#include "syscall/sys_fs.h"

enum {
	ST_VALID = 0x20,
	ST_RELATIME = 0x1000,
	FALLOC_KEEP_SIZE = 1,
	FADV_NOREUSE = 5,		/* the highest advice */
	SYNC_RANGE_FLAGS = 7,
	MFD_CLOEXEC = 1,
	MEMFD_NAME_MAX = 249,
	PIPE_MAGIC = 0x50495045,
	SOCKET_MAGIC = 0x534f434b,
	ANONYMOUS_MAGIC = 0x09041934,
};

/* struct statfs of Linux, 64 bit */
struct user_statfs {
	int64_t type, bsize;
	uint64_t blocks, bfree, bavail, files, ffree;
	int32_t fsid[2];
	int64_t namelen, frsize, flags, spare[4];
};

_Static_assert(sizeof(struct user_statfs) == 120, "Linux's struct statfs");

static int64_t magic_of(const struct inode *inode)
{
	if (inode->ops->magic)
		return inode->ops->magic;
	if (inode_is(inode, MODE_FIFO))
		return PIPE_MAGIC;
	return inode_is(inode, MODE_SOCK) ? SOCKET_MAGIC : ANONYMOUS_MAGIC;
}

/*
 * What is free for files is free for everything else, too. Inodes have no
 * limit of their own: each takes memory, a page at most.
 */
static long give_statfs(const struct inode *inode, uint64_t buf)
{
	struct user_statfs st = {
		.type = magic_of(inode),
		.bsize = PAGE_SIZE,
		.namelen = FS_NAME_SIZE - 1,
		.frsize = PAGE_SIZE,
		.flags = ST_VALID | ST_RELATIME,
	};

	if (inode->ops->create) {
		st.blocks = page_total_count();
		st.bfree = page_free_count();
		st.bavail = st.bfree;
		st.files = inode_count() + st.bfree;
		st.ffree = st.bfree;
	}
	return copy_to_user(buf, &st, sizeof(st));
}

/* statfs(path, buf) */
long sys_statfs(const uint64_t arg[6])
{
	struct inode *inode;
	long err = path_arg_inode((uint64_t)AT_FDCWD, arg[0], 0, &inode);

	if (err)
		return err;
	err = give_statfs(inode, arg[1]);
	inode_put(inode);
	return err;
}

/* fstatfs(fd, buf) */
long sys_fstatfs(const uint64_t arg[6])
{
	struct file *f = file_arg(arg[0]);
	long err;

	if (!f)
		return -EBADF;
	err = give_statfs(f->inode, arg[1]);
	file_put(f);
	return err;
}

/* sync() */
long sys_sync(const uint64_t arg[6])
{
	(void)arg;
	return 0;
}

/* syncfs(fd) */
long sys_syncfs(const uint64_t arg[6])
{
	struct file *f = file_arg(arg[0]);
	long err;

	if (!f)
		return -EBADF;
	err = f->ops ? 0 : -EBADF;
	file_put(f);
	return err;
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

/* sync_file_range(fd, offset, count, flags) */
long sys_sync_file_range(const uint64_t arg[6])
{
	struct file *f = file_arg(arg[0]);
	int64_t start = (int64_t)arg[1], count = (int64_t)arg[2], end;
	long err = 0;

	if (!f)
		return -EBADF;
	if ((uint32_t)arg[3] & ~(uint32_t)SYNC_RANGE_FLAGS || start < 0 ||
	    count < 0 || __builtin_add_overflow(start, count, &end))
		err = -EINVAL;
	else if (!f->ops)
		err = -EBADF;
	else if (!inode_is(f->inode, MODE_REG) && !inode_is(f->inode, MODE_DIR))
		err = -ESPIPE;
	file_put(f);
	return err;
}

/* fallocate(fd, mode, offset, length): memory that is there; no holes made */
long sys_fallocate(const uint64_t arg[6])
{
	uint32_t mode = (uint32_t)arg[1], access;
	struct file *f = file_arg(arg[0]);
	long err;

	if (!f)
		return -EBADF;
	access = file_flags(f) & FILE_ACCMODE;
	if (!f->ops)
		err = -EBADF;
	else if ((int64_t)arg[2] < 0 || (int64_t)arg[3] <= 0)
		err = -EINVAL;
	else if (mode & ~(uint32_t)FALLOC_KEEP_SIZE)
		err = -EOPNOTSUPP;
	else if (access != FILE_WRONLY && access != FILE_RDWR)
		err = -EBADF;
	else
		err = inode_allocate(f->inode, arg[2], arg[3], mode);
	file_put(f);
	return err;
}

/* fadvise64(fd, offset, length, advice) */
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

/* readahead(fd, offset, count) */
long sys_readahead(const uint64_t arg[6])
{
	struct file *f = file_arg(arg[0]);
	uint32_t access;
	long err = 0;

	if (!f)
		return -EBADF;
	access = file_flags(f) & FILE_ACCMODE;
	if (!f->ops || (access != FILE_RDONLY && access != FILE_RDWR))
		err = -EBADF;
	else if (!inode_is(f->inode, MODE_REG))
		err = -EINVAL;
	file_put(f);
	return err;
}

static long open_memory(const char *name, bool cloexec)
{
	struct inode *inode = ramfs_unnamed(name);
	struct file *f;
	int fd;

	if (!inode)
		return -ENOMEM;
	fd = file_create(inode, FILE_RDWR | FILE_LARGEFILE, &f);
	inode_put(inode);
	if (fd)
		return fd;
	fd = files_install(process_current()->files, f, 0, cloexec);
	if (fd < 0)
		file_put(f);
	return fd;
}

/*
 * memfd_create(name, flags). Seals and huge pages do not exist here: a flag
 * that asks for them is refused like one that nobody knows.
 */
long sys_memfd_create(const uint64_t arg[6])
{
	char name[FS_NAME_SIZE] = "memfd:";
	const size_t used = strlen(name);
	long len;

	if ((uint32_t)arg[1] & ~(uint32_t)MFD_CLOEXEC)
		return -EINVAL;
	len = string_from_user(name + used, arg[0], MEMFD_NAME_MAX + 1);
	if (len < 0)
		return len == -ENAMETOOLONG ? -EINVAL : len;
	return open_memory(name, (uint32_t)arg[1] & MFD_CLOEXEC);
}
