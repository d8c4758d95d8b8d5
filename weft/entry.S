// SPDX-License-Identifier: MIT
/*
 * Entry and exit: the only author of struct weft_frame.
 *
 * Called from the slots of vectors.S with sp at the frame and all of DAIF
 * masked (the exception did that). Each function saves the frame, calls its
 * handler in trap.c with the frame's address, restores the frame and returns
 * by ERET. There is no ISB before an ERET: SCTLR_EL1.EOS = 1 makes it a
 * context synchronization event.
 *
 * Call-frame information: the CFA is the frame, and every register is found
 * in it, so that a debugger unwinds from a handler into what was interrupted,
 * kernel or program.
 */
#include <weft/asm.h>
#include <weft/config.h>
#include <weft/cpu.h>
#include <weft/frame.h>
#include <weft/pauth.h>
#include <weft/task.h>

/* x2-x29, in either direction */
	.macro	frame_x2_x29 op:req
	\op	x2, x3, [sp, #WEFT_FRAME_X0 + 16]
	\op	x4, x5, [sp, #WEFT_FRAME_X0 + 32]
	\op	x6, x7, [sp, #WEFT_FRAME_X0 + 48]
	\op	x8, x9, [sp, #WEFT_FRAME_X0 + 64]
	\op	x10, x11, [sp, #WEFT_FRAME_X0 + 80]
	\op	x12, x13, [sp, #WEFT_FRAME_X0 + 96]
	\op	x14, x15, [sp, #WEFT_FRAME_X0 + 112]
	\op	x16, x17, [sp, #WEFT_FRAME_X0 + 128]
	\op	x18, x19, [sp, #WEFT_FRAME_X0 + 144]
	\op	x20, x21, [sp, #WEFT_FRAME_X0 + 160]
	\op	x22, x23, [sp, #WEFT_FRAME_X0 + 176]
	\op	x24, x25, [sp, #WEFT_FRAME_X0 + 192]
	\op	x26, x27, [sp, #WEFT_FRAME_X0 + 208]
	\op	x28, x29, [sp, #WEFT_FRAME_X0 + 224]
	.endm

	.macro	frame_x0_x1 op:req
	\op	x0, x1, [sp, #WEFT_FRAME_X0]
	.endm

/*
 * What is not a general register. Out: x19-x25 as named below, all saved.
 * DWARF numbers x0-x30 as 0-30, sp as 31, pc as 32.
 */
	.macro	frame_save_rest from:req, esr:req
	.ifc	\from, user
	mrs	x21, sp_el0
	.else
	add	x21, sp, #WEFT_FRAME_SIZE	// sp before the exception
	.endif
	mrs	x22, elr_el1
	mrs	x23, spsr_el1
	stp	x30, x21, [sp, #WEFT_FRAME_X30]
	stp	x22, x23, [sp, #WEFT_FRAME_PC]
	.if	\esr
	mrs	x24, esr_el1
	mrs	x25, far_el1
	stp	x24, x25, [sp, #WEFT_FRAME_ESR]
	.else
	stp	xzr, xzr, [sp, #WEFT_FRAME_ESR]
	.endif
	mov	x20, #WEFT_NO_SYSCALL_ASM
	.ifc	\from, user
	ldr	x19, [sp, #WEFT_FRAME_X0]
	stp	x19, x20, [sp, #WEFT_FRAME_ORIG_X0]
	stp	xzr, xzr, [sp, #WEFT_FRAME_RECORD]	// backtraces end here
	.else
	stp	xzr, x20, [sp, #WEFT_FRAME_ORIG_X0]
	stp	x29, x22, [sp, #WEFT_FRAME_RECORD]
	.endif
	add	x29, sp, #WEFT_FRAME_RECORD
	.endm

/* After this the frame describes the interrupted context to a debugger. */
	.macro	frame_cfi
	.cfi_signal_frame
	.cfi_def_cfa 31, 0
	.cfi_return_column 32
	.irp	n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
	.cfi_offset \n, WEFT_FRAME_X0 + 8 * \n
	.endr
	.irp	n, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30
	.cfi_offset \n, WEFT_FRAME_X0 + 8 * \n
	.endr
	.cfi_offset 31, WEFT_FRAME_SP
	.cfi_offset 32, WEFT_FRAME_PC
	.endm

	.set	WEFT_NO_SYSCALL_ASM, -1

/* sp at the frame of a user context, DAIF masked; does not come back. */
	.macro	frame_return_user
	ldp	x22, x23, [sp, #WEFT_FRAME_PC]
	ldp	x30, x21, [sp, #WEFT_FRAME_X30]
	msr	elr_el1, x22
	msr	spsr_el1, x23
	msr	sp_el0, x21
	frame_x2_x29 ldp
	frame_x0_x1 ldp
	eret_to_user				// leaves SP_EL1 at the frame
	.endm

	.macro	frame_return_kernel
	msr	daifset, #15			// ELR and SPSR are ours alone
	ldp	x22, x23, [sp, #WEFT_FRAME_PC]
	ldr	x30, [sp, #WEFT_FRAME_X30]
	msr	elr_el1, x22
	msr	spsr_el1, x23
	frame_x2_x29 ldp
	frame_x0_x1 ldp
	add	sp, sp, #WEFT_FRAME_SIZE
	eret
	dsb	nsh				// no speculation past the ERET
	isb
	.endm

	.macro	entry_user name:req, handler:req, esr:req
func \name, pad=none
	frame_x0_x1 stp
	frame_x2_x29 stp
	frame_save_rest user, \esr
	frame_cfi
	mov	x0, sp
	bl	\handler			// returns with DAIF masked
	frame_return_user
endfunc \name
#if WEFT_PAUTH
	/* The same for weft_vectors_pauth */
func \name\()_pauth, pad=none
	frame_x0_x1 stp
	frame_x2_x29 stp
	frame_save_rest user, \esr
	frame_cfi
	pauth_kernel_key x20, x21
	mov	x0, sp
	bl	\handler
	mrs	x0, tpidr_el1
	pauth_user_key x0, x1
	b	.Lreturn_user
endfunc \name\()_pauth
#endif
	.endm

	.macro	entry_kernel name:req, handler:req, esr:req
func \name, pad=none
	frame_x0_x1 stp
	frame_x2_x29 stp
	frame_save_rest kernel, \esr
	frame_cfi
	mov	x0, sp
	bl	\handler
	frame_return_kernel
endfunc \name
	.endm

	entry_user weft_entry_user_sync, weft_trap_user_sync, 1
	entry_user weft_entry_user_irq, weft_trap_user_irq, 0
	entry_kernel weft_entry_kernel_sync, weft_trap_kernel_sync, 1
	entry_kernel weft_entry_kernel_irq, weft_trap_kernel_irq, 0

/*
 * The unexpected: x0 and x1 are saved, x0 = number of the vector. The report
 * is the end, nothing is restored.
 */
	.macro	entry_unexpected name:req, from:req
func \name, pad=none
	frame_x2_x29 stp
	frame_save_rest \from, 1
	frame_cfi
	mov	w1, w0
	mov	x0, sp
	bl	weft_hook_unexpected
	brk	#1
endfunc \name
	.endm

	entry_unexpected weft_entry_unexpected_user, user
	entry_unexpected weft_entry_unexpected_kernel, kernel

/*
 * The kernel stack is full: sp (less a frame) is below it. Report from the
 * CPU's spare stack. The thread registers of EL0 serve as scratch: nothing
 * returns from here.
 */
func weft_entry_overflow, pad=none
	msr	tpidrro_el0, x0
	msr	tpidr_el0, x1
	mov	x0, sp
	mrs	x1, tpidr_el1
	ldr	x1, [x1, #WEFT_TASK_CPU]
	ldr	x1, [x1, #WEFT_CPU_SPARE_STACK]
	sub	sp, x1, #WEFT_FRAME_SIZE
	frame_x2_x29 stp
	add	x26, x0, #WEFT_FRAME_SIZE	// sp before the exception
	mrs	x0, tpidrro_el0
	mrs	x1, tpidr_el0
	frame_x0_x1 stp
	frame_save_rest kernel, 1
	str	x26, [sp, #WEFT_FRAME_SP]
	frame_cfi
	mov	x0, sp
	mov	w1, #16				// WEFT_VECTOR_OVERFLOW
	bl	weft_hook_unexpected
	brk	#1
endfunc weft_entry_overflow

// void weft_enter_user(struct weft_frame *frame)
// In: x0 = a whole frame at the top of the running task's stack
// Needs: EL1, DAIF masked
func weft_enter_user
	mov	sp, x0
	frame_cfi
#if WEFT_PAUTH
	mrs	x0, tpidr_el1
	ldr	x1, [x0, #WEFT_TASK_KEYS]
	cbz	x1, .Lreturn_user		// no such CPU, or not turned on
	pauth_user_key x0, x1
#endif
.Lreturn_user:
	frame_return_user
endfunc weft_enter_user
