// SPDX-License-Identifier: MIT
/*
 * mremap: shrink, grow or move a mapping (mm/aspace.h). Pages are not copied;
 * for a moment they are mapped at both places, and only when nothing can fail
 * any more they leave the old one.
 */
#include "fs/inode.h"
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
 * Map what is resident in [from, from + len) at @to, where nothing is, too,
 * with the same rights: a page that is read-only because somebody else has it
 * stays so. -ENOMEM: none of it is.
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

/* What [old, ...) of @area is like at [to, to + len). */
static struct area moved(const struct area *area, uint64_t old, uint64_t to,
			 uint64_t len)
{
	struct area new = *area;

	new.start = to;
	new.end = to + len;
	if (area->inode)
		new.offset = area_offset(area, old);
	return new;
}

/*
 * Move the mapping [old, old + old_len), in one area, to the free place
 * [to, to + new_len), which is at least as long. -ENOMEM: nothing has changed.
 */
static int move_mapping(struct aspace *as, uint64_t old, uint64_t old_len,
			uint64_t to, uint64_t new_len)
{
	const struct area *area = area_at(&as->areas, old);
	const struct area new = moved(area, old, to, new_len);
	/* The new one, and one more if the old one is split. */
	int err = area_reserve(&as->areas, 2);

	if (err)
		return err;
	err = share_pages(as, old, to, old_len);
	if (err)
		return err;
	err = area_replace(&as->areas, &new);
	assert(err == 0);
	forget_pages(as, old, old_len);
	err = area_remove(&as->areas, old, old + old_len);
	assert(err == 0);
	return 0;
}

/* Grow [old, old + old_len) at its end, if it may be and there is room. */
static bool grow_in_place(struct aspace *as, const struct area *area,
			  uint64_t old, uint64_t old_len, uint64_t new_len)
{
	uint64_t end = old + old_len;
	struct area more;

	if (end != area->end || !is_inside(old, new_len) ||
	    !area_is_placeable(&as->areas, end, old + new_len))
		return false;
	more = moved(area, end, end, new_len - old_len);
	return area_replace(&as->areas, &more) == 0;
}

/* A second mapping of what the shared one at @old shows. */
static int duplicate(struct aspace *as, const struct area *area, uint64_t old,
		     uint64_t to, uint64_t new_len)
{
	const struct area new = moved(area, old, to, new_len);

	return area_replace(&as->areas, &new);
}

/* Is [old, old + len) in one area, and can it be @new_len long? */
static int check_old(const struct area *area, uint64_t old, uint64_t len,
		     uint64_t new_len)
{
	uint64_t end;

	if (!area)
		return -EFAULT;
	if (len == 0 && !(area->flags & AREA_SHARED))
		return -EINVAL;
	if (len > area->end - old)
		return -EFAULT;
	if (area->inode &&
	    __builtin_add_overflow(area_offset(area, old), new_len, &end))
		return -EINVAL;
	return 0;
}

static int remap_free(struct aspace *as, uint64_t old, uint64_t old_len,
		      uint64_t new_len, bool may_move, uint64_t *start)
{
	const struct area *area = area_at(&as->areas, old);
	int err;

	*start = old;
	if (!area)
		return -EFAULT;
	if (old_len && new_len < old_len)
		return aspace_unmap_locked(as, old + new_len, old + old_len);
	err = check_old(area, old, old_len, new_len);
	if (err || new_len == old_len)
		return err;
	if (old_len && grow_in_place(as, area, old, old_len, new_len))
		return 0;
	if (!may_move)
		return -ENOMEM;
	*start = aspace_find_place(as, 0, new_len);
	if (!*start)
		return -ENOMEM;
	if (!old_len)
		return duplicate(as, area, old, *start, new_len);
	return move_mapping(as, old, old_len, *start, new_len);
}

static int remap_fixed(struct aspace *as, uint64_t old, uint64_t old_len,
		       uint64_t new_len, uint64_t to)
{
	const struct area *area = area_at(&as->areas, old);
	int err;

	/* Before anything is unmapped; the rest of @old is looked at later. */
	if (!area)
		return -EFAULT;
	if (to % PAGE_SIZE || !is_inside(to, new_len))
		return -EINVAL;
	if (to < ASPACE_MIN)
		return -EPERM;
	if (old < to + new_len && to < old + old_len)
		return -EINVAL;
	err = aspace_unmap_locked(as, to, to + new_len);
	if (!err && old_len && new_len < old_len) {
		err = aspace_unmap_locked(as, old + new_len, old + old_len);
		old_len = new_len;
	}
	if (err)
		return err;
	area = area_at(&as->areas, old);
	err = check_old(area, old, old_len, new_len);
	if (err)
		return err;
	if (!old_len)
		return duplicate(as, area, old, to, new_len);
	return move_mapping(as, old, old_len, to, new_len);
}

int aspace_remap(struct aspace *as, uint64_t old, size_t old_len,
		 size_t new_len, unsigned flags, uint64_t *start)
{
	int err;

	if (new_len == 0 || old % PAGE_SIZE || old_len % PAGE_SIZE ||
	    new_len % PAGE_SIZE)
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
