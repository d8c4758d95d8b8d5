// SPDX-License-Identifier: MIT
/*
 * What the files of mm/aspace.h share about address spaces, and nobody else
 * needs. as->lock is held for all that takes an aspace.
 *
 * Two things are kept in step under that lock: the areas say what a program
 * may touch, the page table holds what it did touch. A page that is mapped
 * has its area's rights, but that in a private area it may be read-only where
 * the area is not: a page that other spaces or a file may have, too
 * (page->refs), is not written to before a fault made a copy, or found that
 * the others are gone. A page table without an entry means nothing, the next
 * fault looks at the areas. So what changes areas changes the table in the same
 * critical section, and what could not change the areas (no memory) has
 * changed nothing.
 *
 * Each entry has a reference to its page.
 */
#ifndef LOOM_MM_ASPACE_IMPL_H
#define LOOM_MM_ASPACE_IMPL_H

#include "mm/aspace.h"

/* The last page stays empty: no access near USER_TOP can run over it. */
#define STACK_TOP_MAX	(USER_TOP - PAGE_SIZE)

static inline uint64_t page_down(uint64_t va)
{
	return va & -(uint64_t)PAGE_SIZE;
}

static inline uint64_t page_up(uint64_t va)
{
	return page_down(va + PAGE_SIZE - 1);
}

static inline bool is_inside(uint64_t start, uint64_t len)
{
	return len <= USER_TOP && start <= USER_TOP - len;
}

/* The hardware ignores the top byte of addresses in the user half. */
static inline uint64_t untagged(uint64_t va)
{
	return va >> 55 & 1 ? va : va & UINT64_MAX >> 8;
}

/* What a page with these rights is mapped with. */
static inline unsigned table_flags(unsigned prot)
{
	unsigned flags = 0;

	if (prot)
		flags |= WEFT_PT_USER;
	if (prot & AREA_WRITE)
		flags |= WEFT_PT_WRITE;
	if (prot & AREA_EXEC)
		flags |= WEFT_PT_EXEC;
	return flags;
}

/* For a page of @area that somebody else may have, too. */
static inline unsigned table_flags_common(const struct area *area,
					  unsigned prot)
{
	unsigned flags = table_flags(prot);

	/* Not from @prot: a page that may only be written stays readable. */
	if (!(area->flags & AREA_SHARED))
		flags &= ~(unsigned)WEFT_PT_WRITE;
	return flags;
}

/* Where mappings go down from under a stack that ends at @stack_top. */
static inline uint64_t mmap_top_under(uint64_t stack_top)
{
	return stack_top - ASPACE_STACK_SIZE - AREA_STACK_GAP;
}

/* Drop what is resident in [start, end), once no TLB has it any more. */
void aspace_unmap_pages(struct aspace *as, uint64_t start, uint64_t end);

/*
 * Nothing comes back to [start, end) soon: free the page tables that have
 * become empty.
 */
void aspace_trim_tables(struct aspace *as, uint64_t start, uint64_t end);

/* No areas and no pages in [start, end): 0 or -ENOMEM. */
int aspace_unmap_locked(struct aspace *as, uint64_t start, uint64_t end);

/* A place for a new mapping: @hint if it can be, 0 if there is none. */
uint64_t aspace_find_place(const struct aspace *as, uint64_t hint, size_t len);

/* @area in place of what is there, areas and pages: 0 or -ENOMEM. */
int aspace_replace(struct aspace *as, const struct area *area);

/* The largest that as->pages was. */
static inline size_t aspace_peak(const struct aspace *as)
{
	return as->pages > as->peak ? as->pages : as->peak;
}

/* Count a page that has just been entered into the table. */
void aspace_count_page(struct aspace *as, uint64_t pa);

/* The reverse, and its reference goes: no CPU can use it any more. */
void aspace_drop_page(struct aspace *as, uint64_t pa);

/* Make what is resident in [start, end) fit for execution. */
void aspace_sync_code(struct aspace *as, uint64_t start, uint64_t end);

#endif
