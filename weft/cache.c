// SPDX-License-Identifier: MIT
/*
 * Cache maintenance by address, for clients: code that was written as data, and
 * buffers that are shared with devices.
 */
#include <weft/cache.h>

#include <stdint.h>

#include <weft/assert.h>
#include <weft/sysreg.h>

#include "flags.h"

/*
 * CTR_EL0: log2 of words in the smallest line; L1Ip: whether the instruction
 * cache is looked up by physical address; IDC and DIC: not needed
 */
#define CTR_IMINLINE(ctr)	(4u << ((ctr) & 0xf))
#define CTR_DMINLINE(ctr)	(4u << (((ctr) >> 16) & 0xf))
#define CTR_L1IP(ctr)		(((ctr) >> 14) & 3)
#define L1IP_PIPT		3
#define CTR_IDC			(UINT64_C(1) << 28)
#define CTR_DIC			(UINT64_C(1) << 29)
/* The largest unit that a cache writes back: words, log2; 0: not said, 2 KiB */
#define CTR_CWG(ctr)		(((ctr) >> 24) & 0xf)
#define CWG_MAX			2048

static void clean_data(uintptr_t start, size_t len, uint64_t ctr)
{
	uintptr_t line = CTR_DMINLINE(ctr);
	uintptr_t first = start & ~(line - 1), offset;

	if (ctr & CTR_IDC)
		return;
	/* Offsets, not addresses, are compared: the latter may wrap. */
	for (offset = 0; offset < start + len - first; offset += line)
		weft_dc_cvau(first + offset);
}

static void invalidate_code(uintptr_t start, size_t len, uint64_t ctr)
{
	uintptr_t line = CTR_IMINLINE(ctr);
	uintptr_t first = start & ~(line - 1), offset;

	if (ctr & CTR_DIC)
		return;
	/*
	 * A cache indexed by virtual address may have old lines under the
	 * address at which a program executes this, which is not the one that
	 * it was written at: only dropping all finds those.
	 */
	if (CTR_L1IP(ctr) != L1IP_PIPT) {
		weft_ic_ialluis();
		return;
	}
	for (offset = 0; offset < start + len - first; offset += line)
		weft_ic_ivau(first + offset);
}

void weft_cache_sync_code(const void *start, size_t len)
{
	uintptr_t va = (uintptr_t)start;
	uint64_t ctr = weft_read_ctr_el0();

	if (!len)
		return;
	clean_data(va, len, ctr);
	weft_dsb_ish();		/* cleaned before the fetch of new lines */
	invalidate_code(va, len, ctr);
	weft_dsb_ish();		/* invalidated on every CPU */
	weft_isb();		/* nothing fetched earlier is executed here */
}

size_t weft_cache_granule(void)
{
	unsigned words = CTR_CWG(weft_read_ctr_el0());

	return words ? 4u << words : CWG_MAX;
}

/*
 * No barrier in front: an operation by address is in order with the stores of
 * this CPU to the same line (Arm ARM D7.5).
 */
static void to_coherency(const void *start, size_t len, void (*op)(uint64_t va))
{
	uintptr_t line = CTR_DMINLINE(weft_read_ctr_el0());
	uintptr_t first = (uintptr_t)start & ~(line - 1), offset;

	if (!len)
		return;
	for (offset = 0; offset < (uintptr_t)start + len - first;
	     offset += line)
		op(first + offset);
	weft_dsb_sy();		/* done, also for a device outside the domain */
}

void weft_cache_clean(const void *start, size_t len)
{
	to_coherency(start, len, weft_dc_cvac);
}

void weft_cache_clean_invalidate(const void *start, size_t len)
{
	to_coherency(start, len, weft_dc_civac);
}

void weft_cache_invalidate(void *start, size_t len)
{
	weft_assert((((uintptr_t)start | len) & (weft_cache_granule() - 1)) ==
		    0);
	to_coherency(start, len, weft_dc_ivac);
}
