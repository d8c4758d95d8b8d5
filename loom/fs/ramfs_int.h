// SPDX-License-Identifier: MIT
/*
 * Between the two halves of ramfs: files (ramfs.c) and directories
 * (ramfs_dir.c). Nobody else includes this. The operations are described in
 * struct inode_ops.
 */
#ifndef LOOM_FS_RAMFS_INT_H
#define LOOM_FS_RAMFS_INT_H

#include <stdbool.h>
#include <stdint.h>

struct file_ops;
struct inode;
struct ramfs_dir;

/* An inode of any type without a name; NULL: no memory. */
struct inode *ramfs_inode(uint32_t mode, uint64_t rdev, const char *target);

/* A directory's entries, none yet; NULL: no memory. Freed with kfree. */
struct ramfs_dir *ramfs_dir_alloc(void);

extern const struct file_ops ramfs_dir_file_ops;

int ramfs_lookup(struct inode *dir, const char *name, struct inode **out);
int ramfs_create(struct inode *dir, const char *name, uint32_t mode,
		 uint64_t rdev, const char *target, struct inode **out);
int ramfs_link(struct inode *dir, const char *name, struct inode *inode);
int ramfs_unlink(struct inode *dir, const char *name, bool is_dir);
int ramfs_rename(struct inode *old_dir, const char *old,
		 struct inode *new_dir, const char *new, unsigned flags);
int ramfs_name_of(struct inode *dir, const struct inode *child, char *name);

#endif
