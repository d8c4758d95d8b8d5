// SPDX-License-Identifier: MIT
/*
 * The CPU of walker.h. It reads descriptors on its own, twice: as memory is,
 * and as it was at the last barrier behind stores.
 */
#include "check.h"

#include <string.h>

#include <weft-sim/sysreg.h>
#include <weft/arch.h>
#include <weft/asid.h>

#include "walker.h"

struct leaf {
	uint64_t entry;		/* 0: none */
	bool block;
	bool dying;		/* its invalidation is issued, not complete */
};

struct cached_walk {
	uint64_t table;		/* 0: none */
	bool dying;
};

struct weft_pgtable walker_table;
unsigned walker_tables_left;
unsigned walker_freed;
unsigned walker_writes;

static uint64_t memory[WALKER_TABLES + 1][512] __attribute__((aligned(4096)));
static uint64_t seen[WALKER_TABLES + 1][512];
static bool used[WALKER_TABLES + 1];
static struct weft_space space;
static struct weft_asid_domain domain;

static uint64_t window;
static struct leaf leaves[WALKER_PAGES];
/* What an entry of level 1 (one for each GiB) and of level 2 leads to */
static struct cached_walk level2[2], level3[WALKER_SLOTS];

uint64_t walker_va(unsigned i)
{
	return window + i * UINT64_C(4096);
}

static struct cached_walk *level2_of(unsigned slot)
{
	return &level2[(walker_va(slot * 512) >> 30) - (window >> 30)];
}

/* Tables have physical addresses 0x1000, 0x2000 ... */
static uint64_t table_alloc(void *arg)
{
	unsigned i;

	(void)arg;
	for (i = 1; i <= WALKER_TABLES && walker_tables_left; i++) {
		if (used[i])
			continue;
		used[i] = true;
		walker_tables_left--;
		/* Zeros by the client, which makes them visible. */
		memset(memory[i], 0, sizeof(memory[i]));
		memset(seen[i], 0, sizeof(seen[i]));
		return (uint64_t)i << 12;
	}
	return 0;
}

static void table_free(void *arg, uint64_t pa)
{
	unsigned i;

	(void)arg;
	assert_true(used[pa >> 12]);
	for (i = 0; i < 512; i++)
		assert_int_equal(memory[pa >> 12][i], 0);
	for (i = 0; i < WALKER_SLOTS; i++)
		if (level2_of(i)->table == pa || level3[i].table == pa)
			fail_msg("slot %u: a table is freed and cached", i);
	used[pa >> 12] = false;
	walker_tables_left++;
}

static uint64_t *table_virt(void *arg, uint64_t pa)
{
	(void)arg;
	assert_true(pa % 4096 == 0 && pa >> 12 <= WALKER_TABLES);
	assert_true(used[pa >> 12]);
	return memory[pa >> 12];
}

static const struct weft_pt_ops ops = {
	.alloc = table_alloc, .free = table_free, .to_virt = table_virt,
};

static uint64_t read_table(bool late, uint64_t table, uint64_t va,
			   unsigned shift)
{
	unsigned index = va >> shift & 511;

	return late ? seen[table >> 12][index] : memory[table >> 12][index];
}

static void cache_walk(struct cached_walk *walk, uint64_t entry)
{
	if ((entry & 3) != 3)
		return;
	entry &= WEFT_PTE_ADDR;
	if (walk->table && walk->table != entry)
		fail_msg("a walk is cached twice: %#llx and %#llx",
			 (unsigned long long)walk->table,
			 (unsigned long long)entry);
	if (!walk->table)
		*walk = (struct cached_walk){ .table = entry };
}

#define PERMISSIONS (WEFT_PTE_USER | WEFT_PTE_RDONLY | WEFT_PTE_PXN | \
		     WEFT_PTE_UXN | WEFT_PTE_GP)

static void cache_leaf(unsigned i, uint64_t entry, bool block)
{
	struct leaf *leaf = &leaves[i];

	if (leaf->entry && (leaf->block != block ||
			    ((leaf->entry ^ entry) & ~PERMISSIONS)))
		fail_msg("page %u is cached twice: %#llx and %#llx", i,
			 (unsigned long long)leaf->entry,
			 (unsigned long long)entry);
	if (!leaf->entry)
		*leaf = (struct leaf){ .entry = entry, .block = block };
}

static void cache_slot(bool late, unsigned slot)
{
	uint64_t va = walker_va(slot * 512), entry;
	unsigned i;

	cache_walk(level2_of(slot),
		   read_table(late, walker_table.root, va, 30));
	if (level2_of(slot)->table) {
		entry = read_table(late, level2_of(slot)->table, va, 21);
		cache_walk(&level3[slot], entry);
		for (i = 0; i < 512 && (entry & 3) == 1; i++)
			cache_leaf(slot * 512 + i, entry + i * 4096, true);
	}
	for (i = 0; i < 512 && level3[slot].table; i++) {
		entry = read_table(late, level3[slot].table,
				   va + i * 4096, 12);
		if ((entry & 3) == 3)
			cache_leaf(slot * 512 + i, entry, false);
	}
}

void walker_cache(void)
{
	unsigned slot;

	for (slot = 0; slot < WALKER_SLOTS; slot++) {
		cache_slot(false, slot);
		cache_slot(true, slot);
	}
}

/* Could a walk come by it once more, without the caches? */
static bool is_there(bool late, unsigned i, const struct leaf *leaf,
		     uint64_t table)
{
	uint64_t va = walker_va(i), at = walker_table.root, entry;
	unsigned shift;

	for (shift = 30; shift >= 12; shift -= 9) {
		entry = read_table(late, at, va, shift);
		if (shift > 12 && (entry & 3) == 3) {
			at = entry & WEFT_PTE_ADDR;
			if (at == table)
				return true;
			continue;
		}
		if (shift == 21)
			entry += (i % 512) * 4096;
		return leaf && (entry & 1) && entry == leaf->entry;
	}
	return false;
}

static bool still_there(unsigned i, const struct leaf *leaf, uint64_t table)
{
	return is_there(false, i, leaf, table) ||
	       is_there(true, i, leaf, table);
}

/*
 * [@first, @first + @n) of the pages are invalidated: what is in the tables
 * still comes back at once, so only the rest goes when a barrier says so.
 */
static void invalidate(int64_t first, uint64_t n, bool leaf_only)
{
	int64_t end = first + (int64_t)n, i;
	bool blocks[WALKER_SLOTS] = { false };

	for (i = 0; i < WALKER_PAGES; i++)
		if (i >= first && i < end && leaves[i].block)
			blocks[i / 512] = true;
	for (i = 0; i < WALKER_PAGES; i++) {
		bool hit = (i >= first && i < end) || blocks[i / 512];

		if (hit && leaves[i].entry &&
		    !still_there((unsigned)i, &leaves[i], 0))
			leaves[i].dying = true;
	}
	for (i = 0; i < WALKER_SLOTS && !leaf_only; i++) {
		unsigned page = (unsigned)i * 512;

		if (first >= page + 512 || end <= page)
			continue;
		if (!still_there(page, NULL, level3[i].table))
			level3[i].dying = true;
		if (!still_there(page, NULL, level2_of((unsigned)i)->table))
			level2_of((unsigned)i)->dying = true;
	}
}

static void complete(void)
{
	unsigned i;

	for (i = 0; i < WALKER_PAGES; i++)
		if (leaves[i].dying)
			leaves[i] = (struct leaf){ 0 };
	for (i = 0; i < WALKER_SLOTS; i++) {
		if (level2_of(i)->dying)
			*level2_of(i) = (struct cached_walk){ 0 };
		if (level3[i].dying)
			level3[i] = (struct cached_walk){ 0 };
	}
}

static int64_t page_number(uint64_t arg, unsigned bits)
{
	uint64_t mask = (UINT64_C(1) << bits) - 1;

	return (int64_t)((arg & mask) - ((window >> 12) & mask));
}

static void by_range(uint64_t arg, bool leaf_only)
{
	unsigned scale = arg >> 44 & 3, num = arg >> 39 & 31;

	invalidate(page_number(arg, 37),
		   (uint64_t)(num + 1) << (5 * scale + 1), leaf_only);
}

/* What the table's half is not, an invalidation must not be. */
static void on_tlbi(enum sim_op op, uint64_t arg)
{
	bool user = walker_table.space;

	switch (op) {
	case SIM_TLBI_VA:
	case SIM_TLBI_VA_LEAF:
		assert_true(user && arg >> 48 == WALKER_ASID);
		invalidate(page_number(arg, 44), 1, op == SIM_TLBI_VA_LEAF);
		break;
	case SIM_TLBI_RANGE:
	case SIM_TLBI_RANGE_LEAF:
		assert_true(user && arg >> 48 == WALKER_ASID);
		by_range(arg, op == SIM_TLBI_RANGE_LEAF);
		break;
	case SIM_TLBI_VA_KERNEL:
	case SIM_TLBI_VA_KERNEL_LEAF:
		assert_false(user);
		invalidate(page_number(arg, 44), 1,
			   op == SIM_TLBI_VA_KERNEL_LEAF);
		break;
	case SIM_TLBI_RANGE_KERNEL:
	case SIM_TLBI_RANGE_KERNEL_LEAF:
		assert_false(user);
		by_range(arg, op == SIM_TLBI_RANGE_KERNEL_LEAF);
		break;
	case SIM_TLBI_ASID:
		assert_true(user && arg >> 48 == WALKER_ASID);
		invalidate(0, WALKER_PAGES, false);
		break;
	case SIM_TLBI_ALL:
		invalidate(0, WALKER_PAGES, false);
		break;
	default:
		fail_msg("no invalidation of other CPUs: %d", op);
	}
}

static void on_operation(enum sim_op op)
{
	walker_cache();
	switch (op) {
	case SIM_ISB:
		break;
	case SIM_DSB_ISHST:
		memcpy(seen, memory, sizeof(seen));
		break;
	case SIM_DSB_ISH:
		memcpy(seen, memory, sizeof(seen));
		complete();
		break;
	default:
		on_tlbi(op, sim_events[sim_count - 1].arg);
		break;
	}
	walker_cache();
}

/* Before each change of a table, and so between any two. */
void weft_debug_pte(const struct weft_pgtable *table, uint64_t va,
		    unsigned level, uint64_t before, uint64_t after)
{
	assert_ptr_equal(table, &walker_table);
	(void)va;
	walker_writes++;
	assert_true(level >= 1 && level <= 3);
	if ((before & 1) && (after & 1))
		assert_int_equal((before ^ after) & ~PERMISSIONS, 0);
	if (level < 3)
		walker_cache();
}

bool walker_cached(unsigned i, struct weft_pt_entry *entry)
{
	const struct leaf *leaf = &leaves[i];

	entry->pa = leaf->entry & WEFT_PTE_ADDR;
	entry->size = leaf->block ? WEFT_BLOCK_SIZE : WEFT_PAGE_SIZE;
	entry->flags = 0;
	if (leaf->entry & WEFT_PTE_USER)
		entry->flags |= WEFT_PT_USER;
	if (!(leaf->entry & WEFT_PTE_RDONLY))
		entry->flags |= WEFT_PT_WRITE;
	if (!(leaf->entry & WEFT_PTE_UXN) || !(leaf->entry & WEFT_PTE_PXN))
		entry->flags |= WEFT_PT_EXEC;
	return leaf->entry;
}

void walker_done(void *arg, uint64_t pa, size_t size)
{
	unsigned i;

	(void)arg;
	for (i = 0; i < WALKER_PAGES; i++) {
		uint64_t cached = leaves[i].entry & WEFT_PTE_ADDR;

		if (leaves[i].entry && cached >= pa && cached < pa + size)
			fail_msg("page %u is freed and still cached", i);
	}
	walker_freed += (unsigned)(size / 4096);
}

void walker_init(bool user, unsigned tlb_flags)
{
	memset(used, 0, sizeof(used));
	memset(leaves, 0, sizeof(leaves));
	memset(level2, 0, sizeof(level2));
	memset(level3, 0, sizeof(level3));
	window = user ? WALKER_USER : WALKER_KERNEL;
	walker_tables_left = WALKER_TABLES;
	walker_freed = 0;
	sim_hook = NULL;
	assert_int_equal(weft_pt_init(&walker_table,
				      user ? 0 : UINT64_C(0xffffff8000000000),
				      &ops, NULL), 0);
	walker_table.tlb_flags = tlb_flags;
	if (user) {
		weft_space_init(&space, walker_table.root, &domain);
		space.context = WEFT_ASID_GENERATION | WALKER_ASID;
		walker_table.space = &space;
	}
	sim_clear();
	sim_hook = on_operation;
}

void walker_end(void)
{
	/* In no TTBR any more: what is cached stays, nothing new comes. */
	sim_hook = NULL;
	memset(level2, 0, sizeof(level2));
	memset(level3, 0, sizeof(level3));
	if (!walker_table.space) {
		walker_table.space = &space;
		space.context = 0;
	}
	weft_pt_destroy(&walker_table, NULL, NULL, NULL);
	assert_int_equal(walker_tables_left, WALKER_TABLES);
	assert_int_equal(walker_table.pages, 0);
}
