// SPDX-License-Identifier: MIT
/* Cache maintenance by address. */
#include <weft/cache.h>

#include <stdint.h>

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

static void clean_data(uintptr_t start, uintptr_t end, uint64_t ctr)
{
	uintptr_t line = CTR_DMINLINE(ctr);
	uintptr_t va;

	if (ctr & CTR_IDC)
		return;
	for (va = start & ~(line - 1); va < end; va += line)
		weft_dc_cvau(va);
}

static void invalidate_code(uintptr_t start, uintptr_t end, uint64_t ctr)
{
	uintptr_t line = CTR_IMINLINE(ctr);
	uintptr_t va;

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
	for (va = start & ~(line - 1); va < end; va += line)
		weft_ic_ivau(va);
}

void weft_cache_sync_code(const void *start, size_t len)
{
	uintptr_t va = (uintptr_t)start;
	uint64_t ctr = weft_read_ctr_el0();

	clean_data(va, va + len, ctr);
	weft_dsb_ish();		/* cleaned before the fetch of new lines */
	invalidate_code(va, va + len, ctr);
	weft_dsb_ish();		/* invalidated on every CPU */
	weft_isb();		/* nothing fetched earlier is executed here */
}
