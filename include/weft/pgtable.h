// SPDX-License-Identifier: MIT
/*
 * Page tables: 39-bit addresses, 4 KiB pages, three levels, 2 MiB blocks.
 *
 * One function of pgtable.c writes descriptors; it issues no TLBI itself but
 * goes through weft/tlb.h. The order of every change is the architecture's: a
 * valid entry is changed in place only in its permissions (write, invalidate);
 * a new entry is only ever written over an invalid one.
 *
 * The client supplies memory for table pages and the lock: calls on one table
 * are not concurrent with each other. Walks by CPUs that run on the table
 * may happen at any time.
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
	WEFT_PT_DEVICE = 8,	/* Device-nGnRE */
	WEFT_PT_NOCACHE = 16,	/* normal memory, not cached */
	WEFT_PT_BLOCKS = 32,	/* use 2 MiB blocks where they fit */
};

/* The client's memory for table pages; @arg is weft_pgtable.arg. */
struct weft_pt_ops {
	/* A page of zeros for a table: physical address, 0: none left. */
	uint64_t (*alloc)(void *arg);
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
};

/*
 * An empty table: 0 or WEFT_ENOMEM. @base is 0 for a user table (TTBR0) or
 * the lowest address of TTBR1. For a user table the client calls
 * weft_space_init with table->root and sets table->space.
 */
int weft_pt_init(struct weft_pgtable *table, uint64_t base,
		 const struct weft_pt_ops *ops, void *arg);

/* The same over a root that is in use already (the boot code's). */
void weft_pt_adopt(struct weft_pgtable *table, uint64_t root, uint64_t base,
		   const struct weft_pt_ops *ops, void *arg);

/*
 * Map [@va, @va + @size) to [@pa, ...). All page multiples; WRITE with EXEC is
 * refused. 0; WEFT_EINVAL; WEFT_EEXIST (something is mapped there) or
 * WEFT_ENOMEM, and then nothing of it is mapped.
 */
int weft_pt_map(struct weft_pgtable *table, uint64_t va, uint64_t pa,
		size_t size, unsigned flags);

/*
 * Unmap what is mapped in [@va, @va + @size); holes are fine. @done, which may
 * be NULL, is called for each page or block after no CPU can use the
 * translation any more: only then may the memory be used for something else.
 * A block that is only partly inside is WEFT_EINVAL, nothing is changed then.
 */
int weft_pt_unmap(struct weft_pgtable *table, uint64_t va, size_t size,
		  void (*done)(void *arg, uint64_t pa, size_t size),
		  void *done_arg);

/*
 * Give what is mapped in the range other permissions; kind of memory and
 * addresses stay. Complete on every CPU when it returns. Errors as unmap.
 */
int weft_pt_protect(struct weft_pgtable *table, uint64_t va, size_t size,
		    unsigned flags);

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
 * search did. Missing tables are skipped as a whole.
 */
bool weft_pt_next(const struct weft_pgtable *table, uint64_t *va, uint64_t end,
		  struct weft_pt_entry *entry);

/*
 * Free a user table: every leaf to @done, then, after a non-leaf
 * invalidation, every table page and the root. The root is in no CPU's TTBR0
 * and never will be again.
 */
void weft_pt_destroy(struct weft_pgtable *table,
		     void (*done)(void *arg, uint64_t pa, size_t size),
		     void *done_arg);

/*
 * Debug hook (WEFT_DEBUG): every descriptor that is written, before it is.
 */
void weft_debug_pte(const struct weft_pgtable *table, uint64_t va,
		    unsigned level, uint64_t before, uint64_t after);

#ifdef __cplusplus
}
#endif
#endif
