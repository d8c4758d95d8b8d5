// SPDX-License-Identifier: MIT
/*
 * The pages of a file by their number in it: a radix tree of nodes of 512
 * entries, as high as its largest page number needs. What is missing is a
 * hole. Used by ramfs; the inode's lock guards it.
 */
#ifndef LOOM_FS_PAGETREE_H
#define LOOM_FS_PAGETREE_H

#include <stddef.h>
#include <stdint.h>

struct pagetree {
	uint64_t root;		/* physical: a node, or at height 0 the page */
	unsigned height;	/* covers 512^height pages */
	uint64_t pages;		/* without the nodes */
};

/* The physical address of page @index, or 0 where there is a hole. */
uint64_t pagetree_get(const struct pagetree *tree, uint64_t index);

/*
 * The same; a hole is filled with a page of zeros. 0 if memory is short: a
 * small part of it is left for the programs that could free the rest.
 */
uint64_t pagetree_fill(struct pagetree *tree, uint64_t index);

/* Free all pages from number @first on. */
void pagetree_cut(struct pagetree *tree, uint64_t first);

#endif
