// SPDX-License-Identifier: MIT
/*
 * The load averages: what they approach, how fast, and that idle time counts.
 */
#include "check.h"

#include <stdlib.h>

#include "lib/lock.h"
#include "proc/inspect.h"
#include "sched/clock.h"
#include "sched/loadavg.h"

/* What loadavg.c asks the kernel for. */

static uint64_t now_ns;
static unsigned running;

uint64_t clock_now(void)
{
	return now_ns;
}

void inspect_load(struct inspect_load *load)
{
	*load = (struct inspect_load){ running, running, 0 };
}

uint64_t spin_lock_irqsave(struct spinlock *lock)
{
	(void)lock;
	return 0;
}

void spin_unlock_irqrestore(struct spinlock *lock, uint64_t daif)
{
	(void)lock;
	(void)daif;
}

/* After @minutes of @active threads, from @load on. */
static uint64_t after(uint64_t load, unsigned which, unsigned minutes,
		      unsigned active)
{
	for (unsigned i = 0; i < 12 * minutes; i++)
		load = loadavg_next(load, which, 0, active);
	return load;
}

static void test_rises_to_the_top(void **state)
{
	(void)state;
	for (unsigned which = 0; which < LOAD_COUNT; which++) {
		assert_int_equal(after(0, which, 300, 3), 3 * LOAD_ONE);
		assert_int_equal(after(3 * LOAD_ONE, which, 600, 0), 0);
	}
}

/* After its own time an average has come 1 - 1/e of the way: 63 %. */
static void test_speed(void **state)
{
	static const unsigned minutes[LOAD_COUNT] = { 1, 5, 15 };

	(void)state;
	for (unsigned which = 0; which < LOAD_COUNT; which++) {
		uint64_t load = after(0, which, minutes[which], 10);

		assert_in_range(load, 62 * LOAD_ONE / 10, 65 * LOAD_ONE / 10);
	}
}

static void test_missed_samples(void **state)
{
	(void)state;
	for (unsigned which = 0; which < LOAD_COUNT; which++) {
		uint64_t load = 5 * LOAD_ONE, missed = load;

		for (unsigned i = 0; i < 7; i++)
			load = loadavg_next(load, which, 0, 0);
		load = loadavg_next(load, which, 0, 2);
		missed = loadavg_next(missed, which, 7, 2);
		assert_int_equal(load, missed);
	}
	/* Ends at once however many there are. */
	assert_int_equal(loadavg_next(LOAD_ONE, 0, UINT64_MAX, 0), 0);
}

/* Ticks every 10 ms while something runs, and none while nothing does. */
static void busy_for(uint64_t seconds, unsigned threads)
{
	running = threads;
	for (uint64_t end = now_ns + seconds * 1000000000; now_ns < end;
	     now_ns += 10000000)
		loadavg_tick(now_ns);
}

static void test_ticks(void **state)
{
	uint64_t load[LOAD_COUNT];

	(void)state;
	busy_for(600, 4);
	loadavg_get(load);
	assert_in_range(load[0], 399 * LOAD_ONE / 100, 4 * LOAD_ONE);
	assert_in_range(load[1], 340 * LOAD_ONE / 100, 350 * LOAD_ONE / 100);
	/* Ten minutes of nothing, then the one who asks runs. */
	now_ns += UINT64_C(600) * 1000000000;
	running = 1;
	loadavg_get(load);
	assert_true(load[0] < LOAD_ONE / 100);
	assert_in_range(load[1], 40 * LOAD_ONE / 100, 55 * LOAD_ONE / 100);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rises_to_the_top),
		cmocka_unit_test(test_speed),
		cmocka_unit_test(test_missed_samples),
		cmocka_unit_test(test_ticks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
