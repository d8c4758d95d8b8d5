// SPDX-License-Identifier: MIT
/*
 * Address spaces: the root of a user page table and its ASID, kept as the one
 * word that TTBR0_EL1 takes (TCR_EL1.A1 = 0: root and ASID change at once).
 *
 * TTBR0 belongs to the thread, not to the frame: the switch installs the
 * space of the thread that it resumes, so whatever way that thread takes out
 * of the kernel, its own memory is there.
 */
#ifndef WEFT_SPACE_H
#define WEFT_SPACE_H

#include <weft/layout.h>

#define WEFT_SPACE_TTBR		0
#define WEFT_SPACE_CONTEXT	8
#define WEFT_SPACE_DOMAIN	16
#define WEFT_SPACE_SIZE		24

#define WEFT_SPACE_ASID_BITS	16	/* of context; above: generation */

#ifndef __ASSEMBLER__
#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct weft_asid_domain;
struct weft_cpu;

/* An address space; shared by the tasks of a process. */
struct weft_space {
	uint64_t ttbr;		/* root | ASID << 48: what TTBR0 gets */
	uint64_t context;	/* generation | ASID (weft/asid.h); atomic */
	struct weft_asid_domain *domain;	/* NULL: the empty space */
};

WEFT_OFFSET(WEFT_SPACE_TTBR, weft_space, ttbr);
WEFT_OFFSET(WEFT_SPACE_CONTEXT, weft_space, context);
WEFT_OFFSET(WEFT_SPACE_DOMAIN, weft_space, domain);
WEFT_SIZE(WEFT_SPACE_SIZE, weft_space);
WEFT_PAIR(weft_space, ttbr, context);

/*
 * A space over the page table at @root (physical, page-aligned). It gets its
 * ASID when it first runs; the common one of a flush policy (weft/asid.h) at
 * once.
 */
void weft_space_init(struct weft_space *space, uint64_t root,
		     struct weft_asid_domain *domain);

/*
 * The empty space, over a root without entries, under ASID 0: what TTBR0
 * holds while nobody's user memory is meant (kernel threads, idle, a process
 * that exits).
 */
void weft_space_init_empty(struct weft_space *space, uint64_t root);

/*
 * Install @space in TTBR0_EL1 of @cpu, the calling CPU; writes only what
 * differs and invalidates nothing unless the ASID policy asks for it.
 *
 * There is no ISB here: an ERET to EL0 synchronizes. Who goes on in EL1 and
 * touches user memory executes weft_isb() first. So does who lets others see
 * that this CPU has left the old space: until then its walker may use the old
 * root, which another CPU that frees the space must not pull away. DAIF
 * masked.
 */
void weft_space_install(struct weft_cpu *cpu, struct weft_space *space);

WEFT_STATIC_ASSERT(WEFT_SPACE_ASID_BITS == 16,
		   "an ASID is what 16 bits hold of a context");

/* The ASID that translations of @space carry now; 0: it never ran. */
static inline uint16_t weft_space_asid(const struct weft_space *space)
{
	return (uint16_t)__atomic_load_n(&space->context, __ATOMIC_RELAXED);
}

/*
 * Does TTBR0_EL1 of @cpu, the calling CPU, hold @space, under an ASID that is
 * its own? For assertions; DAIF masked.
 */
bool weft_space_is_installed(const struct weft_cpu *cpu,
			     const struct weft_space *space);

/*
 * A space that ran ends: @cpu, which may be another than the calling one, does
 * not remember it afterwards. For every CPU, before the tables and the space
 * itself are freed: its root must be in no TTBR0.
 */
void weft_space_forget(struct weft_cpu *cpu, const struct weft_space *space);

#ifdef __cplusplus
}
#endif
#endif
#endif
