// SPDX-License-Identifier: MIT
/*
 * TLB maintenance: the one layer that issues TLBIs for page-table changes.
 *
 * Each function is complete when it returns: what was invalidated is used by
 * no CPU any more, and the page-table writes before it are seen by all
 * walkers. The order is the architecture's (Arm ARM D8.13): dsb ishst; tlbi;
 * dsb ish; isb. EL1; DAIF as it may be, if a caller of a local form cannot
 * migrate.
 *
 * Addresses and sizes are multiples of the page size; a range lies in one half
 * of the address space.
 */
#ifndef WEFT_TLB_H
#define WEFT_TLB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct weft_space;

/* How to invalidate; each function says what it looks at. */
enum weft_tlb_flags {
	/* No table page was unlinked: cached walks may stay. */
	WEFT_TLB_LEAF = 1,
	/* On this CPU only; otherwise on all of the Inner Shareable domain. */
	WEFT_TLB_LOCAL = 2,
	/* Every CPU has FEAT_TLBIRANGE: use it. Otherwise it is undefined. */
	WEFT_TLB_RANGE = 4,
	/*
	 * The range was translated by whole 2 MiB entries: blocks, or tables
	 * that are unlinked. One invalidation drops each, not 512.
	 */
	WEFT_TLB_BLOCKS = 8,
};

/*
 * Above so many pages (or blocks, with WEFT_TLB_BLOCKS) in one call it drops
 * all of the ASID, or for the kernel's half, all: by page, a loop would take
 * longer than what it saves; with WEFT_TLB_RANGE, counted in pages, five
 * operations cover as many and there is no form for more.
 */
#define WEFT_TLB_PAGES_MAX	64
#define WEFT_TLB_RANGE_PAGES_MAX	(1u << 21)

/*
 * New entries were written over invalid ones: make them visible to walkers.
 * Invalid entries are never cached, so nothing is invalidated.
 */
void weft_tlb_publish(void);

/*
 * Drop translations of [@va, @va + @size) under @asid. All flags count. Who
 * has a space and not just a number uses a batch, which reads the ASID when
 * it must.
 */
void weft_tlb_flush_range(uint16_t asid, uint64_t va, size_t size,
			  unsigned flags);

/*
 * The same for the kernel's half: whatever the ASID. (Global entries have
 * none, but cached walks of this half carry TTBR0's.) Above the maximum
 * everything goes, user translations too: no operation drops just what is
 * global.
 */
void weft_tlb_flush_kernel(uint64_t va, size_t size, unsigned flags);

/* Everything under one ASID, cached walks included. WEFT_TLB_LOCAL counts. */
void weft_tlb_flush_asid(uint16_t asid, unsigned flags);

/* Everything. WEFT_TLB_LOCAL counts. */
void weft_tlb_flush_all(unsigned flags);

/* Everything, on this CPU only. */
static inline void weft_tlb_flush_local(void)
{
	weft_tlb_flush_all(WEFT_TLB_LOCAL);
}

/* Everything under one ASID, on this CPU only. */
static inline void weft_tlb_flush_asid_local(uint16_t asid)
{
	weft_tlb_flush_asid(asid, WEFT_TLB_LOCAL);
}

#define WEFT_TLB_BATCH_MAX 16

/* One range of a batch. */
struct weft_tlb_range {
	uint64_t va;		/* where it begins */
	uint64_t size;		/* in bytes */
	unsigned flags;		/* WEFT_TLB_LEAF, WEFT_TLB_BLOCKS */
};

/*
 * A batch: ranges of one space, or of the kernel's half, that are invalidated
 * together, between one pair of barriers. When it is full it becomes the
 * whole ASID. The members are weft's.
 */
struct weft_tlb_batch {
	unsigned n;		/* above WEFT_TLB_BATCH_MAX: everything */
	struct weft_tlb_range ranges[WEFT_TLB_BATCH_MAX];	/* n of them */
};

/* An empty batch. */
static inline void weft_tlb_batch_init(struct weft_tlb_batch *batch)
{
	batch->n = 0;
}

/*
 * Note that [@va, @va + @size) is to be invalidated: WEFT_TLB_LEAF and
 * WEFT_TLB_BLOCKS count. Before or after the page table is written; nothing
 * happens until weft_tlb_batch_flush.
 */
void weft_tlb_batch_add(struct weft_tlb_batch *batch, uint64_t va, size_t size,
			unsigned flags);

/*
 * Invalidate what was noted, in @space (NULL: in the kernel's half), and empty
 * the batch; WEFT_TLB_LOCAL and WEFT_TLB_RANGE count. The page table was
 * written before.
 */
void weft_tlb_batch_flush(struct weft_tlb_batch *batch,
			  const struct weft_space *space, unsigned flags);

/*
 * All of @space, cached walks included, under whatever ASID it has once all
 * writes to its page table are visible; nothing if it never ran.
 */
static inline void weft_tlb_flush_space(const struct weft_space *space,
					unsigned flags)
{
	struct weft_tlb_batch all;

	all.n = WEFT_TLB_BATCH_MAX + 1;		/* more than was noted */
	weft_tlb_batch_flush(&all, space, flags);
}

/*
 * Debug hook (WEFT_DEBUG): called at each invalidation that is not local (what
 * only one CPU drops frees nothing), before it is issued. @asid -1: all;
 * @size 0: all addresses.
 */
void weft_debug_tlbi(int32_t asid, uint64_t va, size_t size, bool leaf_only);

#ifdef __cplusplus
}
#endif
#endif
