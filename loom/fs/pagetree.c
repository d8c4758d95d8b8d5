// SPDX-License-Identifier: MIT
/*
 * The radix tree beneath a ramfs file; see pagetree.h.
 */
#include "fs/pagetree.h"

#include "mm/page.h"

enum {
	FANOUT_SHIFT = 9,
	FANOUT = 1 << FANOUT_SHIFT,
	RESERVE_SHIFT = 5,	/* 1/32 of memory is not for files */
};

_Static_assert(FANOUT * sizeof(uint64_t) == PAGE_SIZE, "a node is a page");

static uint64_t take_page(void)
{
	if (page_free_count() <= page_total_count() >> RESERVE_SHIFT)
		return 0;
	return page_alloc_zeroed();
}

static bool covers(const struct pagetree *tree, uint64_t index)
{
	return index >> (FANOUT_SHIFT * tree->height) == 0;
}

/* Which entry of a node at @level (1: its entries are pages) leads to @index */
static unsigned entry_of(uint64_t index, unsigned level)
{
	return index >> (FANOUT_SHIFT * (level - 1)) & (FANOUT - 1);
}

uint64_t pagetree_get(const struct pagetree *tree, uint64_t index)
{
	uint64_t pa = tree->root;

	if (!covers(tree, index))
		return 0;
	for (unsigned level = tree->height; pa && level > 0; level--) {
		const uint64_t *node = phys_to_virt(pa);

		pa = node[entry_of(index, level)];
	}
	return pa;
}

/* Put nodes above the root until the tree covers @index; false: no memory. */
static bool grow(struct pagetree *tree, uint64_t index)
{
	for (; !covers(tree, index); tree->height++) {
		uint64_t *node;
		uint64_t pa;

		if (!tree->root)
			continue;
		pa = take_page();
		if (!pa)
			return false;
		node = phys_to_virt(pa);
		node[0] = tree->root;
		tree->root = pa;
	}
	return true;
}

uint64_t pagetree_fill(struct pagetree *tree, uint64_t index)
{
	uint64_t *slot = &tree->root;

	if (!grow(tree, index))
		return 0;
	for (unsigned level = tree->height;; level--) {
		uint64_t *node;
		bool hole = !*slot;

		if (hole)
			*slot = take_page();
		if (level == 0) {
			tree->pages += hole && *slot;
			return *slot;
		}
		if (!*slot)
			return 0;
		node = phys_to_virt(*slot);
		slot = &node[entry_of(index, level)];
	}
}

/*
 * Free what lies at or behind page @first of the 512^level pages at *slot.
 * As deep as the tree is high: at most six calls.
 */
static void cut(struct pagetree *tree, uint64_t *slot, unsigned level,
		uint64_t first)
{
	uint64_t *node;
	unsigned keep;

	if (!*slot)
		return;
	if (level > 0) {
		node = phys_to_virt(*slot);
		keep = entry_of(first, level);
		first &= (UINT64_C(1) << (FANOUT_SHIFT * (level - 1))) - 1;
		for (unsigned i = keep; i < FANOUT; i++)
			cut(tree, &node[i], level - 1, i == keep ? first : 0);
		if (keep > 0 || first > 0)
			return;
	}
	page_free(*slot, 0);
	*slot = 0;
	tree->pages -= level == 0;
}

void pagetree_cut(struct pagetree *tree, uint64_t first)
{
	if (!covers(tree, first))
		return;
	cut(tree, &tree->root, tree->height, first);
	if (!tree->root)
		tree->height = 0;
}
