// SPDX-License-Identifier: MIT
/*
 * The writable file system in memory, which holds the root.
 */
#ifndef LOOM_FS_RAMFS_H
#define LOOM_FS_RAMFS_H

#include <stdint.h>

struct inode;

/* An empty directory with no directory above it; NULL: no memory. */
struct inode *ramfs_root(void);

/*
 * A file without a name, of @size bytes (whole pages) of zeros: what programs
 * share as memory. NULL: no memory.
 */
struct inode *ramfs_memory(uint64_t size);

/*
 * Show @inode, the root of another file system, as @name in @dir. It takes
 * its own reference and can be neither removed nor moved. 0, -EEXIST, -ENOMEM.
 */
int ramfs_mount(struct inode *dir, const char *name, struct inode *inode);

/*
 * A file in memory without a place in the tree, nlink 0; /proc shows it by
 * @name. NULL: no memory.
 */
struct inode *ramfs_unnamed(const char *name);

#endif
