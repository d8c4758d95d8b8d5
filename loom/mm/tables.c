// SPDX-License-Identifier: MIT
/*
 * Pages of zeros for page tables (mm/tables.h). mm/aspace.c takes and returns
 * them.
 *
 * Each CPU keeps up to TABLES_KEPT. Which CPU's are used is a matter of speed
 * only: the caller may be moved after it looked where it is, so each stock has
 * a lock. While memory is short nothing is kept, and who returns a page gives
 * back what all CPUs have.
 */
#include "mm/tables.h"

#include <stdbool.h>

#include "lib/assert.h"
#include "lib/cpu_max.h"
#include "lib/lock.h"
#include "mm/page.h"
#include "sched/cpu.h"

enum {
	TABLES_KEPT = 16,
	WORDS = PAGE_SIZE / sizeof(uint64_t),
};

/* Lines of its own: no CPU waits for what another does with its stock. */
struct table_stock {
	_Alignas(64) struct spinlock lock;

	/* lock; count may be read without */
	uint32_t count;
	uint64_t pa[TABLES_KEPT];
};

#define STOCK(n) [n] = { .lock = SPINLOCK_INIT(RANK_TABLES, "tables") }

static struct table_stock stocks[] = {
	STOCK(0), STOCK(1), STOCK(2), STOCK(3),
	STOCK(4), STOCK(5), STOCK(6), STOCK(7),
};

_Static_assert(sizeof(stocks) / sizeof(stocks[0]) == CPU_MAX,
	       "each CPU has a stock");

static struct table_stock *own_stock(void)
{
	return &stocks[cpu_current()->weft.index];
}

static void set_count(struct table_stock *stock, uint32_t count)
{
	__atomic_store_n(&stock->count, count, __ATOMIC_RELAXED);
}

static uint64_t take_kept(void)
{
	struct table_stock *stock = own_stock();
	uint64_t daif = spin_lock_irqsave(&stock->lock);
	uint64_t pa = 0;

	if (stock->count) {
		set_count(stock, stock->count - 1);
		pa = stock->pa[stock->count];
	}
	spin_unlock_irqrestore(&stock->lock, daif);
	return pa;
}

static bool keep(uint64_t pa)
{
	struct table_stock *stock = own_stock();
	uint64_t daif = spin_lock_irqsave(&stock->lock);
	bool room = stock->count < TABLES_KEPT;

	if (room) {
		stock->pa[stock->count] = pa;
		set_count(stock, stock->count + 1);
	}
	spin_unlock_irqrestore(&stock->lock, daif);
	return room;
}

static void give_back(struct table_stock *stock)
{
	uint64_t daif = spin_lock_irqsave(&stock->lock);

	while (stock->count) {
		set_count(stock, stock->count - 1);
		page_free(stock->pa[stock->count], 0);
	}
	spin_unlock_irqrestore(&stock->lock, daif);
}

static bool is_zeros(uint64_t pa)
{
	const uint64_t *word = phys_to_virt(pa);
	size_t i;

	for (i = 0; i < WORDS; i++)
		if (word[i])
			return false;
	return true;
}

uint64_t tables_alloc(void)
{
	uint64_t pa;

	/* One that is kept is refused on purpose as any other. */
	if (page_refused(__builtin_return_address(0)))
		return 0;
	pa = take_kept();
	return pa ? pa : page_alloc_zeroed();
}

void tables_free(uint64_t pa)
{
	unsigned i;

	if (LOOM_DEBUG)
		assert(is_zeros(pa));
	if (!page_is_short()) {
		if (!keep(pa))
			page_free(pa, 0);
		return;
	}
	page_free(pa, 0);
	for (i = 0; i < CPU_MAX; i++)
		give_back(&stocks[i]);
}

size_t tables_spare(void)
{
	size_t n = 0;
	unsigned i;

	for (i = 0; i < CPU_MAX; i++)
		n += __atomic_load_n(&stocks[i].count, __ATOMIC_RELAXED);
	return n;
}
