// SPDX-License-Identifier: MIT
/*
 * Advice and questions about pages (mm/aspace.h): madvise, mincore.
 */
#include "fs/inode.h"
#include "fs/pagetree.h"
#include "lib/errno.h"
#include "mm/aspace_impl.h"

/* Does [start, end) have anything but anonymous private memory? */
static bool has_other(const struct aspace *as, uint64_t start, uint64_t end)
{
	const struct area *area = area_next(&as->areas, start);

	for (; area && area->start < end; area = area_after(&as->areas, area))
		if (area->inode)
			return true;
	return false;
}

static int advise_locked(struct aspace *as, uint64_t start, uint64_t end,
			 enum aspace_advice advice, unsigned to_clear,
			 unsigned to_set)
{
	int err = 0;

	switch (advice) {
	case ADVICE_FREE:
		if (has_other(as, start, end))
			return -EINVAL;
		aspace_unmap_pages(as, start, end);
		break;
	case ADVICE_DISCARD:
		aspace_unmap_pages(as, start, end);
		break;
	case ADVICE_FLAGS:
		if ((to_set & AREA_WIPEONFORK) && has_other(as, start, end))
			return -EINVAL;
		err = area_change_flags(&as->areas, start, end, to_clear,
					to_set);
		break;
	case ADVICE_NONE:
		break;
	}
	return err;
}

int aspace_advise(struct aspace *as, uint64_t start, size_t len,
		  enum aspace_advice advice, unsigned to_clear,
		  unsigned to_set)
{
	uint64_t end = start + len;
	bool has_holes;
	int err;

	if (start % PAGE_SIZE || len % PAGE_SIZE)
		return -EINVAL;
	if (len == 0)
		return 0;
	if (!is_inside(start, len))
		return -ENOMEM;
	mutex_lock(&as->lock);
	has_holes = area_covered(&as->areas, start, end) < end;
	err = advise_locked(as, start, end, advice, to_clear, to_set);
	mutex_unlock(&as->lock);
	return !err && has_holes ? -ENOMEM : err;
}

/* Is what belongs at @va in memory? */
static bool is_resident(const struct aspace *as, const struct area *area,
			uint64_t va)
{
	struct weft_pt_entry entry;

	if (weft_pt_lookup(&as->table, va, &entry) == 0)
		return true;
	return area->inode && pagetree_has(area->inode->pages,
					   area_offset(area, va) / PAGE_SIZE);
}

int aspace_resident(struct aspace *as, uint64_t start, size_t pages,
		    uint8_t *map)
{
	int err = 0;

	if (start % PAGE_SIZE)
		return -EINVAL;
	if (pages > USER_TOP / PAGE_SIZE ||
	    !is_inside(start, pages * PAGE_SIZE))
		return -ENOMEM;
	mutex_lock(&as->lock);
	for (size_t i = 0; i < pages && !err; i++) {
		uint64_t va = start + i * PAGE_SIZE;
		const struct area *area = area_at(&as->areas, va);

		if (area)
			map[i] = is_resident(as, area, va);
		else
			err = -ENOMEM;
	}
	mutex_unlock(&as->lock);
	return err;
}
