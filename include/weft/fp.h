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
#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct weft_cpu;
struct weft_task;

/* What of the registers: how much EL0 may use, how much a state consists of. */
enum weft_fp_use {
	WEFT_FP_NOTHING,
	WEFT_FP_SIMD,		/* v0-v31, FPCR, FPSR */
	WEFT_FP_SVE,		/* z0-z31, p0-p15, FFR, FPCR, FPSR */
};

/* When state is saved and loaded; of a CPU, see above. */
enum weft_fp_policy {
	WEFT_FP_EAGER,
};

/* FP and SIMD registers of a thread that is not running. */
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

/*
 * Hand the registers of @cpu, the calling CPU, from @prev to @next: what
 * weft_switch_to does. DAIF masked; @next->cpu is still where it last ran.
 */
void weft_fp_hand_over(struct weft_cpu *cpu, struct weft_task *prev,
		       struct weft_task *next);

/*
 * EL0 of the running task met a trap of FP (or, @use, of SVE): true if it may
 * go on now, false if the trap is the client's. DAIF masked.
 */
bool weft_fp_trap(struct weft_task *task, enum weft_fp_use use);

/*
 * FP registers of @task read as zero from now on; it is the running task.
 * (For execve. DAIF masked.)
 */
void weft_task_reset_fp(struct weft_task *task);

/* Before a task's memory is freed: no CPU block refers to its FP state. */
void weft_task_forget_fp(struct weft_cpu *cpu, const struct weft_fp *fp);

#ifdef __cplusplus
}
#endif
#endif
#endif
