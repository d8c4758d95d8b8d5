// SPDX-License-Identifier: MIT
/* The sorted queue of timeouts (loom/sched/timeouts.c). */
#include "check.h"

#include "sched/timeouts.h"

#define MANY 300

static struct timeout timeouts[MANY];

static void init_all(struct list *queue)
{
	unsigned i;

	list_init(queue);
	for (i = 0; i < MANY; i++)
		list_init(&timeouts[i].link);
}

static void test_empty(void **state)
{
	struct list queue;

	(void)state;
	init_all(&queue);
	assert_null(timeouts_pop(&queue, UINT64_MAX));
	assert_true(timeouts_next(&queue) == TIMEOUTS_NEVER);
}

static void test_due(void **state)
{
	struct list queue;

	(void)state;
	init_all(&queue);
	timeouts[0].when_ns = 100;
	timeouts_add(&queue, &timeouts[0]);
	assert_int_equal(timeouts_next(&queue), 100);
	assert_null(timeouts_pop(&queue, 0));
	assert_null(timeouts_pop(&queue, 99));
	assert_ptr_equal(timeouts_pop(&queue, 100), &timeouts[0]);
	assert_true(list_empty(&timeouts[0].link));
	assert_true(list_empty(&queue));
}

/* Those of one time in the order in which they were added. */
static void test_same_time(void **state)
{
	struct list queue;
	unsigned i;

	(void)state;
	init_all(&queue);
	for (i = 0; i < 10; i++) {
		timeouts[i].when_ns = i == 4 ? 1 : 7;
		timeouts_add(&queue, &timeouts[i]);
	}
	assert_ptr_equal(timeouts_pop(&queue, 7), &timeouts[4]);
	for (i = 0; i < 10; i++)
		if (i != 4)
			assert_ptr_equal(timeouts_pop(&queue, 7),
					 &timeouts[i]);
}

/* Against a search of the whole array. */
static void test_random(void **state)
{
	uint64_t seed = check_seed(0x2545f4914f6cdd1d);
	struct list queue;
	uint64_t now = 0;
	unsigned step;

	(void)state;
	init_all(&queue);
	for (step = 0; step < 20000; step++) {
		struct timeout *t = &timeouts[check_below(&seed, MANY)];
		uint64_t next = TIMEOUTS_NEVER;
		unsigned i;

		if (list_empty(&t->link)) {
			t->when_ns = now + check_below(&seed, 1000);
			timeouts_add(&queue, t);
		} else {
			list_del(&t->link);
		}
		for (i = 0; i < MANY; i++)
			if (!list_empty(&timeouts[i].link) &&
			    timeouts[i].when_ns < next)
				next = timeouts[i].when_ns;
		assert_true(timeouts_next(&queue) == next);
		now += check_below(&seed, 20);
		t = timeouts_pop(&queue, now);
		assert_int_equal(t != NULL, next <= now);
		if (t)
			assert_true(t->when_ns == next);
	}
}

static void test_tick(void **state)
{
	(void)state;
	assert_int_equal(timeouts_next_tick(100, 100, 10), 110);
	assert_int_equal(timeouts_next_tick(100, 109, 10), 110);
	assert_int_equal(timeouts_next_tick(100, 110, 10), 120);
	/* After a long mask the phase stays and no tick is made up for. */
	assert_int_equal(timeouts_next_tick(100, 1234, 10), 1240);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_empty),
		cmocka_unit_test(test_due),
		cmocka_unit_test(test_same_time),
		cmocka_unit_test(test_random),
		cmocka_unit_test(test_tick),
	};

	return cmocka_run_group_tests_name("timeouts", tests, NULL, NULL);
}
