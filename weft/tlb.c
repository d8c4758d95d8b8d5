// SPDX-License-Identifier: MIT
/*
 * TLB maintenance: the only file that issues TLBIs for a change of page
 * tables (boot and ASID rollover drop everything through here too).
 */
#include <weft/tlb.h>

#include <stddef.h>

#include <weft/arch.h>
#include <weft/assert.h>
#include <weft/config.h>
#include <weft/space.h>
#include <weft/sysreg.h>
#include <weft/trace.h>

#include "flags.h"

/* One copy: compilers would make one for each place that leads there. */
#define SHARED __attribute__((noinline))

/* VA[55:12] in bits 43:0, whatever the granule; TTL above it is 0: unknown. */
#define TLBI_VA_MASK	((UINT64_C(1) << 44) - 1)
#define TLBI_ASID(asid)	((uint64_t)(asid) << 48)

/*
 * By range: VA[48:12] in bits 36:0, TTL is 0, (NUM + 1) << (5 * SCALE + 1)
 * pages, which are of 4 KiB (TG).
 */
#define TLBI_RANGE_MASK		((UINT64_C(1) << 37) - 1)
#define TLBI_RANGE_NUM(n)	((uint64_t)(n) << 39)
#define TLBI_RANGE_SCALE(n)	((uint64_t)(n) << 44)
#define TLBI_RANGE_4K		(UINT64_C(1) << 46)

enum {
	ALL_ASIDS = -1,
	BLOCK_PAGES = WEFT_BLOCK_SIZE / WEFT_PAGE_SIZE,
	SCALE_MAX = 3,
	/* Of so many ranges nothing is looked at. */
	EVERYTHING = WEFT_TLB_BATCH_MAX + 1,
	/* Which operation: LEAF, LOCAL and RANGE of the flags, and this. */
	ANY = 8,
};

static void note(int32_t asid, uint64_t va, size_t size, unsigned flags)
{
	uint64_t pages = size >> WEFT_PAGE_SHIFT;

	/* For a client's trace: there is so much room under the address. */
	if (pages > WEFT_TRACE_TLB_PAGES)
		pages = WEFT_TRACE_TLB_PAGES;
	weft_trace(WEFT_TRACE_TLB, (uint32_t)asid | (uint64_t)flags << 32,
		   va | pages);
#if WEFT_DEBUG
	if (!(flags & WEFT_TLB_LOCAL))
		weft_debug_tlbi(asid, va, size, flags & WEFT_TLB_LEAF);
#endif
}

/* Page-table writes before this are seen by every walk after it. */
static void before(unsigned flags)
{
	if (flags & WEFT_TLB_LOCAL)
		weft_dsb_nshst();
	else
		weft_dsb_ishst();
}

static void after(unsigned flags)
{
	if (flags & WEFT_TLB_LOCAL)
		weft_dsb_nsh();	/* invalidated here */
	else
		weft_dsb_ish();	/* invalidated on every CPU */
	weft_isb();		/* nothing here was fetched through it */
}

void weft_tlb_publish(void)
{
	weft_dsb_ishst();
	/*
	 * Without this a walk by the very next instruction may still use the
	 * invalid entry (Arm ARM D8.2.6), and the kernel would take a fault
	 * that it does not expect.
	 */
	weft_isb();
}

static void by_address(unsigned op, uint64_t arg)
{
	enum { LEAF = WEFT_TLB_LEAF, LOCAL = WEFT_TLB_LOCAL,
	       RANGE = WEFT_TLB_RANGE };

	switch (op) {
	case 0:
		weft_tlbi_vae1is(arg);
		break;
	case LEAF:
		weft_tlbi_vale1is(arg);
		break;
	case LOCAL:
		weft_tlbi_vae1(arg);
		break;
	case LOCAL | LEAF:
		weft_tlbi_vale1(arg);
		break;
	case RANGE:
		weft_tlbi_rvae1is(arg);
		break;
	case RANGE | LEAF:
		weft_tlbi_rvale1is(arg);
		break;
	case RANGE | LOCAL:
		weft_tlbi_rvae1(arg);
		break;
	case RANGE | LOCAL | LEAF:
		weft_tlbi_rvale1(arg);
		break;
	case ANY:
		weft_tlbi_vaae1is(arg);
		break;
	case ANY | LEAF:
		weft_tlbi_vaale1is(arg);
		break;
	case ANY | LOCAL:
		weft_tlbi_vaae1(arg);
		break;
	case ANY | LOCAL | LEAF:
		weft_tlbi_vaale1(arg);
		break;
	case ANY | RANGE:
		weft_tlbi_rvaae1is(arg);
		break;
	case ANY | RANGE | LEAF:
		weft_tlbi_rvaale1is(arg);
		break;
	case ANY | RANGE | LOCAL:
		weft_tlbi_rvaae1(arg);
		break;
	case ANY | RANGE | LOCAL | LEAF:
		weft_tlbi_rvaale1(arg);
		break;
	}
}

/*
 * The largest pieces first, so that each scale is used once: what one leaves
 * is less than its unit, and so at most 31 units of the next. The page that may
 * be left is not done: where it is.
 */
static uint64_t by_range(unsigned op, uint64_t tag, uint64_t page,
			 uint64_t end)
{
	unsigned scale;

	for (scale = SCALE_MAX; end - page > 1; scale--) {
		unsigned shift = 5 * scale + 1;
		uint64_t n = (end - page) >> shift;

		if (!n)
			continue;
		by_address(op | WEFT_TLB_RANGE, tag | TLBI_RANGE_4K |
			   TLBI_RANGE_SCALE(scale) | TLBI_RANGE_NUM(n - 1) |
			   (page & TLBI_RANGE_MASK));
		page += n << shift;
	}
	return page;
}

static void issue(int32_t asid, const struct weft_tlb_range *range,
		  unsigned flags)
{
	uint64_t page = range->va >> WEFT_PAGE_SHIFT;
	uint64_t end = page + (range->size >> WEFT_PAGE_SHIFT);
	uint64_t step = range->flags & WEFT_TLB_BLOCKS ? BLOCK_PAGES : 1;
	uint64_t tag = 0;
	unsigned op = (flags & WEFT_TLB_LOCAL) | (range->flags & WEFT_TLB_LEAF);

	weft_assert((range->va | range->size) % WEFT_PAGE_SIZE == 0);
	note(asid, range->va, range->size, op);
	if (WEFT_USER && asid != ALL_ASIDS)
		tag = TLBI_ASID(asid);
	else
		op |= ANY;
	if (flags & WEFT_TLB_RANGE)
		page = by_range(op, tag, page, end);
	for (; page < end; page += step)
		by_address(op, tag | (page & TLBI_VA_MASK));
}

static SHARED void issue_all(int32_t asid, unsigned flags)
{
	note(asid, 0, 0, flags & WEFT_TLB_LOCAL);
	if (WEFT_USER && asid != ALL_ASIDS) {
		if (flags & WEFT_TLB_LOCAL)
			weft_tlbi_aside1(TLBI_ASID(asid));
		else
			weft_tlbi_aside1is(TLBI_ASID(asid));
	} else if (flags & WEFT_TLB_LOCAL) {
		weft_tlbi_vmalle1();
	} else {
		weft_tlbi_vmalle1is();
	}
}

static bool too_many(const struct weft_tlb_range *ranges, unsigned n,
		     unsigned flags)
{
	uint64_t max = WEFT_TLB_PAGES_MAX, count = 0;
	unsigned i;

	if (n >= EVERYTHING)
		return true;
	if (flags & WEFT_TLB_RANGE)
		max = WEFT_TLB_RANGE_PAGES_MAX;
	for (i = 0; i < n; i++) {
		uint64_t pages = ranges[i].size >> WEFT_PAGE_SHIFT;

		if (!(flags & WEFT_TLB_RANGE) &&
		    (ranges[i].flags & WEFT_TLB_BLOCKS))
			pages /= BLOCK_PAGES;
		count += pages;
	}
	return count > max;
}

/*
 * All there is to it: under @asid, or what @space has if there is one. With @n
 * EVERYTHING all that is tagged so.
 */
static SHARED void flush(int32_t asid, const struct weft_space *space,
			 const struct weft_tlb_range *ranges, unsigned n,
			 unsigned flags)
{
	before(flags);
	/*
	 * The writes first, then the ASID: if the space gets another one after
	 * this look (a rollover, here after a preemption, or on another CPU),
	 * walks under that one see the writes, and what was cached under any
	 * older one goes with the rollover. So for a batch too: the ASID is
	 * read once, here, and not when a range is noted. A space without ASID
	 * never ran, nothing of it is cached.
	 */
	if (WEFT_USER && space) {
		asid = weft_space_asid(space);
		if (!asid)
			return;
	}
	if (too_many(ranges, n, flags)) {
		issue_all(asid, flags);
	} else {
		const struct weft_tlb_range *end = ranges + n;

		for (; ranges < end; ranges++)
			issue(asid, ranges, flags);
	}
	after(flags);
}

static SHARED void flush_one(int32_t asid, uint64_t va, size_t size,
			     unsigned flags)
{
	struct weft_tlb_range range = { va, size, flags };

	flush(asid, NULL, &range, 1, flags);
}

static void flush_all(int32_t asid, unsigned flags)
{
	flush(asid, NULL, NULL, EVERYTHING, flags);
}

#if WEFT_USER
void weft_tlb_flush_range(uint16_t asid, uint64_t va, size_t size,
			  unsigned flags)
{
	flush_one(asid, va, size, flags);
}

void weft_tlb_flush_asid(uint16_t asid, unsigned flags)
{
	flush_all(asid, flags);
}
#endif

void weft_tlb_flush_kernel(uint64_t va, size_t size, unsigned flags)
{
	flush_one(ALL_ASIDS, va, size, flags);
}

void weft_tlb_flush_all(unsigned flags)
{
	flush_all(ALL_ASIDS, flags);
}

void weft_tlb_batch_add(struct weft_tlb_batch *batch, uint64_t va, size_t size,
			unsigned flags)
{
	struct weft_tlb_range *range;
	unsigned n = batch->n;

	if (n > WEFT_TLB_BATCH_MAX)
		return;
	range = batch->ranges + n;
	if (n && range[-1].flags == flags &&
	    range[-1].va + range[-1].size == va) {
		range[-1].size += size;
		return;
	}
	batch->n = n + 1;
	if (n < WEFT_TLB_BATCH_MAX)
		*range = (struct weft_tlb_range){ va, size, flags };
}

void weft_tlb_batch_flush(struct weft_tlb_batch *batch,
			  const struct weft_space *space, unsigned flags)
{
	unsigned n = batch->n;

	if (!n)
		return;
	batch->n = 0;
	flush(ALL_ASIDS, space, batch->ranges, n, flags);
}
