// SPDX-License-Identifier: MIT
/*
 * The page allocator (mm/page.h): a buddy system over ranges of memory, each
 * of which starts with the struct pages of the rest of it.
 *
 *	start         first                    frontier               end
 *	| struct pages | handed out or on a list | never used so far  |
 *
 * A struct page has no meaning at or above its range's frontier. When the
 * lists have nothing that fits, the next piece up to a 2 MiB boundary is taken
 * in: its struct pages are filled in, the piece goes on the lists. Free blocks
 * merge with their buddies up to 2 MiB, so a piece that was taken in is one
 * block again when all of it is free.
 *
 * Of a range that was adopted all is handed out at first, and its struct pages
 * are somewhere else.
 *
 * kmem, the address spaces and the kernel's page table are the callers.
 */
#include "mm/page.h"

#include "lib/assert.h"
#include "lib/lock.h"
#include "lib/log.h"
#include "lib/panic.h"
#include "lib/string.h"

enum {
	RANGES_MAX = 32,
	PAGES_PER_BLOCK = BLOCK_SIZE / PAGE_SIZE,
	RESERVE_SHIFT = 6,	/* 1/64 of memory is not for programs */
	POISON = 0xf5,		/* what free pages hold in debug builds */
};

_Static_assert(PAGES_PER_BLOCK == 1 << PAGE_MAX_ORDER,
	       "what is taken in at once is one block of the highest order");

enum page_state {
	PAGE_BODY,		/* not the first page of anything */
	PAGE_FREE,		/* heads a block on a free list */
	PAGE_USED,		/* heads an allocation */
};

struct range {
	uint64_t first;		/* the page that pages[0] describes */
	uint64_t frontier;
	uint64_t end;
	struct page *pages;
	bool adopted;
};

#define FREE_LIST(n) [n] = LIST_INIT(free_lists[n])

static struct spinlock page_lock = SPINLOCK_INIT(RANK_PAGE, "page");

/* page_lock; ranges below range_count never go away and keep first and end */
static struct range ranges[RANGES_MAX];
static unsigned range_count;
static struct list free_lists[PAGE_MAX_ORDER + 1] = {
	FREE_LIST(0), FREE_LIST(1), FREE_LIST(2), FREE_LIST(3), FREE_LIST(4),
	FREE_LIST(5), FREE_LIST(6), FREE_LIST(7), FREE_LIST(8), FREE_LIST(9),
};
static size_t free_pages, total_pages;
static long fail_after = -1;

bool (*page_refuse)(const void *site);

static uint64_t order_size(unsigned order)
{
	return (uint64_t)PAGE_SIZE << order;
}

static struct page *page_in(const struct range *range, uint64_t pa)
{
	return &range->pages[(pa - range->first) >> PAGE_SHIFT];
}

static uint64_t page_address(const struct range *range,
			     const struct page *page)
{
	return range->first + ((uint64_t)(page - range->pages) << PAGE_SHIFT);
}

/*
 * The range whose memory contains @pa. Needs no lock: a range is complete
 * before range_count, read with acquire, covers it.
 */
static struct range *range_of(uint64_t pa)
{
	unsigned n = __atomic_load_n(&range_count, __ATOMIC_ACQUIRE);

	for (unsigned i = 0; i < n; i++)
		if (pa >= ranges[i].first && pa < ranges[i].end)
			return &ranges[i];
	return NULL;
}

static struct range *range_of_page(const struct page *page)
{
	for (unsigned i = 0; i < range_count; i++) {
		struct range *range = &ranges[i];

		if ((uintptr_t)page >= (uintptr_t)range->pages &&
		    (uintptr_t)page < (uintptr_t)page_in(range, range->end))
			return range;
	}
	panic("page: %p is no struct page", (const void *)page);
}

struct page *page_of(uint64_t pa)
{
	const struct range *range = range_of(pa);

	/* Whoever holds a page has seen the frontier move past it. */
	if (!range ||
	    pa >= __atomic_load_n(&range->frontier, __ATOMIC_RELAXED))
		return NULL;
	return page_in(range, pa);
}

/* Put a block that cannot merge on the list of its order. */
static void list_block(struct range *range, uint64_t pa, unsigned order)
{
	struct page *page = page_in(range, pa);

	page->state = PAGE_FREE;
	page->order = (uint8_t)order;
	page->refs = 0;
	list_add_head(&free_lists[order], &page->link);
}

/* The free buddy of the block at @pa, NULL if it is not free as a whole. */
static struct page *free_buddy(const struct range *range, uint64_t pa,
			       unsigned order)
{
	uint64_t buddy = pa ^ order_size(order);
	struct page *page;

	if (buddy < range->first || buddy >= range->frontier)
		return NULL;
	page = page_in(range, buddy);
	if (page->state != PAGE_FREE || page->order != order)
		return NULL;
	return page;
}

static void free_block(struct range *range, uint64_t pa, unsigned order)
{
	struct page *buddy;

	while (order < PAGE_MAX_ORDER &&
	       (buddy = free_buddy(range, pa, order)) != NULL) {
		list_del(&buddy->link);
		buddy->state = PAGE_BODY;
		page_in(range, pa)->state = PAGE_BODY;
		pa &= ~order_size(order);
		order++;
	}
	list_block(range, pa, order);
}

/* Take in the memory of @range up to the next 2 MiB boundary. */
static void take_in(struct range *range)
{
	uint64_t pa = range->frontier;
	uint64_t stop = (pa | (BLOCK_SIZE - 1)) + 1;
	unsigned order;

	if (stop > range->end)
		stop = range->end;
	memset(page_in(range, pa), 0,
	       ((stop - pa) >> PAGE_SHIFT) * sizeof(struct page));
	__atomic_store_n(&range->frontier, stop, __ATOMIC_RELAXED);
	for (; pa < stop; pa += order_size(order)) {
		order = (unsigned)__builtin_ctzll(pa >> PAGE_SHIFT);
		if (order > PAGE_MAX_ORDER)
			order = PAGE_MAX_ORDER;
		while (order_size(order) > stop - pa)
			order--;
		list_block(range, pa, order);
	}
}

/* True if there was memory that no list had seen yet. */
static bool take_in_any(void)
{
	for (unsigned i = 0; i < range_count; i++) {
		if (ranges[i].frontier < ranges[i].end) {
			take_in(&ranges[i]);
			return true;
		}
	}
	return false;
}

/* The order of the smallest listed block that fits; above the last: none. */
static unsigned smallest_fit(unsigned order)
{
	while (order <= PAGE_MAX_ORDER && list_empty(&free_lists[order]))
		order++;
	return order;
}

static bool injected_failure(void)
{
	if (fail_after < 0)
		return false;
	if (fail_after == 0)
		return true;
	fail_after--;
	return false;
}

/* page_lock is held. */
static uint64_t alloc_block(unsigned order)
{
	struct range *range;
	struct page *page;
	unsigned have;
	uint64_t pa;

	while ((have = smallest_fit(order)) > PAGE_MAX_ORDER)
		if (!take_in_any())
			return 0;
	page = list_first_entry(&free_lists[have], struct page, link);
	list_del(&page->link);
	range = range_of_page(page);
	pa = page_address(range, page);
	while (have > order) {
		have--;
		list_block(range, pa + order_size(have), have);
	}
	memset(page, 0, sizeof(*page));
	list_init(&page->link);
	page->refs = 1;
	page->order = (uint8_t)order;
	page->state = PAGE_USED;
	free_pages -= (size_t)1 << order;
	return pa;
}

static uint64_t allocate(unsigned order, const void *site)
{
	uint64_t pa = 0, daif;

	if (order > PAGE_MAX_ORDER || page_refused(site))
		return 0;
	daif = spin_lock_irqsave(&page_lock);
	if (!injected_failure())
		pa = alloc_block(order);
	spin_unlock_irqrestore(&page_lock, daif);
	return pa;
}

uint64_t page_alloc(unsigned order)
{
	return allocate(order, __builtin_return_address(0));
}

uint64_t page_alloc_zeroed(void)
{
	uint64_t pa = allocate(0, __builtin_return_address(0));

	if (pa)
		page_clear(phys_to_virt(pa));
	return pa;
}

uint64_t page_alloc_user(void)
{
	if (page_free_count() <= page_total_count() >> RESERVE_SHIFT)
		return 0;
	return page_alloc(0);
}

uint64_t page_alloc_user_zeroed(void)
{
	uint64_t pa = page_alloc_user();

	if (pa)
		page_clear(phys_to_virt(pa));
	return pa;
}

void page_free(uint64_t pa, unsigned order)
{
	struct page *page = page_of(pa);
	uint64_t daif;

	assert(page);
	assert(page->state == PAGE_USED);
	assert(page->order == order);
	assert(page->refs == 1);
	if (LOOM_DEBUG)
		memset(phys_to_virt(pa), POISON, order_size(order));
	daif = spin_lock_irqsave(&page_lock);
	page->refs = 0;
	free_pages += (size_t)1 << order;
	free_block(range_of(pa), pa, order);
	spin_unlock_irqrestore(&page_lock, daif);
}

void page_get(uint64_t pa)
{
	struct page *page = page_of(pa);

	assert(page && page->state == PAGE_USED && page->order == 0);
	page_hold(page);
}

void page_put(uint64_t pa)
{
	page_drop(page_of(pa), pa);
}

void page_drop(struct page *page, uint64_t pa)
{
	assert(page && page->state == PAGE_USED && page->order == 0);
	/*
	 * Release: what this owner did to the page comes before its reuse.
	 * Acquire: what the other owners did, too.
	 */
	if (__atomic_fetch_sub(&page->refs, 1, __ATOMIC_ACQ_REL) != 1)
		return;
	page->refs = 1;		/* nobody else has it: free as its only owner */
	page_free(pa, 0);
}

bool page_is_only(uint64_t pa)
{
	const struct page *page = page_of(pa);

	assert(page && page->state == PAGE_USED);
	/* Acquire: pairs with the release of page_put. */
	return __atomic_load_n(&page->refs, __ATOMIC_ACQUIRE) == 1;
}

void page_set_file(uint64_t pa)
{
	page_of(pa)->is_file = true;
}

bool page_is_file(uint64_t pa)
{
	return page_of(pa)->is_file;
}

void page_set_code(uint64_t pa, bool is_code)
{
	__atomic_store_n(&page_of(pa)->is_code, is_code, __ATOMIC_RELEASE);
}

bool page_is_code(uint64_t pa)
{
	return __atomic_load_n(&page_of(pa)->is_code, __ATOMIC_ACQUIRE);
}

static void describe_range(const struct range *range)
{
	ranges[range_count] = *range;
	total_pages += (range->end - range->first) >> PAGE_SHIFT;
	free_pages += (range->end - range->frontier) >> PAGE_SHIFT;
	/* Pairs with the acquire in range_of: the range is complete. */
	__atomic_store_n(&range_count, range_count + 1, __ATOMIC_RELEASE);
}

static void add_range(uint64_t start, uint64_t end)
{
	uint64_t bytes = ((end - start) >> PAGE_SHIFT) * sizeof(struct page);
	uint64_t first = (start + bytes + PAGE_SIZE - 1) & -(uint64_t)PAGE_SIZE;

	if (first >= end)
		return;		/* too small to describe itself */
	if (range_count == RANGES_MAX)
		klog("memory: too many ranges, %zu pages are not used\n",
		     (size_t)((end - first) >> PAGE_SHIFT));
	else
		describe_range(&(struct range){
			.first = first,
			.frontier = first,
			.end = end,
			.pages = phys_to_virt(start),
		});
}

void page_add_range(uint64_t start, uint64_t end)
{
	uint64_t daif;

	start = (start + PAGE_SIZE - 1) & -(uint64_t)PAGE_SIZE;
	end &= -(uint64_t)PAGE_SIZE;
	if (start >= end)
		return;
	assert(end <= LINEAR_SIZE);
	daif = spin_lock_irqsave(&page_lock);
	add_range(start, end);
	spin_unlock_irqrestore(&page_lock, daif);
}

void page_release_range(uint64_t start, uint64_t end)
{
	/*
	 * Reserved memory belongs to no range, so what comes back is one of
	 * its own and its first pages hold the struct pages of the others.
	 */
	page_add_range(start, end);
}

static bool adopt_range(uint64_t start, uint64_t end)
{
	uint64_t count = (end - start) >> PAGE_SHIFT;
	unsigned order = 0;
	struct page *pages;
	uint64_t pa;

	while (order_size(order) < count * sizeof(*pages))
		order++;
	if (order > PAGE_MAX_ORDER || range_count == RANGES_MAX)
		return false;
	pa = alloc_block(order);
	if (!pa)
		return false;
	pages = phys_to_virt(pa);
	for (uint64_t i = 0; i < count; i++)
		pages[i] = (struct page){ .refs = 1, .state = PAGE_USED };
	describe_range(&(struct range){
		.first = start,
		.frontier = end,
		.end = end,
		.pages = pages,
		.adopted = true,
	});
	return true;
}

bool page_adopt_range(uint64_t start, uint64_t end)
{
	uint64_t daif;
	bool done;

	assert(start % PAGE_SIZE == 0 && end % PAGE_SIZE == 0);
	assert(start < end && end <= LINEAR_SIZE);
	daif = spin_lock_irqsave(&page_lock);
	done = adopt_range(start, end);
	spin_unlock_irqrestore(&page_lock, daif);
	return done;
}

uint64_t page_adopted(uint64_t pa, uint64_t count)
{
	const struct range *range = range_of(pa);
	uint64_t room;

	if (!range || !range->adopted)
		return 0;
	room = (range->end - pa) >> PAGE_SHIFT;
	return count < room ? count : room;
}

void page_get_file_run(uint64_t pa, uint64_t count)
{
	struct page *page = page_of(pa);

	for (; count; count--, page++) {
		assert(page->state == PAGE_USED && page->order == 0);
		__atomic_fetch_add(&page->refs, 1, __ATOMIC_RELAXED);
		page->is_file = true;
	}
}

void page_put_run(uint64_t pa, uint64_t count)
{
	struct page *page = page_of(pa);

	for (; count; count--, page++, pa += PAGE_SIZE) {
		assert(page->state == PAGE_USED && page->order == 0);
		/* As in page_put. */
		if (__atomic_fetch_sub(&page->refs, 1, __ATOMIC_ACQ_REL) != 1)
			continue;
		page->refs = 1;
		page_free(pa, 0);
	}
}

size_t page_free_count(void)
{
	return __atomic_load_n(&free_pages, __ATOMIC_RELAXED);
}

size_t page_total_count(void)
{
	return __atomic_load_n(&total_pages, __ATOMIC_RELAXED);
}

void page_fail_after(long n)
{
	uint64_t daif = spin_lock_irqsave(&page_lock);

	fail_after = n;
	spin_unlock_irqrestore(&page_lock, daif);
}
