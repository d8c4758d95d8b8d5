// SPDX-License-Identifier: MIT
/*
 * TLB maintenance: the only file that issues TLBIs for a change of page
 * tables (boot and ASID rollover drop everything through here too).
 */
#include <weft/tlb.h>

#include <weft/arch.h>
#include <weft/assert.h>
#include <weft/sysreg.h>

#include "flags.h"

/* VA[55:12] in bits 43:0, whatever the granule; TTL above it is 0: unknown. */
#define TLBI_VA_MASK	((UINT64_C(1) << 44) - 1)
#define TLBI_ASID(asid)	((uint64_t)(asid) << 48)

enum { ALL_ASIDS = -1 };

static void note(int32_t asid, uint64_t va, size_t size, bool leaf_only)
{
#if WEFT_DEBUG
	weft_debug_tlbi(asid, va, size, leaf_only);
#else
	(void)asid;
	(void)va;
	(void)size;
	(void)leaf_only;
#endif
}

/* Page-table writes before this are seen by every walk after it. */
static void before(void)
{
	weft_dsb_ishst();
}

static void after(void)
{
	weft_dsb_ish();		/* invalidated on every CPU */
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

void weft_tlb_flush_range(uint16_t asid, uint64_t va, size_t size,
			  bool leaf_only)
{
	uint64_t page = va >> WEFT_PAGE_SHIFT;
	uint64_t end = (va + size) >> WEFT_PAGE_SHIFT;

	if (end - page > WEFT_TLB_RANGE_MAX) {
		weft_tlb_flush_asid(asid);
		return;
	}
	note(asid, va, size, leaf_only);
	before();
	for (; page < end; page++) {
		uint64_t arg = (page & TLBI_VA_MASK) | TLBI_ASID(asid);

		if (leaf_only)
			weft_tlbi_vale1is(arg);
		else
			weft_tlbi_vae1is(arg);
	}
	after();
}

void weft_tlb_flush_kernel(uint64_t va, size_t size, bool leaf_only)
{
	uint64_t page = va >> WEFT_PAGE_SHIFT;
	uint64_t end = page + (size >> WEFT_PAGE_SHIFT);

	if (end - page > WEFT_TLB_RANGE_MAX) {
		weft_tlb_flush_all();
		return;
	}
	note(ALL_ASIDS, va, size, leaf_only);
	before();
	for (; page < end; page++) {
		if (leaf_only)
			weft_tlbi_vaale1is(page & TLBI_VA_MASK);
		else
			weft_tlbi_vaae1is(page & TLBI_VA_MASK);
	}
	after();
}

void weft_tlb_flush_asid(uint16_t asid)
{
	note(asid, 0, 0, false);
	before();
	weft_tlbi_aside1is(TLBI_ASID(asid));
	after();
}

void weft_tlb_flush_all(void)
{
	note(ALL_ASIDS, 0, 0, false);
	before();
	weft_tlbi_vmalle1is();
	after();
}

/*
 * Local forms: the barriers reach no further than this CPU. No note to the
 * debug hook: what only one CPU drops frees nothing.
 */
void weft_tlb_flush_local(void)
{
	weft_dsb_nshst();
	weft_tlbi_vmalle1();
	weft_dsb_nsh();
	weft_isb();
}

void weft_tlb_flush_asid_local(uint16_t asid)
{
	weft_dsb_nshst();
	weft_tlbi_aside1(TLBI_ASID(asid));
	weft_dsb_nsh();
	weft_isb();
}
