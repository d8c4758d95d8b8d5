// SPDX-License-Identifier: MIT
/*
 * Areas: which parts of a user address space may be touched, how, and what is
 * there. A set of them is an array sorted by address, without overlaps;
 * neighbours that touch and are alike are one area. mm/aspace.c keeps a set
 * per address space and makes the page table follow; here is only the
 * bookkeeping, the reference of each area to its inode included.
 *
 * Nothing here locks (aspace->lock guards its set) or touches the page table.
 * Addresses are page multiples, start < end <= USER_TOP. Functions that fail
 * leave the set as it was; those that succeed may move areas in memory, so
 * pointers to areas are good until the next change of the set.
 */
#ifndef LOOM_MM_AREA_H
#define LOOM_MM_AREA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mm/layout.h"

struct inode;

/* Protection bits, with Linux's PROT_ values. */
enum {
	AREA_READ = 1,
	AREA_WRITE = 2,
	AREA_EXEC = 4,
	AREA_ALL = AREA_READ | AREA_WRITE | AREA_EXEC,
};

enum area_flags {
	AREA_SHARED = 1,	/* stores reach the file, and all who map it */
	AREA_GROWS = 2,		/* down, by faults; so there is a gap below */
	AREA_DONTFORK = 4,	/* madvise: a child has nothing there */
	AREA_WIPEONFORK = 8,	/* madvise: a child has zeros there */
};

enum {
	AREA_STACK_GAP = 0x100000,	/* 1 MiB */
};

struct area {
	uint64_t start, end;	/* page-aligned, end exclusive */
	struct inode *inode;	/* counted (inode_map); NULL: anonymous */
	uint64_t offset;	/* in the file, of start; anonymous: 0 */
	uint8_t prot;
	uint8_t may;		/* what mprotect can make of prot */
	uint8_t flags;		/* enum area_flags */
	/*
	 * It may have pages that are nobody else's: those of a private area
	 * that were written to. Says nothing of the area otherwise.
	 */
	bool has_own;
};

/* Areas of one set: what kmalloc has room for. */
#define AREA_MAX (BLOCK_SIZE / sizeof(struct area))

struct area_set {
	struct area *area;	/* by address; kmalloc'ed */
	size_t count, room;
	struct area *last;	/* found last; NULL: none, or it may be gone */
};

void area_init(struct area_set *set);

/* Forget all areas, and free the array. */
void area_clear(struct area_set *set);

/* Make @set, which is empty, like @from: 0, or -ENOMEM and it stays empty. */
int area_copy(struct area_set *set, const struct area_set *from);

/* The first area that ends above @va (it may start above it); or NULL. */
struct area *area_next(const struct area_set *set, uint64_t va);

/* The area that contains @va, or NULL. */
struct area *area_at(const struct area_set *set, uint64_t va);

/* The same, where the next one is likely to be looked for. */
static inline struct area *area_hit(struct area_set *set, uint64_t va)
{
	struct area *area = set->last;

	if (!area || va - area->start >= area->end - area->start)
		set->last = area = area_at(set, va);
	return area;
}

/* The one behind or before @area, or NULL. */
struct area *area_after(const struct area_set *set, const struct area *area);
struct area *area_before(const struct area_set *set, const struct area *area);

/* Where in the file @va of @area is. */
static inline uint64_t area_offset(const struct area *area, uint64_t va)
{
	return area->offset + (va - area->start);
}

/* True if no area has a part in [start, end). */
bool area_is_free(const struct area_set *set, uint64_t start, uint64_t end);

/* The same, and no gap of an area that grows has a part in it either. */
bool area_is_placeable(const struct area_set *set, uint64_t start,
		       uint64_t end);

/* How far from @start the areas go without a hole, at most to @end. */
uint64_t area_covered(const struct area_set *set, uint64_t start,
		      uint64_t end);

/*
 * The highest place for @len bytes in [low, high) that no area or gap has a
 * part in: its address, or 0 (@low is above 0).
 */
uint64_t area_find_gap(const struct area_set *set, uint64_t low, uint64_t high,
		       uint64_t len);

/*
 * Room for @more areas than there are: so many can be added, by replacing or
 * splitting, without failing. 0 or -ENOMEM.
 */
int area_reserve(struct area_set *set, size_t more);

/*
 * Put @new, which takes a reference to its inode, in place of what is there:
 * 0 or -ENOMEM.
 */
int area_replace(struct area_set *set, const struct area *new);

/* Leave a hole at [start, end): 0, or -ENOMEM if an area cannot be split. */
int area_remove(struct area_set *set, uint64_t start, uint64_t end);

/*
 * Other protection, or other flags (those in @clear go, those in @set come),
 * for all areas in [start, end), holes stay: 0 or -ENOMEM.
 */
int area_protect(struct area_set *set, uint64_t start, uint64_t end,
		 unsigned prot);
int area_change_flags(struct area_set *set, uint64_t start, uint64_t end,
		      unsigned to_clear, unsigned to_set);

/* @area, below which there is nothing down to @start, begins there now. */
void area_grow_down(struct area *area, uint64_t start);

#endif
