// SPDX-License-Identifier: MIT
/*
 * The page-table writer. include/weft/pgtable.h is the manual.
 *
 * Levels are counted as in the Arm ARM: 1 (1 GiB an entry), 2 (2 MiB, may be
 * a block), 3 (4 KiB). write_entry is the only function that stores a
 * descriptor.
 */
#include <weft/pgtable.h>

#include <weft/arch.h>
#include <weft/assert.h>
#include <weft/errno.h>
#include <weft/space.h>
#include <weft/tlb.h>

#include "flags.h"

enum {
	FIRST_LEVEL = 1,
	BLOCK_LEVEL = 2,
	PAGE_LEVEL = 3,
	ENTRIES = 512,
	/* Leaves that are unmapped under one invalidation */
	BATCH = 64,
};

#define PERMISSIONS							\
	(WEFT_PTE_USER | WEFT_PTE_RDONLY | WEFT_PTE_PXN | WEFT_PTE_UXN)

static unsigned level_shift(unsigned level)
{
	return 39 - 9 * level;
}

static uint64_t level_size(unsigned level)
{
	return UINT64_C(1) << level_shift(level);
}

static unsigned index_of(uint64_t va, unsigned level)
{
	return (va >> level_shift(level)) & (ENTRIES - 1);
}

static bool is_table(uint64_t entry, unsigned level)
{
	return level < PAGE_LEVEL && (entry & 3) == 3;
}

static bool is_leaf(uint64_t entry, unsigned level)
{
	return (entry & 3) == (level == PAGE_LEVEL ? 3 : 1);
}

/* A walker on another CPU reads whole entries at any time. */
static uint64_t read_entry(const uint64_t *entry)
{
	return __atomic_load_n(entry, __ATOMIC_RELAXED);
}

static void write_entry(const struct weft_pgtable *table, uint64_t va,
			unsigned level, uint64_t *entry, uint64_t value)
{
#if WEFT_DEBUG
	weft_debug_pte(table, va, level, *entry, value);
#else
	(void)table;
	(void)va;
	(void)level;
#endif
	__atomic_store_n(entry, value, __ATOMIC_RELAXED);
}

static uint64_t *table_at(const struct weft_pgtable *table, uint64_t pa)
{
	return table->ops->to_virt(table->arg, pa & WEFT_PTE_ADDR);
}

static bool in_range(const struct weft_pgtable *table, uint64_t va,
		     uint64_t size)
{
	uint64_t span = UINT64_C(1) << WEFT_VA_BITS;
	uint64_t offset = va - table->base;

	return (va | size) % WEFT_PAGE_SIZE == 0 && offset < span &&
	       size <= span - offset;
}

static uint64_t permission_bits(const struct weft_pgtable *table,
				unsigned flags)
{
	uint64_t bits = WEFT_PTE_PXN | WEFT_PTE_UXN;

	if (!(flags & WEFT_PT_WRITE))
		bits |= WEFT_PTE_RDONLY;
	if (flags & WEFT_PT_USER)
		bits |= WEFT_PTE_USER;
	/* User code is never executable in EL1, nor the kernel's in EL0. */
	if (flags & WEFT_PT_EXEC)
		bits &= table->space ? ~WEFT_PTE_UXN : ~WEFT_PTE_PXN;
	return bits;
}

static uint64_t memory_bits(const struct weft_pgtable *table, unsigned flags)
{
	uint64_t bits = WEFT_PTE_AF | WEFT_PTE_SH_INNER;

	if (flags & WEFT_PT_DEVICE)
		bits |= WEFT_PTE_ATTR(WEFT_MAIR_DEVICE);
	else if (flags & WEFT_PT_NOCACHE)
		bits |= WEFT_PTE_ATTR(WEFT_MAIR_NOCACHE);
	if (table->space)
		bits |= WEFT_PTE_NG;
	return bits;
}

static bool flags_ok(const struct weft_pgtable *table, unsigned flags)
{
	if ((flags & WEFT_PT_WRITE) && (flags & WEFT_PT_EXEC))
		return false;
	return table->space || !(flags & WEFT_PT_USER);
}

static unsigned flags_of(const struct weft_pgtable *table, uint64_t entry)
{
	unsigned flags = 0;
	uint64_t never = table->space ? WEFT_PTE_UXN : WEFT_PTE_PXN;

	if (!(entry & WEFT_PTE_RDONLY))
		flags |= WEFT_PT_WRITE;
	if (entry & WEFT_PTE_USER)
		flags |= WEFT_PT_USER;
	if (!(entry & never))
		flags |= WEFT_PT_EXEC;
	if ((entry & WEFT_PTE_ATTR(7)) == WEFT_PTE_ATTR(WEFT_MAIR_DEVICE))
		flags |= WEFT_PT_DEVICE;
	if ((entry & WEFT_PTE_ATTR(7)) == WEFT_PTE_ATTR(WEFT_MAIR_NOCACHE))
		flags |= WEFT_PT_NOCACHE;
	return flags;
}

int weft_pt_init(struct weft_pgtable *table, uint64_t base,
		 const struct weft_pt_ops *ops, void *arg)
{
	uint64_t root = ops->alloc(arg);

	if (!root)
		return WEFT_ENOMEM;
	weft_pt_adopt(table, root, base, ops, arg);
	return 0;
}

void weft_pt_adopt(struct weft_pgtable *table, uint64_t root, uint64_t base,
		   const struct weft_pt_ops *ops, void *arg)
{
	*table = (struct weft_pgtable){
		.root = root,
		.base = base,
		.ops = ops,
		.arg = arg,
	};
}

/*
 * The entry that translates @va, at *@level: a leaf, or the invalid entry at
 * which the walk ends.
 */
static uint64_t *walk(const struct weft_pgtable *table, uint64_t va,
		      unsigned *level)
{
	uint64_t *page = table_at(table, table->root);
	unsigned l = FIRST_LEVEL;

	for (;;) {
		uint64_t *entry = &page[index_of(va, l)];

		if (!is_table(read_entry(entry), l)) {
			*level = l;
			return entry;
		}
		page = table_at(table, read_entry(entry));
		l++;
	}
}

/*
 * The entry for @va at level @want, with tables made on the way; NULL with
 * *@error set if there is no memory or a block is in the way.
 */
static uint64_t *walk_make(struct weft_pgtable *table, uint64_t va,
			   unsigned want, int *error)
{
	uint64_t *page = table_at(table, table->root);
	unsigned level;

	for (level = FIRST_LEVEL; level < want; level++) {
		uint64_t *entry = &page[index_of(va, level)];
		uint64_t value = read_entry(entry);

		if (is_leaf(value, level)) {
			*error = WEFT_EEXIST;
			return NULL;
		}
		if (!is_table(value, level)) {
			uint64_t pa = table->ops->alloc(table->arg);

			if (!pa) {
				*error = WEFT_ENOMEM;
				return NULL;
			}
			/*
			 * The zeros in the new table are visible to walkers
			 * before the entry that leads to it.
			 */
			weft_tlb_publish();
			value = pa | WEFT_PTE_TABLE | WEFT_PTE_VALID;
			write_entry(table, va, level, entry, value);
		}
		page = table_at(table, value);
	}
	return &page[index_of(va, want)];
}

static unsigned leaf_level(uint64_t va, uint64_t pa, uint64_t left,
			   unsigned flags)
{
	uint64_t block = level_size(BLOCK_LEVEL);

	if ((flags & WEFT_PT_BLOCKS) && (va | pa) % block == 0 && left >= block)
		return BLOCK_LEVEL;
	return PAGE_LEVEL;
}

int weft_pt_map(struct weft_pgtable *table, uint64_t va, uint64_t pa,
		size_t size, unsigned flags)
{
	uint64_t bits = permission_bits(table, flags) |
			memory_bits(table, flags) | WEFT_PTE_VALID;
	size_t done = 0;
	int error = 0;

	if (!in_range(table, va, size) || pa % WEFT_PAGE_SIZE ||
	    !flags_ok(table, flags))
		return WEFT_EINVAL;
	while (done < size) {
		unsigned level = leaf_level(va + done, pa + done, size - done,
					    flags);
		uint64_t *entry = walk_make(table, va + done, level, &error);
		uint64_t type = level == PAGE_LEVEL ? WEFT_PTE_PAGE : 0;

		if (entry && (read_entry(entry) & WEFT_PTE_VALID)) {
			error = WEFT_EEXIST;
			entry = NULL;
		}
		if (!entry)
			break;
		write_entry(table, va + done, level, entry,
			    (pa + done) | bits | type);
		done += level_size(level);
	}
	/*
	 * No invalidation: every entry was invalid before, and those are never
	 * cached.
	 */
	weft_tlb_publish();
	if (error && done)
		weft_pt_unmap(table, va, done, NULL, NULL);
	return error;
}

/* True if a block covers @va but does not begin there. */
static bool cuts_block(const struct weft_pgtable *table, uint64_t va)
{
	unsigned level;
	uint64_t *entry;

	if (va - table->base >= UINT64_C(1) << WEFT_VA_BITS)
		return false;	/* the end of the whole range */
	entry = walk(table, va, &level);
	return is_leaf(read_entry(entry), level) &&
	       va % level_size(level) != 0;
}

/*
 * The next leaf at or after *@va, below @end: its entry, with *@va and *@level
 * set; NULL if there is none.
 */
static uint64_t *next_leaf(const struct weft_pgtable *table, uint64_t *va,
			   uint64_t end, unsigned *level)
{
	/* Compare distances: the kernel's half ends where addresses wrap. */
	while (*va - table->base < end - table->base) {
		uint64_t *entry = walk(table, *va, level);
		uint64_t size = level_size(*level);

		if (is_leaf(read_entry(entry), *level))
			return entry;
		*va = (*va & ~(size - 1)) + size;
		if (*va == 0)
			return NULL;
	}
	return NULL;
}

static void flush(const struct weft_pgtable *table, uint64_t va, size_t size)
{
	uint16_t asid;

	if (!table->space) {
		weft_tlb_flush_kernel(va, size, true);
		return;
	}
	/*
	 * The writes first, then the ASID: if the space gets another one after
	 * this look (a rollover, here after a preemption, or on another CPU),
	 * walks under that one see the writes. A space without ASID never ran,
	 * nothing of it is cached.
	 */
	weft_tlb_publish();
	asid = weft_space_asid(table->space);
	if (asid)
		weft_tlb_flush_range(asid, va, size, true);
}

struct leaf {
	uint64_t pa;
	size_t size;
};

/*
 * Unmap up to BATCH leaves from @va on; the address to go on at. The memory
 * is given up only after the invalidation.
 */
static uint64_t unmap_batch(struct weft_pgtable *table, uint64_t va,
			    uint64_t end,
			    void (*done)(void *arg, uint64_t pa, size_t size),
			    void *done_arg)
{
	struct leaf leaves[BATCH];
	uint64_t start = va;
	unsigned level, n = 0, i;
	uint64_t *entry;

	while (n < BATCH && (entry = next_leaf(table, &va, end, &level))) {
		leaves[n].pa = read_entry(entry) & WEFT_PTE_ADDR;
		leaves[n].size = level_size(level);
		write_entry(table, va, level, entry, 0);
		va += leaves[n].size;
		n++;
	}
	if (n)
		flush(table, start, va - start);
	for (i = 0; i < n && done; i++)
		done(done_arg, leaves[i].pa, leaves[i].size);
	return n < BATCH ? end : va;
}

int weft_pt_unmap(struct weft_pgtable *table, uint64_t va, size_t size,
		  void (*done)(void *arg, uint64_t pa, size_t size),
		  void *done_arg)
{
	uint64_t end = va + size;

	if (!in_range(table, va, size) || cuts_block(table, va) ||
	    cuts_block(table, end))
		return WEFT_EINVAL;
	while (va != end)
		va = unmap_batch(table, va, end, done, done_arg);
	return 0;
}

int weft_pt_protect(struct weft_pgtable *table, uint64_t va, size_t size,
		    unsigned flags)
{
	uint64_t end = va + size, at = va;
	uint64_t bits = permission_bits(table, flags);
	bool changed = false;
	unsigned level;
	uint64_t *entry;

	if (!in_range(table, va, size) || cuts_block(table, va) ||
	    cuts_block(table, end) || !flags_ok(table, flags))
		return WEFT_EINVAL;
	while (size && (entry = next_leaf(table, &at, end, &level))) {
		uint64_t old = read_entry(entry);
		uint64_t new = (old & ~PERMISSIONS) | bits;

		/*
		 * In place: a change of permissions alone needs no
		 * break-before-make (Arm ARM D8.14.1).
		 */
		if (new != old) {
			write_entry(table, at, level, entry, new);
			changed = true;
		}
		at += level_size(level);
	}
	if (changed)
		flush(table, va, size);
	return 0;
}

int weft_pt_lookup(const struct weft_pgtable *table, uint64_t va,
		   struct weft_pt_entry *entry)
{
	unsigned level;
	uint64_t value;

	if (!in_range(table, va & ~UINT64_C(0xfff), WEFT_PAGE_SIZE))
		return WEFT_ENOENT;
	value = read_entry(walk(table, va, &level));
	if (!is_leaf(value, level))
		return WEFT_ENOENT;
	entry->size = level_size(level);
	entry->pa = (value & WEFT_PTE_ADDR) + (va & (entry->size - 1));
	entry->flags = flags_of(table, value);
	return 0;
}

bool weft_pt_next(const struct weft_pgtable *table, uint64_t *va, uint64_t end,
		  struct weft_pt_entry *entry)
{
	unsigned level;

	if (!in_range(table, *va, end - *va) ||
	    !next_leaf(table, va, end, &level))
		return false;
	return weft_pt_lookup(table, *va, entry) == 0;
}

static void free_table(struct weft_pgtable *table, uint64_t pa, unsigned level,
		       void (*done)(void *arg, uint64_t pa, size_t size),
		       void *done_arg)
{
	uint64_t *page = table_at(table, pa);
	unsigned i;

	for (i = 0; i < ENTRIES; i++) {
		uint64_t entry = read_entry(&page[i]);

		if (is_table(entry, level))
			free_table(table, entry & WEFT_PTE_ADDR, level + 1,
				   done, done_arg);
		else if (is_leaf(entry, level) && done)
			done(done_arg, entry & WEFT_PTE_ADDR,
			     level_size(level));
	}
	table->ops->free(table->arg, pa);
}

void weft_pt_destroy(struct weft_pgtable *table,
		     void (*done)(void *arg, uint64_t pa, size_t size),
		     void *done_arg)
{
	uint16_t asid;

	weft_assert(table->space);
	/*
	 * No TTBR0 has the root, so nothing new is cached. What is there goes
	 * with the whole ASID, leaves and walk caches, before any page is
	 * free: entries need not be cleared one by one.
	 */
	asid = weft_space_asid(table->space);
	if (asid)
		weft_tlb_flush_asid(asid);
	free_table(table, table->root, FIRST_LEVEL, done, done_arg);
	table->root = 0;
}
