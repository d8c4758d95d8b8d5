// SPDX-License-Identifier: MIT
/*
 * User address spaces (mm/aspace.h), for system calls, faults and execve.
 *
 * What faults and execve need is here; system calls that change the areas are
 * in mm/mapping.c and mm/mremap.c. How areas and page table belong together is
 * said in mm/aspace_impl.h.
 *
 * A page goes back to the allocator from weft_pt_unmap's callback, that is
 * when no TLB has it any more.
 */
#include "mm/aspace_impl.h"

#include <weft/cache.h>

#include "fs/inode.h"
#include "lib/assert.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "mm/kmem.h"
#include "mm/kvm.h"
#include "mm/page.h"

static uint64_t table_page_alloc(void *arg)
{
	(void)arg;
	return page_alloc_zeroed();
}

static void table_page_free(void *arg, uint64_t pa)
{
	(void)arg;
	page_free(pa, 0);
}

static uint64_t *table_page_virt(void *arg, uint64_t pa)
{
	(void)arg;
	return phys_to_virt(pa);
}

static const struct weft_pt_ops table_ops = {
	.alloc = table_page_alloc,
	.free = table_page_free,
	.to_virt = table_page_virt,
};

struct aspace *aspace_create(void)
{
	struct aspace *as = kzalloc(sizeof(*as));

	if (!as)
		return NULL;
	if (weft_pt_init(&as->table, 0, &table_ops, NULL)) {
		kfree(as);
		return NULL;
	}
	weft_space_init(&as->space, as->table.root, kvm_asid_domain());
	as->table.space = &as->space;
	as->table.tlb_flags = kvm_tlb_flags();
	mutex_init(&as->lock, RANK_ASPACE, "aspace");
	as->refs = 1;
	area_init(&as->areas);
	as->stack_top = STACK_TOP_MAX;
	as->mmap_top = mmap_top_under(STACK_TOP_MAX);
	return as;
}

void aspace_get(struct aspace *as)
{
	__atomic_fetch_add(&as->refs, 1, __ATOMIC_RELAXED);
}

/*
 * Called when no CPU can use the page any more. as->lock is held, or nobody
 * else has the space.
 */
static void free_pages(void *arg, uint64_t pa, size_t size)
{
	struct aspace *as = arg;

	assert(size == PAGE_SIZE);
	as->pages--;
	page_put(pa);
}

void aspace_put(struct aspace *as)
{
	/* Acquire and release: all use by others is over before it goes. */
	if (__atomic_fetch_sub(&as->refs, 1, __ATOMIC_ACQ_REL) != 1)
		return;
	kvm_forget_space(&as->space);
	weft_pt_destroy(&as->table, free_pages, as);
	area_clear(&as->areas);
	assert(as->pages == 0);
	if (as->exe)
		inode_put(as->exe);
	kfree(as);
}

/*
 * Let @to, which no CPU runs on yet, have the pages of @area of @from, too.
 * Other threads of @from may write to them until they are write-protected, at
 * the end: what they write before that both have.
 */
static int share_area(struct aspace *to, struct aspace *from,
		      const struct area *area)
{
	uint64_t va = area->start, at, pa;
	int err;

	for (; aspace_next_resident(from, va, area->end, &at, &pa);
	     va = at + PAGE_SIZE) {
		if (weft_pt_map(&to->table, at, pa, PAGE_SIZE,
				table_flags_shared(area->prot)))
			return -ENOMEM;
		page_get(pa);
		to->pages++;
	}
	if (!(area->prot & AREA_WRITE) || va == area->start)
		return 0;
	err = weft_pt_protect(&from->table, area->start,
			      area->end - area->start,
			      table_flags_shared(area->prot));
	assert(err == 0);
	return 0;
}

static int fork_locked(struct aspace *to, struct aspace *from)
{
	const struct area *area;
	int err = area_copy(&to->areas, &from->areas);

	if (err)
		return err;
	to->brk_start = from->brk_start;
	to->brk = from->brk;
	to->mmap_top = from->mmap_top;
	to->stack_top = from->stack_top;
	to->arg_start = from->arg_start;
	to->arg_end = from->arg_end;
	to->env_end = from->env_end;
	if (from->exe)
		inode_get(from->exe);
	to->exe = from->exe;
	to->signal_page = from->signal_page;
	list_for_each_entry(area, &from->areas.list, struct area, link) {
		err = share_area(to, from, area);
		if (err)
			return err;
	}
	return 0;
}

struct aspace *aspace_fork(struct aspace *from)
{
	struct aspace *as = aspace_create();
	int err;

	if (!as)
		return NULL;
	mutex_lock(&from->lock);
	err = fork_locked(as, from);
	mutex_unlock(&from->lock);
	if (!err)
		return as;
	aspace_put(as);
	return NULL;
}

void aspace_unmap_pages(struct aspace *as, uint64_t start, uint64_t end)
{
	int err = weft_pt_unmap(&as->table, start, end - start, free_pages, as);

	/* It refuses to split blocks, of which user tables have none. */
	assert(err == 0);
}

void aspace_trim_tables(struct aspace *as, uint64_t start, uint64_t end)
{
	int err = weft_pt_trim(&as->table, start, end - start);

	assert(err == 0);
}

bool aspace_next_resident(const struct aspace *as, uint64_t va, uint64_t end,
			  uint64_t *at, uint64_t *pa)
{
	struct weft_pt_entry entry;

	if (!weft_pt_next(&as->table, &va, end, &entry))
		return false;
	*at = va;
	*pa = entry.pa;
	return true;
}

void aspace_sync_code(struct aspace *as, uint64_t start, uint64_t end)
{
	uint64_t pa, at;

	for (; aspace_next_resident(as, start, end, &at, &pa);
	     start = at + PAGE_SIZE)
		weft_cache_sync_code(phys_to_virt(pa), PAGE_SIZE);
}

/* A page of zeros at @va, which has none, with the rights of @area. */
static int add_page(struct aspace *as, const struct area *area, uint64_t va,
		    uint64_t *pa)
{
	*pa = page_alloc_zeroed();
	if (!*pa)
		return -ENOMEM;
	if (area->prot & AREA_EXEC)
		weft_cache_sync_code(phys_to_virt(*pa), PAGE_SIZE);
	/*
	 * The zeros before the entry that leads to them: another CPU's walk
	 * may use the entry as soon as it is written.
	 */
	__atomic_thread_fence(__ATOMIC_RELEASE);
	if (weft_pt_map(&as->table, va, *pa, PAGE_SIZE,
			table_flags(area->prot))) {
		page_free(*pa, 0);
		return -ENOMEM;
	}
	as->pages++;
	return 0;
}

/*
 * The page at @va, in @entry, becomes one that nobody else has, so that it can
 * be written to: 0 or -ENOMEM. Its address changes if there is a copy, by
 * break before make: between the two, other threads of the program fault and
 * wait for the lock.
 */
static int make_own(struct aspace *as, const struct area *area, uint64_t va,
		    struct weft_pt_entry *entry)
{
	uint64_t copy;
	int err;

	if (page_is_only(entry->pa))
		return 0;
	copy = page_alloc(0);
	if (!copy)
		return -ENOMEM;
	page_copy(phys_to_virt(copy), phys_to_virt(entry->pa));
	if (area->prot & AREA_EXEC)
		weft_cache_sync_code(phys_to_virt(copy), PAGE_SIZE);
	aspace_unmap_pages(as, va, va + PAGE_SIZE);
	/* The tables are there, so this finds memory. */
	err = weft_pt_map(&as->table, va, copy, PAGE_SIZE,
			  table_flags(area->prot));
	assert(err == 0);
	as->pages++;
	entry->pa = copy;
	entry->flags = table_flags(area->prot);
	return 0;
}

/* A write to a page that is there, but read-only; the area permits it. */
static int write_fault(struct aspace *as, const struct area *area, uint64_t va,
		       struct weft_pt_entry *entry)
{
	int err = make_own(as, area, va, entry);

	if (err || (entry->flags & WEFT_PT_WRITE))
		return err;
	err = weft_pt_protect(&as->table, va, PAGE_SIZE,
			      table_flags(area->prot));
	assert(err == 0);
	return 0;
}

static int fault_locked(struct aspace *as, uint64_t va, unsigned access)
{
	const struct area *area = area_at(&as->areas, va);
	struct weft_pt_entry entry;
	unsigned allowed;
	uint64_t pa;

	if (!area)
		return -EFAULT;
	allowed = area->prot ? area->prot | AREA_READ : 0;
	if (!(allowed & access))
		return -EACCES;
	if (weft_pt_lookup(&as->table, va, &entry))
		return add_page(as, area, va, &pa);
	if (access == AREA_WRITE && !(entry.flags & WEFT_PT_WRITE))
		return write_fault(as, area, va, &entry);
	/* Someone else's fault, or mprotect, came first. */
	return 0;
}

static uint64_t untagged(uint64_t va)
{
	/* The hardware ignores the top byte of addresses in the user half. */
	return va >> 55 & 1 ? va : va & UINT64_MAX >> 8;
}

int aspace_fault(struct aspace *as, uint64_t va, unsigned access)
{
	int err;

	assert(!mutex_held(&as->lock));
	va = untagged(va);
	mutex_lock(&as->lock);
	err = fault_locked(as, page_down(va), access);
	mutex_unlock(&as->lock);
	return err;
}

int aspace_futex_key(struct aspace *as, uint64_t va, bool shared,
		     struct futex_key *key)
{
	int err = 0;

	va = untagged(va);
	*key = (struct futex_key){ (uintptr_t)as, va, false };
	if (!shared)
		return 0;
	mutex_lock(&as->lock);
	if (!area_at(&as->areas, va))
		err = -EFAULT;
	mutex_unlock(&as->lock);
	return err;
}

/* At most to the end of the page that @va is in. */
static int write_page(struct aspace *as, uint64_t va, const void *src,
		      size_t len)
{
	const struct area *area = area_at(&as->areas, va);
	struct weft_pt_entry entry;
	uint64_t page = page_down(va), pa;
	int err;

	if (!area)
		return -EFAULT;
	if (weft_pt_lookup(&as->table, page, &entry) == 0) {
		err = make_own(as, area, page, &entry);
		if (err)
			return err;
		pa = entry.pa;
	} else {
		err = add_page(as, area, page, &pa);
		if (err)
			return err;
	}
	memcpy((char *)phys_to_virt(pa) + (va - page), src, len);
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
