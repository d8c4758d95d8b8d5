// SPDX-License-Identifier: MIT
/*
 * Blocks split and merged, tables trimmed, among all other changes of a page
 * table: against a plain array of pages, and against a CPU that caches what it
 * can (walker.c), which fails the test when something stale is cached, twice
 * cached, or freed too early.
 */
#include "check.h"

#include <string.h>

#include <weft-sim/sysreg.h>
#include <weft/arch.h>
#include <weft/errno.h>
#include <weft/tlb.h>

#include "walker.h"

#define BLOCK	UINT64_C(0x200000)
#define PAGE	UINT64_C(0x1000)
#define MEMORY	UINT64_C(0x80000000)

static struct weft_pgtable *const table = &walker_table;

struct mapping {
	bool valid, block;
	unsigned flags;
	uint64_t pa;
};

static struct mapping pages[WALKER_PAGES];

static uint64_t slot_va(unsigned slot)
{
	return walker_va(slot * 512);
}

static void begin(bool user, unsigned tlb_flags)
{
	memset(pages, 0, sizeof(pages));
	walker_init(user, tlb_flags);
}

/* The table says what @pages says, and the TLB nothing else. */
static void check_pages(void)
{
	struct weft_pt_entry e;
	unsigned i;

	assert_int_equal(table->pages + walker_tables_left, WALKER_TABLES);
	for (i = 0; i < WALKER_PAGES; i++) {
		const struct mapping *p = &pages[i];
		int err = weft_pt_lookup(table, walker_va(i) + i, &e);

		assert_int_equal(err, p->valid ? 0 : WEFT_ENOENT);
		if (!err) {
			assert_int_equal(e.pa, p->pa + i);
			assert_int_equal(e.flags, p->flags);
			assert_int_equal(e.size, p->block ? BLOCK : PAGE);
		}
		if (!walker_cached(i, &e))
			continue;
		if (!p->valid || e.pa != p->pa ||
		    e.size != (p->block ? BLOCK : PAGE) ||
		    ((e.flags ^ p->flags) & 7))
			fail_msg("page %u: stale translation", i);
	}
}

static void map_pages(unsigned first, unsigned n, uint64_t pa, unsigned flags)
{
	struct weft_pt_entry e;
	unsigned i;

	assert_int_equal(weft_pt_map(table, walker_va(first), pa, n * PAGE,
				     flags), 0);
	for (i = first; i < first + n; i++, pa += PAGE) {
		assert_int_equal(weft_pt_lookup(table, walker_va(i), &e), 0);
		pages[i] = (struct mapping){
			.valid = true,
			.block = e.size == BLOCK,
			.flags = flags & ~(unsigned)WEFT_PT_BLOCKS,
			.pa = pa,
		};
	}
}

static void set_block(unsigned slot, bool block)
{
	unsigned i;

	for (i = slot * 512; i < (slot + 1) * 512; i++)
		pages[i].block = block;
}

/* How the change of one 2 MiB entry looks: broken, dropped, made. */
static void check_remake(enum sim_op drop)
{
	const enum sim_op expected[] = {
		SIM_DSB_ISHST, drop, SIM_DSB_ISH, SIM_ISB, SIM_DSB_ISHST,
		SIM_ISB,
	};
	size_t i;

	assert_int_equal(sim_count, sizeof(expected) / sizeof(expected[0]));
	for (i = 0; i < sim_count; i++)
		assert_int_equal(sim_events[i].op, expected[i]);
}

static void split_and_merge(bool user, unsigned tlb_flags, enum sim_op split,
			    enum sim_op merge)
{
	unsigned flags = WEFT_PT_WRITE | (user ? WEFT_PT_USER : 0), slot;
	unsigned left;

	begin(user, tlb_flags);
	map_pages(0, WALKER_PAGES, MEMORY, flags | WEFT_PT_BLOCKS);
	assert_true(pages[0].block);
	walker_cache();
	left = walker_tables_left;
	for (slot = 0; slot < WALKER_SLOTS; slot++) {
		sim_clear();
		assert_int_equal(weft_pt_split(table,
					       slot_va(slot) + 5 * PAGE), 0);
		check_remake(split);
		set_block(slot, false);
		check_pages();
		assert_int_equal(walker_tables_left, left - 1);
		sim_clear();
		assert_int_equal(weft_pt_merge(table,
					       slot_va(slot) + 511 * PAGE), 0);
		check_remake(merge);
		set_block(slot, true);
		check_pages();
		assert_int_equal(walker_tables_left, left);
	}
	walker_end();
}

static void splits_and_merges(void **state)
{
	(void)state;
	split_and_merge(true, 0, SIM_TLBI_VA_LEAF, SIM_TLBI_ASID);
	split_and_merge(false, 0, SIM_TLBI_VA_KERNEL_LEAF, SIM_TLBI_ALL);
	split_and_merge(true, WEFT_TLB_RANGE, SIM_TLBI_RANGE_LEAF,
			SIM_TLBI_RANGE);
	split_and_merge(false, WEFT_TLB_RANGE, SIM_TLBI_RANGE_KERNEL_LEAF,
			SIM_TLBI_RANGE_KERNEL);
}

/* Parts of what was a block are pages like any other. */
static void parts_change_after_a_split(void **state)
{
	unsigned i;

	(void)state;
	begin(true, 0);
	map_pages(512, 512, MEMORY, WEFT_PT_USER | WEFT_PT_BLOCKS);
	walker_cache();
	assert_int_equal(weft_pt_unmap(table, walker_va(600), PAGE, NULL, NULL),
			 WEFT_EINVAL);
	assert_int_equal(weft_pt_protect(table, walker_va(512), PAGE, 0),
			 WEFT_EINVAL);
	assert_int_equal(weft_pt_split(table, walker_va(600)), 0);
	set_block(1, false);
	assert_int_equal(weft_pt_unmap(table, walker_va(600), PAGE,
				       walker_done, NULL), 0);
	pages[600].valid = false;
	assert_int_equal(weft_pt_protect(table, walker_va(700), 3 * PAGE,
					 WEFT_PT_USER | WEFT_PT_EXEC), 0);
	for (i = 700; i < 703; i++)
		pages[i].flags = WEFT_PT_USER | WEFT_PT_EXEC;
	check_pages();
	assert_int_equal(walker_freed, 1);
	walker_end();
}

/* A merge is refused for each page that does not fit, and changes nothing. */
static void merge_looks_at_every_page(void **state)
{
	uint64_t va, pa;
	unsigned i;

	(void)state;
	begin(true, 0);
	map_pages(512, 512, MEMORY, WEFT_PT_USER);
	for (i = 512; i < 1024; i++) {
		va = walker_va(i);
		pa = pages[i].pa;
		sim_clear();
		assert_int_equal(weft_pt_protect(table, va, PAGE, 0), 0);
		assert_int_equal(weft_pt_merge(table, va), WEFT_EINVAL);
		assert_int_equal(weft_pt_unmap(table, va, PAGE, NULL, NULL),
				 0);
		assert_int_equal(weft_pt_merge(table, va), WEFT_ENOENT);
		map_pages(i, 1, pa + PAGE, WEFT_PT_USER);
		assert_int_equal(weft_pt_merge(table, slot_va(1)),
				 WEFT_EINVAL);
		assert_int_equal(weft_pt_unmap(table, va, PAGE, NULL, NULL),
				 0);
		map_pages(i, 1, pa, WEFT_PT_USER | WEFT_PT_NOCACHE);
		assert_int_equal(weft_pt_merge(table, slot_va(1)),
				 WEFT_EINVAL);
		assert_int_equal(weft_pt_unmap(table, va, PAGE, NULL, NULL),
				 0);
		map_pages(i, 1, pa, WEFT_PT_USER);
	}
	check_pages();
	assert_int_equal(weft_pt_merge(table, slot_va(1)), 0);
	set_block(1, true);
	check_pages();
	walker_end();
}

static void errors_change_nothing(void **state)
{
	uint64_t top = UINT64_C(1) << 39;

	(void)state;
	begin(true, 0);
	map_pages(512, 512, MEMORY, WEFT_PT_USER | WEFT_PT_BLOCKS);
	map_pages(1024, 1, MEMORY, WEFT_PT_USER);
	/* Contiguous, but not where a block may begin */
	map_pages(1536, 512, MEMORY + PAGE, WEFT_PT_USER);
	sim_clear();
	assert_int_equal(weft_pt_split(table, walker_va(0)), WEFT_ENOENT);
	assert_int_equal(weft_pt_split(table, walker_va(1024)), WEFT_EINVAL);
	assert_int_equal(weft_pt_split(table, walker_va(1025)), WEFT_ENOENT);
	assert_int_equal(weft_pt_split(table, walker_va(512) + 1),
			 WEFT_EINVAL);
	assert_int_equal(weft_pt_split(table, top), WEFT_EINVAL);
	assert_int_equal(weft_pt_split(table, -PAGE), WEFT_EINVAL);
	assert_int_equal(weft_pt_merge(table, walker_va(0)), WEFT_ENOENT);
	assert_int_equal(weft_pt_merge(table, top - PAGE), WEFT_ENOENT);
	assert_int_equal(weft_pt_merge(table, walker_va(512)), WEFT_EINVAL);
	assert_int_equal(weft_pt_merge(table, walker_va(1024)), WEFT_ENOENT);
	assert_int_equal(weft_pt_merge(table, walker_va(1536)), WEFT_EINVAL);
	assert_int_equal(weft_pt_merge(table, walker_va(1536) + 1),
			 WEFT_EINVAL);
	assert_int_equal(weft_pt_merge(table, top), WEFT_EINVAL);
	assert_int_equal(weft_pt_trim(table, walker_va(0) + 1, PAGE),
			 WEFT_EINVAL);
	assert_int_equal(weft_pt_trim(table, walker_va(0), 1), WEFT_EINVAL);
	assert_int_equal(weft_pt_trim(table, top, PAGE), WEFT_EINVAL);
	assert_int_equal(weft_pt_trim(table, top - PAGE, 2 * PAGE),
			 WEFT_EINVAL);
	assert_int_equal(weft_pt_trim(table, 0, top), 0);
	walker_tables_left = 0;
	assert_int_equal(weft_pt_split(table, walker_va(512)), WEFT_ENOMEM);
	walker_tables_left = WALKER_TABLES - (unsigned)table->pages;
	assert_int_equal(sim_count, 0);
	check_pages();
	walker_end();
}

/* A block of 1 GiB, in a table that was made by someone else. */
static void gigabytes_stay(void **state)
{
	struct weft_pt_entry e;
	uint64_t *root;

	(void)state;
	begin(true, 0);
	root = table->ops->to_virt(NULL, table->root);
	root[5] = 0xc0000000 | WEFT_PTE_AF | WEFT_PTE_NG | WEFT_PTE_PXN |
		  WEFT_PTE_UXN | WEFT_PTE_VALID;
	assert_int_equal(weft_pt_lookup(table, 0x140001000, &e), 0);
	assert_int_equal(e.pa, 0xc0001000);
	assert_int_equal(weft_pt_split(table, 0x140000000), WEFT_EINVAL);
	assert_int_equal(weft_pt_merge(table, 0x140000000), WEFT_EINVAL);
	assert_int_equal(weft_pt_map(table, 0x140000000, 0, PAGE, 0),
			 WEFT_EEXIST);
	assert_int_equal(weft_pt_unmap(table, 0x140200000, BLOCK, NULL, NULL),
			 WEFT_EINVAL);
	assert_int_equal(weft_pt_unmap(table, 0x140000000, 1 << 30,
				       walker_done, NULL), 0);
	assert_int_equal(walker_freed, 1 << 18);
	walker_end();
}

/* How many pages a table takes that has only what it needs. */
static size_t needed(void)
{
	bool gib[2] = { false }, slot[WALKER_SLOTS] = { false };
	size_t count = 1;
	unsigned i;

	for (i = 0; i < WALKER_PAGES; i++) {
		if (!pages[i].valid)
			continue;
		gib[(walker_va(i) >> 30) - (walker_va(0) >> 30)] = true;
		slot[i / 512] |= !pages[i].block;
	}
	for (i = 0; i < WALKER_SLOTS; i++)
		count += slot[i];
	return count + gib[0] + gib[1];
}

static void trim_each(unsigned tlb_flags)
{
	unsigned first, n, i;

	/* Two pages, anywhere near the ends of slots; one goes. */
	for (first = 0; first < WALKER_PAGES; first += 255)
		for (n = 0; n < WALKER_PAGES; n += 257) {
			begin(first & 1, tlb_flags);
			map_pages(first, 1, MEMORY, 0);
			if (n != first)
				map_pages(n, 1, MEMORY, 0);
			walker_cache();
			assert_int_equal(weft_pt_trim(table, walker_va(0),
						      WALKER_SLOTS * BLOCK),
					 0);
			assert_int_equal(table->pages, needed());
			assert_int_equal(weft_pt_unmap(table, walker_va(first),
						       PAGE, NULL, NULL), 0);
			pages[first].valid = false;
			/* Of the range, one page is enough. */
			assert_int_equal(weft_pt_trim(table, walker_va(first),
						      PAGE), 0);
			assert_int_equal(table->pages, needed());
			for (i = 0; i < sim_count; i++)
				assert_int_not_equal(sim_events[i].op,
						     SIM_TLBI_ASID);
			check_pages();
			walker_end();
		}
}

static void trims_what_is_empty(void **state)
{
	(void)state;
	trim_each(0);
	trim_each(WEFT_TLB_RANGE);
}

/* More tables than a batch has ranges */
static void trims_many(void **state)
{
	uint64_t va;
	unsigned i;

	(void)state;
	begin(true, 0);
	for (i = 0; i < 30; i++)
		assert_int_equal(weft_pt_map(table, i * 2 * BLOCK, 0, PAGE,
					     0), 0);
	assert_int_equal(table->pages, 32);
	for (va = 0; va < 60 * BLOCK; va += BLOCK)
		assert_int_equal(weft_pt_unmap(table, va, PAGE, NULL, NULL),
				 0);
	sim_clear();
	assert_int_equal(weft_pt_trim(table, 0, UINT64_C(1) << 39), 0);
	assert_int_equal(table->pages, 1);
	assert_int_equal(sim_count, 4);
	assert_int_equal(sim_events[1].op, SIM_TLBI_ASID);
	walker_end();
}

/* Where a table was left, a block's worth of pages goes into it. */
static void maps_into_tables_that_were_left(void **state)
{
	(void)state;
	begin(true, 0);
	map_pages(512, 1, MEMORY, WEFT_PT_USER);
	assert_int_equal(weft_pt_unmap(table, walker_va(512), PAGE, NULL,
				       NULL), 0);
	map_pages(512, 512, MEMORY, WEFT_PT_USER | WEFT_PT_BLOCKS);
	assert_false(pages[512].block);
	assert_int_equal(weft_pt_merge(table, walker_va(512)), 0);
	set_block(1, true);
	check_pages();
	walker_end();
}

/* One pair of barriers, and nothing for the holes between. */
static void holes_are_not_flushed(void **state)
{
	(void)state;
	begin(true, 0);
	map_pages(3, 1, MEMORY, WEFT_PT_USER);
	map_pages(512, 512, MEMORY, WEFT_PT_USER | WEFT_PT_BLOCKS);
	map_pages(2047, 1, MEMORY, WEFT_PT_USER);
	walker_cache();
	sim_clear();
	assert_int_equal(weft_pt_protect(table, walker_va(0),
					 WALKER_SLOTS * BLOCK, 0), 0);
	assert_int_equal(sim_count, 6);
	/* What is so already is not touched. */
	assert_int_equal(weft_pt_protect(table, walker_va(0),
					 WALKER_SLOTS * BLOCK, 0), 0);
	assert_int_equal(sim_count, 6);
	sim_clear();
	assert_int_equal(weft_pt_unmap(table, walker_va(0),
				       WALKER_SLOTS * BLOCK, walker_done,
				       NULL), 0);
	assert_int_equal(sim_count, 6);
	assert_int_equal(sim_events[2].op, SIM_TLBI_VA_LEAF);
	assert_int_equal(walker_freed, 514);
	memset(pages, 0, sizeof(pages));
	check_pages();
	walker_end();
}

/* What the manual says goes together. */
static bool allowed(unsigned flags, bool user)
{
	bool write = flags & WEFT_PT_WRITE, exec = flags & WEFT_PT_EXEC;
	bool device = flags & WEFT_PT_DEVICE;

	return !(write && exec) && !(device && exec) &&
	       !(device && (flags & WEFT_PT_NOCACHE)) &&
	       !((flags & WEFT_PT_GUARDED) && !exec) &&
	       !((flags & WEFT_PT_USER) && !user) && flags < 128;
}

/* Every combination of flags, in both halves: mapped, split, merged. */
static void flags_survive(bool user)
{
	uint64_t before, block, *level2;
	unsigned flags, plain;

	for (flags = 0; flags < 256; flags++) {
		begin(user, 0);
		plain = flags & ~(unsigned)WEFT_PT_BLOCKS;
		if (!allowed(flags, user)) {
			assert_int_equal(weft_pt_map(table, slot_va(1), MEMORY,
						     BLOCK, flags),
					 WEFT_EINVAL);
			assert_int_equal(weft_pt_protect(table, slot_va(1),
							 BLOCK, flags),
					 WEFT_EINVAL);
			walker_end();
			continue;
		}
		map_pages(512, 512, MEMORY, plain | WEFT_PT_BLOCKS);
		level2 = table->ops->to_virt(NULL, table->root);
		level2 = table->ops->to_virt(NULL,
			level2[slot_va(1) >> 30 & 511] & WEFT_PTE_ADDR);
		block = slot_va(1) >> 21 & 511;
		before = level2[block];
		assert_false(before & WEFT_PTE_CONT);
		assert_int_equal(!!(before & WEFT_PTE_NG), user);
		assert_int_equal(!!(before & WEFT_PTE_GP),
				 !!(flags & WEFT_PT_GUARDED));
		assert_int_equal(weft_pt_split(table, slot_va(1)), 0);
		set_block(1, false);
		check_pages();
		assert_int_equal(weft_pt_merge(table, slot_va(1)), 0);
		set_block(1, true);
		check_pages();
		assert_int_equal(level2[block], before);
		walker_end();
	}
}

static void all_flags_survive(void **state)
{
	(void)state;
	flags_survive(true);
	flags_survive(false);
}

static void physical_addresses_have_48_bits(void **state)
{
	uint64_t end = UINT64_C(1) << 48;
	struct weft_pt_entry e;

	(void)state;
	begin(true, 0);
	assert_int_equal(weft_pt_map(table, 0, end, PAGE, 0), WEFT_EINVAL);
	assert_int_equal(weft_pt_map(table, 0, end - PAGE, 2 * PAGE, 0),
			 WEFT_EINVAL);
	assert_int_equal(weft_pt_map(table, 0, -PAGE, PAGE, 0), WEFT_EINVAL);
	assert_int_equal(weft_pt_map(table, 0, end - PAGE, PAGE, 0), 0);
	assert_int_equal(weft_pt_lookup(table, 0, &e), 0);
	assert_int_equal(e.pa, end - PAGE);
	walker_end();
}

/* A client with one CPU says so. */
static void local_if_the_client_says_so(void **state)
{
	(void)state;
	begin(true, 0);
	sim_hook = NULL;
	table->tlb_flags = WEFT_TLB_LOCAL;
	map_pages(0, 1, MEMORY, WEFT_PT_USER);
	sim_clear();
	assert_int_equal(weft_pt_unmap(table, walker_va(0), PAGE, NULL, NULL),
			 0);
	assert_int_equal(sim_count, 4);
	assert_int_equal(sim_events[0].op, SIM_DSB_NSHST);
	assert_int_equal(sim_events[1].op, SIM_TLBI_VA_LEAF_LOCAL);
	assert_int_equal(sim_events[2].op, SIM_DSB_NSH);
	walker_end();
}

/* Random sequences of everything */

static unsigned random_flags(uint64_t *seed, bool user)
{
	static const unsigned some[] = {
		0, WEFT_PT_WRITE, WEFT_PT_EXEC, WEFT_PT_EXEC | WEFT_PT_GUARDED,
	};

	return some[check_below(seed, 4)] | (user ? WEFT_PT_USER : 0);
}

static bool cuts(unsigned page)
{
	return page < WALKER_PAGES && page % 512 && pages[page].valid &&
	       pages[page].block;
}

static void random_map(uint64_t *seed, unsigned first, unsigned n, bool user)
{
	unsigned flags = random_flags(seed, user), i;
	uint64_t pa = MEMORY + check_below(seed, 4) * 64 * BLOCK + first * PAGE;
	bool taken = false;

	for (i = first; i < first + n; i++)
		taken |= pages[i].valid;
	if (check_below(seed, 2))
		flags |= WEFT_PT_BLOCKS;
	/* The window begins at a multiple of 2 MiB: pages fit into blocks. */
	if (taken)
		assert_int_equal(weft_pt_map(table, walker_va(first), pa,
					     n * PAGE, flags), WEFT_EEXIST);
	else
		map_pages(first, n, pa, flags);
}

static void random_unmap(unsigned first, unsigned n)
{
	bool bad = cuts(first) || cuts(first + n);
	unsigned i, expected = 0;

	walker_freed = 0;
	assert_int_equal(weft_pt_unmap(table, walker_va(first), n * PAGE,
				       walker_done, NULL),
			 bad ? WEFT_EINVAL : 0);
	for (i = first; i < first + n && !bad; i++) {
		expected += pages[i].valid;
		pages[i] = (struct mapping){ 0 };
	}
	assert_int_equal(walker_freed, expected);
}

static void random_protect(uint64_t *seed, unsigned first, unsigned n,
			   bool user)
{
	unsigned flags = random_flags(seed, user), i;
	bool bad = cuts(first) || cuts(first + n);

	assert_int_equal(weft_pt_protect(table, walker_va(first), n * PAGE,
					 flags), bad ? WEFT_EINVAL : 0);
	for (i = first; i < first + n && !bad; i++)
		pages[i].flags = flags;
}

static void random_split(unsigned page)
{
	int expected = WEFT_ENOENT;

	if (pages[page].valid)
		expected = pages[page].block ? 0 : WEFT_EINVAL;
	assert_int_equal(weft_pt_split(table, walker_va(page)), expected);
	if (!expected)
		set_block(page / 512, false);
}

static int merge_result(unsigned slot)
{
	const struct mapping *first = &pages[slot * 512];
	unsigned i;

	if (first->valid && first->block)
		return WEFT_EINVAL;
	for (i = 0; i < 512; i++) {
		if (!first[i].valid)
			return WEFT_ENOENT;
		if (first[i].flags != first->flags ||
		    first[i].pa != first->pa + i * PAGE)
			return WEFT_EINVAL;
	}
	return first->pa % BLOCK ? WEFT_EINVAL : 0;
}

static bool random_merge(unsigned page)
{
	int expected = merge_result(page / 512);

	assert_int_equal(weft_pt_merge(table, walker_va(page)), expected);
	if (!expected)
		set_block(page / 512, true);
	return !expected;
}

static unsigned random_step(uint64_t *seed, bool user)
{
	unsigned first = (unsigned)check_below(seed, WALKER_PAGES), n;

	n = 1 + (unsigned)check_below(seed, 8);
	if (check_below(seed, 2)) {
		first &= ~511u;
		n = 512 * (1 + (unsigned)check_below(seed, 2));
	}
	if (n > WALKER_PAGES - first)
		n = WALKER_PAGES - first;
	switch (check_below(seed, 8)) {
	case 0:
	case 1:
		random_map(seed, first, n, user);
		break;
	case 2:
		random_unmap(first, n);
		break;
	case 3:
		random_protect(seed, first, n, user);
		break;
	case 4:
		random_split(first);
		break;
	case 5:
	case 6:
		return random_merge(first);
	default:
		assert_int_equal(weft_pt_trim(table, walker_va(0),
					      WALKER_SLOTS * BLOCK), 0);
		assert_int_equal(table->pages, needed());
		break;
	}
	return 0;
}

static void random_steps(uint64_t *seed, bool user, unsigned tlb_flags)
{
	unsigned step, merged = 0;

	begin(user, tlb_flags);
	for (step = 0; step < 500; step++) {
		merged += random_step(seed, user);
		sim_clear();
		check_pages();
		walker_cache();
	}
	assert_true(merged > 3);
	walker_end();
}

static void random_sequences(void **state)
{
	uint64_t seed = check_seed(20264);

	(void)state;
	print_message("# seed %llu\n", (unsigned long long)seed);
	random_steps(&seed, true, 0);
	random_steps(&seed, true, WEFT_TLB_RANGE);
	random_steps(&seed, false, 0);
	random_steps(&seed, false, WEFT_TLB_RANGE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(splits_and_merges),
		cmocka_unit_test(parts_change_after_a_split),
		cmocka_unit_test(merge_looks_at_every_page),
		cmocka_unit_test(errors_change_nothing),
		cmocka_unit_test(gigabytes_stay),
		cmocka_unit_test(trims_what_is_empty),
		cmocka_unit_test(trims_many),
		cmocka_unit_test(maps_into_tables_that_were_left),
		cmocka_unit_test(holes_are_not_flushed),
		cmocka_unit_test(all_flags_survive),
		cmocka_unit_test(physical_addresses_have_48_bits),
		cmocka_unit_test(local_if_the_client_says_so),
		cmocka_unit_test(random_sequences),
	};

	return cmocka_run_group_tests_name("weft_blocks", tests, NULL, NULL);
}
