// SPDX-License-Identifier: MIT
/*
 * Bookkeeping of areas (mm/area.h). Every change is made of three steps: cut
 * areas at both ends of the range, change what then lies wholly inside, join
 * neighbours that have become alike. Only the first can fail, and a cut that
 * turns out to be in vain is joined again.
 */
#include "mm/area.h"

#include "lib/assert.h"
#include "lib/errno.h"
#include "mm/kmem.h"
#include "mm/layout.h"

static bool is_range(uint64_t start, uint64_t end)
{
	return start < end && end <= USER_TOP &&
	       start % PAGE_SIZE == 0 && end % PAGE_SIZE == 0;
}

/* Of the list's ring; NULL at its ends. */
static struct area *entry(const struct area_set *set, struct list *node)
{
	return node == &set->list ? NULL :
		container_of(node, struct area, link);
}

static struct area *following(const struct area_set *set, struct area *area)
{
	return entry(set, area->link.next);
}

void area_init(struct area_set *set)
{
	list_init(&set->list);
	set->count = 0;
}

static void drop(struct area_set *set, struct area *area)
{
	list_del(&area->link);
	set->count--;
	kfree(area);
}

void area_clear(struct area_set *set)
{
	struct area *area, *tmp;

	list_for_each_entry_safe(area, tmp, &set->list, struct area, link)
		drop(set, area);
}

int area_copy(struct area_set *set, const struct area_set *from)
{
	const struct area *area;

	assert(set->count == 0);
	list_for_each_entry(area, &from->list, struct area, link) {
		struct area *copy = kmalloc(sizeof(*copy));

		if (!copy) {
			area_clear(set);
			return -ENOMEM;
		}
		*copy = *area;
		list_init(&copy->link);
		list_add_tail(&set->list, &copy->link);
		set->count++;
	}
	return 0;
}

struct area *area_next(const struct area_set *set, uint64_t va)
{
	struct area *area;

	list_for_each_entry(area, &set->list, struct area, link)
		if (area->end > va)
			return area;
	return NULL;
}

struct area *area_at(const struct area_set *set, uint64_t va)
{
	struct area *area = area_next(set, va);

	return area && area->start <= va ? area : NULL;
}

/* Where an area begins for those who look for a place. */
static uint64_t placing_start(const struct area *area)
{
	if (area->kind != AREA_STACK)
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
	const struct area *area;

	list_for_each_entry(area, &set->list, struct area, link)
		if (area->end > start && placing_start(area) < end)
			return false;
	return true;
}

uint64_t area_covered(const struct area_set *set, uint64_t start,
		      uint64_t end)
{
	struct area *area = area_next(set, start);

	while (area && area->start <= start && start < end) {
		start = area->end;
		area = following(set, area);
	}
	return start < end ? start : end;
}

uint64_t area_find_gap(const struct area_set *set, uint64_t low, uint64_t high,
		       uint64_t len)
{
	struct list *node;

	/* From the top down; @high is the end of the gap looked at. */
	for (node = set->list.prev; node != &set->list; node = node->prev) {
		const struct area *area = container_of(node, struct area, link);

		if (high < low || high - low < len)
			return 0;
		if (area->end <= high && high - area->end >= len)
			return high - len;
		if (placing_start(area) < high)
			high = placing_start(area);
	}
	return high >= low && high - low >= len ? high - len : 0;
}

/* Make @va a boundary: 0, or -ENOMEM. */
static int cut(struct area_set *set, uint64_t va)
{
	struct area *low = area_at(set, va), *high;

	if (!low || low->start == va)
		return 0;
	if (set->count >= AREA_MAX)
		return -ENOMEM;
	high = kmalloc(sizeof(*high));
	if (!high)
		return -ENOMEM;
	high->start = va;
	high->end = low->end;
	high->prot = low->prot;
	high->kind = low->kind;
	low->end = va;
	list_add_after(&low->link, &high->link);
	set->count++;
	return 0;
}

/* Join areas that touch each other at some address in [start, end]. */
static void join(struct area_set *set, uint64_t start, uint64_t end)
{
	struct area *area = area_next(set, start ? start - 1 : 0);
	struct area *next;

	for (; area && area->end <= end; area = next) {
		next = following(set, area);
		if (!next || next->start != area->end ||
		    next->prot != area->prot || next->kind != area->kind)
			continue;
		next->start = area->start;
		drop(set, area);
	}
}

/* Make both ends boundaries, or none of them. */
static int cut_both(struct area_set *set, uint64_t start, uint64_t end)
{
	int err = cut(set, start);

	if (err)
		return err;
	err = cut(set, end);
	if (err)
		join(set, start, start);
	return err;
}

/* After cut_both: drop all between; returns the node to add after. */
static struct list *drop_between(struct area_set *set, uint64_t start,
				 uint64_t end)
{
	struct area *area = area_next(set, start), *next;
	struct list *before = area ? area->link.prev : set->list.prev;

	for (; area && area->start < end; area = next) {
		next = following(set, area);
		drop(set, area);
	}
	return before;
}

int area_replace(struct area_set *set, uint64_t start, uint64_t end,
		 unsigned prot, enum area_kind kind)
{
	struct area *area;
	int err;

	assert(is_range(start, end));
	if (set->count >= AREA_MAX)
		return -ENOMEM;
	area = kmalloc(sizeof(*area));
	if (!area)
		return -ENOMEM;
	err = cut_both(set, start, end);
	if (err) {
		kfree(area);
		return err;
	}
	area->start = start;
	area->end = end;
	area->prot = (uint8_t)prot;
	area->kind = (uint8_t)kind;
	list_add_after(drop_between(set, start, end), &area->link);
	set->count++;
	join(set, start, end);
	return 0;
}

int area_remove(struct area_set *set, uint64_t start, uint64_t end)
{
	int err;

	assert(is_range(start, end));
	err = cut_both(set, start, end);
	if (err)
		return err;
	drop_between(set, start, end);
	return 0;
}

int area_protect(struct area_set *set, uint64_t start, uint64_t end,
		 unsigned prot)
{
	struct area *area;
	int err;

	assert(is_range(start, end));
	err = cut_both(set, start, end);
	if (err)
		return err;
	for (area = area_next(set, start); area && area->start < end;
	     area = following(set, area))
		area->prot = (uint8_t)prot;
	join(set, start, end);
	return 0;
}
