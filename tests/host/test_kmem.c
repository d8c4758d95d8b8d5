// SPDX-License-Identifier: MIT
/* loom/mm/kmem.c on loom/mm/page.c, over simulated memory. */
#include "check.h"
#include "machine.h"

#include "lib/string.h"
#include "mm/kmem.h"
#include "mm/page.h"

enum {
	MIB = 0x100000,
	RAM_SIZE = 16 * MIB,
	LIVE_MAX = 3000,
};

static void check_nothing_used(void)
{
	assert_int_equal(page_free_count(), page_total_count());
	assert_int_equal(machine_locks_held(), 0);
}

/* Every size that a small object can have: alignment, room, given back. */
static void test_sizes(void **state)
{
	size_t size;

	(void)state;
	for (size = 0; size <= 5000; size++) {
		unsigned char *a = kmalloc(size), *b = kzalloc(size);
		size_t i;

		assert_non_null(a);
		assert_non_null(b);
		assert_int_equal((uintptr_t)a % 16, 0);
		assert_int_equal((uintptr_t)b % 16, 0);
		assert_true(a + size <= b || b + size <= a);
		memset(a, 0xee, size);
		for (i = 0; i < size; i++)
			assert_int_equal(b[i], 0);
		kfree(a);
		kfree(b);
	}
	check_nothing_used();
}

static void test_large(void **state)
{
	size_t sizes[] = { 2049, 4096, 4097, 65536, MIB + 1, 2 * MIB };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		size_t before = page_free_count();
		char *p = kmalloc(sizes[i]);

		assert_non_null(p);
		assert_int_equal((uintptr_t)p % PAGE_SIZE, 0);
		assert_true((before - page_free_count()) * PAGE_SIZE >=
			    sizes[i]);
		memset(p, 1, sizes[i]);
		kfree(p);
	}
	assert_null(kmalloc(2 * MIB + 1));
	assert_null(kmalloc(SIZE_MAX));
	kfree(NULL);
	check_nothing_used();
}

struct object {
	unsigned char *at;
	size_t size;
	unsigned char fill;
};

static void check_object(const struct object *o)
{
	size_t i;

	for (i = 0; i < o->size; i++)
		assert_int_equal(o->at[i], o->fill);
}

static size_t random_size(uint64_t *random)
{
	switch (check_below(random, 10)) {
	case 0:
		return check_below(random, 40000);
	case 1:
		return check_below(random, 2049);
	default:
		return check_below(random, 300);
	}
}

static void resize(struct object *o, size_t size)
{
	unsigned char *moved = krealloc(o->at, o->size, size);
	size_t i;

	if (!moved)
		return;
	for (i = 0; i < size && i < o->size; i++)
		assert_int_equal(moved[i], o->fill);
	o->at = moved;
	o->size = size;
	memset(o->at, o->fill, size);
}

static void random_run(uint64_t seed, bool failures)
{
	static struct object live[LIVE_MAX];
	uint64_t random = seed;
	size_t n = 0, refused = 0;
	unsigned step;

	print_message("# seed %llu\n", (unsigned long long)seed);
	for (step = 0; step < 30000; step++) {
		size_t size = random_size(&random);
		size_t what = check_below(&random, 100);
		struct object *o = &live[n];

		if (failures)
			page_fail_after((long)check_below(&random, 3));
		if (what < (step / 3000 % 2 ? 35u : 55u) && n < LIVE_MAX) {
			o->at = kmalloc(size);
			if (!o->at) {
				refused++;
				continue;
			}
			o->size = size;
			o->fill = (unsigned char)check_random(&random);
			memset(o->at, o->fill, size);
			n++;
		} else if (n > 0) {
			o = &live[check_below(&random, n)];
			check_object(o);
			if (what >= 90) {
				resize(o, size);
				continue;
			}
			kfree(o->at);
			*o = live[--n];
		}
	}
	page_fail_after(-1);
	while (n > 0) {
		check_object(&live[--n]);
		kfree(live[n].at);
	}
	assert_true(failures == (refused > 0));
	check_nothing_used();
}

static void test_random(void **state)
{
	uint64_t seed = check_seed(1), i;

	(void)state;
	for (i = 0; i < 4; i++)
		random_run(seed + i, i % 2);
}

/* A slab that was full is used again as soon as it has room. */
static void test_reuse(void **state)
{
	char *first[4], *other;
	size_t pages, i;

	(void)state;
	for (i = 0; i < 4; i++)
		first[i] = kmalloc(1000);
	pages = page_free_count();
	other = kmalloc(1000);
	assert_int_equal(page_free_count(), pages - 1);
	kfree(other);
	assert_int_equal(page_free_count(), pages);
	kfree(first[2]);
	assert_ptr_equal(kmalloc(1000), first[2]);
	assert_int_equal(page_free_count(), pages);
	for (i = 0; i < 4; i++)
		kfree(first[i]);
	check_nothing_used();
}

static void test_resizing(void **state)
{
	char *p = krealloc(NULL, 0, 10), *q;

	(void)state;
	assert_non_null(p);
	memcpy(p, "0123456789", 10);
	assert_ptr_equal(krealloc(p, 10, 16), p);	/* there is room */
	q = krealloc(p, 10, 3000);
	assert_ptr_not_equal(q, p);
	assert_memory_equal(q, "0123456789", 10);
	page_fail_after(0);
	assert_null(krealloc(q, 3000, 5000));
	page_fail_after(-1);
	assert_memory_equal(q, "0123456789", 10);
	kfree(q);
	check_nothing_used();
}

/* What a debug build stops at. Each expectation leaves the class locked. */
static void test_misuse(void **state)
{
	char *keep = kmalloc(100), *p = kmalloc(100);
	static char not_ours[64];

	(void)state;
	kfree(p);
	expect_stop(kfree(p));
	machine_drop_locks();
	expect_stop(kfree(keep + 16));
	machine_drop_locks();
	expect_stop(kfree(not_ours));

	p[20] = 'x';		/* written to after its free */
	expect_stop(kmalloc(100));
	assert_int_equal(machine_locks_held(), 0);
	kfree(p);		/* the failed kmalloc had taken it */
	kfree(keep);

	/* The page went back with its last object. */
	expect_stop(kfree(keep));
	p = kmalloc(5000);
	expect_stop(kfree(p + PAGE_SIZE));
	expect_stop(kfree(p + 16));
	kfree(p);
	expect_stop(kfree(p));
	check_nothing_used();
}

static int set_up(void **state)
{
	(void)state;
	machine_ram(RAM_SIZE, 0xa6);
	page_add_range(MACHINE_RAM, MACHINE_RAM + RAM_SIZE);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	machine_ram_free();
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sizes),
		cmocka_unit_test(test_large),
		cmocka_unit_test(test_random),
		cmocka_unit_test(test_reuse),
		cmocka_unit_test(test_resizing),
		cmocka_unit_test(test_misuse),
	};

	return cmocka_run_group_tests_name("kmem", tests, set_up, tear_down);
}
