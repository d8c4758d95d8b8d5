// SPDX-License-Identifier: MIT
/*
 * Between the parts of ramfs: inodes (ramfs.c), what files hold
 * (ramfs_file.c), what directories hold (ramfs_dir.c) and the operations on
 * names (ramfs_name.c). Nobody else includes this. The operations are
 * described in struct inode_ops.
 */
#ifndef LOOM_FS_RAMFS_INT_H
#define LOOM_FS_RAMFS_INT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/list.h"

struct file_ops;
struct inode;
struct ramfs_dir;

/* A name in a directory; under the directory's lock. */
struct ramfs_entry {
	struct list link;	/* on the directory's list, by cookie */
	struct ramfs_entry *chain;	/* with the same hash bucket */
	struct inode *inode;	/* counted; NULL: a cursor */
	uint64_t cookie;
	uint32_t hash;
	char name[];
};

/* An inode of any type without a name; NULL: no memory. */
struct inode *ramfs_inode(uint32_t mode, uint64_t rdev, const char *target);

/* What a directory holds, nothing yet; NULL: no memory. */
struct ramfs_dir *ramfs_dir_alloc(void);
void ramfs_dir_free(struct ramfs_dir *d);

/* st_size */
uint64_t ramfs_dir_size(const struct inode *dir);

/* With the directory's lock held: */
struct ramfs_entry *ramfs_find(const struct inode *dir, const char *name);
bool ramfs_is_empty(const struct inode *dir);
/* @e, which is in no directory; its reference to the inode is kept. */
void ramfs_insert(struct inode *dir, struct ramfs_entry *e);
void ramfs_take_out(struct inode *dir, struct ramfs_entry *e);

/* An entry that is in no directory; takes no reference. NULL: no memory. */
struct ramfs_entry *ramfs_entry_alloc(const char *name, struct inode *inode);

extern const struct file_ops ramfs_dir_file_ops;

/* Of regular files; the inode's lock is held. */
extern const struct file_ops ramfs_file_ops;

long ramfs_pread(struct inode *inode, void *dst, size_t len, uint64_t pos);
long ramfs_pwrite(struct inode *inode, const void *src, size_t len,
		  uint64_t pos);
long ramfs_give(struct inode *inode, const void *src, size_t len);
int ramfs_truncate(struct inode *inode, uint64_t size);
int ramfs_allocate(struct inode *inode, uint64_t pos, uint64_t len,
		   bool keep_size);

int ramfs_lookup(struct inode *dir, const char *name, struct inode **out);
int ramfs_create(struct inode *dir, const char *name, uint32_t mode,
		 uint64_t rdev, const char *target, struct inode **out);
int ramfs_tmpfile(struct inode *dir, uint32_t mode, struct inode **out);
int ramfs_link(struct inode *dir, const char *name, struct inode *inode);
int ramfs_unlink(struct inode *dir, const char *name, bool is_dir);
int ramfs_rename(struct inode *old_dir, const char *old,
		 struct inode *new_dir, const char *new, unsigned flags);

#endif
