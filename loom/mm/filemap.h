// SPDX-License-Identifier: MIT
/*
 * From a file to the address spaces that show it: truncation (fs/ramfs_file.c)
 * takes pages away from programs.
 */
#ifndef LOOM_MM_FILEMAP_H
#define LOOM_MM_FILEMAP_H

#include <stdint.h>

struct inode;

/*
 * No program has pages of @inode with number @first or above mapped any more,
 * nor its own copies of them. The caller has seen to it that no fault finds
 * them (pagetree_set_end), and holds inode->lock. Address spaces' locks are
 * taken.
 */
void filemap_cut(struct inode *inode, uint64_t first);

#endif
