// SPDX-License-Identifier: MIT
/*
 * Areas: which parts of a user address space may be touched, and how. A set of
 * them is a list sorted by address, without overlaps; neighbours that touch
 * and are alike are one area. mm/aspace.c keeps a set per address space and
 * makes the page table follow; here is only the bookkeeping.
 *
 * Nothing here locks (aspace->lock guards its set) or touches the page table.
 * Addresses are page multiples, start < end <= USER_TOP. Functions that fail
 * leave the set as it was.
 */
#ifndef LOOM_MM_AREA_H
#define LOOM_MM_AREA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/list.h"

/* Protection bits, with Linux's PROT_ values. */
enum {
	AREA_READ = 1,
	AREA_WRITE = 2,
	AREA_EXEC = 4,
};

enum area_kind {
	AREA_ANON,
	AREA_STACK,	/* nothing is placed just below it: AREA_STACK_GAP */
	AREA_BRK,
};

enum {
	AREA_STACK_GAP = 0x100000,	/* 1 MiB */
	AREA_MAX = 65530,		/* areas of one set, as Linux */
};

struct area {
	struct list link;	/* on area_set->list, by address */
	uint64_t start, end;	/* page-aligned, end exclusive */
	uint8_t prot;
	uint8_t kind;		/* enum area_kind */
};

struct area_set {
	struct list list;	/* struct area, link */
	size_t count;
};

void area_init(struct area_set *set);

/* Free all areas. */
void area_clear(struct area_set *set);

/* Make @set, which is empty, like @from: 0, or -ENOMEM and it stays empty. */
int area_copy(struct area_set *set, const struct area_set *from);

/* The first area that ends above @va (it may start above it); or NULL. */
struct area *area_next(const struct area_set *set, uint64_t va);

/* The area that contains @va, or NULL. */
struct area *area_at(const struct area_set *set, uint64_t va);

/* True if no area has a part in [start, end). */
bool area_is_free(const struct area_set *set, uint64_t start, uint64_t end);

/* The same, and no stack's gap has a part in it either. */
bool area_is_placeable(const struct area_set *set, uint64_t start,
		       uint64_t end);

/* How far from @start the areas go without a hole, at most to @end. */
uint64_t area_covered(const struct area_set *set, uint64_t start,
		      uint64_t end);

/*
 * The highest place for @len bytes in [low, high) that no area or stack gap
 * has a part in: its address, or 0 (@low is above 0).
 */
uint64_t area_find_gap(const struct area_set *set, uint64_t low, uint64_t high,
		       uint64_t len);

/* Make [start, end) one area, in place of what is there: 0 or -ENOMEM. */
int area_replace(struct area_set *set, uint64_t start, uint64_t end,
		 unsigned prot, enum area_kind kind);

/* Leave a hole at [start, end): 0, or -ENOMEM if an area cannot be split. */
int area_remove(struct area_set *set, uint64_t start, uint64_t end);

/* Other protection for all areas in [start, end), holes stay: 0 or -ENOMEM. */
int area_protect(struct area_set *set, uint64_t start, uint64_t end,
		 unsigned prot);

#endif
