// SPDX-License-Identifier: MIT
/*
 * Copies of address spaces, for fork(2). Areas are copied; of the pages, a
 * child gets those that were written to in private areas, read-only until one
 * of the two writes (mm/fault.c). Pages of files it can find itself when it
 * touches them, which it often never does; but it will need the one where the
 * program counter is.
 */
#include "fs/inode.h"
#include "lib/assert.h"
#include "lib/errno.h"
#include "mm/aspace_impl.h"
#include "mm/page.h"

/* Whose pages are shared with whom, and how far it went. */
struct sharing {
	struct aspace *to, *from;
	uint64_t pc;
	const struct area *at, *stop;	/* of from's areas */
	bool is_pc;		/* it is at the page of the program counter */
};

static bool is_inherited(const struct area *area)
{
	return !(area->flags & (AREA_DONTFORK | AREA_WIPEONFORK));
}

static bool has_pages_to_share(const struct area *area)
{
	return area->has_own && !(area->flags & AREA_SHARED) &&
	       is_inherited(area);
}

/* Code that the child executes next. */
static bool has_pc(const struct sharing *s, const struct area *area)
{
	return (area->prot & AREA_EXEC) && is_inherited(area) &&
	       s->pc >= area->start && s->pc < area->end;
}

/* For weft_pt_share; areas that touch each other are one range. */
static bool next_range(void *arg, uint64_t *va, uint64_t *end)
{
	struct sharing *s = arg;
	const struct area *area = s->at;

	while (area < s->stop && !has_pages_to_share(area) && !has_pc(s, area))
		area++;
	s->at = area;
	if (area == s->stop)
		return false;
	s->is_pc = !has_pages_to_share(area);
	*va = s->is_pc ? page_down(s->pc) : area->start;
	*end = s->is_pc ? *va + PAGE_SIZE : area->end;
	for (area++; !s->is_pc && area < s->stop && area->start == *end &&
	     has_pages_to_share(area); area++)
		*end = area->end;
	s->at = area;
	return true;
}

static bool share_page(void *arg, uint64_t pa)
{
	struct sharing *s = arg;
	struct page *page = page_of(pa);

	if (page->is_file && !s->is_pc)
		return false;
	page_hold(page);
	s->to->pages++;
	s->to->file_pages += page->is_file;
	return true;
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

/*
 * No CPU runs on @to yet. Other threads of @from may write to its pages until
 * they are write-protected: what they write before that both have.
 */
static int fork_locked(struct aspace *to, struct aspace *from, uint64_t pc)
{
	const struct area_set *areas = &from->areas;
	struct sharing sharing = {
		.to = to, .from = from, .pc = pc,
		.at = areas->area, .stop = areas->area + areas->count,
	};
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
	if (weft_pt_share(&to->table, &from->table, next_range, share_page,
			  &sharing))
		return -ENOMEM;
	if (!from->program)
		return 0;
	/* It is executed already, so it can be. */
	err = inode_begin_execute(from->program);
	assert(err == 0);
	inode_get(from->program);
	to->program = from->program;
	return 0;
}

struct aspace *aspace_fork(struct aspace *from, uint64_t pc)
{
	struct aspace *as = aspace_create();
	int err;

	if (!as)
		return NULL;
	mutex_lock(&from->lock);
	err = from->is_dead ? -ENOMEM : fork_locked(as, from, pc);
	mutex_unlock(&from->lock);
	if (!err)
		return as;
	aspace_put(as);
	return NULL;
}
