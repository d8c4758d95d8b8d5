// SPDX-License-Identifier: MIT
/*
 * The pages of a file by their number in it: a radix tree of nodes of 512
 * entries, as high as its largest page number needs. What is missing is a
 * hole. ramfs reads and writes them (fs/ramfs_file.c), page faults map them
 * (mm/fault.c).
 *
 * The tree has a reference to each page (mm/page.h), and whoever maps or
 * copies a page has another: a page that was cut off is there as long as
 * somebody uses it.
 *
 * Its lock guards the tree and is held for a bounded time. It ranks behind
 * RANK_ASPACE: a fault looks here with the address space's lock held. (A fault
 * never takes an inode's lock: read(2) holds that while it copies to memory
 * that may have to be fetched.)
 */
#ifndef LOOM_FS_PAGETREE_H
#define LOOM_FS_PAGETREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/lock.h"

struct pagetree {
	struct spinlock lock;	/* RANK_PAGETREE */
	/*
	 * The memory of a program, not a file: it has more of the last pages
	 * that there are, and finding none is -ENOMEM, not -ENOSPC. Fixed.
	 */
	bool is_memory;

	/* lock */
	uint64_t root;		/* physical: a node, or at height 0 the page */
	unsigned height;	/* covers 512^height pages */
	uint64_t pages;		/* without the nodes */
	uint64_t end;		/* pages from this number on cannot be mapped */
};

/* NULL: no memory. */
struct pagetree *pagetree_create(bool is_memory);

/* Nobody else has the tree. NULL is allowed. */
void pagetree_destroy(struct pagetree *tree);

/*
 * The physical address of page @index with a reference for the caller
 * (page_put), or 0 where there is a hole.
 */
uint64_t pagetree_get(struct pagetree *tree, uint64_t index);

/*
 * The same; a hole is filled with a page of zeros. 0 if memory is short: a
 * small part of it is left for the programs that could free the rest.
 */
uint64_t pagetree_fill(struct pagetree *tree, uint64_t index);

/*
 * The pages of an empty tree from 0 on: @count of those that were adopted
 * (mm/page.h), from @pa on. Each gets a reference of the tree's. How many were
 * taken: fewer if memory for nodes is short.
 */
uint64_t pagetree_give(struct pagetree *tree, uint64_t pa, uint64_t count);

/*
 * pagetree_fill for a page fault: 0 and the page in *@pa; -ENXIO: it lies
 * behind the end; -ENOSPC or -ENOMEM (is_memory).
 */
int pagetree_fault(struct pagetree *tree, uint64_t index, uint64_t *pa);

/* Is there a page @index, before the end? */
bool pagetree_has(struct pagetree *tree, uint64_t index);

/* From now on no fault finds a page with number @end or above. */
void pagetree_set_end(struct pagetree *tree, uint64_t end);

/* Drop all pages from number @first on. */
void pagetree_cut(struct pagetree *tree, uint64_t first);

/* How many pages all trees have together. */
uint64_t pagetree_total(void);

/* How many pages there are. */
uint64_t pagetree_count(const struct pagetree *tree);

#endif
