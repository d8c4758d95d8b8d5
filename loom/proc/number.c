// SPDX-License-Identifier: MIT
/* The table of numbers; see number.h. Called by the files of proc/. */
#include "proc/number.h"

#include <stdint.h>

#include "lib/assert.h"
#include "lib/bitmap.h"
#include "mm/kmem.h"

#define BUCKETS	1024	/* a power of two: neighbours go to different ones */

/* Tree lock. */
static struct list buckets[BUCKETS];	/* all zero: never used yet */
static uint64_t taken[BITMAP_WORDS(NUMBER_MAX + 1)];
static unsigned count;
static int next = NUMBER_MIN;
static struct number zero = {
	.chain = LIST_INIT(zero.chain),
	.group = LIST_INIT(zero.group),
	.session = LIST_INIT(zero.session),
};

struct number *number_alloc(void)
{
	struct number *n = kzalloc(sizeof(*n));

	if (!n)
		return NULL;
	list_init(&n->chain);
	list_init(&n->group);
	list_init(&n->session);
	return n;
}

void number_free(struct number *n)
{
	assert(!n || !n->value);
	kfree(n);
}

static struct list *bucket_of(int value)
{
	struct list *bucket = &buckets[value & (BUCKETS - 1)];

	if (!bucket->next)
		list_init(bucket);
	return bucket;
}

/* From the last one on; those below NUMBER_LOW only the first time round. */
static int draw(void)
{
	size_t value = bitmap_find_clear(taken, NUMBER_MAX + 1, (size_t)next);

	if (value > NUMBER_MAX)
		value = bitmap_find_clear(taken, NUMBER_MAX + 1, NUMBER_LOW);
	assert(value <= NUMBER_MAX);
	next = (int)value + 1;
	return (int)value;
}

void number_enter(struct number *n)
{
	assert(!n->value);
	n->value = draw();
	bitmap_set(taken, (size_t)n->value);
	list_add_tail(bucket_of(n->value), &n->chain);
	count++;
}

void number_drop(struct number *n)
{
	if (n == &zero || n->process || n->thread || !list_empty(&n->group) ||
	    !list_empty(&n->session))
		return;
	list_del(&n->chain);
	bitmap_clear(taken, (size_t)n->value);
	count--;
	kfree(n);
}

struct number *number_find(int value)
{
	struct number *n;

	if (value == 0)
		return &zero;
	if (value < NUMBER_MIN || value > NUMBER_MAX ||
	    !bitmap_test(taken, (size_t)value))
		return NULL;
	list_for_each_entry(n, bucket_of(value), struct number, chain) {
		if (n->value == value)
			return n;
	}
	return NULL;
}

struct number *number_next_process(int value)
{
	size_t at = value < NUMBER_MIN ? NUMBER_MIN : (size_t)value + 1;
	struct number *n;

	for (;; at++) {
		at = bitmap_find_set(taken, NUMBER_MAX + 1, at);
		if (at > NUMBER_MAX)
			return NULL;
		n = number_find((int)at);
		if (n->process)
			return n;
	}
}

int number_last(void)
{
	/* For /proc/loadavg, which may see it as it was. */
	return __atomic_load_n(&next, __ATOMIC_RELAXED) - 1;
}

unsigned number_count(void)
{
	return count;
}
