// SPDX-License-Identifier: MIT
/*
 * The rename lock: it guards every directory's place in the tree (its
 * parent), and is held by whoever holds the locks of two directories.
 */
#ifndef LOOM_FS_TREE_H
#define LOOM_FS_TREE_H

/* Before any other function of the file system. */
void tree_init(void);

#endif
