// SPDX-License-Identifier: MIT
/*
 * Copies of address spaces, for fork(2). Areas are copied; of the pages, a
 * child gets those that were written to in private areas, read-only until one
 * of the two writes (mm/fault.c). Pages of files it can find itself when it
 * touches them, which it often never does.
 */
#include "fs/inode.h"
#include "lib/assert.h"
#include "lib/errno.h"
#include "mm/aspace_impl.h"
#include "mm/page.h"

/*
 * Let @to, which no CPU runs on yet, have the pages of @area of @from, too.
 * Other threads of @from may write to them until they are write-protected, at
 * the end: what they write before that both have.
 */
static int share_area(struct aspace *to, struct aspace *from,
		      const struct area *area)
{
	unsigned flags = table_flags_common(area, area->prot);
	uint64_t va = area->start;
	struct weft_pt_entry entry;
	int err;

	for (; weft_pt_next(&from->table, &va, area->end, &entry);
	     va += PAGE_SIZE) {
		if (page_is_file(entry.pa))
			continue;
		if (weft_pt_map(&to->table, va, entry.pa, PAGE_SIZE, flags))
			return -ENOMEM;
		page_get(entry.pa);
		aspace_count_page(to, entry.pa);
	}
	if (!(area->prot & AREA_WRITE))
		return 0;
	err = weft_pt_protect(&from->table, area->start,
			      area->end - area->start, flags);
	assert(err == 0);
	return 0;
}

static bool has_pages_to_share(const struct area *area)
{
	return area->has_own && !(area->flags & AREA_SHARED) &&
	       !(area->flags & (AREA_DONTFORK | AREA_WIPEONFORK));
}

/* What madvise asked not to inherit is not there. */
static int drop_private(struct area_set *set)
{
	size_t i = 0;

	while (i < set->count) {
		const struct area *area = &set->area[i];

		if (!(area->flags & AREA_DONTFORK))
			i++;
		else if (area_remove(set, area->start, area->end))
			return -ENOMEM;
	}
	return 0;
}

static int copy_areas(struct aspace *to, const struct aspace *from)
{
	int err = area_copy(&to->areas, &from->areas);

	return err ? err : drop_private(&to->areas);
}

static int fork_locked(struct aspace *to, struct aspace *from)
{
	int err = copy_areas(to, from);

	if (err)
		return err;
	to->brk_start = from->brk_start;
	to->brk = from->brk;
	to->mmap_top = from->mmap_top;
	to->stack_top = from->stack_top;
	to->signal_page = from->signal_page;
	to->arg_start = from->arg_start;
	to->arg_end = from->arg_end;
	to->env_end = from->env_end;
	for (size_t i = 0; i < from->areas.count; i++) {
		const struct area *area = &from->areas.area[i];

		if (has_pages_to_share(area))
			err = share_area(to, from, area);
		if (err)
			return err;
	}
	if (!from->program)
		return 0;
	/* It is executed already, so it can be. */
	err = inode_begin_execute(from->program);
	assert(err == 0);
	inode_get(from->program);
	to->program = from->program;
	return 0;
}

struct aspace *aspace_fork(struct aspace *from)
{
	struct aspace *as = aspace_create();
	int err;

	if (!as)
		return NULL;
	mutex_lock(&from->lock);
	err = from->is_dead ? -ENOMEM : fork_locked(as, from);
	mutex_unlock(&from->lock);
	if (!err)
		return as;
	aspace_put(as);
	return NULL;
}
