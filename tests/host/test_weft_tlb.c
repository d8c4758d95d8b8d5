// SPDX-License-Identifier: MIT
/*
 * TLB maintenance: which operation with which argument, between which
 * barriers. What the operations of a call cover is put together page by page
 * and compared with what was asked for.
 */
#include "check.h"

#include <string.h>

#include <weft-sim/sysreg.h>
#include <weft/arch.h>
#include <weft/asid.h>
#include <weft/pgtable.h>
#include <weft/space.h>
#include <weft/tlb.h>

#define TOP	UINT64_C(0xffffff8000000000)	/* of the kernel's half */
#define PAGE	UINT64_C(4096)
#define VA_MASK	((UINT64_C(1) << 44) - 1)

enum { ASID = 0x1234 };

void weft_debug_pte(const struct weft_pgtable *table, uint64_t va,
		    unsigned level, uint64_t before, uint64_t after)
{
	(void)table;
	(void)va;
	(void)level;
	(void)before;
	(void)after;
}

/* An operation by address, by what follows from its flags. */
static const enum sim_op operations[2][8] = {
	{ SIM_TLBI_VA, SIM_TLBI_VA_LEAF, SIM_TLBI_VA_LOCAL,
	  SIM_TLBI_VA_LEAF_LOCAL, SIM_TLBI_RANGE, SIM_TLBI_RANGE_LEAF,
	  SIM_TLBI_RANGE_LOCAL, SIM_TLBI_RANGE_LEAF_LOCAL },
	{ SIM_TLBI_VA_KERNEL, SIM_TLBI_VA_KERNEL_LEAF,
	  SIM_TLBI_VA_KERNEL_LOCAL, SIM_TLBI_VA_KERNEL_LEAF_LOCAL,
	  SIM_TLBI_RANGE_KERNEL, SIM_TLBI_RANGE_KERNEL_LEAF,
	  SIM_TLBI_RANGE_KERNEL_LOCAL, SIM_TLBI_RANGE_KERNEL_LEAF_LOCAL },
};

static bool is_local(unsigned flags)
{
	return flags & WEFT_TLB_LOCAL;
}

/* The barriers around: @n operations between them. */
static void check_frame(unsigned flags, size_t n)
{
	assert_int_equal(sim_count, n + 3);
	assert_int_equal(sim_events[0].op,
			 is_local(flags) ? SIM_DSB_NSHST : SIM_DSB_ISHST);
	assert_int_equal(sim_events[n + 1].op,
			 is_local(flags) ? SIM_DSB_NSH : SIM_DSB_ISH);
	assert_int_equal(sim_events[n + 2].op, SIM_ISB);
}

static bool is_range(enum sim_op op)
{
	return op >= SIM_TLBI_RANGE;
}

/* The pages that a range operation covers, by the manual (C5.5). */
static uint64_t range_pages(uint64_t arg)
{
	unsigned scale = arg >> 44 & 3, num = arg >> 39 & 31;

	assert_int_equal(arg >> 46 & 3, 1);	/* 4 KiB */
	assert_int_equal(arg >> 37 & 3, 0);	/* any level */
	return (uint64_t)(num + 1) << (5 * scale + 1);
}

/* The first page that @event names, as a whole address shifted by 12. */
static uint64_t first_page(const struct sim_event *event, uint64_t near)
{
	unsigned bits = is_range(event->op) ? 37 : 44;
	uint64_t mask = (UINT64_C(1) << bits) - 1;

	if (bits == 44)
		assert_int_equal(event->arg >> 44 & 0xf, 0);	/* any level */
	return (event->arg & mask) | (near & ~mask);
}

/*
 * The operations cover [@va, @va + @pages) and nothing else, nothing twice; how
 * many they were.
 */
static size_t check_cover(bool kernel, uint64_t va, uint64_t pages,
			  unsigned flags)
{
	uint64_t at = va >> 12;
	size_t n = sim_count - 3, i;

	check_frame(flags, n);
	for (i = 1; i <= n; i++) {
		const struct sim_event *event = &sim_events[i];
		unsigned kind = flags & 3;

		if (is_range(event->op)) {
			assert_true(flags & WEFT_TLB_RANGE);
			kind |= WEFT_TLB_RANGE;
		}
		assert_int_equal(event->op, operations[kernel][kind]);
		assert_int_equal(event->arg >> 48, kernel ? 0 : ASID);
		assert_int_equal(first_page(event, va >> 12), at);
		if (is_range(event->op))
			at += range_pages(event->arg);
		else
			at += flags & WEFT_TLB_BLOCKS ? 512 : 1;
	}
	assert_int_equal(at, (va >> 12) + pages);
	return n;
}

static void flush(bool kernel, uint64_t va, uint64_t pages, unsigned flags)
{
	sim_clear();
	if (kernel)
		weft_tlb_flush_kernel(va, pages * PAGE, flags);
	else
		weft_tlb_flush_range(ASID, va, pages * PAGE, flags);
}

static void flushes_by_page(void **state)
{
	unsigned pages, flags;

	(void)state;
	for (pages = 0; pages <= WEFT_TLB_PAGES_MAX; pages++)
		for (flags = 0; flags < 4; flags++) {
			flush(false, 0x7ffff000, pages, flags);
			assert_int_equal(check_cover(false, 0x7ffff000, pages,
						     flags), pages);
			flush(true, TOP, pages, flags);
			assert_int_equal(check_cover(true, TOP, pages, flags),
					 pages);
		}
}

/* Where addresses wrap */
static void reaches_the_last_page(void **state)
{
	uint64_t pages, top = UINT64_C(1) << 39;
	unsigned flags;

	(void)state;
	for (pages = 1; pages <= 64; pages++)
		for (flags = 0; flags < 8; flags++) {
			flush(true, -(pages * PAGE), pages, flags);
			check_cover(true, -(pages * PAGE), pages, flags);
			flush(false, top - pages * PAGE, pages, flags);
			check_cover(false, top - pages * PAGE, pages, flags);
		}
}

static void flushes_by_range(void **state)
{
	uint64_t seed = check_seed(20263), pages;
	unsigned i, flags;

	(void)state;
	print_message("# seed %llu\n", (unsigned long long)seed);
	/* Every count through two scales, and so each carry between them */
	for (pages = 0; pages <= 5000; pages++) {
		flags = WEFT_TLB_RANGE | (pages & 3);
		flush(false, 0x12345000, pages, flags);
		check_cover(false, 0x12345000, pages, flags);
		flush(true, TOP, pages, flags);
		check_cover(true, TOP, pages, flags);
	}
	for (i = 0; i < 100000; i++) {
		unsigned bits = (unsigned)check_below(&seed, 21) + 1;
		uint64_t va = check_below(&seed, UINT64_C(1) << 25) * PAGE;
		bool kernel = i & 4;

		pages = check_below(&seed, UINT64_C(1) << bits) + 1;
		flags = WEFT_TLB_RANGE | (i & 3);
		if (kernel)
			va += TOP;
		flush(kernel, va, pages, flags);
		assert_true(check_cover(kernel, va, pages, flags) <= 5);
	}
	pages = WEFT_TLB_RANGE_PAGES_MAX;
	flush(false, 0x200000, pages, WEFT_TLB_RANGE);
	assert_int_equal(check_cover(false, 0x200000, pages, WEFT_TLB_RANGE),
			 1);
	flush(true, TOP, pages - 1, WEFT_TLB_RANGE);
	assert_int_equal(check_cover(true, TOP, pages - 1, WEFT_TLB_RANGE), 5);
}

static void flushes_blocks_by_one_each(void **state)
{
	unsigned blocks, flags;
	size_t n;

	(void)state;
	for (blocks = 1; blocks <= WEFT_TLB_PAGES_MAX; blocks++)
		for (flags = 0; flags < 8; flags++) {
			flush(false, 0x40000000, blocks * 512,
			      flags | WEFT_TLB_BLOCKS);
			n = check_cover(false, 0x40000000, blocks * 512,
					flags | WEFT_TLB_BLOCKS);
			if (flags & WEFT_TLB_RANGE)
				assert_true(n <= 2);
			else
				assert_int_equal(n, blocks);
		}
}

/* One operation without an address, and its argument */
static void check_whole(enum sim_op op, uint64_t arg, unsigned flags)
{
	check_frame(flags, 1);
	assert_int_equal(sim_events[1].op, op);
	assert_int_equal(sim_events[1].arg, arg);
}

static void flushes_all_above_the_maximum(void **state)
{
	static const uint64_t too_many[][2] = {
		{ WEFT_TLB_PAGES_MAX + 1, 0 },
		{ WEFT_TLB_PAGES_MAX + 1, WEFT_TLB_LEAF },
		{ WEFT_TLB_RANGE_PAGES_MAX + 1, WEFT_TLB_RANGE },
		{ (WEFT_TLB_PAGES_MAX + 1) * 512, WEFT_TLB_BLOCKS },
		{ WEFT_TLB_RANGE_PAGES_MAX + 512,
		  WEFT_TLB_BLOCKS | WEFT_TLB_RANGE },
		{ UINT64_C(1) << 27, WEFT_TLB_RANGE },
	};
	uint64_t tag = (uint64_t)ASID << 48;
	unsigned i, flags;

	(void)state;
	for (i = 0; i < sizeof(too_many) / sizeof(too_many[0]); i++) {
		flags = (unsigned)too_many[i][1];
		flush(false, 0, too_many[i][0], flags);
		check_whole(SIM_TLBI_ASID, tag, flags);
		flush(true, TOP, too_many[i][0], flags);
		check_whole(SIM_TLBI_ALL, 0, flags);
		flags |= WEFT_TLB_LOCAL;
		flush(false, 0, too_many[i][0], flags);
		check_whole(SIM_TLBI_ASID_LOCAL, tag, flags);
		flush(true, TOP, too_many[i][0], flags);
		check_whole(SIM_TLBI_ALL_LOCAL, 0, flags);
	}
}

static void flushes_whole(void **state)
{
	uint64_t tag = (uint64_t)ASID << 48;

	(void)state;
	sim_clear();
	weft_tlb_flush_asid(ASID, 0);
	check_whole(SIM_TLBI_ASID, tag, 0);
	sim_clear();
	weft_tlb_flush_asid_local(ASID);
	check_whole(SIM_TLBI_ASID_LOCAL, tag, WEFT_TLB_LOCAL);
	sim_clear();
	weft_tlb_flush_all(0);
	check_whole(SIM_TLBI_ALL, 0, 0);
	sim_clear();
	weft_tlb_flush_local();
	check_whole(SIM_TLBI_ALL_LOCAL, 0, WEFT_TLB_LOCAL);
	sim_clear();
	weft_tlb_publish();
	assert_int_equal(sim_count, 2);
	assert_int_equal(sim_events[0].op, SIM_DSB_ISHST);
	assert_int_equal(sim_events[1].op, SIM_ISB);
}

static void tells_the_debug_hook(void **state)
{
	(void)state;
	flush(false, 0x5000, 3, WEFT_TLB_LEAF);
	assert_int_equal(sim_tlbi_count, 1);
	assert_int_equal(sim_tlbi.asid, ASID);
	assert_int_equal(sim_tlbi.va, 0x5000);
	assert_int_equal(sim_tlbi.size, 0x3000);
	assert_true(sim_tlbi.leaf_only);
	flush(true, TOP, 1, 0);
	assert_int_equal(sim_tlbi.asid, -1);
	assert_false(sim_tlbi.leaf_only);
	/* Whole: walks too, whatever was asked for */
	flush(false, 0x5000, 100, WEFT_TLB_LEAF);
	assert_int_equal(sim_tlbi_count, 1);
	assert_int_equal(sim_tlbi.size, 0);
	assert_false(sim_tlbi.leaf_only);
	flush(false, 0x5000, 3, WEFT_TLB_LOCAL);
	assert_int_equal(sim_tlbi_count, 0);
	flush(true, TOP, 100, WEFT_TLB_LOCAL);
	assert_int_equal(sim_tlbi_count, 0);
}

/* Batches */

static struct weft_asid_domain domain;
static struct weft_space space;
static struct weft_tlb_batch batch;

static void begin_batch(uint64_t context)
{
	weft_space_init(&space, 0x1000, &domain);
	space.context = context;
	memset(&batch, 0xff, sizeof(batch));
	weft_tlb_batch_init(&batch);
	sim_clear();
}

static void batch_flushes_its_ranges(void **state)
{
	static const struct sim_event expected[] = {
		{ SIM_DSB_ISHST, 0 },
		{ SIM_TLBI_VA_LEAF, 5 }, { SIM_TLBI_VA_LEAF, 6 },
		{ SIM_TLBI_VA, 7 }, { SIM_TLBI_VA_LEAF, 9 },
		{ SIM_TLBI_VA_LEAF, 512 }, { SIM_TLBI_VA_LEAF, 1024 },
		{ SIM_DSB_ISH, 0 }, { SIM_ISB, 0 },
	};
	size_t i;

	(void)state;
	begin_batch(WEFT_ASID_GENERATION | ASID);
	weft_tlb_batch_add(&batch, 0x5000, PAGE, WEFT_TLB_LEAF);
	weft_tlb_batch_add(&batch, 0x6000, PAGE, WEFT_TLB_LEAF);
	weft_tlb_batch_add(&batch, 0x7000, PAGE, 0);
	weft_tlb_batch_add(&batch, 0x9000, PAGE, WEFT_TLB_LEAF);
	weft_tlb_batch_add(&batch, 0x200000, 0x400000,
			   WEFT_TLB_LEAF | WEFT_TLB_BLOCKS);
	assert_int_equal(batch.n, 4);
	assert_int_equal(sim_count, 0);
	weft_tlb_batch_flush(&batch, &space, 0);
	assert_int_equal(sim_count, sizeof(expected) / sizeof(expected[0]));
	for (i = 0; i < sim_count; i++) {
		assert_int_equal(sim_events[i].op, expected[i].op);
		assert_int_equal(sim_events[i].arg & VA_MASK, expected[i].arg);
		if (expected[i].arg)
			assert_int_equal(sim_events[i].arg >> 48, ASID);
	}
	assert_int_equal(sim_tlbi_count, 4);
	/* It is empty now, and there is nothing to wait for. */
	sim_clear();
	weft_tlb_batch_flush(&batch, &space, 0);
	assert_int_equal(sim_count, 0);
}

static void batch_of_the_kernel(void **state)
{
	(void)state;
	begin_batch(0);
	weft_tlb_batch_add(&batch, TOP, 3 * PAGE, 0);
	weft_tlb_batch_flush(&batch, NULL, WEFT_TLB_RANGE | WEFT_TLB_LOCAL);
	assert_int_equal(check_cover(true, TOP, 3,
				     WEFT_TLB_RANGE | WEFT_TLB_LOCAL), 2);
}

static void fill(unsigned n, uint64_t pages)
{
	unsigned i;

	begin_batch(WEFT_ASID_GENERATION | ASID);
	for (i = 0; i < n; i++)
		weft_tlb_batch_add(&batch, i * 2 * pages * PAGE, pages * PAGE,
				   WEFT_TLB_LEAF);
	weft_tlb_batch_flush(&batch, &space, 0);
}

static void full_batch_is_the_whole_asid(void **state)
{
	unsigned n;

	(void)state;
	for (n = 1; n <= WEFT_TLB_BATCH_MAX; n++) {
		fill(n, 1);
		check_frame(0, n);
	}
	for (; n < 2 * WEFT_TLB_BATCH_MAX; n++) {
		fill(n, 1);
		check_whole(SIM_TLBI_ASID, (uint64_t)ASID << 48, 0);
	}
	/* The sum counts. */
	fill(8, WEFT_TLB_PAGES_MAX / 8);
	check_frame(0, WEFT_TLB_PAGES_MAX);
	fill(9, WEFT_TLB_PAGES_MAX / 8);
	check_whole(SIM_TLBI_ASID, (uint64_t)ASID << 48, 0);
	/* What touches the last range does not need another. */
	begin_batch(WEFT_ASID_GENERATION | ASID);
	for (n = 0; n < WEFT_TLB_BATCH_MAX; n++)
		weft_tlb_batch_add(&batch, n * 2 * PAGE, PAGE, 0);
	weft_tlb_batch_add(&batch, (2 * n - 1) * PAGE, PAGE, 0);
	weft_tlb_batch_flush(&batch, &space, 0);
	check_frame(0, WEFT_TLB_BATCH_MAX + 1);
}

static void space_that_never_ran_has_nothing(void **state)
{
	(void)state;
	begin_batch(0);
	weft_tlb_batch_add(&batch, 0x5000, PAGE, 0);
	weft_tlb_batch_flush(&batch, &space, 0);
	/* But it may run from now on. */
	assert_int_equal(sim_count, 1);
	assert_int_equal(sim_events[0].op, SIM_DSB_ISHST);
	assert_int_equal(batch.n, 0);
}

/* A rollover at the last moment at which it still matters */
static void roll_over(enum sim_op op)
{
	if (op == SIM_DSB_ISHST)
		space.context = 2 * WEFT_ASID_GENERATION | 99;
}

static void asid_is_read_after_the_barrier(void **state)
{
	(void)state;
	begin_batch(WEFT_ASID_GENERATION | ASID);
	weft_tlb_batch_add(&batch, 0x5000, PAGE, 0);
	sim_hook = roll_over;
	weft_tlb_batch_flush(&batch, &space, 0);
	sim_hook = NULL;
	check_frame(0, 1);
	assert_int_equal(sim_events[1].arg >> 48, 99);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(flushes_by_page),
		cmocka_unit_test(reaches_the_last_page),
		cmocka_unit_test(flushes_by_range),
		cmocka_unit_test(flushes_blocks_by_one_each),
		cmocka_unit_test(flushes_all_above_the_maximum),
		cmocka_unit_test(flushes_whole),
		cmocka_unit_test(tells_the_debug_hook),
		cmocka_unit_test(batch_flushes_its_ranges),
		cmocka_unit_test(batch_of_the_kernel),
		cmocka_unit_test(full_batch_is_the_whole_asid),
		cmocka_unit_test(space_that_never_ran_has_nothing),
		cmocka_unit_test(asid_is_read_after_the_barrier),
	};

	return cmocka_run_group_tests_name("weft_tlb", tests, NULL, NULL);
}
