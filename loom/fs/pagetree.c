// SPDX-License-Identifier: MIT
/*
 * The radix tree beneath a ramfs file; see pagetree.h.
 */
#include "fs/pagetree.h"

#include "lib/errno.h"
#include "mm/kmem.h"
#include "mm/page.h"

enum {
	FANOUT_SHIFT = 9,
	FANOUT = 1 << FANOUT_SHIFT,
	RESERVE_SHIFT = 5,	/* 1/32 of memory is not for files */
	CUT_AT_ONCE = 64,	/* pages freed with the lock held */
};

_Static_assert(FANOUT * sizeof(uint64_t) == PAGE_SIZE, "a node is a page");

struct pagetree *pagetree_create(bool is_memory)
{
	struct pagetree *tree = kzalloc(sizeof(*tree));

	if (!tree)
		return NULL;
	spin_init(&tree->lock, RANK_PAGETREE, "pagetree");
	tree->is_memory = is_memory;
	return tree;
}

void pagetree_destroy(struct pagetree *tree)
{
	if (tree)
		pagetree_cut(tree, 0);
	kfree(tree);
}

static uint64_t total;	/* pages of all trees; atomic */

static uint64_t take_page(const struct pagetree *tree)
{
	if (tree->is_memory)
		return page_alloc_user_zeroed();
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

static uint64_t find(const struct pagetree *tree, uint64_t index)
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
		pa = take_page(tree);
		if (!pa)
			return false;
		node = phys_to_virt(pa);
		node[0] = tree->root;
		tree->root = pa;
	}
	return true;
}

static uint64_t add_page(struct pagetree *tree)
{
	uint64_t pa = take_page(tree);

	if (!pa)
		return 0;
	page_set_file(pa);
	tree->pages++;
	__atomic_add_fetch(&total, 1, __ATOMIC_RELAXED);
	return pa;
}

/* The entry for page @index, with nodes that lead to it; NULL: no memory. */
static uint64_t *make_slot(struct pagetree *tree, uint64_t index)
{
	uint64_t *slot = &tree->root;

	if (!grow(tree, index))
		return NULL;
	for (unsigned level = tree->height; level > 0; level--) {
		uint64_t *node;

		if (!*slot)
			*slot = take_page(tree);
		if (!*slot)
			return NULL;
		node = phys_to_virt(*slot);
		slot = &node[entry_of(index, level)];
	}
	return slot;
}

static uint64_t find_or_fill(struct pagetree *tree, uint64_t index)
{
	uint64_t *slot = make_slot(tree, index);

	if (!slot)
		return 0;
	if (!*slot)
		*slot = add_page(tree);
	return *slot;
}

/* The pages from @index on, up to the end of a node; 0: no memory. */
static uint64_t give_run(struct pagetree *tree, uint64_t index, uint64_t pa,
			 uint64_t count)
{
	uint64_t *slot = make_slot(tree, index);
	uint64_t room = tree->height ? FANOUT - index % FANOUT : 1;

	if (!slot)
		return 0;
	if (count > room)
		count = room;
	for (uint64_t i = 0; i < count; i++)
		slot[i] = pa + i * PAGE_SIZE;
	page_get_file_run(pa, count);
	tree->pages += count;
	__atomic_add_fetch(&total, count, __ATOMIC_RELAXED);
	return count;
}

uint64_t pagetree_give(struct pagetree *tree, uint64_t pa, uint64_t count)
{
	uint64_t done = 0, n = 1;

	spin_lock(&tree->lock);
	/* As high as it will be: from the first page on runs are long. */
	if (!count || !grow(tree, count - 1))
		n = 0;
	while (n && done < count) {
		n = give_run(tree, done, pa + done * PAGE_SIZE, count - done);
		done += n;
	}
	spin_unlock(&tree->lock);
	return done;
}

uint64_t pagetree_get(struct pagetree *tree, uint64_t index)
{
	uint64_t pa;

	spin_lock(&tree->lock);
	pa = find(tree, index);
	if (pa)
		page_get(pa);
	spin_unlock(&tree->lock);
	return pa;
}

uint64_t pagetree_fill(struct pagetree *tree, uint64_t index)
{
	uint64_t pa;

	spin_lock(&tree->lock);
	pa = find_or_fill(tree, index);
	if (pa)
		page_get(pa);
	spin_unlock(&tree->lock);
	return pa;
}

int pagetree_fault(struct pagetree *tree, uint64_t index, uint64_t *pa)
{
	int err = 0;

	spin_lock(&tree->lock);
	if (index >= tree->end) {
		err = -ENXIO;
	} else {
		*pa = find_or_fill(tree, index);
		if (*pa)
			page_get(*pa);
		else
			err = tree->is_memory ? -ENOMEM : -ENOSPC;
	}
	spin_unlock(&tree->lock);
	return err;
}

bool pagetree_has(struct pagetree *tree, uint64_t index)
{
	bool has;

	spin_lock(&tree->lock);
	has = index < tree->end && find(tree, index);
	spin_unlock(&tree->lock);
	return has;
}

void pagetree_set_end(struct pagetree *tree, uint64_t end)
{
	spin_lock(&tree->lock);
	tree->end = end;
	spin_unlock(&tree->lock);
}

/*
 * Drop what lies at or behind page @first of the 512^level pages at *slot, but
 * at most *@budget pages: false if there may be more. As deep as the tree is
 * high: at most six calls.
 */
static bool cut(struct pagetree *tree, uint64_t *slot, unsigned level,
		uint64_t first, unsigned *budget)
{
	uint64_t *node;
	unsigned keep;

	if (!*slot)
		return true;
	if (level == 0) {
		if (!*budget)
			return false;
		--*budget;
		page_put(*slot);
		*slot = 0;
		tree->pages--;
		__atomic_sub_fetch(&total, 1, __ATOMIC_RELAXED);
		return true;
	}
	node = phys_to_virt(*slot);
	keep = entry_of(first, level);
	first &= (UINT64_C(1) << (FANOUT_SHIFT * (level - 1))) - 1;
	for (unsigned i = keep; i < FANOUT; i++)
		if (!cut(tree, &node[i], level - 1, i == keep ? first : 0,
			 budget))
			return false;
	if (keep > 0 || first > 0)
		return true;
	page_free(*slot, 0);
	*slot = 0;
	return true;
}

void pagetree_cut(struct pagetree *tree, uint64_t first)
{
	bool done;

	do {
		unsigned budget = CUT_AT_ONCE;

		spin_lock(&tree->lock);
		done = !covers(tree, first) ||
		       cut(tree, &tree->root, tree->height, first, &budget);
		if (!tree->root)
			tree->height = 0;
		spin_unlock(&tree->lock);
	} while (!done);
}

uint64_t pagetree_total(void)
{
	return __atomic_load_n(&total, __ATOMIC_RELAXED);
}

uint64_t pagetree_count(const struct pagetree *tree)
{
	return __atomic_load_n(&tree->pages, __ATOMIC_RELAXED);
}
