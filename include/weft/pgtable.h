// SPDX-License-Identifier: MIT
/*
 * Page tables: 39-bit addresses, 4 KiB pages, three levels, 2 MiB blocks.
 *
 * One function of pgtable.c writes descriptors; it issues no TLBI itself but
 * goes through weft/tlb.h. The order of every change is the architecture's
 * (Arm ARM D8.14): a valid entry is changed in place only in its permissions
 * (write, invalidate); any other entry is only ever written over an invalid
 * one, after an invalidation if that was valid before. Hence:
 *
 *   permissions      weft_pt_protect, in place
 *   address, kind    weft_pt_unmap, then weft_pt_map: between the two the
 *     of memory      range faults
 *   block or pages   weft_pt_split, weft_pt_merge: the same, inside
 *   Contiguous bit   never set; tables that are adopted must not have it
 *
 * The client supplies memory for table pages and the lock: calls on one table,
 * those that only look included, are not concurrent with each other. Walks by
 * CPUs that run on the table may happen at any time. Nothing here looks at
 * DAIF.
 */
#ifndef WEFT_PGTABLE_H
#define WEFT_PGTABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct weft_space;

/* What a mapping allows and what kind of memory it is. */
enum weft_pt_flags {
	WEFT_PT_USER = 1,	/* EL0 may read it; user tables only */
	WEFT_PT_WRITE = 2,	/* EL1, and with USER EL0, may write */
	WEFT_PT_EXEC = 4,	/* user table: EL0 may execute; kernel: EL1 */
	WEFT_PT_DEVICE = 8,	/* Device-nGnRE; never EXEC */
	WEFT_PT_NOCACHE = 16,	/* normal memory, not cached */
	WEFT_PT_BLOCKS = 32,	/* use 2 MiB blocks where they fit */
	/*
	 * With EXEC: indirect branches only to BTI and the like. On CPUs
	 * without FEAT_BTI it has no effect.
	 */
	WEFT_PT_GUARDED = 64,
};

/* The client's memory for table pages; @arg is weft_pgtable.arg. */
struct weft_pt_ops {
	/* A page of zeros for a table: physical address, 0: none left. */
	uint64_t (*alloc)(void *arg);
	/* It is a page of zeros again. */
	void (*free)(void *arg, uint64_t pa);
	/* Where the CPU sees a table page. */
	uint64_t *(*to_virt)(void *arg, uint64_t pa);
};

/* One page table: a user's, or the kernel's half. */
struct weft_pgtable {
	uint64_t root;			/* physical */
	uint64_t base;			/* lowest address it translates */
	const struct weft_pt_ops *ops;	/* where table pages come from */
	void *arg;			/* for ops */
	/* Whose ASID is invalidated; NULL: the kernel's half, all global. */
	struct weft_space *space;
	/*
	 * What the client knows of the CPUs that walk it, for each
	 * invalidation: WEFT_TLB_RANGE, every one has FEAT_TLBIRANGE;
	 * WEFT_TLB_LOCAL, there is only the calling one. 0 is always right.
	 */
	unsigned tlb_flags;
	/*
	 * If not 0, the CPU sees every table page so far above its physical
	 * address, and ops->to_virt is not called. The client's, as tlb_flags.
	 */
	uint64_t linear;
	/* How many pages of ops->alloc it takes, the root included. */
	size_t pages;
	/*
	 * For statistics, NULL: none. Counts how often translations were
	 * invalidated; many that go together are one. Atomic: the client's, of
	 * as many tables as it likes.
	 */
	uint64_t *flushes;
	/*
	 * pgtable.c's: the table of pages that weft_pt_fill found last, and
	 * which 2 MiB it is for; no other walk of that needs to be made.
	 */
	uint64_t *last;
	uint64_t last_block;
};

/*
 * An empty table: 0 or WEFT_ENOMEM. @base is 0 for a user table (TTBR0) or
 * the lowest address of TTBR1. For a user table the client calls
 * weft_space_init with table->root and sets table->space, for all
 * table->tlb_flags and table->linear if it knows something.
 */
int weft_pt_init(struct weft_pgtable *table, uint64_t base,
		 const struct weft_pt_ops *ops, void *arg);

/* The same over a root that is in use already (the boot code's). */
void weft_pt_adopt(struct weft_pgtable *table, uint64_t root, uint64_t base,
		   const struct weft_pt_ops *ops, void *arg);

/*
 * Map [@va, @va + @size) to [@pa, ...): page multiples, inside the table's
 * range and 48 bits of physical address. 0; WEFT_EINVAL; WEFT_EEXIST
 * (something is mapped there) or WEFT_ENOMEM, and then nothing of it is
 * mapped. Refused as WEFT_EINVAL: WRITE with EXEC, DEVICE with EXEC or
 * NOCACHE, GUARDED without EXEC, USER in the kernel's half, unknown flags.
 *
 * Table pages are made as needed and stay until weft_pt_trim.
 */
int weft_pt_map(struct weft_pgtable *table, uint64_t va, uint64_t pa,
		size_t size, unsigned flags);

/*
 * What an entry for a page with @flags is, but for its address: @page of the
 * two functions below is an address and this. A client may keep it. 0:
 * weft_pt_map refuses them.
 */
uint64_t weft_pt_page(const struct weft_pgtable *table, unsigned flags);

/*
 * Map one page, in a handler of page faults: @page at @va, if the entry for it
 * is invalid and all tables on the way to it are there. Else, or if @va is no
 * page of the table's range, false and nothing has changed: weft_pt_map or
 * weft_pt_lookup tells why.
 *
 * Stores to the page that were made before this are seen by whoever uses the
 * mapping. There is no ISB: in the kernel, an access to @va by this CPU may
 * still fault until the next context synchronization event, which an ERET is.
 */
bool weft_pt_fill(struct weft_pgtable *table, uint64_t va, uint64_t page);

/*
 * The page at @va, of which there is one, is @page from now on. In place if
 * only permissions differ; else by break before make, and for a moment there is
 * no page. What was there can be used for something else when this returns. As
 * of weft_pt_fill, a first access to the new page may fault.
 */
void weft_pt_change(struct weft_pgtable *table, uint64_t va, uint64_t page);

/*
 * Unmap what is mapped in [@va, @va + @size): page multiples, inside the
 * table's range; holes are fine. @done, which may be NULL, is called for each
 * page or block after no CPU can use the translation any more: only then may
 * the memory be used for something else. 0; WEFT_EINVAL for another range or a
 * block that is only partly inside, and then nothing is changed.
 */
int weft_pt_unmap(struct weft_pgtable *table, uint64_t va, size_t size,
		  void (*done)(void *arg, uint64_t pa, size_t size),
		  void *done_arg);

/*
 * Give what is mapped in the range other permissions: USER, WRITE, EXEC and
 * GUARDED; kind of memory, addresses and blocks stay, flags that name those
 * are not looked at. Complete on every CPU when it returns. Errors as unmap,
 * and combinations that weft_pt_map refuses. Device memory is never made
 * executable by a sane caller: fetches from it may reach the device.
 */
int weft_pt_protect(struct weft_pgtable *table, uint64_t va, size_t size,
		    unsigned flags);

/*
 * Put a table of 512 pages, with the same addresses and flags, where a 2 MiB
 * block translates @va; or the reverse, for the 2 MiB around @va. After a
 * split, parts can be unmapped and protected; a merge frees the table page.
 *
 * Both go through an invalid entry (break before make): for a moment the 2 MiB
 * are not mapped, on any CPU. In a user table that shows as a fault of a
 * program, or of a copy from or to user memory, and the client must bear it:
 * its handler takes the lock under which this is called, finds the page mapped
 * by then, and resumes. In the kernel's half a fault is fatal, so the client
 * guarantees that until this returns no CPU uses the range: it holds neither
 * code nor stack of any, nor vectors, per-CPU data, page tables, nor what
 * table->ops and the debug hooks use. (A linear map that holds any of this
 * cannot be split live; make it of pages, or leave it.)
 *
 * 0, or an error and nothing has changed. WEFT_ENOENT: nothing, or for a merge
 * not every page, is mapped there. WEFT_ENOMEM: no page for the table.
 * WEFT_EINVAL: @va is not a multiple of the page size inside the table's
 * range; there is no block to split; there is one already, or the pages are
 * not alike, not contiguous, or their memory does not begin at a multiple of
 * 2 MiB.
 */
int weft_pt_split(struct weft_pgtable *table, uint64_t va);
int weft_pt_merge(struct weft_pgtable *table, uint64_t va);

/*
 * Give back the table pages that translate addresses in [@va, @va + @size) and
 * have no entry left, also where they reach beyond that range; the root stays.
 * They are free after a non-leaf invalidation. 0 or WEFT_EINVAL, for a range
 * that is not page multiples inside the table's.
 */
int weft_pt_trim(struct weft_pgtable *table, uint64_t va, size_t size);

/* What @va is mapped to. */
struct weft_pt_entry {
	uint64_t pa;		/* of @va itself */
	size_t size;		/* of the mapping: page or block */
	unsigned flags;		/* enum weft_pt_flags */
};

/* 0 or WEFT_ENOENT. */
int weft_pt_lookup(const struct weft_pgtable *table, uint64_t va,
		   struct weft_pt_entry *entry);

/*
 * The first mapping at or after *@va, below @end (page multiples inside the
 * table's range): true, with *@va set to where it begins, or where in it the
 * search did. Missing tables are skipped as a whole. A walk over all that is
 * mapped goes on at the end of what was found:
 *
 *	for (va = start; weft_pt_next(table, &va, end, &e);
 *	     va = (va | (e.size - 1)) + 1)
 */
bool weft_pt_next(const struct weft_pgtable *table, uint64_t *va, uint64_t end,
		  struct weft_pt_entry *entry);

/*
 * The next two go through parts of a user table that the client names, in
 * ascending order, so that they need not look at every entry of every table:
 * @next puts the first range at or above *@va that may have something into
 * *@va and *@end (page multiples), or returns false.
 */

/*
 * What @from maps there @to, in which nothing is mapped there and that no CPU
 * walks yet, maps as well: the same pages, read-only in both when this returns,
 * on every CPU. For copies that share pages until they are written to. There
 * are no blocks. @wants is asked for each page, and notes its new owner; if it
 * says no, @to does not have it, and @from's entry stays. 0, or WEFT_ENOMEM:
 * @to has a part.
 */
int weft_pt_share(struct weft_pgtable *to, struct weft_pgtable *from,
		  bool (*next)(void *arg, uint64_t *va, uint64_t *end),
		  bool (*wants)(void *arg, uint64_t pa), void *arg);

/*
 * Free a user table: after a non-leaf invalidation, every leaf to @done, every
 * table page and the root. The root is in no CPU's TTBR0 and never will be
 * again. All leaves are where @next says; NULL: anywhere.
 */
void weft_pt_destroy(struct weft_pgtable *table,
		     bool (*next)(void *arg, uint64_t *va, uint64_t *end),
		     void (*done)(void *arg, uint64_t pa, size_t size),
		     void *arg);

/*
 * Debug hook (WEFT_DEBUG): every descriptor that is written, before it is.
 */
void weft_debug_pte(const struct weft_pgtable *table, uint64_t va,
		    unsigned level, uint64_t before, uint64_t after);

#ifdef __cplusplus
}
#endif
#endif
