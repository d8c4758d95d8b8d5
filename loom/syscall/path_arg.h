// SPDX-License-Identifier: MIT
/*
 * The pair of a directory's descriptor and a path, which many system calls
 * take, made into what the file system works with.
 */
#ifndef LOOM_SYSCALL_PATH_ARG_H
#define LOOM_SYSCALL_PATH_ARG_H

#include <stdbool.h>
#include <stdint.h>

struct file;
struct inode;

/* AT_ flags, Linux */
enum {
	AT_FDCWD = -100,
	AT_SYMLINK_NOFOLLOW = 0x100,
	AT_REMOVEDIR = 0x200,		/* unlinkat */
	AT_EACCESS = 0x200,		/* faccessat2 */
	AT_SYMLINK_FOLLOW = 0x400,
	AT_NO_AUTOMOUNT = 0x800,
	AT_EMPTY_PATH = 0x1000,
	AT_STATX_SYNC_TYPE = 0x6000,
};

struct path_arg {
	struct inode *base;	/* counted: where a relative path starts */
	char *text;		/* of FS_PATH_SIZE bytes */
};

/*
 * 0, then the caller ends with path_arg_put; or -EFAULT, -ENAMETOOLONG,
 * -ENOENT (an empty path), -EBADF, -ENOTDIR, -ENOMEM.
 */
int path_arg_get(struct path_arg *p, uint64_t dirfd, uint64_t path);
/* With an empty path @p->base is the descriptor's own inode, whatever it is. */
int path_arg_get_empty(struct path_arg *p, uint64_t dirfd, uint64_t path);
void path_arg_put(struct path_arg *p);

/*
 * The inode that they name, counted. Of @flags, AT_SYMLINK_NOFOLLOW and
 * AT_EMPTY_PATH (the descriptor's own inode if the path is empty) count.
 */
int path_arg_inode(uint64_t dirfd, uint64_t path, unsigned flags,
		   struct inode **out);

/* The running program's descriptor @fd: its file, counted, or NULL. */
struct file *file_arg(uint64_t fd);

/*
 * The same for a call that does nothing to descriptors, and makes no thread or
 * process: a reference is only counted if somebody else uses the table, too.
 * file_ref_put if there is a file.
 */
struct file_ref {
	struct file *file;	/* or NULL */
	bool counted;
};

struct file_ref file_ref_get(uint64_t fd);
void file_ref_put(struct file_ref ref);

/*
 * Two descriptors for the files @end, written to user address @addr: 0, or
 * an errno, and both files are let go of (sys_file.c).
 */
int install_pair(struct file *end[2], uint64_t addr, bool cloexec);

#endif
