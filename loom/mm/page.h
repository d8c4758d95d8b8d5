// SPDX-License-Identifier: MIT
/*
 * Physical pages: a buddy allocator over all memory that the device tree
 * names and nobody reserved.
 *
 * Every page has a struct page. Memory that was never handed out is not yet
 * in the buddy lists: it is taken in block by block as it is needed, so that
 * starting up does not depend on how much memory there is.
 */
#ifndef LOOM_MM_PAGE_H
#define LOOM_MM_PAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/list.h"
#include "mm/layout.h"

#define PAGE_MAX_ORDER 9	/* 2 MiB */

struct page {
	struct list link;	/* on a free list, or the owner's */
	uint32_t refs;		/* 0: free */
	uint8_t order;		/* of the free block or allocation it heads */
	uint8_t state;		/* mm/page.c */
	bool is_file;		/* fs/pagetree.c: it was put into a file */
	bool is_code;		/* atomic: fit for execution (mm/fault.c) */
	void *kmem_free;	/* mm/kmem.c: free objects of a slab */
	uint32_t kmem_used;	/* mm/kmem.c: objects in use */
	uint16_t kmem_class;	/* mm/kmem.c: size class + 1, or 0 */
	uint16_t unused;
};

/*
 * Give the allocator a range of memory (physical, page-aligned, covered by
 * the linear map). Ranges may come in any order, do not overlap. The first
 * calls are made by mm/boot code before anything allocates. The struct pages
 * are taken from the range itself.
 */
void page_add_range(uint64_t start, uint64_t end);

/* Return memory that was reserved while booting. */
void page_release_range(uint64_t start, uint64_t end);

/*
 * Or keep what is in it (the initramfs): all of its pages are handed out, each
 * with one reference, the caller's. False if there is no memory for their
 * struct pages, which are somewhere else then, or too much of it.
 */
bool page_adopt_range(uint64_t start, uint64_t end);

/* How many of the @count pages from @pa on were adopted together. */
uint64_t page_adopted(uint64_t pa, uint64_t count);

/*
 * For pages that were: as page_get and page_set_file for each of @count from
 * @pa on, and as page_put.
 */
void page_get_file_run(uint64_t pa, uint64_t count);
void page_put_run(uint64_t pa, uint64_t count);

/*
 * 2^order contiguous pages, aligned to their size; 0 (never a valid address
 * here) if there are none. page_alloc_zeroed fills one page with zeros.
 */
uint64_t page_alloc(unsigned order);
uint64_t page_alloc_zeroed(void);
void page_free(uint64_t pa, unsigned order);

/*
 * One page for what programs fill as they like, their own memory above all: 0
 * already when just a reserve is left. The kernel needs it to go on, and to
 * end a program that has too much.
 */
uint64_t page_alloc_user(void);
uint64_t page_alloc_user_zeroed(void);

/*
 * The same, DAIF masked, if it is simple: 0 also when memory is low, or
 * page_refuse is to be asked, which this does not do.
 */
uint64_t page_at_hand(void);

/* Sharing of single pages: an allocated page has one reference. */
void page_get(uint64_t pa);
void page_put(uint64_t pa);
/* The same by who has looked up the struct page. */
void page_drop(struct page *page, uint64_t pa);

static inline void page_hold(struct page *page)
{
	__atomic_fetch_add(&page->refs, 1, __ATOMIC_RELAXED);
}

/*
 * Has the caller, who has one, the only reference? Nobody but he can give
 * another away, so true stays true; and all that others did to the page before
 * they dropped theirs has happened.
 */
bool page_is_only(uint64_t pa);

/* A page of a file: nobody has written to it for himself alone. */
void page_set_file(uint64_t pa);
bool page_is_file(uint64_t pa);

/*
 * Whether the instruction caches agree with what was written to the page: made
 * so before it is first mapped for execution, not so after the kernel wrote
 * to it again. The first pairs with the second: what made them agree is
 * complete on every CPU for whoever reads true.
 */
void page_set_code(uint64_t pa, bool is_code);
bool page_is_code(uint64_t pa);

/* NULL if @pa is not memory of the allocator. */
struct page *page_of(uint64_t pa);

/* Exact as long as nobody allocates or frees. */
size_t page_free_count(void);
size_t page_total_count(void);

/*
 * So little is left that nothing is begun any more: what runs already needs it
 * to go on, or to end.
 */
bool page_is_short(void);

/* Let the next allocations fail (tests): after @n successes; negative: off. */
void page_fail_after(long n);

/*
 * Asked before each allocation of pages or objects once it is set (mm/fail.c;
 * atomic): true if it has to fail. @site is the caller's return address.
 */
extern bool (*page_refuse)(const void *site);

static inline bool page_refused(const void *site)
{
	bool (*refuse)(const void *) =
		__atomic_load_n(&page_refuse, __ATOMIC_RELAXED);

	if (!refuse)
		return false;
	/* Pairs with the release of who set it: what refuse looks at. */
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	return refuse(site);
}

static inline void *phys_to_virt(uint64_t pa)
{
	return (void *)(uintptr_t)(pa + LINEAR_BASE);
}

static inline uint64_t virt_to_phys(const void *va)
{
	return (uint64_t)(uintptr_t)va - LINEAR_BASE;
}

#endif
