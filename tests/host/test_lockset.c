// SPDX-License-Identifier: MIT
/* The lock checker's rules (loom/lib/lockset.c). */
#include "check.h"

#include "lib/lock.h"
#include "lib/lockset.h"

static int locks[LOCKSET_MAX + 1];	/* only their addresses matter */

static const char *add(struct lockset *set, unsigned i, unsigned rank)
{
	return lockset_add(set, &locks[i], rank, 0);
}

static void test_in_order(void **state)
{
	struct lockset set = { .count = 0 };
	unsigned rank;

	(void)state;
	for (rank = RANK_FILE; rank < RANK_FILE + LOCKSET_MAX; rank++)
		assert_null(add(&set, rank - RANK_FILE, rank));
	assert_int_equal(set.count, LOCKSET_MAX);
	assert_string_equal(add(&set, LOCKSET_MAX, RANK_LOG),
			    "taken with too many others held");
	for (rank = 0; rank < LOCKSET_MAX; rank++)
		assert_null(lockset_remove(&set, &locks[rank]));
	assert_int_equal(set.count, 0);
}

/* Every pair of ranks: allowed exactly if it rises. */
static void test_pairs(void **state)
{
	unsigned a, b;

	(void)state;
	for (a = RANK_FILE; a < RANK_COUNT; a++) {
		for (b = RANK_FILE; b < RANK_COUNT; b++) {
			struct lockset set = { .count = 0 };

			assert_null(add(&set, 0, a));
			if (b > a) {
				assert_null(add(&set, 1, b));
				continue;
			}
			assert_non_null(add(&set, 1, b));
			/* A complaint leaves the set alone. */
			assert_int_equal(set.count, 1);
			assert_false(lockset_has(&set, &locks[1]));
		}
	}
}

static void test_nested(void **state)
{
	struct lockset set = { .count = 0 };

	(void)state;
	assert_null(add(&set, 0, RANK_DIR));
	assert_non_null(add(&set, 1, RANK_DIR));
	assert_null(lockset_add(&set, &locks[1], RANK_DIR, LOCKSET_NESTED));
	/* Nested is about one's own rank, not a way around the order. */
	assert_non_null(lockset_add(&set, &locks[2], RANK_FILE,
				    LOCKSET_NESTED));
	assert_string_equal(lockset_add(&set, &locks[0], RANK_DIR,
					LOCKSET_NESTED), "taken twice");
}

/* Spinlocks of one rank: by address, on whichever CPU. */
static void test_nested_spin(void **state)
{
	struct lockset set = { .count = 0 };

	(void)state;
	assert_null(add(&set, 1, RANK_FUTEX));
	assert_null(lockset_add(&set, &locks[2], RANK_FUTEX, LOCKSET_NESTED));
	assert_string_equal(lockset_add(&set, &locks[0], RANK_FUTEX,
					LOCKSET_NESTED),
			    "taken with a higher one of its rank held");
	assert_null(lockset_remove(&set, &locks[2]));
	assert_non_null(lockset_add(&set, &locks[0], RANK_FUTEX,
				    LOCKSET_NESTED));
	/* Sleeping locks have an order of their own: parents first. */
	set.count = 0;
	assert_null(add(&set, 1, RANK_DIR));
	assert_null(lockset_add(&set, &locks[0], RANK_DIR, LOCKSET_NESTED));
}

static void test_handler(void **state)
{
	unsigned rank;

	(void)state;
	for (rank = RANK_FILE; rank < RANK_COUNT; rank++) {
		struct lockset set = { .count = 0 };
		const char *complaint = lockset_add(&set, &locks[0], rank,
						    LOCKSET_IN_HANDLER);

		if (rank >= RANK_FIRST_IRQ)
			assert_null(complaint);
		else
			assert_string_equal(complaint,
					    "taken by an interrupt's handler");
	}
}

/* The highest that is held counts, not the last that was taken. */
static void test_crosswise(void **state)
{
	struct lockset set = { .count = 0 };

	(void)state;
	assert_null(add(&set, 0, RANK_TREE));
	assert_null(add(&set, 1, RANK_RUNQ));
	assert_null(lockset_remove(&set, &locks[0]));
	assert_non_null(add(&set, 2, RANK_TIMER));
	assert_null(add(&set, 2, RANK_PAGE));
	assert_null(lockset_remove(&set, &locks[1]));
	assert_non_null(add(&set, 3, RANK_KMEM));
	assert_true(lockset_has(&set, &locks[2]));
	assert_false(lockset_has(&set, &locks[1]));
	assert_null(lockset_remove(&set, &locks[2]));
	assert_non_null(lockset_remove(&set, &locks[2]));
}

static void test_sleeping(void **state)
{
	struct lockset set = { .count = 0 };

	(void)state;
	assert_null(add(&set, 0, RANK_LAST_MUTEX));
	assert_false(lockset_has_spin(&set));
	assert_null(add(&set, 1, RANK_FDTABLE));
	assert_true(lockset_has_spin(&set));
	assert_string_equal(add(&set, 2, RANK_FILE),
			    "a sleeping lock taken with a spinlock held");
	assert_null(lockset_remove(&set, &locks[1]));
	assert_false(lockset_has_spin(&set));
}

static void test_irqs(void **state)
{
	unsigned rank;

	(void)state;
	for (rank = RANK_FILE; rank < RANK_COUNT; rank++) {
		struct lockset set = { .count = 0 };
		const char *complaint = lockset_add(&set, &locks[0], rank,
						    LOCKSET_IRQS_ON);

		if (rank < RANK_FIRST_IRQ)
			assert_null(complaint);
		else
			assert_string_equal(complaint,
					    "taken with interrupts enabled");
	}
}

static void test_uninitialized(void **state)
{
	struct lockset set = { .count = 0 };

	(void)state;
	assert_non_null(add(&set, 0, RANK_NONE));
	assert_non_null(add(&set, 0, RANK_COUNT));
	assert_int_equal(set.count, 0);
}

/* What the caller keeps with a lock goes with it. */
static void test_since(void **state)
{
	struct lockset set = { .count = 0 };

	(void)state;
	for (unsigned i = 0; i < 3; i++) {
		assert_null(add(&set, i, RANK_TREE + i));
		assert_int_equal(set.since[i], 0);
		set.since[i] = 100 + i;
	}
	assert_int_equal(lockset_find(&set, &locks[3]), -1);
	assert_int_equal(lockset_find(&set, &locks[1]), 1);
	assert_null(lockset_remove(&set, &locks[0]));
	assert_int_equal(lockset_find(&set, &locks[0]), -1);
	for (unsigned i = 1; i < 3; i++) {
		int at = lockset_find(&set, &locks[i]);

		assert_int_equal(at, i - 1);
		assert_int_equal(set.rank[at], RANK_TREE + i);
		assert_int_equal(set.since[at], 100 + i);
	}
	/* The next one does not find an old time. */
	assert_null(add(&set, 3, RANK_LOG));
	assert_int_equal(set.since[2], 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_in_order),
		cmocka_unit_test(test_pairs),
		cmocka_unit_test(test_nested),
		cmocka_unit_test(test_nested_spin),
		cmocka_unit_test(test_handler),
		cmocka_unit_test(test_crosswise),
		cmocka_unit_test(test_sleeping),
		cmocka_unit_test(test_irqs),
		cmocka_unit_test(test_uninitialized),
		cmocka_unit_test(test_since),
	};

	return cmocka_run_group_tests_name("lockset", tests, NULL, NULL);
}
