// SPDX-License-Identifier: MIT
/*
 * The buddy system under the page allocator (mm/buddy.h), over ranges of
 * memory, each of which starts with the struct pages of the rest of it.
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
 */
#include "mm/buddy.h"

#include "lib/assert.h"
#include "lib/lock.h"
#include "lib/log.h"
#include "lib/panic.h"
#include "lib/string.h"

enum {
	RANGES_MAX = 32,
	PAGES_PER_BLOCK = BLOCK_SIZE / PAGE_SIZE,
};

_Static_assert(PAGES_PER_BLOCK == 1 << PAGE_MAX_ORDER,
	       "what is taken in at once is one block of the highest order");

struct range {
	uint64_t frontier;	/* at 0: a load-acquire has no offset */
	uint64_t first;		/* the page that pages[0] describes */
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
static long fail_after = -1;

struct buddy_counts buddy_counts;

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
	const struct range *range = ranges;

	/*
	 * No count is needed: one that is not there has its frontier at 0.
	 * Acquire, and first: what is below it is there, and so is the range.
	 */
	for (; range < ranges + RANGES_MAX; range++)
		if (pa < __atomic_load_n(&range->frontier, __ATOMIC_ACQUIRE) &&
		    pa >= range->first)
			return page_in(range, pa);
	return NULL;
}

/* Put a block that cannot merge on the list of its order. */
static void list_block(struct range *range, uint64_t pa, unsigned order)
{
	struct page *page = page_in(range, pa);

	page_set_head(page, 0, PAGE_FREE, order);
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
	/* Pairs with the acquire in page_of: the pages have a meaning. */
	__atomic_store_n(&range->frontier, stop, __ATOMIC_RELEASE);
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

static void count_free(size_t n)
{
	__atomic_store_n(&buddy_counts.free, buddy_counts.free + n,
			 __ATOMIC_RELAXED);
}

/*
 * A block of @order is on no list any more: its first page, and its address in
 * *@pa; NULL, and *@pa stays: there is none. page_lock is held.
 */
static struct page *take_block(unsigned order, uint64_t *pa)
{
	struct range *range;
	struct page *page;
	unsigned have;

	while ((have = smallest_fit(order)) > PAGE_MAX_ORDER)
		if (!take_in_any())
			return NULL;
	page = list_first_entry(&free_lists[have], struct page, link);
	list_del(&page->link);
	page_set_head(page, 0, PAGE_BODY, 0);
	range = range_of_page(page);
	*pa = page_address(range, page);
	while (have > order) {
		have--;
		list_block(range, *pa + order_size(have), have);
	}
	count_free(-((size_t)1 << order));
	return page;
}

uint64_t buddy_alloc(unsigned order)
{
	uint64_t daif = spin_lock_irqsave(&page_lock);
	struct page *page = NULL;
	uint64_t pa = 0;

	if (!injected_failure())
		page = take_block(order, &pa);
	if (page)
		page_set_head(page, 1, PAGE_USED, order);
	spin_unlock_irqrestore(&page_lock, daif);
	return pa;
}

void buddy_free(uint64_t pa, unsigned order)
{
	uint64_t daif = spin_lock_irqsave(&page_lock);

	count_free((size_t)1 << order);
	free_block(range_of(pa), pa, order);
	spin_unlock_irqrestore(&page_lock, daif);
}

unsigned buddy_alloc_singles(struct single *to)
{
	struct single *next = to, *end;
	struct page *page;
	unsigned order;
	uint64_t pa;

	spin_lock_masked(&page_lock);
	do {
		/* Smaller ones are used up first; none is cut twice. */
		order = smallest_fit(0);
		if (order > SINGLES_ORDER)
			order = SINGLES_ORDER;
		page = take_block(order, &pa);
		if (!page)
			break;
		for (end = next + (1U << order); next < end; next++) {
			*next = (struct single){ pa, page++ };
			pa += PAGE_SIZE;
		}
	} while (next < to + SINGLES);
	spin_unlock_masked(&page_lock);
	return (unsigned)(next - to);
}

void buddy_free_singles(const struct single *from, unsigned n)
{
	unsigned i;

	spin_lock_masked(&page_lock);
	for (i = 0; i < n; i++)
		free_block(range_of(from[i].pa), from[i].pa, 0);
	count_free(n);
	spin_unlock_masked(&page_lock);
}

static void describe_range(const struct range *range)
{
	struct range *new = &ranges[range_count];

	new->first = range->first;
	new->end = range->end;
	new->pages = range->pages;
	new->adopted = range->adopted;
	/* Pairs with the acquire in page_of: the range is complete. */
	__atomic_store_n(&new->frontier, range->frontier, __ATOMIC_RELEASE);
	buddy_counts.total += (range->end - range->first) >> PAGE_SHIFT;
	buddy_counts.low = buddy_counts.total >> RESERVE_SHIFT;
	count_free((range->end - range->frontier) >> PAGE_SHIFT);
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
	uint64_t count = (end - start) >> PAGE_SHIFT, pa;
	unsigned order = 0;
	struct page *pages;

	while (order_size(order) < count * sizeof(*pages))
		order++;
	if (order > PAGE_MAX_ORDER || range_count == RANGES_MAX)
		return false;
	pages = take_block(order, &pa);
	if (!pages)
		return false;
	page_set_head(pages, 1, PAGE_USED, order);
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

void buddy_fail_after(long n)
{
	uint64_t daif = spin_lock_irqsave(&page_lock);

	fail_after = n;
	buddy_counts.low = n < 0 ? buddy_counts.total >> RESERVE_SHIFT :
				   SIZE_MAX / 2;
	spin_unlock_irqrestore(&page_lock, daif);
}
