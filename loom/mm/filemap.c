// SPDX-License-Identifier: MIT
/*
 * Truncation of what programs have mapped; see filemap.h.
 *
 * There is no list of a file's areas: the few files that are cut while they
 * are mapped make it worth to look at all spaces, and no area needs to be on a
 * list. A fault that found its page before pagetree_set_end holds the lock of
 * its space until the page is mapped, so it is seen here; and its area was
 * counted in inode->mappings before that, so this is not left out.
 */
#include "mm/filemap.h"

#include "fs/inode.h"
#include "mm/aspace_impl.h"

static void cut_area(struct aspace *as, const struct area *area,
		     uint64_t first)
{
	uint64_t index = area->offset / PAGE_SIZE, start = area->start;

	if (index < first) {
		if (first - index >= (area->end - start) / PAGE_SIZE)
			return;
		start += (first - index) * PAGE_SIZE;
	}
	aspace_unmap_pages(as, start, area->end);
}

static void cut_space(struct aspace *as, const struct inode *inode,
		      uint64_t first)
{
	for (size_t i = 0; i < as->areas.count; i++)
		if (as->areas.area[i].inode == inode)
			cut_area(as, &as->areas.area[i], first);
}

void filemap_cut(struct inode *inode, uint64_t first)
{
	struct aspace *as;

	if (!__atomic_load_n(&inode->mappings, __ATOMIC_RELAXED))
		return;
	for (as = aspace_each(NULL); as; as = aspace_each(as)) {
		mutex_lock(&as->lock);
		cut_space(as, inode, first);
		mutex_unlock(&as->lock);
	}
}
