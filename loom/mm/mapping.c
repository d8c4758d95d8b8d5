// SPDX-License-Identifier: MIT
/*
 * Making, changing and removing the mappings of an address space: what mmap,
 * munmap, mprotect, madvise and brk do (mm/aspace.h), and the places that
 * execve chooses for stack and heap.
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

static int check_new(uint64_t start, size_t len, unsigned prot)
{
	if (len == 0 || start % PAGE_SIZE || len % PAGE_SIZE)
		return -EINVAL;
	if (!is_inside(start, len))
		return -ENOMEM;
	if (start < ASPACE_MIN)
		return -EPERM;
	return check_prot(prot);
}

int aspace_map(struct aspace *as, uint64_t start, size_t len, unsigned prot,
	       enum area_kind kind)
{
	int err = check_new(start, len, prot);

	if (err)
		return err;
	mutex_lock(&as->lock);
	if (area_is_free(&as->areas, start, start + len))
		err = area_replace(&as->areas, start, start + len, prot, kind);
	else
		err = -EEXIST;
	mutex_unlock(&as->lock);
	return err;
}

int aspace_map_over(struct aspace *as, uint64_t start, size_t len,
		    unsigned prot)
{
	int err = check_new(start, len, prot);

	if (err)
		return err;
	mutex_lock(&as->lock);
	err = area_replace(&as->areas, start, start + len, prot, AREA_ANON);
	if (!err)
		aspace_unmap_pages(as, start, start + len);
	mutex_unlock(&as->lock);
	return err;
}

/* As Linux: from the top down, and if that finds nothing, wherever it fits. */
uint64_t aspace_find_place(const struct aspace *as, uint64_t hint, size_t len)
{
	uint64_t place;

	if (hint >= ASPACE_MIN && is_inside(hint, len) &&
	    area_is_placeable(&as->areas, hint, hint + len))
		return hint;
	place = area_find_gap(&as->areas, ASPACE_MIN, as->mmap_top, len);
	if (place)
		return place;
	return area_find_gap(&as->areas, ASPACE_MIN, STACK_TOP_MAX, len);
}

int aspace_map_anywhere(struct aspace *as, uint64_t hint, size_t len,
			unsigned prot, uint64_t *start)
{
	int err = check_prot(prot);

	if (len == 0 || hint % PAGE_SIZE || len % PAGE_SIZE)
		return -EINVAL;
	if (len > USER_TOP)
		return -ENOMEM;
	if (err)
		return err;
	mutex_lock(&as->lock);
	*start = aspace_find_place(as, hint, len);
	if (*start)
		err = area_replace(&as->areas, *start, *start + len, prot,
				   AREA_ANON);
	else
		err = -ENOMEM;
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

static int protect_locked(struct aspace *as, uint64_t start, uint64_t end,
			  unsigned prot)
{
	uint64_t covered = area_covered(&as->areas, start, end);
	int err;

	if (covered == start)
		return -ENOMEM;
	err = area_protect(&as->areas, start, covered, prot);
	if (err)
		return err;
	if (prot & AREA_EXEC)
		aspace_sync_code(as, start, covered);
	/* Others may have the pages: the first write to each looks. */
	err = weft_pt_protect(&as->table, start, covered - start,
			      table_flags_shared(prot));
	assert(err == 0);
	return covered < end ? -ENOMEM : 0;
}

int aspace_protect(struct aspace *as, uint64_t start, size_t len,
		   unsigned prot)
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
	err = protect_locked(as, start, start + len, prot);
	mutex_unlock(&as->lock);
	return err;
}

int aspace_advise(struct aspace *as, uint64_t start, size_t len, bool discard)
{
	uint64_t end = start + len;
	int err = 0;

	if (start % PAGE_SIZE || len % PAGE_SIZE)
		return -EINVAL;
	if (len == 0)
		return 0;
	if (!is_inside(start, len))
		return -ENOMEM;
	mutex_lock(&as->lock);
	if (area_covered(&as->areas, start, end) < end)
		err = -ENOMEM;
	if (discard)
		aspace_unmap_pages(as, start, end);
	mutex_unlock(&as->lock);
	return err;
}

int aspace_set_stack(struct aspace *as, uint64_t stack_top, uint64_t mmap_top,
		     unsigned prot)
{
	int err;

	if (stack_top % PAGE_SIZE || stack_top > STACK_TOP_MAX ||
	    stack_top < ASPACE_MIN + ASPACE_STACK_SIZE + AREA_STACK_GAP)
		return -EINVAL;
	err = aspace_map(as, stack_top - ASPACE_STACK_SIZE, ASPACE_STACK_SIZE,
			 prot, AREA_STACK);
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
	uint64_t old = page_up(as->brk), end = page_up(wish);

	if (end == old)
		return true;
	if (end < old)
		return aspace_unmap_locked(as, end, old) == 0;
	if ((end - old) >> PAGE_SHIFT > page_total_count())
		return false;
	if (!area_is_placeable(&as->areas, old, end))
		return false;
	return area_replace(&as->areas, old, end, AREA_READ | AREA_WRITE,
			    AREA_BRK) == 0;
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
