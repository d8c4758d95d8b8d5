// SPDX-License-Identifier: MIT
/*
 * System calls that open, make, remove and move files by their paths, and
 * the working directory.
 */
#include "syscall/sys_fs.h"

#include "fs/file.h"
#include "fs/fs_context.h"
#include "fs/inode.h"
#include "lib/errno.h"
#include "mm/kmem.h"
#include "mm/user.h"
#include "proc/process.h"
#include "syscall/path_arg.h"
#include "syscall/syscall.h"

/* All flags that open(2) knows, and those that go with O_PATH. */
enum {
	FILE_ASYNC = 020000,
	FILE_SYNC = 04010000,
	OPEN_FLAGS = FILE_ACCMODE | FILE_CREAT | FILE_EXCL | FILE_NOCTTY |
		     FILE_TRUNC | FILE_APPEND | FILE_NONBLOCK | FILE_ASYNC |
		     FILE_DIRECTORY | FILE_NOFOLLOW | FILE_DIRECT |
		     FILE_LARGEFILE | FILE_NOATIME | FILE_CLOEXEC | FILE_SYNC |
		     FILE_PATH | FILE_TMPFILE,
	OPEN_PATH_FLAGS = FILE_PATH | FILE_DIRECTORY | FILE_NOFOLLOW |
			  FILE_CLOEXEC,
	RESOLVE_KNOWN = 0x3f,
};

enum {
	RENAME_NOREPLACE = 1,
	RENAME_EXCHANGE = 2,
};

/* Permission bits that a program asks for, without those of its umask. */
static uint32_t new_mode(uint64_t mode)
{
	return (uint32_t)mode & 07777 &
	       ~fs_context_umask(process_current()->fs);
}

static long do_open(uint64_t dirfd, uint64_t path, uint32_t flags,
		    uint64_t mode)
{
	struct files *files = process_current()->files;
	struct path_arg p;
	struct file *f;
	int err = path_arg_get(&p, dirfd, path);
	int fd;

	if (err)
		return err;
	/* Before the file is created: an open that fails changes nothing. */
	fd = files_reserve(files, 0, flags & FILE_CLOEXEC);
	if (fd >= 0)
		err = file_open(p.base, p.text, flags, new_mode(mode), &f);
	path_arg_put(&p);
	if (fd < 0)
		return fd;
	if (err) {
		files_cancel(files, fd);
		return err;
	}
	files_fill(files, fd, f);
	return fd;
}

/* openat(dirfd, path, flags, mode) */
long sys_openat(const uint64_t arg[6])
{
	return do_open(arg[0], arg[1], (uint32_t)arg[2] | FILE_LARGEFILE,
		       arg[3]);
}

/* struct open_how of Linux */
struct open_how {
	uint64_t flags, mode, resolve;
};

/* openat2(dirfd, path, how, size): what openat ignores is refused */
long sys_openat2(const uint64_t arg[6])
{
	struct open_how how;
	int err = arg[3] < sizeof(how) ? -EINVAL :
		struct_from_user(&how, sizeof(how), arg[2], arg[3]);
	bool creates;

	if (err)
		return err;
	creates = how.flags & (FILE_CREAT | FILE_TMPFILE);
	if (how.flags & ~(uint64_t)OPEN_FLAGS || how.mode & ~UINT64_C(07777) ||
	    (how.mode && !creates) || how.resolve & ~(uint64_t)RESOLVE_KNOWN)
		return -EINVAL;
	if (how.flags & FILE_PATH && how.flags & ~(uint64_t)OPEN_PATH_FLAGS)
		return -EINVAL;
	if (how.resolve)
		return syscall_part_missing(PART_OPENAT2_RESOLVE);
	return do_open(arg[0], arg[1], (uint32_t)how.flags | FILE_LARGEFILE,
		       how.mode);
}

/* mkdirat(dirfd, path, mode) */
long sys_mkdirat(const uint64_t arg[6])
{
	struct path_arg p;
	int err = path_arg_get(&p, arg[0], arg[1]);

	if (err)
		return err;
	err = fs_mkdir(p.base, p.text, new_mode(arg[2]));
	path_arg_put(&p);
	return err;
}

/* mknodat(dirfd, path, mode, dev); a type of 0 is a regular file */
long sys_mknodat(const uint64_t arg[6])
{
	uint32_t mode = new_mode(arg[2]) | ((uint32_t)arg[2] & MODE_FMT);
	bool is_device;
	struct path_arg p;
	int err;

	if (!(mode & MODE_FMT))
		mode |= MODE_REG;
	if ((mode & MODE_FMT) == MODE_DIR)
		return -EPERM;
	is_device = (mode & MODE_FMT) == MODE_CHR ||
		    (mode & MODE_FMT) == MODE_BLK;
	err = path_arg_get(&p, arg[0], arg[1]);
	if (err)
		return err;
	err = fs_mknod(p.base, p.text, mode, is_device ? (uint32_t)arg[3] : 0);
	path_arg_put(&p);
	return err;
}

/* unlinkat(dirfd, path, flags) */
long sys_unlinkat(const uint64_t arg[6])
{
	uint32_t flags = (uint32_t)arg[2];
	struct path_arg p;
	int err;

	if (flags & ~(uint32_t)AT_REMOVEDIR)
		return -EINVAL;
	err = path_arg_get(&p, arg[0], arg[1]);
	if (err)
		return err;
	err = fs_unlink(p.base, p.text, flags & AT_REMOVEDIR);
	path_arg_put(&p);
	return err;
}

static long do_rename(const uint64_t arg[4], uint32_t flags)
{
	unsigned how = (flags & RENAME_NOREPLACE ? FS_RENAME_NOREPLACE : 0) |
		       (flags & RENAME_EXCHANGE ? FS_RENAME_EXCHANGE : 0);
	struct path_arg from, to;
	int err;

	if (flags & ~(uint32_t)(RENAME_NOREPLACE | RENAME_EXCHANGE) ||
	    flags == (RENAME_NOREPLACE | RENAME_EXCHANGE))
		return -EINVAL;
	err = path_arg_get(&from, arg[0], arg[1]);
	if (err)
		return err;
	err = path_arg_get(&to, arg[2], arg[3]);
	if (!err) {
		err = fs_rename(from.base, from.text, to.base, to.text, how);
		path_arg_put(&to);
	}
	path_arg_put(&from);
	return err;
}

/* renameat(olddirfd, old, newdirfd, new) */
long sys_renameat(const uint64_t arg[6])
{
	return do_rename(arg, 0);
}

/* renameat2(olddirfd, old, newdirfd, new, flags) */
long sys_renameat2(const uint64_t arg[6])
{
	return do_rename(arg, (uint32_t)arg[4]);
}

/* symlinkat(target, newdirfd, path) */
long sys_symlinkat(const uint64_t arg[6])
{
	char *target = kmalloc(FS_PATH_SIZE);
	struct path_arg p;
	long err;

	if (!target)
		return -ENOMEM;
	err = string_from_user(target, arg[0], FS_PATH_SIZE);
	if (err >= 0)
		err = path_arg_get(&p, arg[1], arg[2]);
	if (!err) {
		err = fs_symlink(p.base, p.text, target);
		path_arg_put(&p);
	}
	kfree(target);
	return err;
}

/* linkat(olddirfd, old, newdirfd, new, flags) */
long sys_linkat(const uint64_t arg[6])
{
	uint32_t flags = (uint32_t)arg[4];
	bool follow = flags & AT_SYMLINK_FOLLOW;
	struct inode *inode;
	struct path_arg p;
	int err;

	if (flags & ~(uint32_t)(AT_SYMLINK_FOLLOW | AT_EMPTY_PATH))
		return -EINVAL;
	err = path_arg_inode(arg[0], arg[1], (flags & AT_EMPTY_PATH) |
			     (follow ? 0 : AT_SYMLINK_NOFOLLOW), &inode);
	if (err)
		return err;
	err = path_arg_get(&p, arg[2], arg[3]);
	if (!err) {
		err = fs_link(inode, p.base, p.text);
		path_arg_put(&p);
	}
	inode_put(inode);
	return err;
}

/* truncate(path, length) */
long sys_truncate(const uint64_t arg[6])
{
	struct inode *inode;
	int err;

	if ((int64_t)arg[1] < 0)
		return -EINVAL;
	err = path_arg_inode((uint64_t)AT_FDCWD, arg[0], 0, &inode);
	if (err)
		return err;
	err = inode_truncate(inode, arg[1]);
	inode_put(inode);
	return err;
}

/* getcwd(buf, size): the length with the NUL */
long sys_getcwd(const uint64_t arg[6])
{
	char *path = kmalloc(FS_PATH_SIZE);
	struct inode *cwd, *root;
	long n;

	if (!path)
		return -ENOMEM;
	cwd = fs_context_cwd(process_current()->fs);
	root = fs_caller_root();
	n = path_of(cwd, root, path, FS_PATH_SIZE);
	inode_put(root);
	inode_put(cwd);
	if (n == -ERANGE)
		n = -ENAMETOOLONG;
	if (n >= 0 && (uint64_t)++n > arg[1])
		n = -ERANGE;
	if (n >= 0 && copy_to_user(arg[0], path, (size_t)n))
		n = -EFAULT;
	kfree(path);
	return n;
}

/* The working directory becomes @inode, whose reference passes to it. */
static long change_directory(struct inode *inode)
{
	if (!inode_is(inode, MODE_DIR)) {
		inode_put(inode);
		return -ENOTDIR;
	}
	fs_context_set_cwd(process_current()->fs, inode);
	return 0;
}

/* chdir(path) */
long sys_chdir(const uint64_t arg[6])
{
	struct inode *inode;
	int err = path_arg_inode((uint64_t)AT_FDCWD, arg[0], 0, &inode);

	return err ? err : change_directory(inode);
}

/* fchdir(fd) */
long sys_fchdir(const uint64_t arg[6])
{
	struct file *f = file_arg(arg[0]);
	struct inode *inode;

	if (!f)
		return -EBADF;
	inode = f->inode;
	inode_get(inode);
	file_put(f);
	return change_directory(inode);
}

/* chroot(path): "/" of the process, and of those it starts, is there */
long sys_chroot(const uint64_t arg[6])
{
	struct inode *inode;
	int err = path_arg_inode((uint64_t)AT_FDCWD, arg[0], 0, &inode);

	if (err)
		return err;
	if (!inode_is(inode, MODE_DIR)) {
		inode_put(inode);
		return -ENOTDIR;
	}
	fs_context_set_root(process_current()->fs, inode);
	return 0;
}

/* umask(mask): the one before */
long sys_umask(const uint64_t arg[6])
{
	return fs_context_set_umask(process_current()->fs, (uint32_t)arg[0]);
}
