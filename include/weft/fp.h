// SPDX-License-Identifier: MIT
/*
 * FP and SIMD registers of a thread.
 *
 * Policy: eager. The kernel itself never uses these registers (it is built
 * with -mgeneral-regs-only), so at EL0 and in the kernel they hold the running
 * thread's state. The switch saves the state of the thread that leaves, always,
 * so what is in memory is complete whenever the thread is parked; it loads that
 * of the next unless it is in the registers still. Two facts together say so:
 * the CPU block names this state as the last one loaded here (nobody else's
 * came since), and the task last ran on this CPU (it changed nowhere else). A
 * kernel thread has no weft_fp: to it and back loads nothing.
 */
#ifndef WEFT_FP_H
#define WEFT_FP_H

#include <weft/layout.h>

#define WEFT_FP_FPCR		0
#define WEFT_FP_FPSR		8
#define WEFT_FP_V0		16
#define WEFT_FP_SIZE		528

#ifndef __ASSEMBLER__
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct weft_fp {
	/*
	 * 64 bits each: that is what MRS and MSR move. First, because behind
	 * the vectors they would be out of reach of STP.
	 */
	uint64_t fpcr;
	uint64_t fpsr;
	/* v0-v31, low half first */
	uint64_t v[64] __attribute__((aligned(16)));
};

WEFT_OFFSET(WEFT_FP_V0, weft_fp, v);
WEFT_OFFSET(WEFT_FP_FPCR, weft_fp, fpcr);
WEFT_OFFSET(WEFT_FP_FPSR, weft_fp, fpsr);
WEFT_SIZE(WEFT_FP_SIZE, weft_fp);
WEFT_PAIR(weft_fp, fpcr, fpsr);
WEFT_STATIC_ASSERT(__alignof__(struct weft_fp) == 16, "stp q needs no split");

/*
 * Move the registers to and from memory. EL1, CPACR_EL1.FPEN = 0b11; no lock;
 * the caller makes sure that nothing else changes them meanwhile (DAIF masked
 * or a kernel that never touches them).
 */
void weft_fp_save(struct weft_fp *fp);
void weft_fp_restore(const struct weft_fp *fp);

#ifdef __cplusplus
}
#endif
#endif
#endif
