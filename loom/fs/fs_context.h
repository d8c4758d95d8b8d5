// SPDX-License-Identifier: MIT
/*
 * Where paths start and which permission bits new files do not get: what
 * chdir(2), chroot(2) and umask(2) change. The threads of a process share one;
 * clone copies it for a new process, or shares it with CLONE_FS.
 */
#ifndef LOOM_FS_FS_CONTEXT_H
#define LOOM_FS_FS_CONTEXT_H

#include <stdint.h>

#include "lib/lock.h"

struct inode;

struct fs_context {
	uint32_t refs;		/* atomic: one a process */
	struct spinlock lock;	/* RANK_FS_CONTEXT */

	/* lock */
	struct inode *cwd;	/* a directory, counted */
	struct inode *root;	/* the same: what "/" means (chroot) */
	uint32_t umask;		/* permission bits only */
};

/* One reference is the caller's; @cwd gets one more. NULL: no memory. */
struct fs_context *fs_context_create(struct inode *cwd, uint32_t umask);
struct fs_context *fs_context_copy(struct fs_context *from);
void fs_context_get(struct fs_context *fs);
void fs_context_put(struct fs_context *fs);

/* The working directory, counted for the caller: inode_put ends that. */
struct inode *fs_context_cwd(struct fs_context *fs);
/* It becomes @dir, a directory, whose reference passes to @fs. */
void fs_context_set_cwd(struct fs_context *fs, struct inode *dir);

/* The same for the root. */
struct inode *fs_context_root(struct fs_context *fs);
void fs_context_set_root(struct fs_context *fs, struct inode *dir);

/* The root of the calling process, counted; in a kernel thread the real one. */
struct inode *fs_caller_root(void);

uint32_t fs_context_umask(struct fs_context *fs);
/* The one before. */
uint32_t fs_context_set_umask(struct fs_context *fs, uint32_t umask);

#endif
