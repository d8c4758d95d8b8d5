// SPDX-License-Identifier: MIT
/*
 * The life of user address spaces (mm/aspace.h), and their list, by which
 * truncation finds who maps a file. How areas and page table belong together
 * is said in mm/aspace_impl.h.
 *
 * A page's reference goes in weft_pt_unmap's callback, that is when no TLB has
 * it any more.
 */
#include "mm/aspace_impl.h"

#include <weft/cache.h>

#include "fs/inode.h"
#include "lib/assert.h"
#include "lib/errno.h"
#include "mm/kmem.h"
#include "mm/kvm.h"
#include "mm/page.h"
#include "mm/tables.h"

static struct spinlock spaces_lock = SPINLOCK_INIT(RANK_SPACES, "spaces");

/* spaces_lock; a space that is on it has at least one reference */
static struct list spaces = LIST_INIT(spaces);

static uint64_t table_page_alloc(void *arg)
{
	(void)arg;
	return tables_alloc();
}

static void table_page_free(void *arg, uint64_t pa)
{
	(void)arg;
	tables_free(pa);
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
	as->table.linear = LINEAR_BASE;
	as->table.flushes = &kvm_flushes.user;
	as->zeros = weft_pt_page(&as->table,
				 table_flags(AREA_READ | AREA_WRITE));
	mutex_init(&as->lock, RANK_ASPACE, "aspace");
	as->refs = 1;
	area_init(&as->areas);
	as->stack_top = STACK_TOP_MAX;
	as->mmap_top = mmap_top_under(STACK_TOP_MAX);
	spin_lock(&spaces_lock);
	list_add_tail(&spaces, &as->all);
	spin_unlock(&spaces_lock);
	return as;
}

void aspace_get(struct aspace *as)
{
	__atomic_fetch_add(&as->refs, 1, __ATOMIC_RELAXED);
}

void aspace_count_page(struct aspace *as, uint64_t pa)
{
	as->pages++;
	as->file_pages += page_is_file(pa);
}

void aspace_drop_page(struct aspace *as, uint64_t pa)
{
	struct page *page = page_of(pa);

	as->pages--;
	as->file_pages -= page->is_file;
	page_drop(page, pa);
}

/* as->lock is held, or nobody else has the space. */
static void drop_page(void *as, uint64_t pa, size_t size)
{
	assert(size == PAGE_SIZE);
	aspace_drop_page(as, pa);
}

/* It takes less to look at so many entries than to begin another range. */
#define NEAR	(32 * PAGE_SIZE)

/* Of a space that nobody else has, for weft_pt_destroy. */
struct ending {
	struct aspace *as;
	const struct area *at, *stop;	/* of its areas */
};

/* For weft_pt_destroy; areas that are near each other are one range. */
static bool next_range(void *arg, uint64_t *va, uint64_t *end)
{
	struct ending *e = arg;

	if (e->at == e->stop)
		return false;
	*va = e->at->start;
	do {
		*end = e->at->end;
		e->at++;
	} while (e->at < e->stop && e->at->start - *end <= NEAR);
	return true;
}

static void drop_last_page(void *arg, uint64_t pa, size_t size)
{
	struct ending *e = arg;

	drop_page(e->as, pa, size);
}

static void leave_program(struct aspace *as)
{
	if (!as->program)
		return;
	inode_end_execute(as->program);
	inode_put(as->program);
	as->program = NULL;
}

/* True: it was the last reference, and the space is on no list any more. */
static bool drop_reference(struct aspace *as)
{
	uint32_t refs = __atomic_load_n(&as->refs, __ATOMIC_RELAXED);
	bool is_last;

	/* Not the last one: without the lock. */
	while (refs > 1)
		if (__atomic_compare_exchange_n(&as->refs, &refs, refs - 1,
						true, __ATOMIC_RELEASE,
						__ATOMIC_RELAXED))
			return false;
	/* With it, for aspace_each counts what it finds on the list. */
	spin_lock(&spaces_lock);
	/* Acquire and release: all use by others is over before it goes. */
	is_last = __atomic_fetch_sub(&as->refs, 1, __ATOMIC_ACQ_REL) == 1;
	if (is_last)
		list_del(&as->all);
	spin_unlock(&spaces_lock);
	return is_last;
}

void aspace_put(struct aspace *as)
{
	struct ending ending = { .as = as };

	if (!drop_reference(as))
		return;
	ending.at = as->areas.area;
	ending.stop = ending.at + as->areas.count;
	kvm_forget_space(&as->space);
	weft_pt_destroy(&as->table, next_range, drop_last_page, &ending);
	area_clear(&as->areas);
	leave_program(as);
	assert(as->pages == 0 && as->file_pages == 0);
	kfree(as);
}

struct aspace *aspace_each(struct aspace *as)
{
	struct aspace *next = NULL;
	struct list *node;

	spin_lock(&spaces_lock);
	node = as ? as->all.next : spaces.next;
	if (node != &spaces) {
		next = container_of(node, struct aspace, all);
		aspace_get(next);
	}
	spin_unlock(&spaces_lock);
	if (as)
		aspace_put(as);
	return next;
}

void aspace_unmap_pages(struct aspace *as, uint64_t start, uint64_t end)
{
	int err;

	as->peak = aspace_peak(as);
	err = weft_pt_unmap(&as->table, start, end - start, drop_page, as);

	/* It refuses to split blocks, of which user tables have none. */
	assert(err == 0);
}

void aspace_trim_tables(struct aspace *as, uint64_t start, uint64_t end)
{
	int err = weft_pt_trim(&as->table, start, end - start);

	assert(err == 0);
}

void aspace_sync_code(struct aspace *as, uint64_t start, uint64_t end)
{
	struct weft_pt_entry entry;
	uint64_t va;

	for (va = start; weft_pt_next(&as->table, &va, end, &entry);
	     va += PAGE_SIZE)
		weft_cache_sync_code(phys_to_virt(entry.pa), PAGE_SIZE);
}

int aspace_set_program(struct aspace *as, struct inode *program)
{
	int err = inode_begin_execute(program);

	if (err)
		return err;
	inode_get(program);
	mutex_lock(&as->lock);
	assert(!as->program);
	as->program = program;
	mutex_unlock(&as->lock);
	return 0;
}

void aspace_reap(struct aspace *as)
{
	mutex_lock(&as->lock);
	as->is_dead = true;
	aspace_unmap_pages(as, 0, USER_TOP);
	aspace_trim_tables(as, 0, USER_TOP);
	area_clear(&as->areas);
	mutex_unlock(&as->lock);
}
