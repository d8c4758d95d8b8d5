// SPDX-License-Identifier: MIT
/*
 * The page-table writer. include/weft/pgtable.h is the manual.
 *
 * Levels 1 to 3 of the Arm ARM are told by how far an address is shifted to
 * count their entries: 30 (1 GiB an entry), 21 (2 MiB, may be a block), 12
 * (4 KiB). write_entry is the only function that stores a descriptor, but for
 * weft_pt_fill, whose store is a release.
 */
#include <weft/pgtable.h>

#include <weft/arch.h>
#include <weft/assert.h>
#include <weft/config.h>
#include <weft/errno.h>
#include <weft/space.h>
#include <weft/sysreg.h>
#include <weft/tlb.h>

#include "flags.h"

enum {
	FIRST_SHIFT = 30,
	BLOCK_SHIFT = 21,
	PAGE_SHIFT = WEFT_PAGE_SHIFT,
	LEVEL_BITS = 9,		/* between two levels */
	ENTRIES = 1 << LEVEL_BITS,
	/* Leaves that are unmapped under one invalidation */
	BATCH = 64,
};

#define PERMISSIONS							\
	(WEFT_PTE_USER | WEFT_PTE_RDONLY | WEFT_PTE_PXN |		\
	 WEFT_PTE_UXN | WEFT_PTE_GP)
#define ALL_FLAGS	(2 * WEFT_PT_GUARDED - 1)
#define PA_END		(UINT64_C(1) << 48)

/* A table of a user space, or of the kernel's half? */
static bool is_user(const struct weft_pgtable *table)
{
	return WEFT_USER && table->space;
}

static uint64_t size_of(unsigned shift)
{
	return UINT64_C(1) << shift;
}

static unsigned index_of(uint64_t va, unsigned shift)
{
	return (va >> shift) & (ENTRIES - 1);
}

static bool is_table(uint64_t entry, unsigned shift)
{
	return shift > PAGE_SHIFT && (entry & 3) == 3;
}

static bool is_leaf(uint64_t entry, unsigned shift)
{
	return (entry & 3) == (shift == PAGE_SHIFT ? 3 : 1);
}

/* A walker on another CPU reads whole entries at any time. */
static uint64_t read_entry(const uint64_t *entry)
{
	return __atomic_load_n(entry, __ATOMIC_RELAXED);
}

static void write_entry(const struct weft_pgtable *table, uint64_t va,
			unsigned shift, uint64_t *entry, uint64_t value)
{
#if WEFT_DEBUG
	weft_debug_pte(table, va, (39 - shift) / LEVEL_BITS, *entry, value);
#else
	(void)table;
	(void)va;
	(void)shift;
#endif
	__atomic_store_n(entry, value, __ATOMIC_RELAXED);
}

static uint64_t *table_at(const struct weft_pgtable *table, uint64_t pa)
{
	pa &= WEFT_PTE_ADDR;
	if (table->linear)
		return (uint64_t *)(uintptr_t)(pa + table->linear);
	return table->ops->to_virt(table->arg, pa);
}

static uint64_t alloc_page(struct weft_pgtable *table)
{
	uint64_t pa = table->ops->alloc(table->arg);

	table->pages += pa != 0;
	return pa;
}

/* No address is in this block. */
static void forget_pages(struct weft_pgtable *table)
{
	table->last = NULL;
	table->last_block = UINT64_MAX;
}

/* @entry: whose address is the page's, which is zeros again. */
static void free_page(struct weft_pgtable *table, uint64_t entry)
{
	table->pages--;
	forget_pages(table);	/* it may be this one */
	table->ops->free(table->arg, entry & WEFT_PTE_ADDR);
}

static bool in_range(const struct weft_pgtable *table, uint64_t va,
		     uint64_t size)
{
	uint64_t span = UINT64_C(1) << WEFT_VA_BITS;
	uint64_t offset = va - table->base;

	return (va | size) % WEFT_PAGE_SIZE == 0 && offset < span &&
	       size <= span - offset;
}

/* What does not go together with what */
static bool flags_ok(const struct weft_pgtable *table, unsigned flags)
{
	unsigned never = 0;

	if (flags & WEFT_PT_EXEC)
		never |= WEFT_PT_WRITE | WEFT_PT_DEVICE;
	else
		never |= WEFT_PT_GUARDED;
	if (flags & WEFT_PT_DEVICE)
		never |= WEFT_PT_NOCACHE;
	if (!is_user(table))
		never |= WEFT_PT_USER;
	return !(flags & never) && flags <= ALL_FLAGS;
}

/* The descriptor for @flags, but for address and type; 0: not allowed. */
static uint64_t descriptor(const struct weft_pgtable *table, unsigned flags)
{
	uint64_t bits = WEFT_PTE_VALID | WEFT_PTE_AF | WEFT_PTE_SH_INNER |
			WEFT_PTE_PXN | WEFT_PTE_UXN;

	if (!flags_ok(table, flags))
		return 0;
	if (is_user(table))
		bits |= WEFT_PTE_NG;
	if (!(flags & WEFT_PT_WRITE))
		bits |= WEFT_PTE_RDONLY;
	if (flags & WEFT_PT_USER)
		bits |= WEFT_PTE_USER;
	/* User code is never executable in EL1, nor the kernel's in EL0. */
	if (flags & WEFT_PT_EXEC)
		bits &= is_user(table) ? ~WEFT_PTE_UXN : ~WEFT_PTE_PXN;
	if (flags & WEFT_PT_GUARDED)
		bits |= WEFT_PTE_GP;
	if (flags & WEFT_PT_DEVICE)
		bits |= WEFT_PTE_ATTR(WEFT_MAIR_DEVICE);
	if (flags & WEFT_PT_NOCACHE)
		bits |= WEFT_PTE_ATTR(WEFT_MAIR_NOCACHE);
	return bits;
}

static unsigned flags_of(const struct weft_pgtable *table, uint64_t entry)
{
	unsigned flags = 0;
	uint64_t never = is_user(table) ? WEFT_PTE_UXN : WEFT_PTE_PXN;

	if (!(entry & WEFT_PTE_RDONLY))
		flags |= WEFT_PT_WRITE;
	if (entry & WEFT_PTE_USER)
		flags |= WEFT_PT_USER;
	if (!(entry & never))
		flags |= WEFT_PT_EXEC;
	if (entry & WEFT_PTE_GP)
		flags |= WEFT_PT_GUARDED;
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
	table->pages = 1;
	return 0;
}

void weft_pt_adopt(struct weft_pgtable *table, uint64_t root, uint64_t base,
		   const struct weft_pt_ops *ops, void *arg)
{
	/* One by one: as a whole it would need the client's memset. */
	table->root = root;
	table->base = base;
	table->ops = ops;
	table->arg = arg;
	table->space = NULL;
	table->tlb_flags = 0;
	table->linear = 0;
	table->pages = 0;
	table->flushes = NULL;
	forget_pages(table);
}

/* An entry and its level; small enough to be returned in registers. */
struct place {
	uint64_t *entry;
	unsigned shift;
};

/*
 * The entry that translates @va: a leaf, or the invalid entry at which the
 * walk ends, or what is there at level @last.
 *
 * One copy for all its callers: inlined, it is a quarter of this file.
 */
__attribute__((noinline))
static struct place walk(const struct weft_pgtable *table, uint64_t va,
			 unsigned last)
{
	uint64_t next = table->root;
	unsigned at;

	if (last == PAGE_SHIFT && table->last_block == va >> BLOCK_SHIFT)
		return (struct place){ &table->last[index_of(va, PAGE_SHIFT)],
				       PAGE_SHIFT };
	for (at = FIRST_SHIFT;; at -= LEVEL_BITS) {
		uint64_t *entry = &table_at(table, next)[index_of(va, at)];

		next = read_entry(entry);
		if (at == last || !is_table(next, at))
			return (struct place){ entry, at };
	}
}

/*
 * The invalid entry for @va at *@shift, with tables made on the way, or one
 * level below, if there is a table already. WEFT_ENOMEM, or WEFT_EEXIST: a
 * leaf is there.
 */
static int walk_make(struct weft_pgtable *table, uint64_t va, unsigned *shift,
		     uint64_t **found)
{
	uint64_t value = table->root;
	unsigned at;

	for (at = FIRST_SHIFT;; at -= LEVEL_BITS) {
		uint64_t *entry = &table_at(table, value)[index_of(va, at)];

		value = read_entry(entry);

		if (is_leaf(value, at))
			return WEFT_EEXIST;
		if (!is_table(value, at) && at <= *shift) {
			*shift = at;
			*found = entry;
			return 0;
		}
		if (!is_table(value, at)) {
			value = alloc_page(table);
			if (!value)
				return WEFT_ENOMEM;
			/*
			 * The zeros in the new table are visible to walkers
			 * before the entry that leads to it.
			 */
			weft_tlb_publish();
			value |= WEFT_PTE_TABLE | WEFT_PTE_VALID;
			write_entry(table, va, at, entry, value);
		}
	}
}

uint64_t weft_pt_page(const struct weft_pgtable *table, unsigned flags)
{
	uint64_t bits = descriptor(table, flags);

	return bits ? bits | WEFT_PTE_PAGE : 0;
}

static inline bool fill(const struct weft_pgtable *table, uint64_t va,
			uint64_t *entry, uint64_t page)
{
	if (read_entry(entry) & WEFT_PTE_VALID)
		return false;
#if WEFT_DEBUG
	weft_debug_pte(table, va, 3, *entry, page);
#else
	(void)table;
	(void)va;
#endif
	/* Release: what is in the page comes before the way to it. */
	__atomic_store_n(entry, page, __ATOMIC_RELEASE);
	/*
	 * So that this CPU's walk for the access that is tried again finds it.
	 * The ISB that goes with it is the caller's ERET. No invalidation: what
	 * is invalid is not cached.
	 */
	weft_dsb_ishst();
	return true;
}

static __attribute__((noinline)) bool
find_and_fill(struct weft_pgtable *table, uint64_t va, uint64_t page)
{
	struct place at;

	if (!in_range(table, va, WEFT_PAGE_SIZE))
		return false;
	at = walk(table, va, PAGE_SHIFT);
	if (at.shift != PAGE_SHIFT)
		return false;
	table->last = at.entry - index_of(va, PAGE_SHIFT);
	table->last_block = va >> BLOCK_SHIFT;
	return fill(table, va, at.entry, page);
}

bool weft_pt_fill(struct weft_pgtable *table, uint64_t va, uint64_t page)
{
	if (table->last_block != va >> BLOCK_SHIFT)
		return find_and_fill(table, va, page);
	return fill(table, va, &table->last[index_of(va, PAGE_SHIFT)], page);
}

static unsigned leaf_shift(uint64_t va, uint64_t pa, uint64_t left,
			   unsigned flags)
{
	uint64_t block = size_of(BLOCK_SHIFT);

	if ((flags & WEFT_PT_BLOCKS) && (va | pa) % block == 0 && left >= block)
		return BLOCK_SHIFT;
	return PAGE_SHIFT;
}

int weft_pt_map(struct weft_pgtable *table, uint64_t va, uint64_t pa,
		size_t size, unsigned flags)
{
	uint64_t bits = descriptor(table, flags);
	size_t done = 0;
	int error = 0;

	if (!bits || !in_range(table, va, size) || pa % WEFT_PAGE_SIZE ||
	    pa > PA_END - size)
		return WEFT_EINVAL;
	while (done < size) {
		unsigned shift = leaf_shift(va + done, pa + done, size - done,
					    flags);
		uint64_t *entry;

		error = walk_make(table, va + done, &shift, &entry);
		if (error)
			break;
		write_entry(table, va + done, shift, entry, (pa + done) | bits |
			    (shift == PAGE_SHIFT ? WEFT_PTE_PAGE : 0));
		done += size_of(shift);
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
	struct place at;

	if (va - table->base >= UINT64_C(1) << WEFT_VA_BITS)
		return false;	/* the end of the whole range */
	at = walk(table, va, PAGE_SHIFT);
	return is_leaf(read_entry(at.entry), at.shift) &&
	       va % size_of(at.shift) != 0;
}

/* A range of the table that cuts no block in two. */
static bool is_whole(const struct weft_pgtable *table, uint64_t va,
		     uint64_t size)
{
	return in_range(table, va, size) && !cuts_block(table, va) &&
	       !cuts_block(table, va + size);
}

/* Where the entry after the one for @va begins. */
static uint64_t next_of(uint64_t va, unsigned shift)
{
	return (va | (size_of(shift) - 1)) + 1;
}

/*
 * The next leaf at or after *@va, below @end, with *@va set; no entry if there
 * is none. One walk for all the holes of a table.
 */
static struct place next_leaf(const struct weft_pgtable *table, uint64_t *va,
			      uint64_t end)
{
	/* Compare distances: the kernel's half ends where addresses wrap. */
	while (*va - table->base < end - table->base) {
		struct place at = walk(table, *va, PAGE_SHIFT);

		do {
			uint64_t value = read_entry(at.entry);

			if (is_leaf(value, at.shift))
				return at;
			if (is_table(value, at.shift))
				break;
			*va = next_of(*va, at.shift);
			at.entry++;
		} while (*va - table->base < end - table->base &&
			 index_of(*va, at.shift) != 0);
	}
	return (struct place){ NULL, 0 };
}

/*
 * Note an entry whose translations are to be dropped: one invalidation each,
 * however large it is.
 */
static void note(struct weft_tlb_batch *batch, uint64_t va, unsigned shift,
		 unsigned flags)
{
	if (shift > PAGE_SHIFT)
		flags |= WEFT_TLB_BLOCKS;
	weft_tlb_batch_add(batch, va, size_of(shift), flags);
}

/* A space without ASID never ran: nothing of it is cached. */
static void count_flush(const struct weft_pgtable *table)
{
	const struct weft_space *space = table->space;

	if (table->flushes && (!space || weft_space_asid(space)))
		__atomic_fetch_add(table->flushes, 1, __ATOMIC_RELAXED);
}

static void flush(const struct weft_pgtable *table,
		  struct weft_tlb_batch *batch)
{
	if (batch->n)
		count_flush(table);
	weft_tlb_batch_flush(batch, table->space, table->tlb_flags);
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
	struct weft_tlb_batch batch;
	struct leaf leaves[BATCH];
	unsigned n = 0, i;
	struct place at;

	weft_tlb_batch_init(&batch);
	while (n < BATCH && (at = next_leaf(table, &va, end)).entry) {
		leaves[n].pa = read_entry(at.entry) & WEFT_PTE_ADDR;
		leaves[n].size = size_of(at.shift);
		write_entry(table, va, at.shift, at.entry, 0);
		note(&batch, va, at.shift, WEFT_TLB_LEAF);
		va += leaves[n].size;
		n++;
	}
	flush(table, &batch);
	for (i = 0; i < n && done; i++)
		done(done_arg, leaves[i].pa, leaves[i].size);
	return n < BATCH ? end : va;
}

int weft_pt_unmap(struct weft_pgtable *table, uint64_t va, size_t size,
		  void (*done)(void *arg, uint64_t pa, size_t size),
		  void *done_arg)
{
	uint64_t end = va + size;

	if (!is_whole(table, va, size))
		return WEFT_EINVAL;
	while (va != end)
		va = unmap_batch(table, va, end, done, done_arg);
	return 0;
}

int weft_pt_protect(struct weft_pgtable *table, uint64_t va, size_t size,
		    unsigned flags)
{
	uint64_t end = va + size;
	uint64_t bits = descriptor(table, flags);
	struct weft_tlb_batch batch;
	struct place at;

	weft_tlb_batch_init(&batch);
	if (!bits || !is_whole(table, va, size))
		return WEFT_EINVAL;
	while ((at = next_leaf(table, &va, end)).entry) {
		uint64_t old = read_entry(at.entry);
		uint64_t new = (old & ~PERMISSIONS) | (bits & PERMISSIONS);

		/*
		 * In place: a change of permissions alone needs no
		 * break-before-make (Arm ARM D8.14.1).
		 */
		if (new != old) {
			write_entry(table, va, at.shift, at.entry, new);
			note(&batch, va, at.shift, WEFT_TLB_LEAF);
		}
		va += size_of(at.shift);
	}
	flush(table, &batch);
	return 0;
}

static void describe(const struct weft_pgtable *table, uint64_t va,
		     struct place at, struct weft_pt_entry *entry)
{
	uint64_t value = read_entry(at.entry);

	entry->size = size_of(at.shift);
	entry->pa = (value & WEFT_PTE_ADDR) + (va & (entry->size - 1));
	entry->flags = flags_of(table, value);
}

int weft_pt_lookup(const struct weft_pgtable *table, uint64_t va,
		   struct weft_pt_entry *entry)
{
	struct place at;

	if (!in_range(table, va & -(uint64_t)WEFT_PAGE_SIZE, WEFT_PAGE_SIZE))
		return WEFT_ENOENT;
	at = walk(table, va, PAGE_SHIFT);
	if (!is_leaf(read_entry(at.entry), at.shift))
		return WEFT_ENOENT;
	describe(table, va, at, entry);
	return 0;
}

bool weft_pt_next(const struct weft_pgtable *table, uint64_t *va, uint64_t end,
		  struct weft_pt_entry *entry)
{
	struct place at;

	if (!in_range(table, *va, end - *va))
		return false;
	at = next_leaf(table, va, end);
	if (!at.entry)
		return false;
	describe(table, *va, at, entry);
	return true;
}

/*
 * Break before make: whatever @entry, of 2 MiB, was, it is @value now, and
 * no CPU saw, or cached, anything but the old, nothing, and the new in turn.
 */
static void remake(const struct weft_pgtable *table, uint64_t va,
		   uint64_t *entry, uint64_t value, unsigned flags)
{
	struct weft_tlb_batch batch;

	weft_tlb_batch_init(&batch);
	weft_tlb_batch_add(&batch, va, WEFT_BLOCK_SIZE, flags);
	write_entry(table, va, BLOCK_SHIFT, entry, 0);
	flush(table, &batch);
	write_entry(table, va, BLOCK_SHIFT, entry, value);
	weft_tlb_publish();
}

int weft_pt_split(struct weft_pgtable *table, uint64_t va)
{
	uint64_t value, pa, offset, *page;
	struct place at;

	if (!in_range(table, va, WEFT_PAGE_SIZE))
		return WEFT_EINVAL;
	at = walk(table, va, PAGE_SHIFT);
	value = read_entry(at.entry);
	if (!is_leaf(value, at.shift))
		return WEFT_ENOENT;
	if (at.shift != BLOCK_SHIFT)
		return WEFT_EINVAL;
	pa = alloc_page(table);
	if (!pa)
		return WEFT_ENOMEM;
	page = table_at(table, pa);
	va &= ~(uint64_t)(WEFT_BLOCK_SIZE - 1);
	/* Filled before the break: the flush makes it visible to walkers. */
	for (offset = 0; offset < WEFT_BLOCK_SIZE; offset += WEFT_PAGE_SIZE)
		write_entry(table, va + offset, PAGE_SHIFT, page++,
			    (value + offset) | WEFT_PTE_PAGE);
	remake(table, va, at.entry, pa | WEFT_PTE_TABLE | WEFT_PTE_VALID,
	       WEFT_TLB_LEAF | WEFT_TLB_BLOCKS);
	return 0;
}

/* Are these @page's entries the pages of one block, alike? */
static int check_block(const uint64_t *page)
{
	uint64_t first = read_entry(page);
	unsigned i;

	for (i = 0; i < ENTRIES; i++) {
		uint64_t entry = read_entry(&page[i]);

		if (!is_leaf(entry, PAGE_SHIFT))
			return WEFT_ENOENT;
		if (entry != first + (uint64_t)i * WEFT_PAGE_SIZE)
			return WEFT_EINVAL;
	}
	return (first & WEFT_PTE_ADDR) % WEFT_BLOCK_SIZE ? WEFT_EINVAL : 0;
}

int weft_pt_merge(struct weft_pgtable *table, uint64_t va)
{
	uint64_t value, *page;
	struct place at;
	unsigned i;
	int error;

	if (!in_range(table, va, WEFT_PAGE_SIZE))
		return WEFT_EINVAL;
	at = walk(table, va, BLOCK_SHIFT);
	value = read_entry(at.entry);
	if (!(value & WEFT_PTE_VALID))
		return WEFT_ENOENT;
	if (!is_table(value, at.shift))
		return WEFT_EINVAL;
	page = table_at(table, value);
	error = check_block(page);
	if (error)
		return error;
	/* Pages and the walks through the table: not by one invalidation. */
	remake(table, va & ~(uint64_t)(WEFT_BLOCK_SIZE - 1), at.entry,
	       read_entry(page) & ~WEFT_PTE_PAGE, 0);
	for (i = 0; i < ENTRIES; i++)
		page[i] = 0;
	free_page(table, value);
	return 0;
}

void weft_pt_change(struct weft_pgtable *table, uint64_t va, uint64_t page)
{
	struct place at = walk(table, va, PAGE_SHIFT);
	uint64_t old = read_entry(at.entry);
	bool in_place = !((old ^ page) & ~PERMISSIONS);
	struct weft_tlb_batch batch;

	weft_assert(is_leaf(old, at.shift) && at.shift == PAGE_SHIFT);
	weft_tlb_batch_init(&batch);
	note(&batch, va, PAGE_SHIFT, WEFT_TLB_LEAF);
	write_entry(table, va, PAGE_SHIFT, at.entry, in_place ? page : 0);
	flush(table, &batch);
	if (!in_place)
		fill(table, va, at.entry, page);
}

static bool is_empty(const uint64_t *page)
{
	unsigned i;

	for (i = 0; i < ENTRIES; i++)
		if (read_entry(&page[i]) & WEFT_PTE_VALID)
			return false;
	return true;
}

/*
 * Unlink the empty tables under the entries of level @shift in the range, and
 * put them before @chain: the first entry of each is the address of the next,
 * which is an invalid descriptor to a CPU that still walks there.
 */
static uint64_t unlink_empty(struct weft_pgtable *table, uint64_t va,
			     uint64_t end, unsigned shift,
			     struct weft_tlb_batch *batch, uint64_t chain)
{
	struct place at;

	for (; va - table->base < end - table->base;
	     va = next_of(va, at.shift)) {
		uint64_t value, *page;

		at = walk(table, va, shift);
		value = read_entry(at.entry);
		if (at.shift != shift || !is_table(value, shift))
			continue;
		page = table_at(table, value);
		if (!is_empty(page))
			continue;
		write_entry(table, va, shift, at.entry, 0);
		write_entry(table, va, shift - LEVEL_BITS, page, chain);
		weft_tlb_batch_add(batch, va & ~(uint64_t)(WEFT_BLOCK_SIZE - 1),
				   WEFT_BLOCK_SIZE, WEFT_TLB_BLOCKS);
		chain = value & WEFT_PTE_ADDR;
	}
	return chain;
}

int weft_pt_trim(struct weft_pgtable *table, uint64_t va, size_t size)
{
	struct weft_tlb_batch batch;
	uint64_t chain = 0;
	unsigned shift;

	if (!in_range(table, va, size))
		return WEFT_EINVAL;
	weft_tlb_batch_init(&batch);
	for (shift = BLOCK_SHIFT; shift <= FIRST_SHIFT; shift += LEVEL_BITS)
		chain = unlink_empty(table, va, va + size, shift, &batch,
				     chain);
	flush(table, &batch);
	while (chain) {
		uint64_t *page = table_at(table, chain);
		uint64_t next = read_entry(page);

		*page = 0;
		free_page(table, chain);
		chain = next;
	}
	return 0;
}

#if WEFT_USER
static void flush_space(const struct weft_pgtable *table)
{
	count_flush(table);
	weft_tlb_flush_space(table->space, table->tlb_flags);
}

static uint64_t any_of_8(const uint64_t *entry)
{
	return read_entry(&entry[0]) | read_entry(&entry[1]) |
	       read_entry(&entry[2]) | read_entry(&entry[3]) |
	       read_entry(&entry[4]) | read_entry(&entry[5]) |
	       read_entry(&entry[6]) | read_entry(&entry[7]);
}

/*
 * The first entry of [@entry, @stop), part of a table, that is not 0; @stop:
 * none. Most tables are mostly empty: eight at a time.
 */
static uint64_t *skip_empty(uint64_t *entry, const uint64_t *stop)
{
	while (stop - entry >= 8 && !any_of_8(entry))
		entry += 8;
	while (entry < stop && !read_entry(entry))
		entry++;
	return entry;
}

static uint64_t min(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* What the functions of weft_pt_share have from each other. */
struct share {
	struct weft_pgtable *to, *from;
	bool (*wants)(void *arg, uint64_t pa);
	void *arg;
	bool changed;		/* an entry of @from */
	/* The tables of pages where the last range was, and of which 2 MiB. */
	uint64_t block, *pages, *copies;	/* copies: NULL, not made yet */
};

/*
 * The table of pages for @va, made with those on the way. They are not
 * published: no CPU walks @table yet. NULL: no memory.
 */
static uint64_t *make_pages(struct weft_pgtable *table, uint64_t va)
{
	uint64_t value = table->root;
	unsigned at;

	for (at = FIRST_SHIFT; at > PAGE_SHIFT; at -= LEVEL_BITS) {
		uint64_t *entry = &table_at(table, value)[index_of(va, at)];

		value = read_entry(entry);
		if (is_table(value, at))
			continue;
		weft_assert(!value);
		value = alloc_page(table);
		if (!value)
			return NULL;
		value |= WEFT_PTE_TABLE | WEFT_PTE_VALID;
		write_entry(table, va, at, entry, value);
	}
	return table_at(table, value);
}

/* The page at @va, of @from, becomes read-only, and so is what @to gets. */
static void share_page(struct share *s, uint64_t va, uint64_t *from,
		       uint64_t *to)
{
	uint64_t old = read_entry(from), new = old | WEFT_PTE_RDONLY;

	if (!s->wants(s->arg, old & WEFT_PTE_ADDR))
		return;
	write_entry(s->to, va, PAGE_SHIFT, to, new);
	if (new == old)
		return;
	write_entry(s->from, va, PAGE_SHIFT, from, new);
	s->changed = true;
}

/* Pages from @va on, whose entries are [@first, @stop) of s->pages. */
static int share_pages(struct share *s, uint64_t va, uint64_t *first,
		       const uint64_t *stop)
{
	uint64_t *at = skip_empty(first, stop);

	if (at == stop)
		return 0;
	if (!s->copies)
		s->copies = make_pages(s->to, va);
	if (!s->copies)
		return WEFT_ENOMEM;
	for (; at < stop; at = skip_empty(at + 1, stop))
		share_page(s, va + ((uint64_t)(at - first) << PAGE_SHIFT), at,
			   &s->copies[at - s->pages]);
	return 0;
}

/* Look for the table for @va. Where it ends, or the hole that is there. */
static uint64_t find_pages(struct share *s, uint64_t va)
{
	struct place at;

	if (s->block == va >> BLOCK_SHIFT)
		return next_of(va, BLOCK_SHIFT);
	at = walk(s->from, va, PAGE_SHIFT);
	s->block = va >> BLOCK_SHIFT;
	s->pages = NULL;
	s->copies = NULL;
	if (at.shift > PAGE_SHIFT) {
		weft_assert(!is_leaf(read_entry(at.entry), at.shift));
		return next_of(va, at.shift);
	}
	s->pages = at.entry - index_of(va, PAGE_SHIFT);
	return next_of(va, BLOCK_SHIFT);
}

static int share_range(struct share *s, uint64_t va, uint64_t end)
{
	uint64_t next;
	int error = 0;

	for (; va < end && !error; va = next) {
		uint64_t *first;

		next = min(find_pages(s, va), end);
		if (!s->pages)
			continue;
		first = &s->pages[index_of(va, PAGE_SHIFT)];
		error = share_pages(s, va, first, first +
				    ((next - va) >> PAGE_SHIFT));
	}
	return error;
}

int weft_pt_share(struct weft_pgtable *to, struct weft_pgtable *from,
		  bool (*next)(void *arg, uint64_t *va, uint64_t *end),
		  bool (*wants)(void *arg, uint64_t pa), void *arg)
{
	struct share share = {
		.to = to, .from = from, .wants = wants, .arg = arg,
		.block = UINT64_MAX,
	};
	uint64_t va = 0, end;
	int error = 0;

	weft_assert(to->space && from->space);
	while (!error && next(arg, &va, &end)) {
		error = share_range(&share, va, end);
		va = end;
	}
	/*
	 * Also after an error: who finds an entry read-only must be able to
	 * rely on it that no TLB thinks otherwise. And @to is complete for
	 * walkers.
	 */
	if (share.changed)
		flush_space(from);
	else
		weft_tlb_publish();
	return error;
}

/* What the functions of weft_pt_destroy have from each other. */
struct release {
	struct weft_pgtable *table;
	void (*done)(void *arg, uint64_t pa, size_t size);
	void *arg;
	uint64_t keep;		/* from here on tables are needed still */
};

/* Give up what @entry, of level @shift, leads to, if that is a leaf. */
static void release_leaf(const struct release *r, uint64_t *entry,
			 unsigned shift)
{
	uint64_t value = read_entry(entry);

	if (!is_leaf(value, shift))
		return;
	__atomic_store_n(entry, 0, __ATOMIC_RELAXED);
	if (r->done)
		r->done(r->arg, value & WEFT_PTE_ADDR, size_of(shift));
}

/* Free the table under the entry for @va at level @shift, if there is one. */
static void release_table(const struct release *r, uint64_t va, unsigned shift)
{
	struct place at;
	uint64_t value;

	if (next_of(va, shift) > r->keep)
		return;
	at = walk(r->table, va, shift);
	value = read_entry(at.entry);
	if (at.shift != shift || !is_table(value, shift))
		return;
	__atomic_store_n(at.entry, 0, __ATOMIC_RELAXED);
	free_page(r->table, value);
}

/* Entries [@first, @stop) of a table of pages. */
static void release_pages(const struct release *r, uint64_t *first,
			  const uint64_t *stop)
{
	uint64_t *entry;

	for (entry = skip_empty(first, stop); entry < stop;
	     entry = skip_empty(entry + 1, stop))
		release_leaf(r, entry, PAGE_SHIFT);
}

static void release_range(const struct release *r, uint64_t va, uint64_t end)
{
	uint64_t next;

	for (; va < end; va = next) {
		struct place at = walk(r->table, va, PAGE_SHIFT);

		if (at.shift > PAGE_SHIFT) {
			next = next_of(va, at.shift);
			release_leaf(r, at.entry, at.shift);
		} else {
			next = min(next_of(va, BLOCK_SHIFT), end);
			release_pages(r, at.entry, at.entry +
				      ((next - va) >> PAGE_SHIFT));
			release_table(r, va, BLOCK_SHIFT);
		}
		if (next >= end || next % size_of(FIRST_SHIFT) == 0)
			release_table(r, va, FIRST_SHIFT);
	}
}

static void release_ranges(struct release *r,
			   bool (*next)(void *arg, uint64_t *va,
					uint64_t *end))
{
	uint64_t va = 0, end, after = 0, after_end;
	bool more = next && next(r->arg, &va, &end);

	while (more) {
		after = end;
		more = next(r->arg, &after, &after_end);
		r->keep = more ? after : UINT64_MAX;
		release_range(r, va, end);
		va = after;
		end = after_end;
	}
}

void weft_pt_destroy(struct weft_pgtable *table,
		     bool (*next)(void *arg, uint64_t *va, uint64_t *end),
		     void (*done)(void *arg, uint64_t pa, size_t size),
		     void *arg)
{
	struct release all = { table, done, arg, UINT64_MAX };

	weft_assert(table->space);
	/*
	 * No TTBR0 has the root, so nothing new is cached. What is there goes
	 * with the whole ASID, leaves and walk caches, before any page is
	 * free. Entries are cleared only to leave zeros to ops->free.
	 */
	flush_space(table);
	release_ranges(&all, next);
	/* Without ranges; or tables were made where nothing came to be. */
	all.keep = UINT64_MAX;
	if (table->pages > 1)
		release_range(&all, 0, UINT64_C(1) << WEFT_VA_BITS);
	free_page(table, table->root);
	table->root = 0;
}
#endif
