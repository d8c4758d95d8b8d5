// SPDX-License-Identifier: MIT
/* Address spaces in TTBR0_EL1: who writes it, and when. */
#include <weft/space.h>

#include <stddef.h>

#include <weft/arch.h>
#include <weft/asid.h>
#include <weft/assert.h>
#include <weft/config.h>
#include <weft/cpu.h>
#include <weft/sysreg.h>
#include <weft/tlb.h>
#include <weft/trace.h>

#include "flags.h"

#if WEFT_USER

void weft_space_init(struct weft_space *space, uint64_t root,
		     struct weft_asid_domain *domain)
{
	weft_assert(root % WEFT_PAGE_SIZE == 0 && domain);
	*space = (struct weft_space){ .ttbr = root, .domain = domain };
	if (domain->policy == WEFT_ASID_GENERATIONS)
		return;
	/*
	 * From the start: nobody can change the table and find that there is
	 * nothing to invalidate yet, while another CPU begins to walk it.
	 */
	space->ttbr |= (uint64_t)WEFT_ASID_COMMON << WEFT_TTBR_ASID_SHIFT;
	space->context = WEFT_ASID_GENERATION | WEFT_ASID_COMMON;
}

void weft_space_init_empty(struct weft_space *space, uint64_t root)
{
	weft_assert(root % WEFT_PAGE_SIZE == 0);
	*space = (struct weft_space){ .ttbr = root };
}

static void write_ttbr0(struct weft_cpu *cpu, const struct weft_space *space,
			uint64_t word)
{
	if (cpu->ttbr0 == word)
		return;
	/*
	 * A1 = 0: root and ASID change together, so no moment exists in which
	 * a walk of the one is tagged with the other.
	 */
	weft_write_ttbr0_el1(word);
	cpu->ttbr0 = word;
	weft_trace(WEFT_TRACE_TTBR0, word, space->context);
}

/* Atomic: another CPU that frees a space takes its name out. */
static const struct weft_space *tlb_space(const struct weft_cpu *cpu)
{
	return __atomic_load_n(&cpu->tlb_space, __ATOMIC_RELAXED);
}

/* No context is of this one: leaf switches do not go this way. */
static const uint64_t NO_ERA = UINT64_MAX;

/*
 * One ASID for all: what the TLB holds under it belongs to the last space.
 * It is dropped after TTBR0 changed, not before: until the ISB a walk may
 * still use the old root and leave its result under the common ASID. An empty
 * space, which has no domain, leaves nothing.
 */
static void install_common(struct weft_cpu *cpu,
			   const struct weft_space *space)
{
	const struct weft_asid_domain *domain = space->domain;

	if (WEFT_LEAF)
		cpu->era = &NO_ERA;
	write_ttbr0(cpu, space, space->ttbr);
	if (!domain || (tlb_space(cpu) == space &&
			domain->policy == WEFT_ASID_FLUSH_CHANGE))
		return;
	weft_isb();
	weft_tlb_flush_asid_local(WEFT_ASID_COMMON);
	__atomic_store_n(&cpu->tlb_space, space, __ATOMIC_RELAXED);
}

static void install_tagged(struct weft_cpu *cpu, struct weft_space *space)
{
	struct weft_asid_domain *domain = space->domain;
	bool flush = weft_asid_assign(domain, (uint32_t)cpu->index, space);

	if (WEFT_LEAF) {
		cpu->era = &domain->era;
		cpu->active = &domain->cpus[cpu->index].active;
	}

	/*
	 * A new generation: what other spaces left under this ASID goes before
	 * the ASID is in TTBR0. Meanwhile walks use the old root and its ASID,
	 * which is reserved for it.
	 */
	if (flush)
		weft_tlb_flush_local();
	write_ttbr0(cpu, space,
		    __atomic_load_n(&space->ttbr, __ATOMIC_RELAXED));
}

void weft_space_install(struct weft_cpu *cpu, struct weft_space *space)
{
	if (WEFT_ASID && space->domain &&
	    space->domain->policy == WEFT_ASID_GENERATIONS)
		install_tagged(cpu, space);
	else
		install_common(cpu, space);
}

bool weft_space_is_installed(const struct weft_cpu *cpu,
			     const struct weft_space *space)
{
	if (cpu->ttbr0 != space->ttbr ||
	    weft_read_ttbr0_el1() != space->ttbr)
		return false;
	if (!space->domain)
		return true;
	if (WEFT_ASID && space->domain->policy == WEFT_ASID_GENERATIONS)
		return weft_asid_is_live(space->domain, (uint32_t)cpu->index,
					 space);
	return tlb_space(cpu) == space;
}

void weft_space_forget(struct weft_cpu *cpu, const struct weft_space *space)
{
	const struct weft_space *named = space;

	weft_assert((cpu->ttbr0 & WEFT_TTBR_BADDR) !=
		    (space->ttbr & WEFT_TTBR_BADDR));
	/* @cpu may be about to name another one: that must not be lost. */
	__atomic_compare_exchange_n(&cpu->tlb_space, &named, NULL, false,
				    __ATOMIC_RELAXED, __ATOMIC_RELAXED);
}

#endif
