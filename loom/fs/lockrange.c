// SPDX-License-Identifier: MIT
/*
 * Ranges of file locks; see lockrange.h.
 */
#include "fs/lockrange.h"

#include <stddef.h>

#include "lib/assert.h"

static bool overlap(const struct lock_range *a, const struct lock_range *b)
{
	return a->start <= b->last && b->start <= a->last;
}

/* They overlap, or one begins where the other ends. */
static bool touch(const struct lock_range *a, const struct lock_range *b)
{
	return (a->start <= b->last || a->start - 1 == b->last) &&
	       (b->start <= a->last || b->start - 1 == a->last);
}

static bool same_owner(const struct lock_range *a, const struct lock_range *b)
{
	return a->owner == b->owner && a->kind == b->kind;
}

struct lock_range *lockrange_conflict(const struct list *ranges,
				      const struct lock_range *wish)
{
	struct lock_range *found = NULL, *r;

	list_for_each_entry(r, ranges, struct lock_range, link) {
		if (r->owner == wish->owner || r->kind != wish->kind ||
		    !overlap(r, wish) ||
		    (r->type == LOCK_READ && wish->type == LOCK_READ))
			continue;
		if (!found || r->start < found->start)
			found = r;
	}
	return found;
}

static struct lock_range *take_spare(struct lock_range *spare[2])
{
	unsigned i = spare[0] ? 0 : 1;
	struct lock_range *r = spare[i];

	assert(r);
	spare[i] = NULL;
	return r;
}

/* Take [wish->start, wish->last] out of @r, which overlaps it. */
static void cut(struct lock_range *r, const struct lock_range *wish,
		struct lock_range *spare[2], struct list *unused)
{
	struct lock_range *rest;

	if (r->start < wish->start && r->last > wish->last) {
		rest = take_spare(spare);
		*rest = *r;
		rest->start = wish->last + 1;
		list_add_after(&r->link, &rest->link);
	}
	if (r->start < wish->start) {
		r->last = wish->start - 1;
	} else if (r->last > wish->last) {
		r->start = wish->last + 1;
	} else {
		list_del(&r->link);
		list_add_tail(unused, &r->link);
	}
}

/* @all becomes one range with @r, which goes. */
static void merge(struct lock_range *all, struct lock_range *r,
		  struct list *unused)
{
	if (r->start < all->start)
		all->start = r->start;
	if (r->last > all->last)
		all->last = r->last;
	list_del(&r->link);
	list_add_tail(unused, &r->link);
}

bool lockrange_set(struct list *ranges, const struct lock_range *wish,
		   struct lock_range *spare[2], struct list *unused)
{
	struct lock_range all = *wish, *r, *tmp;
	bool less = false;

	list_for_each_entry_safe(r, tmp, ranges, struct lock_range, link) {
		if (!same_owner(r, wish))
			continue;
		if (r->type == wish->type) {
			if (touch(r, wish))
				merge(&all, r, unused);
		} else if (overlap(r, wish)) {
			less |= wish->type != LOCK_WRITE;
			cut(r, wish, spare, unused);
		}
	}
	if (wish->type != LOCK_NONE) {
		r = take_spare(spare);
		*r = all;
		list_add_tail(ranges, &r->link);
	}
	return less;
}
