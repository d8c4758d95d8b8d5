// SPDX-License-Identifier: MIT
/*
 * The per-CPU block and what the CPU can do.
 *
 * TPIDR_EL1 holds the running task; the task names its CPU. So "this CPU" is
 * weft_task_current()->cpu, valid as long as the caller cannot migrate.
 */
#ifndef WEFT_CPU_H
#define WEFT_CPU_H

#include <weft/layout.h>

#define WEFT_CPU_SPARE_STACK	0
#define WEFT_CPU_EVENT_STACK	8
#define WEFT_CPU_TTBR0		16
#define WEFT_CPU_TLB_SPACE	24
#define WEFT_CPU_FP_SAVES	32
#define WEFT_CPU_FP_LIVE	40
#define WEFT_CPU_FP_SWAPS	48
#define WEFT_CPU_FP_OWNER	56
#define WEFT_CPU_FP_LOADS	64
#define WEFT_CPU_FP_POLICY	72
#define WEFT_CPU_ZCR		80
#define WEFT_CPU_INDEX		88
#define WEFT_CPU_KERNEL_KEY	96
#define WEFT_CPU_ERA		112
#define WEFT_CPU_ACTIVE		120
#define WEFT_CPU_SIZE		128

/*
 * Kernel stacks of the client fill the upper half of slots of twice their
 * size, aligned to that: 16 KiB in 32. So bit WEFT_STACK_SHIFT of sp is set
 * inside a stack and clear below it, and one bit tells the vectors of EL1 that
 * the stack is used up.
 */
#define WEFT_STACK_SHIFT	14

#ifndef __ASSEMBLER__
#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct weft_fp;
struct weft_space;

/* One for each CPU; the client's memory, all zeros at first. */
struct weft_cpu {
	/* Top of the stack on which a stack overflow is reported. */
	uint64_t spare_stack;
	/* Top of the stack of an event-driven kernel (weft/event.h). */
	uint64_t event_stack;
	/* What TTBR0_EL1 holds, so that it is written only when it differs. */
	uint64_t ttbr0;
	/* Whose translations may be in the TLB where all share one ASID. */
	const struct weft_space *tlb_space;
	/*
	 * For statistics: how often a switch saved a state, and how often one
	 * was loaded, whatever for; but for fp_swaps, how often a leaf switch
	 * did both. Each stands beside what is read or written with it.
	 */
	uint64_t fp_saves;
	/* What EL0 may use without a trap: enum weft_fp_use. */
	uint64_t fp_live;
	uint64_t fp_swaps;
	/* Whose registers are in the FP registers; NULL: nobody's. */
	struct weft_fp *fp_owner;
	uint64_t fp_loads;
	/*
	 * enum weft_fp_policy (weft/fp.h); 0 is WEFT_FP_EAGER. May be changed
	 * at any time, DAIF masked.
	 */
	uint64_t fp_policy;
	/* What ZCR_EL1 holds. */
	uint64_t zcr;
	/* 0, 1, ...: index into the client's and the ASID domain's arrays. */
	uint64_t index;
	/* APIAKey of the kernel, low half first; the same on every CPU. */
	uint64_t kernel_key[2];
	/*
	 * Of the ASID domain whose spaces run here, for leaf switches: the
	 * present generation (its era), and what this CPU has active. Set by
	 * the install.
	 */
	const uint64_t *era;
	uint64_t *active;
};

WEFT_OFFSET(WEFT_CPU_SPARE_STACK, weft_cpu, spare_stack);
WEFT_OFFSET(WEFT_CPU_EVENT_STACK, weft_cpu, event_stack);
WEFT_OFFSET(WEFT_CPU_TTBR0, weft_cpu, ttbr0);
WEFT_OFFSET(WEFT_CPU_TLB_SPACE, weft_cpu, tlb_space);
WEFT_OFFSET(WEFT_CPU_FP_SAVES, weft_cpu, fp_saves);
WEFT_OFFSET(WEFT_CPU_FP_LIVE, weft_cpu, fp_live);
WEFT_OFFSET(WEFT_CPU_FP_SWAPS, weft_cpu, fp_swaps);
WEFT_OFFSET(WEFT_CPU_FP_OWNER, weft_cpu, fp_owner);
WEFT_PAIR(weft_cpu, fp_live, fp_swaps);
WEFT_PAIR(weft_cpu, fp_swaps, fp_owner);
WEFT_OFFSET(WEFT_CPU_FP_LOADS, weft_cpu, fp_loads);
WEFT_OFFSET(WEFT_CPU_FP_POLICY, weft_cpu, fp_policy);
WEFT_OFFSET(WEFT_CPU_ZCR, weft_cpu, zcr);
WEFT_OFFSET(WEFT_CPU_INDEX, weft_cpu, index);
WEFT_OFFSET(WEFT_CPU_KERNEL_KEY, weft_cpu, kernel_key);
WEFT_OFFSET(WEFT_CPU_ERA, weft_cpu, era);
WEFT_OFFSET(WEFT_CPU_ACTIVE, weft_cpu, active);
WEFT_PAIR(weft_cpu, era, active);
WEFT_SIZE(WEFT_CPU_SIZE, weft_cpu);

/* Read once per CPU; what differs between CPUs is the client's to merge. */
struct weft_features {
	uint8_t pa_bits;	/* 32..52 */
	uint8_t pa_range;	/* ID_AA64MMFR0_EL1.PARange: TCR_EL1.IPS */
	uint8_t asid_bits;	/* 8 or 16 */
	bool fp;		/* FP and Advanced SIMD */
	bool pan;		/* FEAT_PAN */
	bool uao;		/* FEAT_UAO */
	bool e0pd;		/* FEAT_E0PD */
	bool sb;		/* FEAT_SB */
	bool lse;		/* FEAT_LSE */
	bool sve;		/* FEAT_SVE */
	bool sme;		/* FEAT_SME */
	bool pauth;		/* FEAT_PAuth, any algorithm */
	bool bti;		/* FEAT_BTI */
	bool mte;		/* FEAT_MTE */
	bool rng;		/* FEAT_RNG */
	bool ras;		/* FEAT_RAS */
	bool tlbirange;		/* FEAT_TLBIRANGE */
	bool csv2, csv3;	/* speculation: see D19, ID_AA64PFR0_EL1 */
	bool ssbs;		/* FEAT_SSBS */
	bool granule_4k;	/* without it weft cannot work */
};

/* From the ID registers of the calling CPU; EL1. */
void weft_features_read(struct weft_features *features);

#ifdef __cplusplus
}
#endif
#endif
#endif
