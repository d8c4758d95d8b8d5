// SPDX-License-Identifier: MIT
/*
 * Bookkeeping of areas (mm/area.h). Every change is made of these steps: make
 * room for as many areas as it adds, cut areas at both ends of the range,
 * change what then lies wholly inside, join neighbours that have become alike.
 * Only the first can fail.
 */
#include "mm/area.h"

#include "fs/inode.h"
#include "lib/assert.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "mm/kmem.h"

enum { FIRST_ROOM = 1024 / sizeof(struct area) };

static bool is_range(uint64_t start, uint64_t end)
{
	return start < end && end <= USER_TOP &&
	       start % PAGE_SIZE == 0 && end % PAGE_SIZE == 0;
}

/* A shared mapping of a file that was opened for writing is a writer, too. */
static bool is_writer(const struct area *area)
{
	return (area->flags & AREA_SHARED) && (area->may & AREA_WRITE);
}

static void hold(const struct area *area)
{
	if (area->inode)
		inode_map(area->inode, is_writer(area));
}

static void release(const struct area *area)
{
	if (area->inode)
		inode_unmap(area->inode, is_writer(area));
}

void area_init(struct area_set *set)
{
	set->area = NULL;
	set->count = 0;
	set->room = 0;
	set->last = NULL;
}

void area_clear(struct area_set *set)
{
	for (size_t i = 0; i < set->count; i++)
		release(&set->area[i]);
	kfree(set->area);
	area_init(set);
}

int area_reserve(struct area_set *set, size_t more)
{
	size_t room = set->room ? set->room : FIRST_ROOM;
	struct area *area;

	if (set->count + more > AREA_MAX)
		return -ENOMEM;
	if (set->count + more <= set->room)
		return 0;
	while (room < set->count + more)
		room *= 2;
	if (room > AREA_MAX)
		room = AREA_MAX;
	area = krealloc(set->area, set->count * sizeof(*area),
			room * sizeof(*area));
	if (!area)
		return -ENOMEM;
	set->area = area;
	set->room = room;
	set->last = NULL;	/* it may have moved */
	return 0;
}

int area_copy(struct area_set *set, const struct area_set *from)
{
	int err;

	assert(set->count == 0);
	err = area_reserve(set, from->count);
	if (err || !from->count)
		return err;
	memcpy(set->area, from->area, from->count * sizeof(*from->area));
	set->count = from->count;
	for (size_t i = 0; i < set->count; i++)
		hold(&set->area[i]);
	return 0;
}

/* The index of the first area that ends above @va. */
static size_t index_of(const struct area_set *set, uint64_t va)
{
	size_t low = 0, high = set->count;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (set->area[mid].end > va)
			high = mid;
		else
			low = mid + 1;
	}
	return low;
}

struct area *area_next(const struct area_set *set, uint64_t va)
{
	size_t i = index_of(set, va);

	return i < set->count ? &set->area[i] : NULL;
}

struct area *area_at(const struct area_set *set, uint64_t va)
{
	struct area *area = area_next(set, va);

	return area && area->start <= va ? area : NULL;
}

struct area *area_after(const struct area_set *set, const struct area *area)
{
	size_t i = (size_t)(area - set->area) + 1;

	return i < set->count ? &set->area[i] : NULL;
}

struct area *area_before(const struct area_set *set, const struct area *area)
{
	size_t i = (size_t)(area - set->area);

	return i > 0 ? &set->area[i - 1] : NULL;
}

/* Where an area begins for those who look for a place. */
static uint64_t placing_start(const struct area *area)
{
	if (!(area->flags & AREA_GROWS))
		return area->start;
	return area->start > AREA_STACK_GAP ? area->start - AREA_STACK_GAP : 0;
}

bool area_is_free(const struct area_set *set, uint64_t start, uint64_t end)
{
	const struct area *area = area_next(set, start);

	return !area || area->start >= end;
}

bool area_is_placeable(const struct area_set *set, uint64_t start,
		       uint64_t end)
{
	const struct area *area = area_next(set, start);

	for (; area && area->start < end + AREA_STACK_GAP;
	     area = area_after(set, area))
		if (placing_start(area) < end)
			return false;
	return true;
}

uint64_t area_covered(const struct area_set *set, uint64_t start,
		      uint64_t end)
{
	const struct area *area = area_next(set, start);

	while (area && area->start <= start && start < end) {
		start = area->end;
		area = area_after(set, area);
	}
	return start < end ? start : end;
}

uint64_t area_find_gap(const struct area_set *set, uint64_t low, uint64_t high,
		       uint64_t len)
{
	/* From the top down; @high is the end of the gap looked at. */
	for (size_t i = set->count; i > 0; i--) {
		const struct area *area = &set->area[i - 1];

		if (high < low || high - low < len)
			return 0;
		if (area->end <= high && high - area->end >= len)
			return high - len;
		if (placing_start(area) < high)
			high = placing_start(area);
	}
	return high >= low && high - low >= len ? high - len : 0;
}

/* Put a copy of @area at index @i; there is room. */
static void insert(struct area_set *set, size_t i, const struct area *area)
{
	struct area *at = &set->area[i];

	assert(set->count < set->room);
	memmove(at + 1, at, (set->count - i) * sizeof(*at));
	*at = *area;
	set->count++;
}

/* Drop @n areas from index @i on. */
static void drop(struct area_set *set, size_t i, size_t n)
{
	struct area *at = &set->area[i];

	for (size_t k = 0; k < n; k++)
		release(&at[k]);
	memmove(at, at + n, (set->count - i - n) * sizeof(*at));
	set->count -= n;
	set->last = NULL;	/* it may be behind the end */
}

/* Must an area be cut to make @va a boundary? */
static bool is_inside_area(const struct area_set *set, uint64_t va)
{
	const struct area *area = area_at(set, va);

	return area && area->start < va;
}

/* Make @va a boundary; there is room. */
static void cut(struct area_set *set, uint64_t va)
{
	struct area *low = area_at(set, va), high;

	if (!low || low->start == va)
		return;
	high = *low;
	high.start = va;
	if (high.inode)
		high.offset = area_offset(low, va);
	hold(&high);
	low->end = va;
	insert(set, (size_t)(low - set->area) + 1, &high);
}

/* Make both ends boundaries, or do nothing. */
static int cut_both(struct area_set *set, uint64_t start, uint64_t end)
{
	size_t more = is_inside_area(set, start) + is_inside_area(set, end);
	int err;

	assert(is_range(start, end));
	err = area_reserve(set, more);
	if (err)
		return err;
	cut(set, start);
	cut(set, end);
	return 0;
}

/* Can @b, which begins where @a ends, be a part of it? */
static bool are_alike(const struct area *a, const struct area *b)
{
	return a->prot == b->prot && a->may == b->may && a->flags == b->flags &&
	       a->inode == b->inode &&
	       (!a->inode || b->offset == area_offset(a, b->start));
}

/*
 * Join areas that touch each other at some address in [start, end]. In one
 * pass over all that is behind, however many there are.
 */
static void join(struct area_set *set, uint64_t start, uint64_t end)
{
	size_t to = index_of(set, start ? start - 1 : 0), from;

	if (to == set->count)
		return;
	set->last = NULL;	/* it may be behind the end */
	for (from = to + 1; from < set->count; from++) {
		struct area *area = &set->area[to];
		const struct area *next = &set->area[from];

		if (area->end <= end && area->end == next->start &&
		    are_alike(area, next)) {
			area->end = next->end;
			area->has_own |= next->has_own;
			release(next);
		} else {
			if (++to == from && area->end > end)
				return;
			set->area[to] = *next;
		}
	}
	set->count = to + 1;
}

/* Is all of it inside one area, which goes on at both ends? */
static bool is_middle(const struct area_set *set, uint64_t start, uint64_t end)
{
	const struct area *area = area_at(set, start);

	return area && area->start < start && area->end > end;
}

static void cut_end(struct area_set *set, uint64_t va)
{
	struct area *area = area_at(set, va);

	if (area && area->start < va)
		area->end = va;
}

static void cut_start(struct area_set *set, uint64_t va)
{
	struct area *area = area_at(set, va);

	if (!area)
		return;
	if (area->inode)
		area->offset = area_offset(area, va);
	area->start = va;
}

/*
 * Nothing is in [start, end) any more, and the index of what follows. There
 * is room for one more area if it is_middle.
 */
static size_t make_hole(struct area_set *set, uint64_t start, uint64_t end)
{
	size_t first, last;

	if (is_middle(set, start, end))
		cut(set, end);
	cut_end(set, start);
	cut_start(set, end);
	first = index_of(set, start);
	last = index_of(set, end);
	if (last > first)
		drop(set, first, last - first);
	return first;
}

int area_replace(struct area_set *set, const struct area *new)
{
	int err;

	assert(is_range(new->start, new->end));
	err = area_reserve(set, 1 + is_middle(set, new->start, new->end));
	if (err)
		return err;
	/* First: what goes may hold the last other reference. */
	hold(new);
	insert(set, make_hole(set, new->start, new->end), new);
	join(set, new->start, new->end);
	return 0;
}

int area_remove(struct area_set *set, uint64_t start, uint64_t end)
{
	int err;

	assert(is_range(start, end));
	err = area_reserve(set, is_middle(set, start, end));
	if (!err)
		make_hole(set, start, end);
	return err;
}

int area_protect(struct area_set *set, uint64_t start, uint64_t end,
		 unsigned prot)
{
	int err = cut_both(set, start, end);

	if (err)
		return err;
	for (size_t i = index_of(set, start);
	     i < set->count && set->area[i].start < end; i++)
		set->area[i].prot = (uint8_t)prot;
	join(set, start, end);
	return 0;
}

int area_change_flags(struct area_set *set, uint64_t start, uint64_t end,
		      unsigned to_clear, unsigned to_set)
{
	int err = cut_both(set, start, end);

	if (err)
		return err;
	for (size_t i = index_of(set, start);
	     i < set->count && set->area[i].start < end; i++) {
		struct area *area = &set->area[i];

		area->flags = (uint8_t)((area->flags & ~to_clear) | to_set);
	}
	join(set, start, end);
	return 0;
}

void area_grow_down(struct area *area, uint64_t start)
{
	assert(is_range(start, area->start));
	assert(!area->inode);
	area->start = start;
}
