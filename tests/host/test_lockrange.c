// SPDX-License-Identifier: MIT
/*
 * Ranges of file locks: cases by hand, and random ones against an array that
 * says of every byte who has it how.
 */
#include "check.h"

#include <stdlib.h>
#include <string.h>

#include "fs/lockrange.h"
#include "lib/assert.h"

enum { OWNERS = 3, BYTES = 40 };

void assert_failed(const char *file, int line, const char *expr)
{
	fail_msg("%s:%d: %s", file, line, expr);
	abort();
}

static char owners[OWNERS];

static struct lock_range range(int owner, int type, uint64_t start,
			       uint64_t last)
{
	return (struct lock_range){
		.owner = &owners[owner],
		.pid = owner,
		.kind = LOCK_RECORD,
		.type = (uint16_t)type,
		.start = start,
		.last = last,
	};
}

static void free_all(struct list *list)
{
	struct list *node;

	while ((node = list_pop(list)))
		free(container_of(node, struct lock_range, link));
}

static bool set(struct list *ranges, struct lock_range wish)
{
	struct lock_range *spare[2] = { malloc(sizeof(wish)),
					malloc(sizeof(wish)) };
	struct list unused = LIST_INIT(unused);
	bool less = lockrange_set(ranges, &wish, spare, &unused);

	free_all(&unused);
	free(spare[0]);
	free(spare[1]);
	return less;
}

static unsigned count(const struct list *ranges)
{
	const struct list *node;
	unsigned n = 0;

	list_for_each(node, ranges)
		n++;
	return n;
}

static void test_merge_and_split(void **state)
{
	struct list ranges = LIST_INIT(ranges);
	struct lock_range wish;

	(void)state;
	assert_false(set(&ranges, range(0, LOCK_WRITE, 10, 19)));
	assert_false(set(&ranges, range(0, LOCK_WRITE, 20, 29)));
	assert_int_equal(count(&ranges), 1);
	assert_false(set(&ranges, range(0, LOCK_WRITE, 0, 5)));
	assert_int_equal(count(&ranges), 2);
	assert_false(set(&ranges, range(0, LOCK_WRITE, 6, 9)));
	assert_int_equal(count(&ranges), 1);
	/* A hole, then reading beside it. */
	assert_true(set(&ranges, range(0, LOCK_NONE, 12, 14)));
	assert_int_equal(count(&ranges), 2);
	assert_true(set(&ranges, range(0, LOCK_READ, 13, 20)));
	assert_int_equal(count(&ranges), 3);
	/* More is no reason to wake anybody. */
	assert_false(set(&ranges, range(0, LOCK_WRITE, 0, INT64_MAX)));
	assert_int_equal(count(&ranges), 1);
	wish = range(1, LOCK_READ, INT64_MAX, INT64_MAX);
	assert_non_null(lockrange_conflict(&ranges, &wish));
	assert_true(set(&ranges, range(0, LOCK_NONE, 0, INT64_MAX)));
	assert_int_equal(count(&ranges), 0);
	assert_null(lockrange_conflict(&ranges, &wish));
}

static void test_kinds(void **state)
{
	struct list ranges = LIST_INIT(ranges);
	struct lock_range wish = range(0, LOCK_WRITE, 0, INT64_MAX);

	(void)state;
	set(&ranges, wish);
	wish.owner = &owners[1];
	assert_non_null(lockrange_conflict(&ranges, &wish));
	wish.kind = LOCK_FLOCK;
	assert_null(lockrange_conflict(&ranges, &wish));
	set(&ranges, wish);
	assert_int_equal(count(&ranges), 2);
	free_all(&ranges);
}

/* Who has which byte how: LOCK_NONE if not. */
static int model[OWNERS][BYTES];

static int model_conflict(const struct lock_range *wish)
{
	for (uint64_t at = wish->start; at <= wish->last; at++)
		for (int o = 0; o < OWNERS; o++)
			if (o != wish->pid && model[o][at] != LOCK_NONE &&
			    (model[o][at] == LOCK_WRITE ||
			     wish->type == LOCK_WRITE))
				return (int)at;
	return -1;
}

static void assert_same(const struct list *ranges)
{
	int seen[OWNERS][BYTES];
	const struct lock_range *r, *s;

	for (int o = 0; o < OWNERS; o++)
		for (int at = 0; at < BYTES; at++)
			seen[o][at] = LOCK_NONE;
	list_for_each_entry(r, ranges, struct lock_range, link) {
		for (uint64_t at = r->start; at <= r->last; at++) {
			assert_int_equal(seen[r->pid][at], LOCK_NONE);
			seen[r->pid][at] = r->type;
		}
		/* What touches and is alike is one. */
		list_for_each_entry(s, ranges, struct lock_range, link)
			assert_false(s->owner == r->owner &&
				     s->type == r->type &&
				     s->start == r->last + 1);
	}
	assert_memory_equal(seen, model, sizeof(seen));
}

static void test_random(void **state)
{
	uint64_t seed = check_seed(0x10c5), random = seed;
	struct list ranges = LIST_INIT(ranges);

	(void)state;
	print_message("# seed %llu\n", (unsigned long long)seed);
	for (int o = 0; o < OWNERS; o++)
		for (int at = 0; at < BYTES; at++)
			model[o][at] = LOCK_NONE;
	for (int i = 0; i < 20000; i++) {
		uint64_t a = check_below(&random, BYTES);
		uint64_t b = check_below(&random, BYTES);
		struct lock_range wish = range(
			(int)check_below(&random, OWNERS),
			(int)check_below(&random, 3), a < b ? a : b,
			a < b ? b : a);
		struct lock_range *other = NULL;
		int expected = -1;

		if (wish.type != LOCK_NONE) {
			expected = model_conflict(&wish);
			other = lockrange_conflict(&ranges, &wish);
		}
		assert_int_equal(other != NULL, expected >= 0);
		if (other) {
			/* The first: none begins before it. */
			assert_true(other->start <= (uint64_t)expected);
			continue;
		}
		set(&ranges, wish);
		for (uint64_t at = wish.start; at <= wish.last; at++)
			model[wish.pid][at] = wish.type;
		assert_same(&ranges);
	}
	free_all(&ranges);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_merge_and_split),
		cmocka_unit_test(test_kinds),
		cmocka_unit_test(test_random),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
