// SPDX-License-Identifier: MIT
/*
 * Blocks of 2^order pages, for mm/page.c alone: the lists of free ones, and
 * which memory there is (page_add_range). All take one lock; any context.
 */
#ifndef LOOM_MM_BUDDY_H
#define LOOM_MM_BUDDY_H

#include <stddef.h>
#include <stdint.h>

#include "mm/page.h"
#include "mm/stock.h"

enum {
	RESERVE_SHIFT = 6,	/* 1/64 of memory is not for programs */
	SINGLES_ORDER = 6,
	SINGLES = 1 << SINGLES_ORDER,
};

/* struct page.state */
enum page_state {
	PAGE_BODY,		/* not the first page of anything, or single */
	PAGE_FREE,		/* heads a block on a free list */
	PAGE_USED,		/* heads an allocation */
};

/* Written under the lock, atomic. */
struct buddy_counts {
	size_t free;		/* pages on the lists, or never used so far */
	size_t low;		/* with so few there are no stocks */
	size_t total;
};

extern struct buddy_counts buddy_counts;

static inline uint64_t order_size(unsigned order)
{
	return (uint64_t)PAGE_SIZE << order;
}

/* In one store, as the compiler sees. */
static inline void page_set_head(struct page *page, uint32_t refs,
				 enum page_state state, unsigned order)
{
	page->refs = refs;
	page->order = (uint8_t)order;
	page->state = (uint8_t)state;
	page->is_file = false;
	page->is_code = false;
}

/* A block with one reference; 0: there is none. */
uint64_t buddy_alloc(unsigned order);

/* Nobody has a reference to it any more. */
void buddy_free(uint64_t pa, unsigned order);

/*
 * SINGLES pages, at most as many more less one, or fewer when there are no
 * more, from the smallest blocks that there are; and how many. And @n back.
 * DAIF masked.
 */
unsigned buddy_alloc_singles(struct single *to);
void buddy_free_singles(const struct single *from, unsigned n);

/* page_fail_after. While it is on, memory counts as low. */
void buddy_fail_after(long n);

#endif
