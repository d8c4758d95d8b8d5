// SPDX-License-Identifier: MIT
/*
 * loom/mm/area.c against an array that knows each page: random changes, then
 * both must say the same, the set must have its canonical form, and each file
 * as many references as there are areas of it.
 */
#include "check.h"
#include "machine.h"

#include "fs/inode.h"
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

enum { FILES = 2 };

struct cell {
	bool used;
	uint8_t prot, may, flags;
	uint8_t file;		/* 0: anonymous, else its number + 1 */
	uint64_t offset;	/* in the file, of this page */
};

static struct cell cells[PAGES];
static struct area_set set;
static uint64_t random_state;
static long allocs_left = -1;	/* negative: no failures */
static struct inode files[FILES];
static long maps[FILES], writers[FILES];

void *krealloc(void *ptr, size_t old_size, size_t new_size)
{
	void *new;

	if (allocs_left == 0)
		return NULL;
	if (allocs_left > 0)
		allocs_left--;
	/* Always elsewhere, so that pointers into the old one are seen. */
	new = malloc(new_size);
	if (ptr && new)
		memcpy(new, ptr, old_size);
	free(ptr);
	return new;
}

void kfree(void *ptr)
{
	free(ptr);
}

void inode_map(struct inode *inode, bool writer)
{
	maps[inode - files]++;
	writers[inode - files] += writer;
}

void inode_unmap(struct inode *inode, bool writer)
{
	maps[inode - files]--;
	writers[inode - files] -= writer;
	assert_true(maps[inode - files] >= 0 && writers[inode - files] >= 0);
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
	return a->used && b->used && a->prot == b->prot && a->may == b->may &&
	       a->flags == b->flags && a->file == b->file &&
	       (!a->file || b->offset == a->offset + PAGE_SIZE);
}

static void check_cell(const struct cell *cell, const struct area *area,
		       uint64_t va)
{
	assert_true(cell->used);
	assert_int_equal(cell->prot, area->prot);
	assert_int_equal(cell->may, area->may);
	assert_int_equal(cell->flags, area->flags);
	assert_ptr_equal(area->inode, cell->file ? &files[cell->file - 1]
						 : NULL);
	if (cell->file)
		assert_int_equal(cell->offset, area_offset(area, va));
}

/* The set says of each page what the array says, in the fewest areas. */
static void check_same(void)
{
	long mapped[FILES] = { 0 }, written[FILES] = { 0 };
	size_t at = 0, i;

	for (i = 0; i < set.count; i++) {
		const struct area *area = &set.area[i];
		size_t start = cell_of(area->start), end = cell_of(area->end);

		assert_true(start < end && end <= PAGES && start >= at);
		for (; at < start; at++)
			assert_false(cells[at].used);
		for (; at < end; at++)
			check_cell(&cells[at], area, address(at));
		if (start > 0)
			assert_false(alike(&cells[start - 1], &cells[start]));
		if (!area->inode)
			continue;
		mapped[area->inode - files]++;
		written[area->inode - files] += (area->flags & AREA_SHARED) &&
						(area->may & AREA_WRITE);
	}
	for (; at < PAGES; at++)
		assert_false(cells[at].used);
	assert_memory_equal(mapped, maps, sizeof(maps));
	assert_memory_equal(written, writers, sizeof(writers));
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
		if (cells[i].used && (cells[i].flags & AREA_GROWS))
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
	struct cell cell = {
		.used = true,
		.prot = prots[check_below(&random_state, 3)],
		.may = n % 4 ? AREA_ALL : AREA_READ | AREA_EXEC,
	};

	if (n == 0)
		cell.flags = AREA_GROWS;
	if (n >= 20) {
		cell.file = (uint8_t)(1 + n % FILES);
		/* Neighbours that continue each other are to be found. */
		cell.offset = check_below(&random_state, 2) * 64 * PAGE_SIZE;
		cell.flags = n >= 30 ? AREA_SHARED : 0;
	}
	return cell;
}

/* The file's page that belongs at page @i, if the mapping goes that far. */
static struct cell cell_at(struct cell cell, size_t i)
{
	if (cell.file)
		cell.offset += i * PAGE_SIZE;
	return cell;
}

static int replace(size_t start, size_t end, struct cell cell)
{
	const struct area new = {
		.start = address(start),
		.end = address(end),
		.inode = cell.file ? &files[cell.file - 1] : NULL,
		.offset = cell_at(cell, start).offset,
		.prot = cell.prot,
		.may = cell.may,
		.flags = cell.flags,
	};

	return area_replace(&set, &new);
}

enum change { REPLACE, REMOVE, PROTECT, FLAGS };

static enum change random_kind(void)
{
	static const enum change kinds[] = { REPLACE, REPLACE, REPLACE,
		REPLACE, REMOVE, REMOVE, REMOVE, PROTECT, PROTECT, FLAGS };

	return kinds[check_below(&random_state, 10)];
}

static int change(enum change kind, size_t start, size_t end,
		  struct cell cell)
{
	switch (kind) {
	case REPLACE:
		return replace(start, end, cell);
	case REMOVE:
		return area_remove(&set, address(start), address(end));
	case PROTECT:
		return area_protect(&set, address(start), address(end),
				    cell.prot);
	default:
		return area_change_flags(&set, address(start), address(end),
					 AREA_WIPEONFORK, AREA_DONTFORK);
	}
}

static void model_change(enum change kind, size_t i, struct cell cell)
{
	switch (kind) {
	case REPLACE:
		cells[i] = cell_at(cell, i);
		break;
	case REMOVE:
		cells[i].used = false;
		break;
	case PROTECT:
		cells[i].prot = cell.prot;
		break;
	default:
		cells[i].flags &= (uint8_t)~AREA_WIPEONFORK;
		cells[i].flags |= AREA_DONTFORK;
	}
}

static void random_change(size_t start, size_t end)
{
	enum change kind = random_kind();
	struct cell cell = random_cell();
	int err = change(kind, start, end, cell);
	size_t i;

	if (err) {
		assert_int_equal(err, -ENOMEM);
		assert_int_equal(allocs_left, 0);
		return;
	}
	for (i = start; i < end; i++)
		model_change(kind, i, cell);
}

/* A copy is equal, and has references of its own. */
static void check_set_copy(void)
{
	struct area_set copy;
	size_t i;

	area_init(&copy);
	assert_int_equal(area_copy(&copy, &set), 0);
	assert_int_equal(copy.count, set.count);
	for (i = 0; i < set.count; i++)
		assert_memory_equal(&copy.area[i], &set.area[i],
				    sizeof(struct area));
	area_clear(&copy);
	check_same();
}

/*
 * What is remembered of the time before the change does not mislead. The last
 * question leaves something to remember.
 */
static void check_hits(size_t start, size_t end)
{
	const size_t at[] = { end - 1, start, end < PAGES ? end : 0,
			      check_below(&random_state, PAGES) };
	unsigned i;

	for (i = 0; i < sizeof(at) / sizeof(at[0]); i++)
		assert_ptr_equal(area_hit(&set, address(at[i])),
				 area_at(&set, address(at[i])));
}

static void random_run(uint64_t seed, bool failures)
{
	unsigned step;
	size_t i;

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
			allocs_left = (long)check_below(&random_state, 2);
		random_change(start, end);
		allocs_left = -1;
		check_hits(start, end);
		if (step % 64 == 0)
			check_set_copy();
		check_same();
		check_questions(start, end);
	}
	area_clear(&set);
	assert_int_equal(set.count, 0);
	for (i = 0; i < FILES; i++)
		assert_true(maps[i] == 0 && writers[i] == 0);
}

static void test_random(void **state)
{
	uint64_t seed = check_seed(1), i;

	(void)state;
	for (i = 0; i < 6; i++)
		random_run(seed + i, i % 2);
}

static int put(uint64_t start, uint64_t end, unsigned flags)
{
	const struct area new = { .start = start, .end = end,
		.prot = AREA_READ, .may = AREA_ALL, .flags = (uint8_t)flags };

	return area_replace(&set, &new);
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
	put(stack, top, AREA_GROWS);
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
	while (put(va, va + PAGE_SIZE, 0) == 0) {
		va += 2 * PAGE_SIZE;
		n++;
	}
	assert_int_equal(n, AREA_MAX);
	assert_int_equal(area_protect(&set, 0x10000, 0x11000, 0), 0);
	/* A full set cannot be split, but it can shrink. */
	assert_int_equal(area_remove(&set, 0x10000, 0x11000), 0);
	assert_int_equal(put(va, va + 3 * PAGE_SIZE, 0), 0);
	assert_int_equal(set.count, AREA_MAX);
	assert_int_equal(area_remove(&set, va + 2 * PAGE_SIZE,
				     va + 3 * PAGE_SIZE), 0);
	assert_int_equal(set.count, AREA_MAX);
	assert_int_equal(area_remove(&set, va, va + PAGE_SIZE), 0);
	assert_int_equal(area_remove(&set, va + PAGE_SIZE, va + 2 * PAGE_SIZE),
			 0);
	assert_int_equal(put(va, va + 3 * PAGE_SIZE, 0), 0);
	assert_int_equal(area_remove(&set, va + PAGE_SIZE, va + 2 * PAGE_SIZE),
			 -ENOMEM);
	assert_int_equal(set.count, AREA_MAX);
	assert_int_equal(area_remove(&set, va, va + 2 * PAGE_SIZE), 0);
	area_clear(&set);
}

/* What was reserved cannot fail. */
static void test_reserve(void **state)
{
	uint64_t va = 0x10000;
	size_t i;

	(void)state;
	area_init(&set);
	assert_int_equal(area_reserve(&set, 300), 0);
	allocs_left = 0;
	for (i = 0; i < 300; i++)
		assert_int_equal(put(va + i * 2 * PAGE_SIZE,
				     va + (i * 2 + 1) * PAGE_SIZE, 0), 0);
	allocs_left = -1;
	assert_int_equal(area_reserve(&set, AREA_MAX), -ENOMEM);
	area_clear(&set);
}

/* Down to where it is asked for, and a part of it is what it was. */
static void test_grow(void **state)
{
	struct area *area;

	(void)state;
	area_init(&set);
	put(0x100000, 0x102000, AREA_GROWS);
	area = area_at(&set, 0x101000);
	area_grow_down(area, 0x80000);
	assert_int_equal(area_at(&set, 0x80000)->end, 0x102000);
	assert_null(area_at(&set, 0x7f000));
	area_clear(&set);
}

static void test_misuse(void **state)
{
	(void)state;
	area_init(&set);
	expect_stop(area_remove(&set, 0x10000, 0x10000));
	expect_stop(area_remove(&set, 0x10001, 0x11000));
	expect_stop(put(0x10000, USER_TOP + PAGE_SIZE, 0));
	expect_stop(area_protect(&set, 0x12000, 0x11000, 0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_random),
		cmocka_unit_test(test_gap),
		cmocka_unit_test(test_limit),
		cmocka_unit_test(test_reserve),
		cmocka_unit_test(test_grow),
		cmocka_unit_test(test_misuse),
	};

	return cmocka_run_group_tests_name("area", tests, NULL, NULL);
}
