// SPDX-License-Identifier: MIT
/*
 * loom/mm/page.c over simulated memory. The file is included, not linked: the
 * tests start it anew and look at its lists.
 */
#include "check.h"
#include "machine.h"

#include "mm/buddy.c"
#include "mm/page.c"

enum {
	MIB = 0x100000,
	RAM_SIZE = 24 * MIB,
	/* What memory holds before: no struct page, but it looks like one. */
	UNTOUCHED = PAGE_FREE,
};

static void restart(void)
{
	unsigned i;

	machine_ram(RAM_SIZE, UNTOUCHED);
	machine_drop_locks();
	machine_messages = 0;
	memset(ranges, 0, sizeof(ranges));
	range_count = 0;
	for (i = 0; i <= PAGE_MAX_ORDER; i++)
		list_init(&free_lists[i]);
	memset(&buddy_counts, 0, sizeof(buddy_counts));
	memset(cpus, 0, sizeof(cpus));
	machine_cpu = 0;
	fail_after = -1;
}

/* What is at hand is nobody's, and on no list. */
static size_t check_stocks(void)
{
	size_t n = 0;
	unsigned i;

	for (i = 0; i < CPU_MAX; i++) {
		const struct stock *stock = &cpus[i].stock;
		uint32_t k;

		assert_true(stock->count <= STOCK_MAX);
		for (k = 0; k < stock->count; k++) {
			const struct page *page = stock->single[k].page;

			assert_ptr_equal(page, page_of(stock->single[k].pa));
			assert_int_equal(page->state, PAGE_BODY);
			assert_int_equal(page->refs, 0);
		}
		n += stock->count;
	}
	return n;
}

/* Every block on a list is what its struct page says; nothing is missing. */
static void check_lists(void)
{
	size_t listed = check_stocks();
	unsigned order, i;
	struct page *page;

	for (order = 0; order <= PAGE_MAX_ORDER; order++) {
		list_for_each_entry(page, &free_lists[order], struct page,
				    link) {
			struct range *range = range_of_page(page);
			uint64_t pa = page_address(range, page);

			assert_int_equal(page->state, PAGE_FREE);
			assert_int_equal(page->order, order);
			assert_int_equal(pa % order_size(order), 0);
			assert_true(pa + order_size(order) <= range->frontier);
			if (order < PAGE_MAX_ORDER)
				assert_null(free_buddy(range, pa, order));
			listed += (size_t)1 << order;
		}
	}
	for (i = 0; i < range_count; i++)
		listed += (ranges[i].end - ranges[i].frontier) >> PAGE_SHIFT;
	assert_int_equal(listed, page_free_count());
	assert_int_equal(machine_locks_held(), 0);
}

/* All free, and every taken-in 2 MiB that is whole is one block again. */
static void check_all_free(void)
{
	size_t blocks = 0;
	struct list *node;
	unsigned i;

	check_lists();
	assert_int_equal(page_free_count(), page_total_count());
	drain_all();
	check_lists();
	assert_int_equal(buddy_counts.free, page_total_count());
	for (i = 0; i < range_count; i++) {
		uint64_t low = (ranges[i].first + BLOCK_SIZE - 1) / BLOCK_SIZE;
		uint64_t high = ranges[i].frontier / BLOCK_SIZE;

		if (high > low)
			blocks += high - low;
	}
	list_for_each(node, &free_lists[PAGE_MAX_ORDER])
		blocks--;
	assert_int_equal(blocks, 0);
}

static void test_lazy(void **state)
{
	const uint8_t *structs;
	uint64_t start = MACHINE_RAM + 3 * PAGE_SIZE, pa;
	size_t i, used;

	(void)state;
	restart();
	page_add_range(start, MACHINE_RAM + RAM_SIZE);
	assert_int_equal(range_count, 1);
	assert_int_equal(page_free_count(), page_total_count());
	assert_int_equal(ranges[0].frontier, ranges[0].first);
	/* One struct page per page at the start, and little more. */
	used = (ranges[0].first - start) / sizeof(struct page);
	assert_true(used >= page_total_count());
	assert_true(used < page_total_count() + 512);

	structs = phys_to_virt(start);
	for (i = 0; i < ranges[0].first - start; i++)
		assert_int_equal(structs[i], UNTOUCHED);

	/* One page: the piece up to the next 2 MiB boundary, nothing above. */
	pa = page_alloc(0);
	assert_true(pa >= ranges[0].first && pa < MACHINE_RAM + BLOCK_SIZE);
	assert_int_equal(ranges[0].frontier, MACHINE_RAM + BLOCK_SIZE);
	i = (size_t)((const uint8_t *)page_in(&ranges[0], ranges[0].frontier) -
		     structs);
	for (; i < ranges[0].first - start; i++)
		assert_int_equal(structs[i], UNTOUCHED);
	assert_null(page_of(MACHINE_RAM + BLOCK_SIZE));
	assert_non_null(page_of(pa));

	/* The first piece is no whole block: 2 MiB come from the second. */
	assert_int_equal(page_alloc(PAGE_MAX_ORDER), MACHINE_RAM + BLOCK_SIZE);
	assert_int_equal(ranges[0].frontier, MACHINE_RAM + 2 * BLOCK_SIZE);
	page_free(MACHINE_RAM + BLOCK_SIZE, PAGE_MAX_ORDER);
	page_free(pa, 0);
	check_all_free();
}

struct allocation {
	uint64_t pa;
	unsigned order;
	uint64_t tag;
};

/* Write into the first and the last word of each page. */
static void tag_memory(const struct allocation *a)
{
	uint64_t pa;

	for (pa = a->pa; pa < a->pa + order_size(a->order); pa += PAGE_SIZE) {
		uint64_t *words = phys_to_virt(pa);

		words[0] = a->tag + pa;
		words[PAGE_SIZE / 8 - 1] = ~(a->tag + pa);
	}
}

static void check_tags(const struct allocation *a)
{
	uint64_t pa;

	for (pa = a->pa; pa < a->pa + order_size(a->order); pa += PAGE_SIZE) {
		const uint64_t *words = phys_to_virt(pa);

		assert_int_equal(words[0], a->tag + pa);
		assert_int_equal(words[PAGE_SIZE / 8 - 1], ~(a->tag + pa));
	}
}

static void random_run(uint64_t seed)
{
	static struct allocation live[4096];
	uint64_t random = seed;
	size_t n = 0, i, used = 0;
	unsigned step;

	print_message("# seed %llu\n", (unsigned long long)seed);
	restart();
	page_add_range(MACHINE_RAM + 10 * MIB, MACHINE_RAM + RAM_SIZE);
	page_add_range(MACHINE_RAM + PAGE_SIZE,
		       MACHINE_RAM + 9 * MIB + 6 * PAGE_SIZE);
	for (step = 0; step < 20000; step++) {
		struct allocation *a;
		bool grow = check_below(&random, 100) <
			(step / 2000 % 2 ? 40u : 60u);

		machine_cpu = (unsigned)check_below(&random, CPU_MAX);

		if (grow && n < 4096) {
			a = &live[n];
			a->order = (unsigned)check_below(&random, 4) *
				(unsigned)check_below(&random, 4);
			a->tag = check_random(&random);
			a->pa = page_alloc(a->order);
			if (!a->pa)
				continue;
			assert_int_equal(a->pa % order_size(a->order), 0);
			tag_memory(a);
			used += (size_t)1 << a->order;
			n++;
		} else if (n > 0) {
			i = check_below(&random, n);
			check_tags(&live[i]);
			page_free(live[i].pa, live[i].order);
			used -= (size_t)1 << live[i].order;
			live[i] = live[--n];
		}
		assert_int_equal(page_free_count(), page_total_count() - used);
		if (step % 500 == 0)
			check_lists();
	}
	while (n > 0) {
		check_tags(&live[--n]);
		page_free(live[n].pa, live[n].order);
	}
	check_all_free();
}

static void test_random(void **state)
{
	uint64_t seed = check_seed(1), i;

	(void)state;
	for (i = 0; i < 8; i++)
		random_run(seed + i);
}

static void test_exhaustion(void **state)
{
	static uint64_t all[RAM_SIZE / PAGE_SIZE];
	size_t n = 0, i, blocks = 0;

	(void)state;
	restart();
	page_add_range(MACHINE_RAM, MACHINE_RAM + RAM_SIZE);
	while ((all[n] = page_alloc(0)) != 0)
		n++;
	assert_int_equal(n, page_total_count());
	assert_int_equal(page_free_count(), 0);
	assert_int_equal(page_alloc(3), 0);
	assert_int_equal(page_alloc_zeroed(), 0);
	/* Each page once: whoever is second finds the first one's mark. */
	for (i = 0; i < n; i++)
		*(uint64_t *)phys_to_virt(all[i]) = 0;
	for (i = 0; i < n; i++) {
		uint64_t *word = phys_to_virt(all[i]);

		assert_int_equal(*word, 0);
		*word = all[i];
	}
	for (i = 0; i < n; i++)
		page_free(all[i], 0);
	check_all_free();
	while (page_alloc(PAGE_MAX_ORDER))
		blocks++;
	assert_int_equal(blocks, RAM_SIZE / BLOCK_SIZE - 1);
	assert_int_equal(page_alloc(PAGE_MAX_ORDER + 1), 0);
}

/* The initramfs: in no range while it is used, memory like any other later. */
static void test_release(void **state)
{
	uint64_t low = MACHINE_RAM + 5 * MIB + 0x234;
	uint64_t high = MACHINE_RAM + 8 * MIB + 0x777, pa;
	size_t before, inside = 0;

	(void)state;
	restart();
	page_add_range(MACHINE_RAM, low & -(uint64_t)PAGE_SIZE);
	page_add_range(high, MACHINE_RAM + RAM_SIZE);
	before = page_total_count();
	assert_null(page_of(low));
	assert_null(page_of(high - PAGE_SIZE));

	page_release_range(low, high);
	/* Whole pages only, less one in a hundred for their struct pages. */
	assert_true(page_total_count() > before + 750);
	assert_true(page_total_count() < before + 768);
	assert_int_equal(page_free_count(), page_total_count());
	while ((pa = page_alloc(0)) != 0) {
		if (pa + PAGE_SIZE <= low || pa >= high)
			continue;
		assert_true(pa >= low && pa + PAGE_SIZE <= high);
		inside++;
	}
	assert_int_equal(inside, page_total_count() - before);
	assert_int_equal(page_free_count(), 0);
}

/* The initramfs again: its pages stay what they are, and are given back. */
static void test_adopt(void **state)
{
	const uint64_t low = MACHINE_RAM + 5 * MIB + 3 * PAGE_SIZE;
	const uint64_t high = MACHINE_RAM + 8 * MIB + 7 * PAGE_SIZE;
	const uint64_t count = (high - low) / PAGE_SIZE;
	size_t unused, total;
	uint64_t pa;

	(void)state;
	restart();
	page_add_range(MACHINE_RAM, low);
	page_add_range(high, MACHINE_RAM + RAM_SIZE);
	assert_int_equal(page_adopted(low, 1), 0);
	memset(phys_to_virt(low), 0x77, high - low);
	unused = page_free_count();
	total = page_total_count();
	assert_true(page_adopt_range(low, high));
	assert_int_equal(page_total_count(), total + count);
	/* But for the struct pages. */
	assert_true(page_free_count() < unused);
	assert_true(page_free_count() > unused - 16);
	unused = page_free_count();
	assert_int_equal(page_adopted(low, count + 5), count);
	assert_int_equal(page_adopted(high - PAGE_SIZE, 5), 1);
	assert_int_equal(page_adopted(high, 1), 0);
	assert_int_equal(page_adopted(low - PAGE_SIZE, 1), 0);

	page_get_file_run(low + PAGE_SIZE, 3);
	page_put_run(low, count);
	assert_int_equal(page_free_count(), unused + count - 3);
	for (pa = low + PAGE_SIZE; pa < low + 4 * PAGE_SIZE; pa += PAGE_SIZE) {
		assert_true(page_is_file(pa) && page_is_only(pa));
		assert_int_equal(*(uint8_t *)phys_to_virt(pa), 0x77);
		page_put(pa);
	}
	assert_int_equal(page_free_count(), unused + count);
	check_lists();
	/* Whole blocks of it are whole blocks again. */
	for (unused = 0; (pa = page_alloc(PAGE_MAX_ORDER)) != 0;)
		unused += pa == MACHINE_RAM + 6 * MIB;
	assert_int_equal(unused, 1);

	restart();
	page_add_range(MACHINE_RAM, low);
	while (page_alloc(0))
		;
	assert_false(page_adopt_range(low, high));
	assert_int_equal(page_adopted(low, 1), 0);
}

static void test_odd_ranges(void **state)
{
	uint64_t at = MACHINE_RAM;
	unsigned i;

	(void)state;
	restart();
	page_add_range(at, at);			/* nothing */
	page_add_range(at + 1, at + PAGE_SIZE);	/* no whole page */
	page_add_range(at, at + PAGE_SIZE);	/* only room for its struct */
	page_release_range(at + 5, at + 2 * PAGE_SIZE + 5);
	assert_int_equal(page_total_count(), 0);
	assert_int_equal(page_alloc(0), 0);
	assert_int_equal(machine_messages, 0);

	for (i = 0; i < RANGES_MAX; i++, at += 4 * PAGE_SIZE)
		page_add_range(at, at + 2 * PAGE_SIZE);
	assert_int_equal(page_total_count(), RANGES_MAX);
	assert_int_equal(machine_messages, 0);
	page_add_range(at, at + 2 * PAGE_SIZE);
	assert_int_equal(page_total_count(), RANGES_MAX);
	assert_int_equal(machine_messages, 1);
	for (i = 0; i < RANGES_MAX; i++)
		assert_true(page_alloc(0));
	assert_int_equal(page_alloc(0), 0);
	check_lists();
}

static void test_references(void **state)
{
	uint64_t pa;

	(void)state;
	restart();
	page_add_range(MACHINE_RAM, MACHINE_RAM + RAM_SIZE);
	pa = page_alloc_zeroed();
	assert_int_equal(page_of(pa)->refs, 1);
	page_get(pa);
	page_put(pa);
	assert_int_equal(page_free_count(), page_total_count() - 1);
	page_put(pa);
	check_all_free();
}

static void test_contents(void **state)
{
	const uint8_t *bytes;
	uint64_t pa;
	size_t i;

	(void)state;
	restart();
	page_add_range(MACHINE_RAM, MACHINE_RAM + RAM_SIZE);
	pa = page_alloc_zeroed();
	bytes = phys_to_virt(pa);
	for (i = 0; i < PAGE_SIZE; i++)
		assert_int_equal(bytes[i], 0);
	page_free(pa, 0);
	for (i = 0; i < PAGE_SIZE; i++)
		assert_int_equal(bytes[i], POISON);
}

static void test_injection(void **state)
{
	(void)state;
	restart();
	page_add_range(MACHINE_RAM, MACHINE_RAM + RAM_SIZE);
	page_fail_after(2);
	assert_true(page_alloc(0));
	assert_true(page_alloc(2));
	assert_int_equal(page_alloc(0), 0);
	assert_int_equal(page_alloc_zeroed(), 0);
	page_fail_after(-1);
	assert_true(page_alloc(0));
}

static size_t take_user(void)
{
	size_t n = 0;

	while (page_alloc_user())
		n++;
	return n;
}

/* A stock is filled and emptied by halves. */
static void test_stock(void **state)
{
	const struct stock *stock = &cpus[0].stock;
	uint64_t pa[STOCK_MAX + 1];
	uint32_t i;

	(void)state;
	restart();
	page_add_range(MACHINE_RAM, MACHINE_RAM + RAM_SIZE);
	pa[0] = page_alloc(0);
	assert_true(stock->count >= SINGLES - 1);
	for (i = stock->count; i > 0; i--)
		page_free(page_alloc(0), 0);
	check_lists();
	while (stock->count)
		assert_true(page_alloc(0));
	for (i = 1; i <= STOCK_MAX; i++)
		pa[i] = page_alloc(3);
	for (i = 1; i <= STOCK_MAX; i++)
		page_free(pa[i], 3);
	assert_int_equal(stock->count, 0);	/* only single pages */
	for (i = 1; i <= STOCK_MAX; i++)
		pa[i] = page_alloc(0);
	while (stock->count)
		assert_true(page_alloc(0));
	for (i = 1; i <= STOCK_MAX; i++)
		page_free(pa[i], 0);
	assert_int_equal(stock->count, STOCK_MAX);
	page_free(pa[0], 0);
	assert_int_equal(stock->count, SINGLES + 1);
	assert_int_equal(page_alloc(0), pa[0]);
	check_lists();
}

/* What other CPUs have at hand is there for who finds no other. */
static void test_stocks_of_others(void **state)
{
	size_t n = 0, low;
	uint64_t pa = 0;

	(void)state;
	restart();
	page_add_range(MACHINE_RAM, MACHINE_RAM + RAM_SIZE);
	low = page_total_count() >> RESERVE_SHIFT;
	for (machine_cpu = 0; machine_cpu < CPU_MAX; machine_cpu++)
		page_free(page_alloc(0), 0);
	machine_cpu = 1;
	assert_int_equal(take_user(), page_total_count() - low);
	assert_int_equal(page_free_count(), low);
	assert_int_equal(buddy_counts.free, low);
	/* The reserve: for the kernel, and not put by for programs. */
	for (; n < low; n++) {
		pa = page_alloc(0);
		assert_true(pa);
	}
	assert_int_equal(page_alloc(0), 0);
	page_free(pa, 0);
	assert_int_equal(buddy_counts.free, 1);
	assert_int_equal(page_alloc_user(), 0);
	check_lists();

	/* Single ones, and a block that has to be put together of them. */
	restart();
	page_add_range(MACHINE_RAM, MACHINE_RAM + 2 * BLOCK_SIZE);
	page_free(page_alloc(0), 0);
	n = cpus[0].stock.count;
	while (buddy_alloc(0))
		;
	machine_cpu = 1;
	assert_true(page_alloc(4));
	assert_int_equal(page_free_count(), n - 16);
	assert_true(page_alloc(0));
	check_lists();
}

/* While somebody changes a stock, its CPU does without it. */
static void test_taken_stock(void **state)
{
	struct stock *stock = &cpus[0].stock;
	uint64_t pa, other;
	uint32_t count;

	(void)state;
	restart();
	page_add_range(MACHINE_RAM, MACHINE_RAM + RAM_SIZE);
	pa = page_alloc(0);
	count = stock->count;
	stock->count = STOCK_TAKEN;
	assert_int_equal(page_at_hand(), 0);
	other = page_alloc(0);
	assert_true(other);
	page_free(pa, 0);
	assert_false(drain_all());
	assert_int_equal(stock->count, STOCK_TAKEN);
	stock->count = count;
	page_free(other, 0);
	check_all_free();
}

static void test_misuse(void **state)
{
	uint64_t pa;

	(void)state;
	restart();
	page_add_range(MACHINE_RAM, MACHINE_RAM + RAM_SIZE);
	pa = page_alloc(1);
	expect_stop(page_free(pa, 0));
	expect_stop(page_free(pa + PAGE_SIZE, 0));
	expect_stop(page_get(pa));
	page_free(pa, 1);
	expect_stop(page_free(pa, 1));
	expect_stop(page_free(MACHINE_RAM, 0));	/* struct pages */
	expect_stop(page_free(0x1000, 0));
	expect_stop(page_put(pa));
	pa = page_alloc(0);
	page_get(pa);
	expect_stop(page_free(pa, 0));
	check_lists();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lazy),
		cmocka_unit_test(test_random),
		cmocka_unit_test(test_exhaustion),
		cmocka_unit_test(test_release),
		cmocka_unit_test(test_adopt),
		cmocka_unit_test(test_odd_ranges),
		cmocka_unit_test(test_references),
		cmocka_unit_test(test_contents),
		cmocka_unit_test(test_injection),
		cmocka_unit_test(test_stock),
		cmocka_unit_test(test_stocks_of_others),
		cmocka_unit_test(test_taken_stock),
		cmocka_unit_test(test_misuse),
	};
	int failed = cmocka_run_group_tests_name("page", tests, NULL, NULL);

	machine_ram_free();
	return failed;
}
