// SPDX-License-Identifier: MIT
/*
 * Making, changing and removing the mappings of an address space: what mmap,
 * munmap, mprotect and brk do (mm/aspace.h), and the places that execve
 * chooses for stack and heap.
 */
#include "lib/assert.h"
#include "lib/errno.h"
#include "mm/aspace_impl.h"
#include "mm/page.h"

static int check_prot(unsigned prot)
{
	if ((prot & AREA_WRITE) && (prot & AREA_EXEC))
		return -EACCES;
	return 0;
}

static int check_mapping(const struct mapping *m)
{
	assert(!(m->prot & ~m->may));
	assert(!(m->flags & AREA_SHARED) || m->inode);
	if (m->len == 0 || m->len % PAGE_SIZE || m->offset % PAGE_SIZE)
		return -EINVAL;
	if (m->len > USER_TOP)
		return -ENOMEM;
	return check_prot(m->prot);
}

static int check_place(uint64_t start, const struct mapping *m)
{
	if (start % PAGE_SIZE)
		return -EINVAL;
	if (!is_inside(start, m->len))
		return -ENOMEM;
	return start < ASPACE_MIN ? -EPERM : 0;
}

int aspace_replace(struct aspace *as, const struct area *area)
{
	int err = area_replace(&as->areas, area);

	if (!err)
		aspace_unmap_pages(as, area->start, area->end);
	return err;
}

/* as->lock is held. */
static int place(struct aspace *as, uint64_t start, const struct mapping *m)
{
	const struct area area = {
		.start = start,
		.end = start + m->len,
		.inode = m->inode,
		.offset = m->inode ? m->offset : 0,
		.prot = (uint8_t)m->prot,
		.may = (uint8_t)m->may,
		.flags = (uint8_t)m->flags,
	};

	return as->is_dead ? -ENOMEM : aspace_replace(as, &area);
}

int aspace_map(struct aspace *as, uint64_t start, const struct mapping *m)
{
	int err = check_mapping(m);

	if (!err)
		err = check_place(start, m);
	if (err)
		return err;
	mutex_lock(&as->lock);
	if (area_is_free(&as->areas, start, start + m->len))
		err = place(as, start, m);
	else
		err = -EEXIST;
	mutex_unlock(&as->lock);
	return err;
}

int aspace_map_over(struct aspace *as, uint64_t start,
		    const struct mapping *m)
{
	int err = check_mapping(m);

	if (!err)
		err = check_place(start, m);
	if (err)
		return err;
	mutex_lock(&as->lock);
	err = place(as, start, m);
	mutex_unlock(&as->lock);
	return err;
}

/* As Linux: from the top down, and if that finds nothing, wherever it fits. */
uint64_t aspace_find_place(const struct aspace *as, uint64_t hint, size_t len)
{
	uint64_t at;

	if (hint >= ASPACE_MIN && is_inside(hint, len) &&
	    area_is_placeable(&as->areas, hint, hint + len))
		return hint;
	at = area_find_gap(&as->areas, ASPACE_MIN, as->mmap_top, len);
	if (at)
		return at;
	return area_find_gap(&as->areas, ASPACE_MIN, STACK_TOP_MAX, len);
}

int aspace_map_anywhere(struct aspace *as, uint64_t hint,
			const struct mapping *m, uint64_t *start)
{
	int err = check_mapping(m);

	if (hint % PAGE_SIZE)
		return -EINVAL;
	if (err)
		return err;
	mutex_lock(&as->lock);
	*start = aspace_find_place(as, hint, m->len);
	err = *start ? place(as, *start, m) : -ENOMEM;
	mutex_unlock(&as->lock);
	return err;
}

int aspace_unmap_locked(struct aspace *as, uint64_t start, uint64_t end)
{
	int err = area_remove(&as->areas, start, end);

	if (err)
		return err;
	aspace_unmap_pages(as, start, end);
	aspace_trim_tables(as, start, end);
	return 0;
}

int aspace_unmap(struct aspace *as, uint64_t start, size_t len)
{
	int err;

	if (len == 0 || start % PAGE_SIZE || len % PAGE_SIZE ||
	    !is_inside(start, len))
		return -EINVAL;
	mutex_lock(&as->lock);
	err = aspace_unmap_locked(as, start, start + len);
	mutex_unlock(&as->lock);
	return err;
}

/*
 * How far from @start the areas, which cover up to @end, may have @prot; and
 * in *@changes whether any of those has not yet.
 */
static uint64_t permitted(const struct aspace *as, uint64_t start,
			  uint64_t end, unsigned prot, bool *changes)
{
	const struct area *area = area_at(&as->areas, start);

	*changes = false;
	for (; area && area->start < end; area = area_after(&as->areas, area)) {
		if (prot & ~(unsigned)area->may)
			return area->start > start ? area->start : start;
		*changes |= area->prot != prot;
	}
	return end;
}

/* The areas in [start, end) have @prot now: make the page table follow. */
static void protect_pages(struct aspace *as, uint64_t start, uint64_t end,
			  unsigned prot)
{
	const struct area *area = area_at(&as->areas, start);

	if (prot & AREA_EXEC)
		aspace_sync_code(as, start, end);
	for (; area && area->start < end; area = area_after(&as->areas, area)) {
		uint64_t from = area->start > start ? area->start : start;
		uint64_t to = area->end < end ? area->end : end;
		/* Others may have the pages: the first write to each looks. */
		int err = weft_pt_protect(&as->table, from, to - from,
					  table_flags_common(area, prot));

		assert(err == 0);
	}
}

static int protect_locked(struct aspace *as, uint64_t start, uint64_t end,
			  unsigned prot)
{
	uint64_t covered = area_covered(&as->areas, start, end), stop;
	bool changes;
	int err;

	if (covered == start)
		return -ENOMEM;
	stop = permitted(as, start, covered, prot, &changes);
	if (changes && stop > start) {
		err = area_protect(&as->areas, start, stop, prot);
		if (err)
			return err;
		protect_pages(as, start, stop, prot);
	}
	if (stop < covered)
		return -EACCES;
	return covered < end ? -ENOMEM : 0;
}

static int protect_stack(struct aspace *as, uint64_t start, uint64_t end,
			 unsigned prot)
{
	const struct area *area = area_at(&as->areas, start);

	if (!area)
		return -ENOMEM;
	if (!(area->flags & AREA_GROWS))
		return -EINVAL;
	return protect_locked(as, area->start, end, prot);
}

int aspace_protect(struct aspace *as, uint64_t start, size_t len,
		   unsigned prot, bool to_start_of_stack)
{
	int err = check_prot(prot);

	if (start % PAGE_SIZE || len % PAGE_SIZE)
		return -EINVAL;
	if (len == 0)
		return 0;
	if (!is_inside(start, len))
		return -ENOMEM;
	if (err)
		return err;
	mutex_lock(&as->lock);
	if (to_start_of_stack)
		err = protect_stack(as, start, start + len, prot);
	else
		err = protect_locked(as, start, start + len, prot);
	mutex_unlock(&as->lock);
	return err;
}

int aspace_set_stack(struct aspace *as, uint64_t stack_top, uint64_t mmap_top,
		     unsigned prot)
{
	const struct mapping m = {
		.len = ASPACE_STACK_FIRST,
		.prot = prot,
		.may = AREA_ALL,
		.flags = AREA_GROWS,
	};
	int err;

	if (stack_top % PAGE_SIZE || stack_top > STACK_TOP_MAX ||
	    stack_top < ASPACE_MIN + ASPACE_STACK_SIZE + AREA_STACK_GAP)
		return -EINVAL;
	err = aspace_map(as, stack_top - m.len, &m);
	if (err)
		return err;
	mutex_lock(&as->lock);
	as->stack_top = stack_top;
	as->mmap_top = page_down(mmap_top);
	if (as->mmap_top > mmap_top_under(stack_top))
		as->mmap_top = mmap_top_under(stack_top);
	mutex_unlock(&as->lock);
	return 0;
}

int aspace_map_signal_page(struct aspace *as, struct inode *inode,
			   uint64_t offset)
{
	const struct mapping m = {
		.len = PAGE_SIZE,
		.prot = AREA_READ | AREA_EXEC,
		.may = AREA_ALL,
		.inode = inode,
	};
	uint64_t va;
	int err = aspace_map_anywhere(as, 0, &m, &va);

	if (err)
		return err;
	mutex_lock(&as->lock);
	as->signal_page = va + offset;
	mutex_unlock(&as->lock);
	return 0;
}

void aspace_set_brk(struct aspace *as, uint64_t start)
{
	mutex_lock(&as->lock);
	as->brk_start = start;
	as->brk = start;
	mutex_unlock(&as->lock);
}

/* True if the heap ends at @wish now. */
static bool brk_locked(struct aspace *as, uint64_t wish)
{
	const uint64_t old = page_up(as->brk), end = page_up(wish);
	const struct mapping m = {
		.len = end - old,
		.prot = AREA_READ | AREA_WRITE,
		.may = AREA_ALL,
	};

	if (end == old)
		return true;
	if (end < old)
		return aspace_unmap_locked(as, end, old) == 0;
	if ((end - old) >> PAGE_SHIFT > page_total_count())
		return false;
	if (!area_is_placeable(&as->areas, old, end))
		return false;
	return place(as, old, &m) == 0;
}

uint64_t aspace_brk(struct aspace *as, uint64_t wish)
{
	uint64_t brk;

	mutex_lock(&as->lock);
	if (as->brk_start && wish >= as->brk_start && wish <= STACK_TOP_MAX &&
	    brk_locked(as, wish))
		as->brk = wish;
	brk = as->brk;
	mutex_unlock(&as->lock);
	return brk;
}
