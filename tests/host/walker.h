// SPDX-License-Identifier: MIT
/*
 * A CPU that walks page tables, for tests of their writer: it caches each
 * translation, and each table that it came by, at every moment at which it
 * can, keeps them until an invalidation is complete, and sees writes late. It
 * looks at WALKER_SLOTS times 2 MiB of one table.
 */
#ifndef TESTS_HOST_WALKER_H
#define TESTS_HOST_WALKER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <weft/pgtable.h>
#include <weft/space.h>

enum {
	WALKER_SLOTS = 4,
	WALKER_PAGES = WALKER_SLOTS * 512,
	WALKER_TABLES = 40,
	WALKER_ASID = 7,
};

/* User addresses from here: the first slot is of another GiB. */
#define WALKER_USER	UINT64_C(0x3fe00000)
/* Kernel addresses from here: they end where addresses wrap. */
#define WALKER_KERNEL	(-UINT64_C(4) * 0x200000)

extern struct weft_pgtable walker_table;

/* How many pages there are for tables; the test may take some away. */
extern unsigned walker_tables_left;

/* An empty table, of a user space that has an ASID or of the kernel's half. */
void walker_init(bool user, unsigned tlb_flags);

/* Destroy it: every table page is free afterwards. */
void walker_end(void);

/* The first address of page @i. */
uint64_t walker_va(unsigned i);

/* Cache all there is. */
void walker_cache(void);

/* What is cached of page @i: false if nothing. */
bool walker_cached(unsigned i, struct weft_pt_entry *entry);

/* For weft_pt_unmap: the memory is free, so nobody may translate to it. */
void walker_done(void *arg, uint64_t pa, size_t size);
extern unsigned walker_freed;	/* pages */

#endif
