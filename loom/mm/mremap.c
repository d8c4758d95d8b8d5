// SPDX-License-Identifier: MIT
/*
 * mremap: shrink, grow or move a mapping (mm/aspace.h). Pages are not copied;
 * for a moment they are mapped at both places, and only when nothing can fail
 * any more they leave the old one.
 */
#include "lib/assert.h"
#include "lib/errno.h"
#include "mm/aspace_impl.h"

/* Unmap pages that stay in use at their other place. */
static void forget_pages(struct aspace *as, uint64_t start, uint64_t len)
{
	int err = weft_pt_unmap(&as->table, start, len, NULL, NULL);

	assert(err == 0);
	aspace_trim_tables(as, start, start + len);
}

/*
 * Map what is resident in [from, from + len) at @to, where nothing is, too.
 * -ENOMEM: none of it is.
 */
static int share_pages(struct aspace *as, uint64_t from, uint64_t to,
		       uint64_t len)
{
	struct weft_pt_entry entry;
	uint64_t va = from;

	for (; weft_pt_next(&as->table, &va, from + len, &entry);
	     va += PAGE_SIZE) {
		if (weft_pt_map(&as->table, to + (va - from), entry.pa,
				PAGE_SIZE, entry.flags)) {
			forget_pages(as, to, len);
			return -ENOMEM;
		}
	}
	return 0;
}

/*
 * Move the mapping [old, old + old_len) to the free place [to, to + new_len),
 * which is at least as long. -ENOMEM: nothing has changed.
 */
static int move_mapping(struct aspace *as, uint64_t old, uint64_t old_len,
			uint64_t to, uint64_t new_len, unsigned prot)
{
	int err = share_pages(as, old, to, old_len);

	if (err)
		return err;
	err = area_replace(&as->areas, to, to + new_len, prot, AREA_ANON);
	if (err) {
		forget_pages(as, to, old_len);
		return err;
	}
	forget_pages(as, old, old_len);
	/*
	 * If this has no memory to split an area, the old place stays as one
	 * without contents, which is what Linux does, too.
	 */
	area_remove(&as->areas, old, old + old_len);
	return 0;
}

/* Grow [old, old + old_len) at its end, if it may be and there is room. */
static bool grow_in_place(struct aspace *as, const struct area *area,
			  uint64_t old, uint64_t old_len, uint64_t new_len)
{
	uint64_t end = old + old_len;

	if (end != area->end || area->kind != AREA_ANON)
		return false;
	if (!is_inside(old, new_len) ||
	    !area_is_placeable(&as->areas, end, old + new_len))
		return false;
	return area_replace(&as->areas, end, old + new_len, area->prot,
			    AREA_ANON) == 0;
}

static int remap_free(struct aspace *as, uint64_t old, uint64_t old_len,
		      uint64_t new_len, bool may_move, uint64_t *start)
{
	const struct area *area = area_at(&as->areas, old);

	*start = old;
	if (!area)
		return -EFAULT;
	if (new_len < old_len)
		return aspace_unmap_locked(as, old + new_len, old + old_len);
	if (old_len > area->end - old)
		return -EFAULT;
	if (new_len == old_len)
		return 0;
	if (grow_in_place(as, area, old, old_len, new_len))
		return 0;
	if (!may_move)
		return -ENOMEM;
	*start = aspace_find_place(as, 0, new_len);
	if (!*start)
		return -ENOMEM;
	return move_mapping(as, old, old_len, *start, new_len, area->prot);
}

static int remap_fixed(struct aspace *as, uint64_t old, uint64_t old_len,
		       uint64_t new_len, uint64_t to)
{
	const struct area *area;
	int err;

	if (to % PAGE_SIZE || !is_inside(to, new_len))
		return -EINVAL;
	if (to < ASPACE_MIN)
		return -EPERM;
	if (old < to + new_len && to < old + old_len)
		return -EINVAL;
	err = aspace_unmap_locked(as, to, to + new_len);
	if (!err && new_len < old_len) {
		err = aspace_unmap_locked(as, old + new_len, old + old_len);
		old_len = new_len;
	}
	if (err)
		return err;
	area = area_at(&as->areas, old);
	if (!area || old_len > area->end - old)
		return -EFAULT;
	return move_mapping(as, old, old_len, to, new_len, area->prot);
}

int aspace_remap(struct aspace *as, uint64_t old, size_t old_len,
		 size_t new_len, unsigned flags, uint64_t *start)
{
	int err;

	if (old_len == 0 || new_len == 0 || old % PAGE_SIZE ||
	    old_len % PAGE_SIZE || new_len % PAGE_SIZE)
		return -EINVAL;
	if (!is_inside(old, old_len))
		return -EFAULT;
	if (new_len > USER_TOP)
		return -ENOMEM;
	mutex_lock(&as->lock);
	if (flags & REMAP_FIXED)
		err = remap_fixed(as, old, old_len, new_len, *start);
	else
		err = remap_free(as, old, old_len, new_len,
				 flags & REMAP_MAY_MOVE, start);
	mutex_unlock(&as->lock);
	return err;
}
