// SPDX-License-Identifier: MIT
/*
 * The page-table writer and its TLB maintenance, against a plain array of
 * pages and a TLB that caches every translation as soon as it is valid and
 * keeps it until an invalidation that covers it is complete.
 */
#include "check.h"

#include <string.h>

#include <weft-sim/sysreg.h>
#include <weft/arch.h>
#include <weft/asid.h>
#include <weft/errno.h>
#include <weft/pgtable.h>
#include <weft/space.h>
#include <weft/tlb.h>

enum {
	PAGES = 2048,		/* of the range that tests play in: 8 MiB */
	TABLES = 32,
	ASID = 7,
};

#define BASE	UINT64_C(0x3fe00000)	/* crosses a 1 GiB boundary */
#define OTHER	UINT64_C(0x7f00000000)	/* far away: tables of its own */

static uint64_t memory[TABLES + 1][512] __attribute__((aligned(4096)));
static bool table_used[TABLES + 1];
static unsigned tables_left;

static struct weft_space space;
static struct weft_asid_domain domain;
static struct weft_pgtable table;

struct mapping {
	uint64_t pa;
	unsigned flags;
	bool valid;
};

static struct mapping model[PAGES], tlb[PAGES];
static unsigned breaks;		/* changes without break-before-make */
static unsigned fills, fills_refused;

/* Tables have physical addresses 0x1000, 0x2000 ... */
static uint64_t table_alloc(void *arg)
{
	unsigned i;

	(void)arg;
	for (i = 1; i <= TABLES && tables_left; i++) {
		if (table_used[i])
			continue;
		table_used[i] = true;
		tables_left--;
		memset(memory[i], 0, sizeof(memory[i]));
		return (uint64_t)i << 12;
	}
	return 0;
}

static void table_free(void *arg, uint64_t pa)
{
	unsigned i;

	(void)arg;
	for (i = 0; i < 512; i++)
		assert_int_equal(memory[pa >> 12][i], 0);
	assert_true(table_used[pa >> 12]);
	table_used[pa >> 12] = false;
	tables_left++;
}

static uint64_t *table_virt(void *arg, uint64_t pa)
{
	(void)arg;
	assert_true(pa >> 12 >= 1 && pa >> 12 <= TABLES);
	return memory[pa >> 12];
}

static const struct weft_pt_ops ops = {
	.alloc = table_alloc, .free = table_free, .to_virt = table_virt,
};

void weft_debug_pte(const struct weft_pgtable *pt, uint64_t va,
		    unsigned level, uint64_t before, uint64_t after)
{
	uint64_t permissions = WEFT_PTE_USER | WEFT_PTE_RDONLY | WEFT_PTE_PXN |
			       WEFT_PTE_UXN;

	(void)pt;
	(void)va;
	(void)level;
	if ((before & 1) && (after & 1) && ((before ^ after) & ~permissions))
		breaks++;
}

/* The TLB caches what is mapped now. */
static void cache_all(void)
{
	struct weft_pt_entry e;
	unsigned i;

	for (i = 0; i < PAGES; i++) {
		if (tlb[i].valid ||
		    weft_pt_lookup(&table, BASE + i * 4096ull, &e))
			continue;
		tlb[i] = (struct mapping){ e.pa, e.flags, true };
	}
}

static void drop(uint64_t page, uint64_t asid)
{
	uint64_t first = BASE >> 12;

	if (asid == ASID && page >= first && page < first + PAGES)
		tlb[page - first].valid = false;
}

/* Invalidations count when their DSB has come, and after a DSB ISHST. */
static void apply_events(void)
{
	bool stored = false;
	size_t i, done = 0;

	for (i = 0; i < sim_count; i++) {
		if (sim_events[i].op == SIM_DSB_ISH)
			done = i;
	}
	for (i = 0; i < done; i++) {
		uint64_t arg = sim_events[i].arg;

		switch (sim_events[i].op) {
		case SIM_DSB_ISHST:
			stored = true;
			break;
		case SIM_TLBI_VA:
		case SIM_TLBI_VA_LEAF:
			assert_true(stored);
			drop(arg & ((UINT64_C(1) << 44) - 1), arg >> 48);
			break;
		case SIM_TLBI_ASID:
			assert_true(stored);
			if (arg >> 48 == ASID)
				memset(tlb, 0, sizeof(tlb));
			break;
		default:
			break;
		}
	}
	sim_clear();
}

/* Nothing is cached that is not mapped just so. */
static void check_tlb(void)
{
	unsigned i;

	for (i = 0; i < PAGES; i++) {
		if (!tlb[i].valid)
			continue;
		if (!model[i].valid || model[i].pa != tlb[i].pa ||
		    model[i].flags != tlb[i].flags)
			fail_msg("page %u: stale translation", i);
	}
}

static void check_model(void)
{
	struct weft_pt_entry e;
	unsigned i;

	for (i = 0; i < PAGES; i++) {
		int err = weft_pt_lookup(&table, BASE + i * 4096ull, &e);

		assert_int_equal(err, model[i].valid ? 0 : WEFT_ENOENT);
		if (err)
			continue;
		assert_int_equal(e.pa, model[i].pa);
		assert_int_equal(e.flags, model[i].flags);
	}
}

static void setup_table(void)
{
	memset(table_used, 0, sizeof(table_used));
	memset(model, 0, sizeof(model));
	memset(tlb, 0, sizeof(tlb));
	tables_left = TABLES;
	breaks = 0;
	assert_int_equal(weft_pt_init(&table, 0, &ops, NULL), 0);
	weft_space_init(&space, table.root, &domain);
	space.context = WEFT_ASID_GENERATION | ASID;
	table.space = &space;
	sim_clear();
}

static void destroy_table(void)
{
	weft_pt_destroy(&table, NULL, NULL, NULL);
	assert_int_equal(tables_left, TABLES);
}

static unsigned freed;

/* A page is given up: nobody may have a translation of it any more. */
static void page_done(void *arg, uint64_t pa, size_t size)
{
	unsigned i;

	(void)arg;
	apply_events();
	for (i = 0; i < PAGES; i++)
		if (tlb[i].valid && tlb[i].pa >= pa && tlb[i].pa < pa + size)
			fail_msg("page %u is freed and still cached", i);
	freed += (unsigned)(size / 4096);
}

static const unsigned some_flags[] = {
	WEFT_PT_USER, WEFT_PT_USER | WEFT_PT_WRITE, WEFT_PT_USER | WEFT_PT_EXEC,
	0, WEFT_PT_WRITE,
};

static void random_map(uint64_t *seed, unsigned first, unsigned n)
{
	unsigned flags = some_flags[check_below(seed, 5)];
	uint64_t pa = (1 + check_below(seed, 1000)) * 0x800000ull +
		      first * 4096ull;
	bool taken = false;
	unsigned i;
	int err;

	for (i = first; i < first + n; i++)
		taken |= model[i].valid;
	err = weft_pt_map(&table, BASE + first * 4096ull, pa, n * 4096ull,
			  flags);
	assert_int_equal(err, taken ? WEFT_EEXIST : 0);
	for (i = first; !taken && i < first + n; i++)
		model[i] = (struct mapping){ pa + (i - first) * 4096ull, flags,
					     true };
}

/* The same for one page, as a handler of page faults does it. */
static void random_fill(uint64_t *seed, unsigned i)
{
	unsigned flags = some_flags[check_below(seed, 5)];
	uint64_t pa = (1 + check_below(seed, 1000)) * 0x800000ull + i * 4096ull;
	struct weft_pt_entry e;

	if (!weft_pt_fill(&table, BASE + i * 4096ull,
			  pa | weft_pt_page(&table, flags))) {
		/* What is there, or that there is no table, is known. */
		assert_true(model[i].valid ||
			    weft_pt_lookup(&table, BASE + i * 4096ull, &e));
		fills_refused++;
		return;
	}
	assert_false(model[i].valid);
	model[i] = (struct mapping){ pa, flags, true };
	fills++;
}

/* Another page, or other rights, for one that is there. */
static void random_change(uint64_t *seed, unsigned i)
{
	unsigned flags = some_flags[check_below(seed, 5)];
	uint64_t old = model[i].pa, pa = old;

	if (!model[i].valid)
		return;
	if (check_below(seed, 2))
		pa = (1 + check_below(seed, 1000)) * 0x800000ull + i * 4096ull;
	weft_pt_change(&table, BASE + i * 4096ull,
		       pa | weft_pt_page(&table, flags));
	model[i] = (struct mapping){ pa, flags, true };
	if (pa != old)
		page_done(NULL, old, 4096);
}

static void random_trim(unsigned first, unsigned n)
{
	assert_int_equal(weft_pt_trim(&table, BASE + first * 4096ull,
				      n * 4096ull), 0);
}

static void random_unmap(unsigned first, unsigned n)
{
	unsigned i, expected = 0;

	for (i = first; i < first + n; i++) {
		expected += model[i].valid;
		model[i].valid = false;
	}
	freed = 0;
	assert_int_equal(weft_pt_unmap(&table, BASE + first * 4096ull,
				       n * 4096ull, page_done, NULL), 0);
	assert_int_equal(freed, expected);
}

static void random_protect(uint64_t *seed, unsigned first, unsigned n)
{
	unsigned flags = some_flags[check_below(seed, 5)];
	unsigned i;

	assert_int_equal(weft_pt_protect(&table, BASE + first * 4096ull,
					 n * 4096ull, flags), 0);
	for (i = first; i < first + n; i++)
		model[i].flags = flags;
}

static void test_random(void **state)
{
	uint64_t seed = check_seed(20261);
	unsigned step;

	(void)state;
	print_message("# seed %llu\n", (unsigned long long)seed);
	setup_table();
	for (step = 0; step < 3000; step++) {
		unsigned first = (unsigned)check_below(&seed, PAGES);
		unsigned most = step % 7 ? 8 : 300;
		unsigned n = 1 + (unsigned)check_below(&seed, most);

		if (n > PAGES - first)
			n = PAGES - first;
		switch (check_below(&seed, 8)) {
		case 0:
			random_map(&seed, first, n);
			break;
		case 1:
			random_unmap(first, n);
			random_trim(first, n);
			break;
		case 2:
			random_unmap(first, n);
			break;
		case 3:
		case 4:
			random_fill(&seed, first);
			break;
		case 5:
		case 6:
			random_change(&seed, first);
			break;
		default:
			random_protect(&seed, first, n);
			break;
		}
		apply_events();
		check_tlb();
		cache_all();
		if (step % 50 == 0)
			check_model();
	}
	assert_int_equal(breaks, 0);
	assert_true(fills > 20 && fills_refused > 20);
	destroy_table();
}

/* For a handler of page faults, also where no page can be. */
static void test_fill(void **state)
{
	const unsigned flags = WEFT_PT_USER | WEFT_PT_WRITE;
	struct weft_pt_entry e;
	uint64_t page;

	(void)state;
	setup_table();
	assert_int_equal(weft_pt_page(&table, WEFT_PT_WRITE | WEFT_PT_EXEC), 0);
	page = 0x6000 | weft_pt_page(&table, flags);
	assert_false(weft_pt_fill(&table, BASE, page));	/* no table */
	assert_false(weft_pt_fill(&table, UINT64_C(1) << 39, page));
	assert_false(weft_pt_fill(&table, UINT64_MAX << 12, page));
	assert_int_equal(weft_pt_map(&table, BASE, 0x5000, 4096, flags), 0);
	assert_false(weft_pt_fill(&table, BASE, page));	/* a page */
	/* As weft_pt_map does it, and visible before anybody asks again. */
	sim_clear();
	assert_true(weft_pt_fill(&table, BASE + 4096, page));
	assert_int_equal(sim_count, 1);
	assert_int_equal(sim_events[0].op, SIM_DSB_ISHST);
	assert_int_equal(weft_pt_lookup(&table, BASE + 4096, &e), 0);
	assert_int_equal(e.pa, 0x6000);
	assert_int_equal(e.flags, flags);
	assert_false(weft_pt_fill(&table, BASE + 4096, page));
	assert_int_equal(table.last[1], table.last[0] + 0x1000);
	/* The table is gone: what was found last is forgotten. */
	assert_int_equal(weft_pt_unmap(&table, BASE, 8192, NULL, NULL), 0);
	assert_int_equal(weft_pt_trim(&table, BASE, 8192), 0);
	assert_false(weft_pt_fill(&table, BASE, page));
	/* A block. */
	assert_int_equal(weft_pt_map(&table, BASE, 0x200000, 0x200000,
				     flags | WEFT_PT_BLOCKS), 0);
	assert_false(weft_pt_fill(&table, BASE, page));
	destroy_table();
}

static void test_blocks(void **state)
{
	struct weft_pt_entry e;
	unsigned flags = WEFT_PT_USER | WEFT_PT_BLOCKS;

	(void)state;
	setup_table();
	/* Two blocks and three pages on each side of them */
	assert_int_equal(weft_pt_map(&table, 0x3fd000, 0x7fd000,
				     0x400000 + 6 * 4096, flags), 0);
	assert_int_equal(weft_pt_lookup(&table, 0x3ff123, &e), 0);
	assert_int_equal(e.size, 4096);
	assert_int_equal(weft_pt_lookup(&table, 0x5ff123, &e), 0);
	assert_int_equal(e.size, 0x200000);
	assert_int_equal(e.pa, 0x9ff123);
	assert_int_equal(weft_pt_lookup(&table, 0x800123, &e), 0);
	assert_int_equal(e.size, 4096);
	/* A block is never cut. */
	assert_int_equal(weft_pt_unmap(&table, 0x400000, 0x1000, NULL, NULL),
			 WEFT_EINVAL);
	assert_int_equal(weft_pt_protect(&table, 0x3ff000, 0x2000, 0),
			 WEFT_EINVAL);
	assert_int_equal(weft_pt_map(&table, 0x401000, 0x1000, 0x1000, 0),
			 WEFT_EEXIST);
	assert_int_equal(weft_pt_protect(&table, 0x400000, 0x400000,
					 WEFT_PT_USER | WEFT_PT_WRITE), 0);
	assert_int_equal(weft_pt_lookup(&table, 0x7fffff, &e), 0);
	assert_int_equal(e.flags, WEFT_PT_USER | WEFT_PT_WRITE);
	assert_int_equal(weft_pt_unmap(&table, 0x400000, 0x200000, NULL, NULL),
			 0);
	assert_int_equal(weft_pt_lookup(&table, 0x5fffff, &e), WEFT_ENOENT);
	assert_int_equal(weft_pt_lookup(&table, 0x600000, &e), 0);
	destroy_table();
}

static void test_bad_requests(void **state)
{
	uint64_t top = UINT64_C(1) << 39;

	(void)state;
	setup_table();
	assert_int_equal(weft_pt_map(&table, 0x1001, 0x1000, 0x1000, 0),
			 WEFT_EINVAL);
	assert_int_equal(weft_pt_map(&table, 0x1000, 0x1001, 0x1000, 0),
			 WEFT_EINVAL);
	assert_int_equal(weft_pt_map(&table, 0x1000, 0x1000, 0x1001, 0),
			 WEFT_EINVAL);
	assert_int_equal(weft_pt_map(&table, top - 0x1000, 0, 0x2000, 0),
			 WEFT_EINVAL);
	assert_int_equal(weft_pt_map(&table, 0x1000, 0, (size_t)-0x1000, 0),
			 WEFT_EINVAL);
	assert_int_equal(weft_pt_map(&table, 0x1000, 0, 0x1000,
				     WEFT_PT_WRITE | WEFT_PT_EXEC),
			 WEFT_EINVAL);
	assert_int_equal(weft_pt_unmap(&table, top, 0x1000, NULL, NULL),
			 WEFT_EINVAL);
	/* The last page is fine, and the whole range may be unmapped. */
	assert_int_equal(weft_pt_map(&table, top - 0x1000, 0, 0x1000, 0), 0);
	freed = 0;
	assert_int_equal(weft_pt_unmap(&table, 0, top, page_done, NULL), 0);
	assert_int_equal(freed, 1);
	destroy_table();
}

static void test_out_of_tables(void **state)
{
	struct weft_pt_entry e;
	unsigned left;

	(void)state;
	for (left = 0; left < 5; left++) {
		setup_table();
		tables_left = left;
		/* Needs 5: two of level 3 and one of level 2 here, two there */
		if (weft_pt_map(&table, 0x3ffff000, 0x1000, 0x2000, 0) == 0)
			assert_int_equal(weft_pt_map(&table, OTHER, 0, 0x1000,
						     0), WEFT_ENOMEM);
		else
			assert_int_equal(weft_pt_lookup(&table, 0x3ffff000,
							&e), WEFT_ENOENT);
		tables_left = TABLES;
		weft_pt_destroy(&table, NULL, NULL, NULL);
	}
}

static void test_descriptors(void **state)
{
	uint64_t *level3;
	uint64_t pte;

	(void)state;
	setup_table();
	assert_int_equal(weft_pt_map(&table, 0x1000, 0x5000, 0x1000,
				     WEFT_PT_USER | WEFT_PT_EXEC), 0);
	level3 = memory[3];		/* root, level 2, level 3 */
	pte = level3[1];
	assert_int_equal(pte & 3, 3);
	assert_int_equal(pte & WEFT_PTE_ADDR, 0x5000);
	assert_true(pte & WEFT_PTE_NG);
	assert_true(pte & WEFT_PTE_AF);
	assert_true(pte & WEFT_PTE_PXN);
	assert_false(pte & WEFT_PTE_UXN);
	assert_true(pte & WEFT_PTE_RDONLY);
	assert_true(pte & WEFT_PTE_USER);
	destroy_table();
}

static void test_kernel_half(void **state)
{
	uint64_t base = UINT64_C(0xffffff8000000000);
	uint64_t last = UINT64_C(0xfffffffffffff000);
	struct weft_pgtable kernel;
	struct weft_pt_entry e;

	(void)state;
	setup_table();
	assert_int_equal(weft_pt_init(&kernel, base, &ops, NULL), 0);
	assert_int_equal(weft_pt_map(&kernel, last, 0x1000, 0x1000,
				     WEFT_PT_EXEC), 0);
	assert_int_equal(weft_pt_map(&kernel, 0, 0x1000, 0x1000, 0),
			 WEFT_EINVAL);
	assert_int_equal(weft_pt_map(&kernel, base, 0, 0x1000, WEFT_PT_USER),
			 WEFT_EINVAL);
	assert_int_equal(weft_pt_lookup(&kernel, last + 5, &e), 0);
	assert_int_equal(e.pa, 0x1005);
	assert_int_equal(e.flags, WEFT_PT_EXEC);
	sim_clear();
	assert_int_equal(weft_pt_unmap(&kernel, last, 0x1000, NULL, NULL), 0);
	/* All ASIDs: global entries */
	assert_int_equal(sim_events[1].op, SIM_TLBI_VA_KERNEL_LEAF);
	assert_int_equal(sim_events[1].arg,
			 (last >> 12) & ((UINT64_C(1) << 44) - 1));
	/* The kernel's own tables are never freed. */
	tables_left = TABLES - 1;
	destroy_table();
}

static void test_destroy_drops_walks(void **state)
{
	size_t i;

	(void)state;
	setup_table();
	assert_int_equal(weft_pt_map(&table, BASE, 0, 0x10000, 0), 0);
	sim_clear();
	weft_pt_destroy(&table, NULL, NULL, NULL);
	for (i = 0; i < sim_count; i++)
		if (sim_events[i].op == SIM_TLBI_ASID &&
		    sim_events[i].arg >> 48 == ASID)
			return;
	fail_msg("table pages were freed without a non-leaf invalidation");
}

/* Ranges of the window, in ascending order, as a client names them. */
struct ranges {
	unsigned n, i;
	unsigned first[4], end[4];
	unsigned wanted, given_up;
};

static void draw_ranges(uint64_t *seed, struct ranges *r)
{
	unsigned at = 0;

	memset(r, 0, sizeof(*r));
	while (r->n < 4 && at < PAGES) {
		r->first[r->n] = at + (unsigned)check_below(seed, PAGES - at);
		at = r->first[r->n] + 1 + (unsigned)check_below(seed, 700);
		r->end[r->n++] = at < PAGES ? at : PAGES;
	}
}

static bool next_range(void *arg, uint64_t *va, uint64_t *end)
{
	struct ranges *r = arg;

	if (r->i == r->n)
		return false;
	assert_true(*va <= BASE + r->first[r->i] * 4096ull);
	*va = BASE + r->first[r->i] * 4096ull;
	*end = BASE + r->end[r->i++] * 4096ull;
	return true;
}

static bool is_in(const struct ranges *r, unsigned page)
{
	unsigned i;

	for (i = 0; i < r->n; i++)
		if (page >= r->first[i] && page < r->end[i])
			return true;
	return false;
}

static bool is_wanted(uint64_t pa)
{
	return pa / 4096 % 5 != 0;
}

static bool wants(void *arg, uint64_t pa)
{
	struct ranges *r = arg;

	r->wanted += is_wanted(pa);
	return is_wanted(pa);
}

static void given_up(void *arg, uint64_t pa, size_t size)
{
	struct ranges *r = arg;

	(void)pa;
	assert_int_equal(size, 4096);
	r->given_up++;
}

static struct weft_pgtable copy;
static struct weft_space copy_space;

static void setup_both(uint64_t *seed)
{
	unsigned i, first;

	setup_table();
	assert_int_equal(weft_pt_init(&copy, 0, &ops, NULL), 0);
	weft_space_init(&copy_space, copy.root, &domain);
	copy.space = &copy_space;
	for (i = 0; i < 12; i++) {
		first = (unsigned)check_below(seed, PAGES - 200);
		random_map(seed, first, 1 + (unsigned)check_below(seed, 200));
	}
	sim_clear();
	cache_all();
}

/* What is shared is in both, read-only; all else is as it was. */
static void check_shared(const struct ranges *r)
{
	struct weft_pt_entry e;
	unsigned i, shared = 0;

	for (i = 0; i < PAGES; i++) {
		bool is_shared = model[i].valid && is_in(r, i) &&
				 is_wanted(model[i].pa);

		if (is_shared)
			model[i].flags &= ~(unsigned)WEFT_PT_WRITE;
		shared += is_shared;
		assert_int_equal(weft_pt_lookup(&copy, BASE + i * 4096ull, &e),
				 is_shared ? 0 : WEFT_ENOENT);
		if (!is_shared)
			continue;
		assert_int_equal(e.pa, model[i].pa);
		assert_int_equal(e.flags, model[i].flags);
	}
	assert_int_equal(shared, r->wanted);
	check_model();
}

static void test_share(void **state)
{
	uint64_t seed = check_seed(20262);
	struct ranges r;
	unsigned step;

	(void)state;
	print_message("# seed %llu\n", (unsigned long long)seed);
	for (step = 0; step < 300; step++) {
		setup_both(&seed);
		draw_ranges(&seed, &r);
		assert_int_equal(weft_pt_share(&copy, &table, next_range,
					       wants, &r), 0);
		check_shared(&r);
		apply_events();
		check_tlb();
		/* All that is in the copy is in its ranges. */
		r.i = 0;
		weft_pt_destroy(&copy, next_range, given_up, &r);
		assert_int_equal(r.given_up, r.wanted);
		assert_int_equal(copy.pages, 0);
		destroy_table();
	}
	assert_int_equal(breaks, 0);
}

/* Whatever was write-protected before the end is so for the TLB, too. */
static void test_share_out_of_tables(void **state)
{
	uint64_t seed = check_seed(20263);
	struct ranges r;
	unsigned left, i;

	(void)state;
	/* Needs 6: two of level 2 and four of level 3 */
	for (left = 0; left < 6; left++) {
		struct weft_pt_entry e;

		setup_both(&seed);
		for (i = 0; i < PAGES; i += 100)
			random_map(&seed, i, 1);
		cache_all();
		r = (struct ranges){ .n = 1, .end = { PAGES } };
		tables_left = left;
		assert_int_equal(weft_pt_share(&copy, &table, next_range,
					       wants, &r), WEFT_ENOMEM);
		for (i = 0; i < PAGES; i++)
			if (!weft_pt_lookup(&table, BASE + i * 4096ull, &e))
				model[i].flags = e.flags;
		apply_events();
		check_tlb();
		tables_left = TABLES - (unsigned)(table.pages + copy.pages);
		r.i = 0;
		weft_pt_destroy(&copy, next_range, given_up, &r);
		assert_int_equal(r.given_up, r.wanted);
		destroy_table();
	}
}

static void test_barriers(void **state)
{
	static const enum sim_op expected[] = {
		SIM_DSB_ISHST, SIM_TLBI_VA_LEAF, SIM_TLBI_VA_LEAF, SIM_DSB_ISH,
		SIM_ISB,
	};
	size_t i;

	(void)state;
	sim_clear();
	weft_tlb_flush_range(3, 0x5000, 0x2000, WEFT_TLB_LEAF);
	assert_int_equal(sim_count, 5);
	for (i = 0; i < 5; i++)
		assert_int_equal(sim_events[i].op, expected[i]);
	assert_int_equal(sim_events[1].arg, (UINT64_C(3) << 48) | 5);
	assert_int_equal(sim_events[2].arg, (UINT64_C(3) << 48) | 6);
	sim_clear();
	weft_tlb_flush_range(3, 0, (WEFT_TLB_PAGES_MAX + 1) * 4096, 0);
	assert_int_equal(sim_count, 4);
	assert_int_equal(sim_events[1].op, SIM_TLBI_ASID);
	sim_clear();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_random),
		cmocka_unit_test(test_fill),
		cmocka_unit_test(test_blocks),
		cmocka_unit_test(test_bad_requests),
		cmocka_unit_test(test_out_of_tables),
		cmocka_unit_test(test_descriptors),
		cmocka_unit_test(test_kernel_half),
		cmocka_unit_test(test_destroy_drops_walks),
		cmocka_unit_test(test_share),
		cmocka_unit_test(test_share_out_of_tables),
		cmocka_unit_test(test_barriers),
	};

	return cmocka_run_group_tests_name("weft_pgtable", tests, NULL, NULL);
}
