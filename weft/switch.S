// SPDX-License-Identifier: MIT
/*
 * The switch: one stack for another.
 *
 * All of DAIF is masked. Between the new sp and the new TPIDR_EL1 the CPU is
 * neither thread; no exception may look at it then.
 */
#include <weft/asm.h>
#include <weft/config.h>
#include <weft/cpu.h>
#include <weft/frame.h>
#include <weft/task.h>

/*
 * In: x0 = prev, which is saved; x1 = next
 *
 * No barrier between these and the code after: the kernel's memory is the same
 * under every thread, and TPIDR_EL1 is read by MRS, which sees the MSR before
 * it in program order (Arm ARM D19.1.2).
 */
	.macro	resume_next
	ldp	x9, x10, [x1, #WEFT_TASK_SP]
	msr	tpidr_el1, x1
	mov	sp, x9
	br	x10				// nothing but a BTI J will do
	.endm

/*
 * In: x1 = the task that goes on. While it runs it is described as parked at
 * its frame, so that a leaf switch (leaf_switch of entry.S) has nothing left
 * to write. Clobbers: x9-x11
 */
	.macro	ready_for_leaf
#if WEFT_LEAF
	mov	x9, sp
	adrp	x10, weft_resume_leaf
	orr	x9, x9, #(1 << WEFT_STACK_SHIFT) - 1
	add	x10, x10, :lo12:weft_resume_leaf
	sub	x9, x9, #WEFT_FRAME_SIZE - 1	// the top of the stack
	ldr	x11, [x1, #WEFT_TASK_CPU]
	stp	x9, x10, [x1, #WEFT_TASK_SP]
	str	x11, [x1, #WEFT_TASK_LEAF_CPU]
#endif
	.endm

/* struct weft_saved, in either direction */
	.macro	saved_regs op:req
	\op	x19, x20, [sp, #WEFT_SAVED_X19]
	\op	x21, x22, [sp, #WEFT_SAVED_X19 + 16]
	\op	x23, x24, [sp, #WEFT_SAVED_X19 + 32]
	\op	x25, x26, [sp, #WEFT_SAVED_X19 + 48]
	\op	x27, x28, [sp, #WEFT_SAVED_X19 + 64]
	\op	x29, x30, [sp, #WEFT_SAVED_X29]
	.endm

// struct weft_task *weft_switch(struct weft_task *prev, struct weft_task *next)
//                                               x0                      x1
// Returns, on the stack of next, prev: x0 is left as it is.
// Clobbers: x9, x10
// Needs: EL1, DAIF masked, prev running here, next parked
func weft_switch, pad=sign
	sub	sp, sp, #WEFT_SAVED_SIZE
	.cfi_adjust_cfa_offset WEFT_SAVED_SIZE
	saved_regs stp
	.cfi_rel_offset x19, WEFT_SAVED_X19
	.cfi_rel_offset x20, WEFT_SAVED_X19 + 8
	.cfi_rel_offset x21, WEFT_SAVED_X19 + 16
	.cfi_rel_offset x22, WEFT_SAVED_X19 + 24
	.cfi_rel_offset x23, WEFT_SAVED_X19 + 32
	.cfi_rel_offset x24, WEFT_SAVED_X19 + 40
	.cfi_rel_offset x25, WEFT_SAVED_X19 + 48
	.cfi_rel_offset x26, WEFT_SAVED_X19 + 56
	.cfi_rel_offset x27, WEFT_SAVED_X19 + 64
	.cfi_rel_offset x28, WEFT_SAVED_X19 + 72
	.cfi_rel_offset x29, WEFT_SAVED_X29
	.cfi_rel_offset x30, WEFT_SAVED_X29 + 8
	mov	x9, sp
	adr	x10, weft_resume_kernel
	stp	x9, x10, [x0, #WEFT_TASK_SP]
#if WEFT_LEAF
	str	xzr, [x0, #WEFT_TASK_LEAF_CPU]
#endif
	resume_next

	.globl	weft_resume_kernel
weft_resume_kernel:
	hint	#36				// BTI J
	ready_for_leaf
	saved_regs ldp
	add	sp, sp, #WEFT_SAVED_SIZE
	.cfi_adjust_cfa_offset -WEFT_SAVED_SIZE
	.cfi_restore x19
	.cfi_restore x20
	.cfi_restore x21
	.cfi_restore x22
	.cfi_restore x23
	.cfi_restore x24
	.cfi_restore x25
	.cfi_restore x26
	.cfi_restore x27
	.cfi_restore x28
	.cfi_restore x29
	.cfi_restore x30
	authenticate				// the sp is that of the signing
	ret
endfunc weft_switch

// void weft_switch_away(struct weft_task *prev, struct weft_task *next)
//                                          x0                      x1
// prev is parked already, somewhere above these C frames, which are given up.
// Needs: EL1, DAIF masked, prev running here, next parked
func weft_switch_away
	resume_next
endfunc weft_switch_away

// Where a thread that never ran resumes: weft_task_init put entry in x19's
// place and its argument in x20's. Calls entry(prev = x0, arg).
func weft_resume_first, pad=j
	.cfi_undefined x30			// the outermost frame
	ready_for_leaf
	ldp	x19, x20, [sp, #WEFT_SAVED_X19]
	add	sp, sp, #WEFT_SAVED_SIZE
	isb					// entry may use the space
	mov	x29, xzr
	mov	x30, xzr
	mov	x1, x20
	blr	x19
	brk	#1				// entry must not return
endfunc weft_resume_first
