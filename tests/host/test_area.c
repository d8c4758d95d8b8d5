// SPDX-License-Identifier: MIT
/*
 * loom/mm/area.c against an array that knows each page: random changes, then
 * both must say the same, and the list must have its canonical form.
 */
#include "check.h"
#include "machine.h"

#include "lib/errno.h"
#include "lib/string.h"
#include "mm/area.h"
#include "mm/kmem.h"
#include "mm/layout.h"

enum {
	PAGES = 1024,		/* four times the stack's gap */
	FIRST = 16,		/* number of the model's first page */
	GAP = AREA_STACK_GAP / PAGE_SIZE,
};

struct cell {
	bool used;
	uint8_t prot, kind;
};

static struct cell cells[PAGES];
static struct area_set set;
static uint64_t random_state;
static long allocs_left = -1;	/* negative: no failures */

void *kmalloc(size_t size)
{
	if (allocs_left == 0)
		return NULL;
	if (allocs_left > 0)
		allocs_left--;
	return malloc(size);
}

void kfree(void *ptr)
{
	free(ptr);
}

static uint64_t address(size_t cell)
{
	return (FIRST + (uint64_t)cell) * PAGE_SIZE;
}

static size_t cell_of(uint64_t va)
{
	return va / PAGE_SIZE - FIRST;
}

static bool alike(const struct cell *a, const struct cell *b)
{
	return a->used == b->used &&
	       (!a->used || (a->prot == b->prot && a->kind == b->kind));
}

/* The list says of each page what the array says, in the fewest areas. */
static void check_same(void)
{
	const struct area *area;
	size_t at = 0, count = 0;

	list_for_each_entry(area, &set.list, struct area, link) {
		size_t start = cell_of(area->start), end = cell_of(area->end);

		assert_true(start < end && end <= PAGES && start >= at);
		for (; at < start; at++)
			assert_false(cells[at].used);
		for (; at < end; at++) {
			assert_true(cells[at].used);
			assert_int_equal(cells[at].prot, area->prot);
			assert_int_equal(cells[at].kind, area->kind);
		}
		if (start > 0 && cells[start - 1].used)
			assert_false(alike(&cells[start - 1], &cells[start]));
		count++;
	}
	for (; at < PAGES; at++)
		assert_false(cells[at].used);
	assert_int_equal(count, set.count);
}

static bool naive_free(size_t start, size_t end)
{
	for (; start < end; start++)
		if (cells[start].used)
			return false;
	return true;
}

/* Neither an area nor the gap under a stack has a part in it. */
static bool naive_placeable(size_t start, size_t end)
{
	size_t i;

	if (!naive_free(start, end))
		return false;
	for (i = end; i < PAGES && i < end + GAP; i++)
		if (cells[i].used && cells[i].kind == AREA_STACK)
			return false;
	return true;
}

static uint64_t naive_gap(size_t low, size_t high, size_t len)
{
	size_t at;

	if (high < low || high - low < len)
		return 0;
	for (at = high - len + 1; at-- > low;)
		if (naive_placeable(at, at + len))
			return address(at);
	return 0;
}

static size_t naive_covered(size_t start, size_t end)
{
	while (start < end && cells[start].used)
		start++;
	return start;
}

static void check_questions(size_t start, size_t end)
{
	const struct area *at = area_at(&set, address(start) + 0x123);
	const struct area *next = area_next(&set, address(start) + 0x123);
	size_t i = start, len = check_below(&random_state, 80) + 1;

	assert_true(cells[start].used == (at != NULL));
	if (at) {
		assert_true(at->start <= address(start));
		assert_true(at->end > address(start));
	}
	while (i < PAGES && !cells[i].used)
		i++;
	assert_true((i < PAGES) == (next != NULL));
	if (next)
		assert_true(next->start <= address(i) &&
			    next->end > address(i));
	assert_true(area_is_free(&set, address(start), address(end)) ==
		    naive_free(start, end));
	assert_true(area_is_placeable(&set, address(start), address(end)) ==
		    naive_placeable(start, end));
	assert_int_equal(area_covered(&set, address(start), address(end)),
			 address(naive_covered(start, end)));
	assert_int_equal(area_find_gap(&set, address(start), address(end),
				       len * PAGE_SIZE),
			 naive_gap(start, end, len));
	assert_int_equal(area_find_gap(&set, address(0), address(PAGES),
				       len * PAGE_SIZE),
			 naive_gap(0, PAGES, len));
}

/* Stacks are rare, as in life: else there is no place for anything. */
static struct cell random_cell(void)
{
	static const uint8_t prots[] = { 0, AREA_READ, AREA_READ | AREA_WRITE };
	size_t n = check_below(&random_state, 40);

	return (struct cell){
		.used = true,
		.prot = prots[check_below(&random_state, 3)],
		.kind = n == 0 ? AREA_STACK : n < 5 ? AREA_BRK : AREA_ANON,
	};
}

static void random_change(size_t start, size_t end)
{
	struct cell cell = random_cell();
	size_t what = check_below(&random_state, 10), i;
	int err;

	if (what < 4)
		err = area_replace(&set, address(start), address(end),
				   cell.prot, cell.kind);
	else if (what < 7)
		err = area_remove(&set, address(start), address(end));
	else
		err = area_protect(&set, address(start), address(end),
				   cell.prot);
	if (err) {
		assert_int_equal(err, -ENOMEM);
		assert_int_equal(allocs_left, 0);
		return;
	}
	for (i = start; i < end; i++) {
		if (what < 4)
			cells[i] = cell;
		else if (what < 7)
			cells[i].used = false;
		else
			cells[i].prot = cell.prot;
	}
}

static void random_run(uint64_t seed, bool failures)
{
	unsigned step;

	print_message("# seed %llu\n", (unsigned long long)seed);
	random_state = seed;
	area_init(&set);
	memset(cells, 0, sizeof(cells));
	for (step = 0; step < 6000; step++) {
		size_t start = check_below(&random_state, PAGES);
		size_t max = check_below(&random_state, 8) ? 24 : PAGES;
		size_t end = start + 1 + check_below(&random_state, max);

		if (end > PAGES)
			end = PAGES;
		if (failures)
			allocs_left = (long)check_below(&random_state, 4);
		random_change(start, end);
		allocs_left = -1;
		check_same();
		check_questions(start, end);
	}
	area_clear(&set);
	assert_int_equal(set.count, 0);
	assert_true(list_empty(&set.list));
}

static void test_random(void **state)
{
	uint64_t seed = check_seed(1), i;

	(void)state;
	for (i = 0; i < 6; i++)
		random_run(seed + i, i % 2);
}

/* The highest place, under a stack's gap, and exactly as large as it is. */
static void test_gap(void **state)
{
	uint64_t top = USER_TOP - PAGE_SIZE;
	uint64_t stack = top - 0x800000, below = stack - AREA_STACK_GAP;

	(void)state;
	area_init(&set);
	assert_int_equal(area_find_gap(&set, 0x10000, top, PAGE_SIZE),
			 top - PAGE_SIZE);
	area_replace(&set, stack, top, AREA_READ, AREA_STACK);
	assert_int_equal(area_find_gap(&set, 0x10000, top, PAGE_SIZE),
			 below - PAGE_SIZE);
	assert_true(area_is_placeable(&set, below - PAGE_SIZE, below));
	assert_false(area_is_placeable(&set, below, below + PAGE_SIZE));
	assert_true(area_is_free(&set, below, stack));
	assert_int_equal(area_find_gap(&set, 0x10000, top, below - 0x10000),
			 0x10000);
	assert_int_equal(area_find_gap(&set, 0x10000, top,
				       below - 0x10000 + PAGE_SIZE), 0);
	assert_int_equal(area_find_gap(&set, 0x10000, top, USER_TOP), 0);
	assert_int_equal(area_find_gap(&set, 0x10000, 0x8000, PAGE_SIZE), 0);
	area_clear(&set);
}

/* So many areas that a program could fill the kernel's memory with them. */
static void test_limit(void **state)
{
	uint64_t va = 0x10000;
	unsigned n = 0;

	(void)state;
	area_init(&set);
	/* Downwards: the list is searched from its start. */
	va += (uint64_t)AREA_MAX * 2 * PAGE_SIZE;
	while (area_replace(&set, va, va + PAGE_SIZE, AREA_READ,
			    AREA_ANON) == 0) {
		va -= 2 * PAGE_SIZE;
		n++;
	}
	assert_int_equal(n, AREA_MAX);
	assert_int_equal(area_protect(&set, va + 2 * PAGE_SIZE,
				      va + 3 * PAGE_SIZE, 0), 0);
	area_clear(&set);

	/* A full set cannot be split either, but can shrink. */
	area_replace(&set, 0x10000, 0x10000 + 3 * PAGE_SIZE, AREA_READ,
		     AREA_ANON);
	set.count += AREA_MAX - 1;
	assert_int_equal(area_remove(&set, 0x11000, 0x12000), -ENOMEM);
	assert_int_equal(area_remove(&set, 0x10000, 0x13000), 0);
	assert_int_equal(set.count, AREA_MAX - 1);
}

static void test_misuse(void **state)
{
	(void)state;
	area_init(&set);
	expect_stop(area_remove(&set, 0x10000, 0x10000));
	expect_stop(area_remove(&set, 0x10001, 0x11000));
	expect_stop(area_replace(&set, 0x10000, USER_TOP + PAGE_SIZE, 0, 0));
	expect_stop(area_protect(&set, 0x12000, 0x11000, 0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_random),
		cmocka_unit_test(test_gap),
		cmocka_unit_test(test_limit),
		cmocka_unit_test(test_misuse),
	};

	return cmocka_run_group_tests_name("area", tests, NULL, NULL);
}
