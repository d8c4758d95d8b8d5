// SPDX-License-Identifier: MIT
/*
 * The page allocator (mm/page.h): a stock of single pages for each CPU, in
 * front of the buddy system (mm/buddy.c). kmem, the address spaces, files and
 * the kernel's page table are the callers.
 *
 * A single page comes from the stock of the calling CPU and goes there. An
 * empty stock gets SINGLES pages at once, a full one gives as many back. An
 * allocation that finds nothing else empties all stocks into the buddy system,
 * where blocks merge, and looks once more. So no page is out of reach because
 * another CPU has it.
 *
 * The reserve, which is not for programs, is what the buddy system has when
 * memory is low (buddy_counts.low). Nothing of it gets into a stock: those are
 * neither filled then nor added to.
 *
 * A stock has no lock. Its CPU alone, with interrupts masked, takes one page or
 * adds one, by a compare-and-swap of the count after it looked at, or wrote,
 * the page in question; that fails if somebody empties the stock meanwhile.
 * Whoever changes more, its CPU or another, first swaps the count for
 * STOCK_TAKEN, and stores a count when all is done. Between the two the CPU has
 * no stock, and does without it. So a count that its CPU sees twice is the
 * count of the same pages: nobody else makes it larger.
 *
 * The pairs: who stores a count, or swaps it for one, releases what is in
 * single[]; who reads a count, or takes all, acquires it.
 */
#include "mm/buddy.h"

#include <weft/sysreg.h>

#include "lib/assert.h"
#include "lib/cpu_max.h"
#include "lib/string.h"
#include "sched/cpu.h"

enum {
	POISON = 0xf5,		/* what free pages hold in debug builds */
	SHORT_SHARE = 32,	/* of memory: less is short */
};

_Static_assert(2 * SINGLES <= STOCK_MAX, "a batch fits an empty stock");

bool (*page_refuse)(const void *site);

/* Would it be, with @n pages less? */
static bool is_low(size_t n)
{
	return __atomic_load_n(&buddy_counts.free, __ATOMIC_RELAXED) <=
	       __atomic_load_n(&buddy_counts.low, __ATOMIC_RELAXED) + n;
}

/* Is the rest not for programs? */
static bool is_reserve(void)
{
	return __atomic_load_n(&buddy_counts.free, __ATOMIC_RELAXED) <=
	       page_total_count() >> RESERVE_SHIFT;
}

/* Swap the count @from, or fail; also by chance. */
static inline bool swap_count(struct stock *stock, uint32_t from, uint32_t to)
{
	return __atomic_compare_exchange_n(&stock->count, &from, to, true,
					   __ATOMIC_ACQ_REL, __ATOMIC_RELAXED);
}

static inline uint32_t read_count(const struct stock *stock)
{
	return __atomic_load_n(&stock->count, __ATOMIC_ACQUIRE);
}

static void set_count(struct stock *stock, uint32_t count)
{
	__atomic_store_n(&stock->count, count, __ATOMIC_RELEASE);
}

/* All of it: how many, or STOCK_TAKEN if somebody else has it. */
static uint32_t take_all(struct stock *stock)
{
	uint32_t count;

	do
		count = read_count(stock);
	while (count != STOCK_TAKEN && !swap_count(stock, count, STOCK_TAKEN));
	return count;
}

/* All but the first @keep go to the buddy system. How many; DAIF masked. */
static uint32_t drain(struct stock *stock, uint32_t keep)
{
	uint32_t count = take_all(stock), n;

	if (count == STOCK_TAKEN)
		return 0;
	n = count > keep ? count - keep : 0;
	if (n)
		buddy_free_singles(&stock->single[keep], n);
	set_count(stock, count - n);
	return n;
}

/* False: they were empty. */
static bool drain_all(void)
{
	uint64_t daif = weft_read_daif();
	uint32_t n = 0;
	unsigned i;

	weft_mask_all();
	for (i = 0; i < CPU_MAX; i++)
		n += drain(&cpus[i].stock, 0);
	weft_write_daif(daif);
	return n;
}

/* 0: the stock is empty, or has to be looked at once more. DAIF masked. */
static inline uint64_t take_single(void)
{
	struct stock *stock = &cpu_current()->stock;
	uint32_t left = read_count(stock) - 1;
	struct single last;

	if (left >= STOCK_MAX)
		return 0;
	last = stock->single[left];
	if (!swap_count(stock, left + 1, left))
		return 0;
	page_set_head(last.page, 1, PAGE_USED, 0);
	return last.pa;
}

/* False: it is full, or has to be looked at once more. DAIF masked. */
static inline bool put_single(struct page *page, uint64_t pa)
{
	struct stock *stock = &cpu_current()->stock;
	uint32_t count = read_count(stock);

	if (count >= STOCK_MAX)
		return false;
	page_set_head(page, 0, PAGE_BODY, 0);
	stock->single[count] = (struct single){ pa, page };
	return swap_count(stock, count, count + 1);
}

/* From the stock, which is filled before if it is empty. */
static __attribute__((noinline)) uint64_t fill_and_take(void)
{
	struct stock *stock = &cpu_current()->stock;
	uint32_t count;

	if (is_low(2 * SINGLES))
		return 0;
	count = take_all(stock);
	if (count == STOCK_TAKEN)
		return 0;
	if (count == 0)
		count = buddy_alloc_singles(stock->single);
	set_count(stock, count);
	return take_single();
}

static inline uint64_t alloc_single(void)
{
	uint64_t pa = take_single();

	return pa ? pa : fill_and_take();
}

/* The stock is half emptied before if it is full. */
static bool free_single(struct page *page, uint64_t pa)
{
	if (is_low(0))
		return false;
	if (put_single(page, pa))
		return true;
	drain(&cpu_current()->stock, SINGLES);
	return put_single(page, pa);
}

/* Without a stock. Others may have in theirs what is missing. */
static uint64_t allocate_block(unsigned order)
{
	uint64_t pa = buddy_alloc(order);

	if (!pa && drain_all())
		pa = buddy_alloc(order);
	return pa;
}

static uint64_t allocate(unsigned order, const void *site)
{
	uint64_t pa = 0, daif;

	if (order > PAGE_MAX_ORDER || page_refused(site))
		return 0;
	if (order == 0) {
		daif = weft_read_daif();
		weft_mask_all();
		pa = alloc_single();
		weft_write_daif(daif);
	}
	return pa ? pa : allocate_block(order);
}

static uint64_t allocate_user(const void *site)
{
	uint64_t pa, daif;

	if (page_refused(site))
		return 0;
	daif = weft_read_daif();
	weft_mask_all();
	pa = alloc_single();
	weft_write_daif(daif);
	if (pa)
		return pa;
	/* Even with what others have at hand? */
	if (is_reserve() && (!drain_all() || is_reserve()))
		return 0;
	return allocate_block(0);
}

static uint64_t cleared(uint64_t pa)
{
	if (pa)
		page_clear(phys_to_virt(pa));
	return pa;
}

uint64_t page_alloc(unsigned order)
{
	return allocate(order, __builtin_return_address(0));
}

uint64_t page_alloc_zeroed(void)
{
	return cleared(allocate(0, __builtin_return_address(0)));
}

uint64_t page_alloc_user(void)
{
	return allocate_user(__builtin_return_address(0));
}

uint64_t page_alloc_user_zeroed(void)
{
	return cleared(allocate_user(__builtin_return_address(0)));
}

uint64_t page_at_hand(void)
{
	if (__atomic_load_n(&page_refuse, __ATOMIC_RELAXED))
		return 0;
	return alloc_single();
}

/* Nobody has it any more. */
static void free_page(struct page *page, uint64_t pa, unsigned order)
{
	bool done = false;
	uint64_t daif;

	if (LOOM_DEBUG)
		memset(phys_to_virt(pa), POISON, order_size(order));
	if (order == 0) {
		daif = weft_read_daif();
		weft_mask_all();
		done = free_single(page, pa);
		weft_write_daif(daif);
	}
	if (done)
		return;
	page->refs = 0;
	buddy_free(pa, order);
}

void page_free(uint64_t pa, unsigned order)
{
	struct page *page = page_of(pa);

	assert(page);
	assert(page->state == PAGE_USED);
	assert(page->order == order);
	assert(page->refs == 1);
	free_page(page, pa, order);
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
	if (__atomic_fetch_sub(&page->refs, 1, __ATOMIC_ACQ_REL) == 1)
		free_page(page, pa, 0);
}

void page_get_file_run(uint64_t pa, uint64_t count)
{
	struct page *page = page_of(pa);

	for (; count; count--, page++) {
		assert(page->state == PAGE_USED && page->order == 0);
		page_hold(page);
		page->is_file = true;
	}
}

void page_put_run(uint64_t pa, uint64_t count)
{
	struct page *page = page_of(pa);

	for (; count; count--, page++, pa += PAGE_SIZE)
		page_drop(page, pa);
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

size_t page_free_count(void)
{
	size_t n = __atomic_load_n(&buddy_counts.free, __ATOMIC_RELAXED);
	unsigned i;

	for (i = 0; i < CPU_MAX; i++) {
		uint32_t count = read_count(&cpus[i].stock);

		n += count == STOCK_TAKEN ? 0 : count;
	}
	return n;
}

bool page_is_short(void)
{
	size_t limit = page_total_count() / SHORT_SHARE;

	/* No look at the stocks while there is enough without them. */
	return __atomic_load_n(&buddy_counts.free, __ATOMIC_RELAXED) < limit &&
	       page_free_count() < limit;
}

/* Pages in stocks would not be asked for. */
void page_fail_after(long n)
{
	buddy_fail_after(n);
	drain_all();
}

size_t page_total_count(void)
{
	return __atomic_load_n(&buddy_counts.total, __ATOMIC_RELAXED);
}
