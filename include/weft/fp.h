// SPDX-License-Identifier: MIT
/*
 * FP, SIMD and SVE registers of a thread: whose they are, and when they move.
 *
 * The kernel itself never uses these registers (it is built with
 * -mgeneral-regs-only). So whatever EL0 of the running task left in them stays
 * there through its system calls and interrupts, and only a hand-over of the
 * CPU, or one of the functions below, moves them.
 *
 * Facts kept
 *
 *	cpu->fp_live	what EL0 of the running task may use without a trap:
 *			nothing, SIMD, or SVE. CPACR_EL1 says the same and is
 *			written only when this changes. Not "nothing": the
 *			registers are the state of the running task, and its
 *			memory is stale.
 *	task->fp_used	what the task's state consists of: nothing (all zeros,
 *			and no use so far), SIMD (struct weft_fp), or SVE
 *			(struct weft_sve and fpcr, fpsr of struct weft_fp;
 *			weft_fp.v is stale: it is up to date exactly when
 *			this is SIMD). fp_live is "nothing" or equal to this.
 *	cpu->fp_owner	whose state was last loaded into the registers of this
 *			CPU. An address to compare with, never to follow.
 *	task->cpu	where the task runs or last ran.
 *
 * Invariant 1: the state of a task that does not run is in memory, all of it.
 * Whoever runs leaves by weft_fp_hand_over, which saves if fp_live says that
 * the registers may have changed. So a thread may be resumed on any CPU, be
 * inspected, or die, and no CPU need be asked (no interrupt to another CPU).
 *
 * Invariant 2: if cpu->fp_owner names a task and task->cpu is this CPU, then
 * the registers of this CPU hold its state: what memory says too if the task
 * is parked. Nobody else's state was loaded here since (fp_owner would be
 * his), and it changed nowhere else since (to change it there, it must have run
 * there, and task->cpu would say so). When a task comes in from elsewhere,
 * an fp_owner that still names it is cleared.
 *
 * Policies, of a CPU. They differ in what EL0 may do after a switch, no more:
 *
 *			EAGER		TRACKED		LAZY
 *	switched in	load*, enable	if it ever	disable
 *					used FP: load*,
 *					enable; else
 *					disable
 *	first use	(no trap)	trap: load*,	trap: load*,
 *	while disabled			enable		enable
 *	switched out	save		save if		save if
 *					enabled		enabled
 *	traps		none		one in a life	one in each slice
 *							that uses FP
 *
 *	* nothing is loaded if the registers hold the state (invariant 2)
 *
 * TRACKED is right for most kernels: threads that never use FP move nothing,
 * the others trap once. EAGER, which a zeroed struct weft_cpu has, never traps:
 * the same time at every use. LAZY is
 * for tasks that seldom use FP in a slice. (The classical lazy switch, which
 * leaves the owner's state in the registers after it was switched away, is not
 * offered: its state is then in one CPU's registers only. A thread that
 * migrates or dies has to be fetched from there by an interrupt, and every
 * bug of that protocol is a leak from one process into another. What it saves
 * is one save in a slice that used FP.)
 *
 * A worked sequence, LAZY, two CPUs. A runs on CPU 0 and traps: owner0 = A,
 * live0 = SIMD. A is switched away: saved. B runs on 0 and uses no FP: live0 =
 * nothing, owner0 = A still. A comes back, task->cpu = 0: its first use traps
 * and loads nothing. A is switched away (saved) and migrates to CPU 1: A.cpu =
 * 0 is not 1, so its use there loads; owner1 = A, A.cpu = 1. It comes back to
 * CPU 0, where owner0 = A names old values: A.cpu = 1 is not 0, owner0 is
 * cleared, the use loads. A moves to CPU 1 and dies there, and its memory
 * becomes that of a new task N. owner0 names that memory still; but
 * weft_task_init set N.cpu to no CPU, so wherever N first runs its zeros are
 * loaded.
 *
 * Secrecy: what a disabled task could not read, it cannot read: its use
 * traps, and the trap loads all of its state before it enables.
 *
 * Barriers. CPACR_EL1 is written for EL0, which is entered by ERET, a context
 * synchronization event (SCTLR_EL1.EOS = 1): no ISB. EL1 may use the registers
 * whatever EL0 may (FPEN and ZEN are 0b01 or 0b11), so moving them waits for no
 * CPACR write. ZCR_EL1.LEN decides how much an SVE load or store at EL1
 * moves: after it is written and before such a load, ISB. Not before a save:
 * what is saved was live at EL0, so an ERET came after the write.
 *
 * A zeroed struct weft_cpu is right where CPACR_EL1 disables EL0 (FPEN = 0b01,
 * ZEN = 0b01 if there is SVE) and ZCR_EL1 is 0: weft_mmu_on leaves it so.
 */
#ifndef WEFT_FP_H
#define WEFT_FP_H

#include <weft/layout.h>

#define WEFT_FP_FPCR		0
#define WEFT_FP_FPSR		8
#define WEFT_FP_V0		16
#define WEFT_FP_SIZE		528

/* WEFT_FP_SIMD, for assembly */
#define WEFT_FP_USE_SIMD	1

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

/*
 * When state is saved and loaded; of a CPU, see above. May be changed at any
 * time, DAIF masked: the next switch or trap goes by it.
 */
enum weft_fp_policy {
	WEFT_FP_EAGER,
	WEFT_FP_LAZY,
	WEFT_FP_TRACKED,
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
WEFT_STATIC_ASSERT(WEFT_FP_USE_SIMD == WEFT_FP_SIMD, "one name for assembly");
WEFT_STATIC_ASSERT((WEFT_FP_SIMD & 1) && !(WEFT_FP_NOTHING & 1) &&
		   !(WEFT_FP_SVE & 1), "one bit tells SIMD: fp_leaf.S");
WEFT_PAIR(weft_fp, fpcr, fpsr);
WEFT_STATIC_ASSERT(__alignof__(struct weft_fp) == 16, "stp q needs no split");

/*
 * Move the registers to and from memory. EL1, CPACR_EL1.FPEN = 0b01 or 0b11; no
 * lock; the caller makes sure that nothing else changes them meanwhile (DAIF
 * masked or a kernel that never touches them).
 */
void weft_fp_save(struct weft_fp *fp);
void weft_fp_restore(const struct weft_fp *fp);

/*
 * Hand the registers of @cpu, the calling CPU, from @prev to @next: what
 * weft_switch_to does. DAIF masked; @next->cpu is still where it last ran. A
 * task without struct weft_fp may use nothing at EL0.
 */
void weft_fp_hand_over(struct weft_cpu *cpu, struct weft_task *prev,
		       struct weft_task *next);

/*
 * EL0 of the running task met a trap of FP (or, @use, of SVE): true if it may
 * go on now, false if the trap is the client's. DAIF masked.
 */
bool weft_fp_trap(struct weft_task *task, enum weft_fp_use use);

/*
 * Registers of @task, the running task, into its memory, so that struct weft_fp
 * and, if fp_used is SVE, struct weft_sve can be read: for a signal frame or a
 * debugger. The registers stay as they are. DAIF masked. What was saved is
 * valid until EL0 runs: a switch in between only saves the same again.
 */
void weft_task_save_fp(struct weft_task *task);

/*
 * The memory of @task was changed, and perhaps fp_used: that is its state from
 * now on. One that has used nothing has zeros: who writes something else says
 * WEFT_FP_SIMD, too. @task is the running task, DAIF masked since
 * weft_task_save_fp (sigreturn); or it is parked, and nobody runs it meanwhile
 * (a debugger).
 */
void weft_task_load_fp(struct weft_task *task);

/*
 * v0-v31, FPCR and FPSR of @to, a task that never ran, become those of @from,
 * the running task: for fork. What SVE has above them is zero in @to. Nothing
 * is copied of one that has used nothing. DAIF masked.
 */
void weft_task_copy_fp(struct weft_task *to, const struct weft_task *from);

/*
 * The FP registers of @task, the running task, read as zero from now on, and it
 * counts as one that never used them: for execve. DAIF masked.
 */
void weft_task_reset_fp(struct weft_task *task);

/*
 * @fp was the state of a task that died on @cpu, the calling CPU, and is off
 * it: the registers are nobody's. Not needed for safety, see the worked
 * sequence: this only keeps fp_owner from naming the dead. DAIF masked.
 */
void weft_task_forget_fp(struct weft_cpu *cpu, const struct weft_fp *fp);

/*
 * Do fp_live, fp_owner, CPACR_EL1 and ZCR_EL1 agree with each other and with
 * @task, the running task? For assertions and tests. DAIF masked.
 */
bool weft_fp_is_right(const struct weft_task *task);

#ifdef __cplusplus
}
#endif
#endif
#endif
