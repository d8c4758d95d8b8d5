// SPDX-License-Identifier: MIT
/*
 * Pages come when they are touched (mm/aspace.h): page faults, and what does
 * the same on behalf of execve, mlock and the like.
 *
 *	area			read				write
 *	anonymous, private	a page of zeros, its own	the same
 *	file, private		the file's page, read-only	a copy, its own
 *	shared			the file's page			the same
 *
 * A private page that others may have, too (a fork's, a file's), is mapped
 * read-only. The first write copies it, by break before make, for the output
 * address changes: no TLB has the old translation when the new one is written,
 * and other threads that touch the page between the two fault and wait for
 * as->lock. If the others are gone by then, only the permission changes.
 */
#include "mm/aspace_impl.h"

#include <weft/cache.h>

#include "fs/inode.h"
#include "fs/pagetree.h"
#include "lib/assert.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "mm/page.h"
#include "signal/signal.h"

/* The instruction caches agree with the page before it can be executed. */
static void prepare_code(const struct area *area, uint64_t pa)
{
	if (!(area->prot & AREA_EXEC) || page_is_code(pa))
		return;
	weft_cache_sync_code(phys_to_virt(pa), PAGE_SIZE);
	page_set_code(pa, true);
}

/* A page with the contents of @from; 0: no memory. */
static uint64_t copy_of(uint64_t from)
{
	uint64_t pa = page_alloc_user();

	if (pa)
		page_copy(phys_to_virt(pa), phys_to_virt(from));
	return pa;
}

/*
 * What belongs at @va of @area into *@pa, with a reference, and what to map it
 * with into *@flags. @own: nobody else may have the page.
 */
static int fetch(struct area *area, uint64_t va, bool own, uint64_t *pa,
		 unsigned *flags)
{
	uint64_t from;
	int err;

	*flags = table_flags(area->prot);
	if (!area->inode) {
		*pa = page_alloc_user_zeroed();
		area->has_own = true;
		return *pa ? 0 : -ENOMEM;
	}
	err = pagetree_fault(area->inode->pages,
			     area_offset(area, va) / PAGE_SIZE, pa);
	if (err || !own) {
		*flags = table_flags_common(area, area->prot);
		return err;
	}
	from = *pa;
	*pa = copy_of(from);
	page_put(from);
	area->has_own = true;
	return *pa ? 0 : -ENOMEM;
}

/* Map what belongs at @va, where nothing is. */
static int add_page(struct aspace *as, struct area *area, uint64_t va,
		    bool own, uint64_t *pa)
{
	unsigned flags;
	int err = fetch(area, va, own, pa, &flags);

	if (err)
		return err;
	prepare_code(area, *pa);
	/*
	 * The contents before the entry that leads to them: another CPU's
	 * walk may use the entry as soon as it is written.
	 */
	__atomic_thread_fence(__ATOMIC_RELEASE);
	if (weft_pt_map(&as->table, va, *pa, PAGE_SIZE, flags)) {
		page_put(*pa);
		return -ENOMEM;
	}
	aspace_count_page(as, *pa);
	return 0;
}

/* @pa with the rights of @area in place of what is at @va. */
static void change_page(struct aspace *as, const struct area *area,
			uint64_t va, uint64_t pa)
{
	weft_pt_change(&as->table, va,
		       pa | weft_pt_page(&as->table, table_flags(area->prot)));
}

/*
 * The page at @va of a private area, in @entry, becomes one that nobody else
 * has: 0 or -ENOMEM.
 */
static int make_own(struct aspace *as, struct area *area, uint64_t va,
		    struct weft_pt_entry *entry)
{
	uint64_t copy;

	if (!page_is_file(entry->pa) && page_is_only(entry->pa))
		return 0;
	copy = copy_of(entry->pa);
	if (!copy)
		return -ENOMEM;
	prepare_code(area, copy);
	change_page(as, area, va, copy);
	aspace_drop_page(as, entry->pa);
	aspace_count_page(as, copy);
	entry->pa = copy;
	entry->flags = table_flags(area->prot);
	area->has_own = true;
	return 0;
}

/* A write to a page that is there, but read-only; the area permits it. */
static int write_fault(struct aspace *as, struct area *area, uint64_t va,
		       struct weft_pt_entry *entry)
{
	int err = 0;

	if (!(area->flags & AREA_SHARED))
		err = make_own(as, area, va, entry);
	if (!err && !(entry->flags & WEFT_PT_WRITE))
		change_page(as, area, va, entry->pa);
	return err;
}

/* May @area, which grows, begin at @va? */
static bool can_grow(const struct aspace *as, const struct area *area,
		     uint64_t va)
{
	const struct area *below = area_before(&as->areas, area);

	if (va < ASPACE_MIN || area->end - va > ASPACE_STACK_SIZE)
		return false;
	/* What cannot be touched may be near: it is a guard itself. */
	if (!below || !below->prot || (below->flags & AREA_GROWS))
		return true;
	return va - below->end >= AREA_STACK_GAP;
}

/* The area at the page @va, after it grew if it must; NULL: none. */
static struct area *find_area(struct aspace *as, uint64_t va)
{
	struct area *area = area_hit(&as->areas, va);

	if (area)
		return area;
	area = area_next(&as->areas, va);
	if (!area)
		return NULL;
	if (!(area->flags & AREA_GROWS) || !can_grow(as, area, va))
		return NULL;
	area_grow_down(area, va);
	return area;
}

static int fault_locked(struct aspace *as, uint64_t va, unsigned access)
{
	struct area *area = find_area(as, va);
	struct weft_pt_entry entry;
	unsigned allowed;
	uint64_t pa;

	if (!area)
		return -EFAULT;
	allowed = area->prot ? area->prot | AREA_READ : 0;
	if (!(allowed & access))
		return -EACCES;
	if (weft_pt_lookup(&as->table, va, &entry))
		return add_page(as, area, va, access == AREA_WRITE &&
				!(area->flags & AREA_SHARED), &pa);
	if (access == AREA_WRITE && !(entry.flags & WEFT_PT_WRITE))
		return write_fault(as, area, va, &entry);
	/* Someone else's fault, or mprotect, came first. */
	return 0;
}

/*
 * What does not succeed has changed nothing that counts. Such an area is
 * neither shared nor a file's, and both a load and a store may touch it. The
 * page comes before the look at the entry, for that is nearly always invalid,
 * in a table that is there: so it is looked for once.
 */
static bool add_zeros(struct aspace *as, uint64_t va)
{
	struct area *area = area_hit(&as->areas, va);
	uint64_t pa;

	if (!area || area->inode || area->prot != (AREA_READ | AREA_WRITE))
		return false;
	area->has_own = true;
	pa = page_at_hand();
	if (!pa)
		return false;
	page_clear(phys_to_virt(pa));
	if (!weft_pt_fill(&as->table, va, pa | as->zeros)) {
		page_put(pa);
		return false;
	}
	as->pages++;
	return true;
}

bool aspace_fault_masked(struct aspace *as, uint64_t va)
{
	bool done;

	if (!mutex_lock_masked(&as->lock))
		return false;
	/* No area has an address with a tag, or of the kernel's half. */
	done = add_zeros(as, page_down(va));
	return mutex_unlock_masked(&as->lock) && done;
}

int aspace_fault(struct aspace *as, uint64_t va, unsigned access)
{
	int err;

	assert(!mutex_held(&as->lock));
	va = untagged(va);
	if (va >= USER_TOP)
		return -EFAULT;
	mutex_lock(&as->lock);
	err = fault_locked(as, page_down(va), access);
	mutex_unlock(&as->lock);
	return err;
}

/* At most to the end of the page that @va is in. */
static int write_page(struct aspace *as, uint64_t va, const void *src,
		      size_t len)
{
	uint64_t page = page_down(va);
	struct area *area = find_area(as, page);
	struct weft_pt_entry entry;
	char *at;
	int err;

	if (!area)
		return -EFAULT;
	assert(!(area->flags & AREA_SHARED));
	if (weft_pt_lookup(&as->table, page, &entry) == 0)
		err = make_own(as, area, page, &entry);
	else
		err = add_page(as, area, page, true, &entry.pa);
	if (err)
		return err;
	at = (char *)phys_to_virt(entry.pa) + (va - page);
	if (src)
		memcpy(at, src, len);
	else
		memset(at, 0, len);
	return 0;
}

int aspace_write(struct aspace *as, uint64_t va, const void *src, size_t len)
{
	const char *from = src;
	int err = 0;

	if (!is_inside(va, len))
		return -EFAULT;
	while (len > 0 && !err) {
		size_t part = PAGE_SIZE - va % PAGE_SIZE;

		if (part > len)
			part = len;
		mutex_lock(&as->lock);
		err = write_page(as, va, from, part);
		mutex_unlock(&as->lock);
		va += part;
		if (from)
			from += part;
		len -= part;
	}
	return err;
}

void aspace_sync_icache(struct aspace *as, uint64_t va, size_t len)
{
	if (!is_inside(va, len))
		return;
	mutex_lock(&as->lock);
	aspace_sync_code(as, page_down(va), page_up(va + len));
	mutex_unlock(&as->lock);
}

static int populate_page(struct aspace *as, uint64_t va, unsigned access)
{
	const struct area *area = area_at(&as->areas, va);

	if (!area)
		return -ENOMEM;
	if (!access)
		access = (area->prot & AREA_WRITE) &&
			 !(area->flags & AREA_SHARED) ? AREA_WRITE : AREA_READ;
	return fault_locked(as, va, access);
}

int aspace_populate(struct aspace *as, uint64_t start, size_t len,
		    unsigned access)
{
	uint64_t va;
	int err = 0;

	if (!is_inside(start, len))
		return -ENOMEM;
	for (va = start; va < start + len && !err; va += PAGE_SIZE) {
		if (signal_is_deadly())
			return -EINTR;
		mutex_lock(&as->lock);
		err = populate_page(as, va, access);
		mutex_unlock(&as->lock);
	}
	return err;
}
