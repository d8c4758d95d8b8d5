// SPDX-License-Identifier: MIT
/*
 * What weft's initializers make of memory that holds anything, and what they
 * refuse.
 */
#include "check.h"

#include <string.h>

#include <weft/asid.h>
#include <weft/errno.h>
#include <weft/space.h>

enum { CPUS = 2, COUNT = 70, WORDS = 2 };

static struct weft_asid_domain domain;
static struct weft_asid_cpu cpus[CPUS];
static uint64_t map[WORDS + 1];

static int init(uint32_t count, uint32_t ncpus)
{
	memset(&domain, 0xa5, sizeof(domain));
	memset(cpus, 0xa5, sizeof(cpus));
	memset(map, 0xa5, sizeof(map));
	return weft_asid_init(&domain, WEFT_ASID_GENERATIONS, count, map,
			      cpus, ncpus);
}

static void test_domain(void **state)
{
	size_t i;

	(void)state;
	assert_int_equal(init(COUNT, CPUS), 0);
	assert_int_equal(WEFT_ASID_MAP_WORDS(COUNT), WORDS);
	assert_true(map[0] == 1);	/* ASID 0 is nobody's */
	assert_true(map[1] == 0);
	assert_true(map[WORDS] == UINT64_C(0xa5a5a5a5a5a5a5a5));
	for (i = 0; i < CPUS; i++) {
		assert_true(cpus[i].active == 0);
		assert_true(cpus[i].reserved == 0);
		assert_false(cpus[i].flush);
	}
	assert_null(domain.lock);
	assert_null(domain.unlock);
	assert_true(domain.rollovers == 0);
}

static void test_refused(void **state)
{
	(void)state;
	assert_int_equal(init(COUNT, 0), WEFT_EINVAL);
	assert_int_equal(init(CPUS + 1, CPUS), WEFT_EINVAL);
	assert_int_equal(init(CPUS + 2, CPUS), 0);
	assert_int_equal(init(65537, CPUS), WEFT_EINVAL);
}

/* All ASIDs are given before the first rollover, none is given twice. */
static void test_all_are_used(void **state)
{
	static struct weft_space spaces[COUNT];
	uint64_t seen[WORDS] = { 1, 0 };
	size_t i;

	(void)state;
	assert_int_equal(init(COUNT, CPUS), 0);
	for (i = 1; i < COUNT; i++) {
		uint16_t asid;

		weft_space_init(&spaces[i], i << 12, &domain);
		assert_false(weft_asid_assign(&domain, 0, &spaces[i]));
		asid = weft_space_asid(&spaces[i]);
		assert_true(asid < COUNT);
		assert_false(seen[asid / 64] >> (asid % 64) & 1);
		seen[asid / 64] |= UINT64_C(1) << (asid % 64);
	}
	assert_true(domain.rollovers == 0);
	weft_space_init(&spaces[0], 0x1000, &domain);
	assert_true(weft_asid_assign(&domain, 1, &spaces[0]));
	assert_true(domain.rollovers == 1);
}

/* The client's lock */

static unsigned locked, locks;

static void take(void *arg)
{
	assert_ptr_equal(arg, &domain);
	assert_int_equal(locked++, 0);
	locks++;
}

static void give(void *arg)
{
	assert_ptr_equal(arg, &domain);
	assert_int_equal(--locked, 0);
}

static void init_locked(uint32_t count)
{
	assert_int_equal(init(count, CPUS), 0);
	domain.lock = take;
	domain.unlock = give;
	domain.lock_arg = &domain;
	locked = locks = 0;
}

/* The lock is taken once by who needs an ASID, not by who has one. */
static void test_lock(void **state)
{
	struct weft_space space, other;

	(void)state;
	init_locked(COUNT);
	weft_space_init(&space, 0x1000, &domain);
	weft_space_init(&other, 0x2000, &domain);
	weft_asid_assign(&domain, 0, &space);
	weft_asid_assign(&domain, 0, &other);
	assert_int_equal(locks, 2);
	weft_asid_assign(&domain, 0, &space);
	weft_asid_assign(&domain, 0, &other);
	assert_int_equal(locks, 2);
	assert_true(weft_asid_is_live(&domain, 0, &other));
	assert_int_equal(locks, 3);
	assert_int_equal(locked, 0);
}

/* Live is what runs on that CPU, also when a rollover has reserved it. */
static void test_live(void **state)
{
	static struct weft_space spaces[CPUS + 2];
	struct weft_space none;
	size_t i;

	(void)state;
	init_locked(CPUS + 2);		/* three ASIDs */
	weft_space_init(&none, 0x9000, &domain);
	assert_false(weft_asid_is_live(&domain, 0, &none));
	for (i = 0; i < 3; i++) {
		weft_space_init(&spaces[i], (i + 1) << 12, &domain);
		weft_asid_assign(&domain, 0, &spaces[i]);
		assert_true(weft_asid_is_live(&domain, 0, &spaces[i]));
		assert_false(weft_asid_is_live(&domain, 1, &spaces[i]));
	}
	assert_false(weft_asid_is_live(&domain, 0, &spaces[0]));
	assert_false(weft_asid_is_live(&domain, 0, &none));

	/* CPU 1 needs a fourth: CPU 0 still runs spaces[2]. */
	weft_space_init(&spaces[3], 0x4000, &domain);
	assert_true(weft_asid_assign(&domain, 1, &spaces[3]));
	assert_true(domain.rollovers == 1);
	assert_true(weft_asid_is_live(&domain, 1, &spaces[3]));
	assert_true(weft_asid_is_live(&domain, 0, &spaces[2]));
	assert_false(weft_asid_is_live(&domain, 0, &spaces[0]));
}

/* After a rollover a space has its old number, if nobody took it. */
static void test_same_number(void **state)
{
	static struct weft_space spaces[COUNT + 1];
	uint16_t old;
	size_t i;

	(void)state;
	assert_int_equal(init(COUNT, CPUS), 0);
	for (i = 0; i <= COUNT - 1; i++) {
		weft_space_init(&spaces[i], (i + 1) << 12, &domain);
		weft_asid_assign(&domain, 0, &spaces[i]);
	}
	assert_true(domain.rollovers == 1);
	old = weft_space_asid(&spaces[40]);
	weft_asid_assign(&domain, 0, &spaces[40]);
	assert_int_equal(weft_space_asid(&spaces[40]), old);
	assert_true(domain.rollovers == 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_domain),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_all_are_used),
		cmocka_unit_test(test_lock),
		cmocka_unit_test(test_live),
		cmocka_unit_test(test_same_number),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
