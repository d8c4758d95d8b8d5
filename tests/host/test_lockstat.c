// SPDX-License-Identifier: MIT
/* The books of lock statistics (loom/lib/lockstat.c). */
#include "check.h"

#include <string.h>

#include "lib/lock.h"
#include "lib/lockstat.h"

static void test_names(void **state)
{
	unsigned a, b;

	(void)state;
	for (a = 0; a < RANK_COUNT; a++) {
		assert_non_null(lockstat_rank_name(a));
		/* Each its own: a rank that was added has one, too. */
		for (b = 0; b < a; b++)
			assert_string_not_equal(lockstat_rank_name(a),
						lockstat_rank_name(b));
	}
	assert_string_equal(lockstat_rank_name(RANK_RUNQ), "runq");
	assert_string_equal(lockstat_rank_name(RANK_COUNT - 1), "log");
}

static void test_ranks(void **state)
{
	static struct lockstat s;
	unsigned rank;

	(void)state;
	memset(&s, 0, sizeof(s));
	for (rank = 1; rank < RANK_COUNT; rank++) {
		lockstat_taken(&s, rank);
		lockstat_taken(&s, rank);
		lockstat_waited(&s, rank, 10 + rank);
		lockstat_held(&s, rank, 1000 + rank);
		/* What is shorter changes no longest. */
		lockstat_waited(&s, rank, 5);
		lockstat_held(&s, rank, 999);
	}
	for (rank = 1; rank < RANK_COUNT; rank++) {
		assert_int_equal(s.rank[rank].taken, 2);
		assert_int_equal(s.rank[rank].contended, 2);
		assert_int_equal(s.rank[rank].wait, 10 + rank);
		assert_int_equal(s.rank[rank].hold, 1000 + rank);
	}
	assert_int_equal(s.rank[RANK_NONE].taken, 0);
}

static void test_masked(void **state)
{
	static struct lockstat s;
	static int lock, other;

	(void)state;
	memset(&s, 0, sizeof(s));
	/* Unmasked without being masked for a lock. */
	assert_int_equal(lockstat_unmask(&s, &lock, 100), 0);
	lockstat_mask(&s, &lock, 100, 7);
	/* Another lock, which was taken inside. */
	assert_int_equal(lockstat_unmask(&s, &other, 150), 0);
	assert_int_equal(lockstat_unmask(&s, &lock, 160), 60);
	assert_int_equal(lockstat_unmask(&s, &lock, 170), 0);
	assert_int_equal(s.masked.ticks, 60);
	assert_int_equal(s.masked.where, 7);
	lockstat_mask(&s, &lock, 200, 8);
	assert_int_equal(lockstat_unmask(&s, &lock, 230), 30);
	assert_int_equal(s.masked.where, 7);
	/* One that was never unmasked is forgotten at the next. */
	lockstat_mask(&s, &lock, 300, 9);
	lockstat_mask(&s, &other, 1000, 10);
	assert_int_equal(lockstat_unmask(&s, &other, 1061), 61);
	assert_int_equal(s.masked.ticks, 61);
	assert_int_equal(s.masked.where, 10);
	lockstat_handled(&s, 5, 50);
	lockstat_handled(&s, 4, 51);
	assert_int_equal(s.handler.ticks, 5);
	assert_int_equal(s.handler.where, 50);
}

static void test_sum(void **state)
{
	static struct lockstat one[2], sum;

	(void)state;
	memset(one, 0, sizeof(one));
	memset(&sum, 0, sizeof(sum));
	lockstat_taken(&one[0], RANK_RUNQ);
	lockstat_taken(&one[1], RANK_RUNQ);
	lockstat_waited(&one[0], RANK_RUNQ, 40);
	lockstat_waited(&one[1], RANK_RUNQ, 30);
	lockstat_held(&one[0], RANK_RUNQ, 2);
	lockstat_held(&one[1], RANK_RUNQ, 3);
	lockstat_mask(&one[0], one, 0, 70);
	lockstat_unmask(&one[0], one, 9);
	lockstat_handled(&one[1], 8, 80);
	lockstat_add(&sum, &one[0]);
	lockstat_add(&sum, &one[1]);
	assert_int_equal(sum.rank[RANK_RUNQ].taken, 2);
	assert_int_equal(sum.rank[RANK_RUNQ].contended, 2);
	assert_int_equal(sum.rank[RANK_RUNQ].wait, 40);
	assert_int_equal(sum.rank[RANK_RUNQ].hold, 3);
	assert_int_equal(sum.masked.ticks, 9);
	assert_int_equal(sum.masked.where, 70);
	assert_int_equal(sum.handler.ticks, 8);
	assert_int_equal(sum.handler.where, 80);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_ranks),
		cmocka_unit_test(test_masked),
		cmocka_unit_test(test_sum),
	};

	return cmocka_run_group_tests_name("lockstat", tests, NULL, NULL);
}
