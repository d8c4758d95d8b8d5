// SPDX-License-Identifier: MIT
/*
 * Entry and exit: with the slots of entry.h the only author of the frame.
 *
 * Called from the slots of vectors.S with sp at the frame and all of DAIF
 * masked (the exception did that), and the frame saved: each function calls its
 * handler in trap.c with the frame's address; there is one way out to EL0 and
 * one to EL1, each restores the frame and returns by ERET. There is no ISB
 * before an ERET: SCTLR_EL1.EOS = 1 makes it a context synchronization event.
 *
 * Call-frame information: the CFA is the frame, and every register is found
 * in it, so that a debugger unwinds from a handler into what was interrupted,
 * kernel or program.
 */
#include <weft/leaf.h>

#include "entry.h"

/*
 * The entry is told. A frame is saved: what is kept is w1, which may tell the
 * vector, and is told as that if there is no @vector. Clobbers: x0-x19, x30
 */
	.macro	trace_entry vector
#if WEFT_TRACE
	mov	x19, x1
	mov	x0, sp
	.ifnb	\vector
	mov	w1, #\vector
	.endif
	bl	weft_trace_entry
	mov	x1, x19
#endif
	.endm

	/* The vectors of the entries that have no number in w1. */
	.set	VECTOR_kernel_sync, VECTOR_EL1H + 0
	.set	VECTOR_kernel_irq, VECTOR_EL1H + 1
	.set	VECTOR_user_sync, VECTOR_EL0_64 + 0
	.set	VECTOR_user_irq, VECTOR_EL0_64 + 1

/*
 * @which: sync and irq, from the kernel; other: w1 = number of the vector.
 * @keys: _pauth, for weft_vectors_pauth.
 */
	.macro	entry from:req, which:req, handler:req, keys
func weft_entry_\from\()_\which\keys, pad=none
	frame_cfi
	.ifc	\from, kernel
	frame_link
	.endif
	.ifnb	\keys
	pauth_kernel_key x20, x21
	.endif
	.ifc	\which, other
	trace_entry
	.else
	trace_entry VECTOR_\from\()_\which
	.endif
	mov	x0, sp
	bl	\handler
	b	weft_return_\from\keys
endfunc weft_entry_\from\()_\which\keys
	.endm

#if WEFT_USER
/*
 * Hand over from x20 to x1, two tasks of this CPU, what is simple: no FP
 * registers on either side, nothing to do for x1 on its way to EL0, an ASID of
 * the present generation. Otherwise, with nothing done, goes to \special,
 * where x9 = what x1 has of FP state, x10 = its work, x11 = what x20 has; or,
 * if it is the ASID, to \other. Clobbers: x9-x12, x21
 *
 * A task that has no FP state has none in the registers, either.
 *
 * Without a look at what a rollover on another CPU may do meanwhile: the
 * caller is alone. weft_asid_assign has the long version.
 */
	.macro	hand_over_simple special:req, other:req
	ldp	x9, x10, [x1, #WEFT_TASK_FP_USED]
	ldr	x11, [x20, #WEFT_TASK_FP_USED]
	orr	x12, x9, x10
	orr	x12, x12, x11
	cbnz	x12, \special
	hand_over_space \other
	hand_over_tls
	.endm

/* The same, from \special, for an x1 that has something to do on its way. */
	.macro	hand_over_working other:req
	orr	x9, x9, x11
	cbnz	x9, \other
	hand_over_space \other
	hand_over_tls
	.endm

/*
 * The rest of the frame: the caller of a leaf call is parked. Out: x20 = it.
 * Clobbers: x22, x23; x1 is left as it is
 */
	.macro	leaf_park
	frame_x20_x29 stp
	mrs	x20, tpidr_el1
	mrs	x22, elr_el1
	mrs	x23, spsr_el1
	str	x0, [sp, #WEFT_FRAME_X0]
	stp	x22, x23, [sp, #WEFT_FRAME_PC]
	.endm

/*
 * The members of a frame that a leaf call leaves out, as nobody looks; to a
 * client this one looks as after an interrupt. Clobbers: x19, x20, x29
 */
	.macro	frame_complete
	ldr	x19, [sp, #WEFT_FRAME_X0]
	mov	x20, #WEFT_NO_SYSCALL_ASM
	stp	xzr, xzr, [sp, #WEFT_FRAME_ESR]
	stp	x19, x20, [sp, #WEFT_FRAME_ORIG_X0]
	stp	xzr, xzr, [sp, #WEFT_FRAME_RECORD]
	add	x29, sp, #WEFT_FRAME_RECORD
	.endm

/*
 * A system call. In: x0-x19 and x30 are saved, x9 and x10 are scratch.
 * The number is looked up under mask: a CPU that predicts past the comparison
 * calls some leaf function with these arguments, and nothing else.
 */
	.macro	entry_leaf keys
func weft_entry_user_leaf\keys, pad=none
	.cfi_undefined 32		// the frame lacks the caller's pc
	.ifnb	\keys
	pauth_kernel_key x11, x12
	.endif
	trace	WEFT_TRACE_CALL, x8, x0
	adrp	x9, weft_leaf_calls
	and	x10, x8, #WEFT_LEAF_SLOTS - 1
	add	x9, x9, x10, lsl #WEFT_LEAF_SHIFT
	ldp	x9, x10, [x9, #WEFT_LEAF_NUMBER]
	cmp	x9, x8
	b.ne	weft_entry_user_sync\keys
	blr	x10
	trace	WEFT_TRACE_LEAF, x0, x1
	cbnz	x1, 1f
	trace_leaf_exit x0
	.ifnb	\keys
	mrs	x9, tpidr_el1
	pauth_user_key x9, x10
	.endif
	ldr	x1, [sp, #WEFT_FRAME_X0 + 8]
	frame_leaf_restore
	eret_to_user				// leaves SP_EL1 at the frame
1:	tbz	x1, #WEFT_LEAF_SPECIAL_BIT, weft_leaf_switch\keys
	tbz	x1, #WEFT_LEAF_HANDED_BIT, weft_entry_user_sync\keys
	leaf_park
	and	x19, x1, #~WEFT_LEAF_HANDED
	mov	x0, x20
	mov	x1, x19
	bl	weft_leaf_hand_over
	mov	x0, x20
	mov	x1, x19
	b	weft_switch_away

/*
 * A leaf call ends in another task (weft/leaf.h). In: x0 = the value; x1 = the
 * task that is next, and WEFT_LEAF_HANDED
 *
 * The caller is parked by storing the rest of its frame: where it is parked is
 * in its task already (ready_for_leaf). What is simple of the hand-over is done
 * here: no FP registers on either side, an ASID of the present generation, no
 * other CPU that could be about to begin a new one. All else is for C.
 *
 * No barrier: ERET makes TTBR0 take effect, and nobody else looks at the task
 * that is left. With HANDED somebody may, from the moment that the one who goes
 * on says so: the ISB is with that one (weft/task.c).
 */
weft_leaf_switch\keys:
	leaf_park
	.ifb	\keys
#if WEFT_ASID
	hand_over_simple 1f, 3f
	leaf_resume
1:
#if WEFT_FP
	cbz	x10, weft_leaf_simd
#endif
	hand_over_working 3f
	msr	tpidr_el1, x1
	ldr	x9, [x1, #WEFT_TASK_SP]
	mov	sp, x9
	b	weft_leaf_work
#endif
	.endif
	.ifb	\keys
	.globl	weft_leaf_other
weft_leaf_other:
	.endif
3:	mov	x0, x20
	mov	x19, x1
	bl	weft_leaf_hand_over
	mov	x1, x19
	msr	tpidr_el1, x1
	ldr	x9, [x1, #WEFT_TASK_SP]
	mov	sp, x9
	ldr	x9, [x1, #WEFT_TASK_WORK]
	cbnz	x9, weft_leaf_work\keys
#if WEFT_DEBUG
	mov	x0, sp
	bl	weft_trap_check_exit
#endif
	trace_exit
	.ifnb	\keys
	mrs	x1, tpidr_el1
	pauth_user_key x1, x0
	.endif
	restore_user
endfunc weft_entry_user_leaf\keys

// Something is to be done first. In: sp = the frame that a leaf call parked at
func weft_leaf_work\keys, pad=none
	isb					// TTBR0: the work may be there
	frame_complete
	frame_cfi
	b	weft_return_user\keys
endfunc weft_leaf_work\keys
	.endm

/* Any other. In: x0-x19 and x30 are saved, x9 = ESR_EL1, x10 = its class. */
	.macro	entry_miss keys
func weft_entry_user_miss\keys, pad=none
	.cfi_undefined 32		// the frame lacks the caller's pc
#if WEFT_TRACE
	.ifnb	\keys
	pauth_kernel_key x11, x12
	.endif
	mov	x11, #VECTOR_user_sync
	trace	WEFT_TRACE_ENTER, x11, x9
#endif
	and	x9, x9, #WEFT_ISS_FSC_MASK & ~3	// whatever the level
	cmp	x10, #WEFT_EC_DABT_EL0
	ccmp	x9, #WEFT_FSC_TRANSLATION, #0, eq
	b.ne	weft_entry_user_sync\keys
	.ifnb	\keys
	pauth_kernel_key x11, x12
	.endif
	mrs	x0, far_el1
	bl	weft_hook_miss
#if WEFT_TRACE
	and	x0, x0, #1
	eor	x1, x0, #1			// WEFT_LEAF_DEFER
	trace	WEFT_TRACE_LEAF, x0, x1
#endif
	tbz	w0, #0, weft_entry_user_sync\keys
#if WEFT_TRACE
	ldr	x10, [sp, #WEFT_FRAME_X0]
	trace_leaf_exit x10
#endif
	.ifnb	\keys
	mrs	x9, tpidr_el1
	pauth_user_key x9, x10
	.endif
	frame_x0_x1 ldp
	frame_leaf_restore
	eret_to_user				// leaves SP_EL1 at the frame
endfunc weft_entry_user_miss\keys
	.endm

/* In: x0-x19 and x30 are saved. */
	.macro	entry_sync keys
func weft_entry_user_sync\keys, pad=none
	frame_rest 1
	frame_cfi
	.ifnb	\keys
	pauth_kernel_key x20, x21
	.endif
	mov	x0, sp
	bl	weft_trap_user_sync
	b	weft_return_user\keys
endfunc weft_entry_user_sync\keys
	.endm

/*
 * An interrupt. In: x0-x19 and x30 are saved. If the client's leaf function
 * says that there is more to do, the general way gets what it says besides.
 */
	.macro	entry_irq keys
func weft_entry_user_irq\keys, pad=none
	.cfi_undefined 32		// the frame lacks the caller's pc
	.ifnb	\keys
	pauth_kernel_key x11, x12
	.endif
#if WEFT_TRACE
	mov	x11, #VECTOR_user_irq
	trace	WEFT_TRACE_ENTER, x11
#endif
	bl	weft_hook_leaf_irq
	trace	WEFT_TRACE_LEAF, x0, x1
	cbnz	x1, weft_entry_user_irq_more\keys
#if WEFT_TRACE
	ldr	x10, [sp, #WEFT_FRAME_X0]
	trace_leaf_exit x10
#endif
	.ifnb	\keys
	mrs	x9, tpidr_el1
	pauth_user_key x9, x10
	.endif
	frame_x0_x1 ldp
	frame_leaf_restore
	eret_to_user				// leaves SP_EL1 at the frame
endfunc weft_entry_user_irq\keys

func weft_entry_user_irq_more\keys, pad=none
	frame_rest 0
	frame_cfi
	mov	x1, x0
	mov	x0, sp
	bl	weft_trap_user_irq
	b	weft_return_user\keys
endfunc weft_entry_user_irq_more\keys
	.endm

#if WEFT_LEAF
	entry_leaf
	entry_miss
	entry_sync
	entry_irq
#else
	entry	user, sync, weft_trap_user_sync
	entry	user, irq, weft_trap_user_irq	// x1 is 0
#endif
	entry	user, other, weft_trap_other

// The way to EL0.
// In: sp = the frame of a user context
func weft_return_user, pad=none
	frame_cfi
	mov	x0, sp
	bl	weft_trap_user_exit		// returns with DAIF masked
	trace_exit
	.globl	weft_restore_user
weft_restore_user:
	restore_user
endfunc weft_return_user

#if WEFT_DEBUG && WEFT_LEAF
// The end of a leaf switch, in a debug build. In: sp = the frame
func weft_leaf_check, pad=none
	frame_cfi
	mov	x0, sp
	bl	weft_trap_check_exit
	b	weft_restore_user
endfunc weft_leaf_check
#endif

#if WEFT_PAUTH
#if WEFT_LEAF
	entry_leaf _pauth
	entry_miss _pauth
	entry_sync _pauth
	entry_irq _pauth
#else
	entry	user, sync, weft_trap_user_sync, _pauth
	entry	user, irq, weft_trap_user_irq, _pauth
#endif
	entry	user, other, weft_trap_other, _pauth

// The same, for a task with keys.
func weft_return_user_pauth, pad=none
	frame_cfi
	mov	x0, sp
	bl	weft_trap_user_exit
	trace_exit
	mrs	x0, tpidr_el1
	pauth_user_key x0, x1
	b	weft_restore_user
endfunc weft_return_user_pauth
#endif

// void weft_enter_user(struct weft_frame *frame)
// In: x0 = a whole frame: at the top of the running task's stack, or anywhere
//     in an event-driven kernel
// Needs: EL1, DAIF masked
func weft_enter_user
#if WEFT_TRACE
	/* On this stack: there may be none below the frame. */
	mov	x19, x0
	mov	x0, #WEFT_TRACE_EXIT
	ldr	x1, [x19, #WEFT_FRAME_PC]
	ldr	x2, [x19, #WEFT_FRAME_X0]
	bl	weft_hook_trace
	mov	x0, x19
#endif
	mov	sp, x0
	frame_cfi
#if WEFT_PAUTH
	mrs	x0, tpidr_el1
	ldr	x1, [x0, #WEFT_TASK_KEYS]
	cbz	x1, weft_restore_user		// no such CPU, or not turned on
	pauth_user_key x0, x1
#endif
	b	weft_restore_user
endfunc weft_enter_user
#endif

	entry	kernel, sync, weft_trap_kernel_sync
	entry	kernel, irq, weft_trap_kernel_irq
	entry	kernel, other, weft_trap_other

// The way back into EL1.
// In: sp = the frame of a kernel context
func weft_return_kernel, pad=none
	frame_cfi
	msr	daifset, #15			// ELR and SPSR are ours alone
#if WEFT_TRACE
	mov	x0, #WEFT_TRACE_EXIT_KERNEL
	ldr	x1, [sp, #WEFT_FRAME_PC]
	mov	x2, #0
	bl	weft_hook_trace
#endif
	ldp	x22, x23, [sp, #WEFT_FRAME_PC]
	ldr	x30, [sp, #WEFT_FRAME_X30]
	msr	elr_el1, x22
	msr	spsr_el1, x23
	frame_x2_x29 ldp
	frame_x0_x1 ldp
	add	sp, sp, #WEFT_FRAME_SIZE
	.cfi_adjust_cfa_offset -WEFT_FRAME_SIZE
	eret
	dsb	nsh				// no speculation past the ERET
	isb
endfunc weft_return_kernel

// Where a task that is parked at its frame resumes.
// In: x0 = the task that was left, sp = the frame
// Needs: DAIF masked
func weft_resume_frame, pad=j
	frame_cfi
	isb					// TTBR0, before prev is let go
	mov	x1, x0
	mov	x0, sp
	bl	weft_trap_resumed
#if WEFT_USER
	ldr	x8, [sp, #WEFT_FRAME_PSTATE]
	tst	x8, #WEFT_PSTATE_MODE		// EL0t is 0
	b.ne	1f
#if WEFT_PAUTH
	mov	x0, sp
	bl	weft_trap_user_exit
	mov	x0, sp
	b	weft_enter_user			// which finds out about keys
#else
	b	weft_return_user
#endif
1:
#endif
	b	weft_return_kernel
endfunc weft_resume_frame

#if WEFT_LEAF
// Where a task that a leaf call parked resumes, if not by a leaf switch.
// In: x0 = the task that was left, sp = the frame
// Needs: DAIF masked
func weft_resume_leaf, pad=j
	frame_complete
	frame_cfi
	b	weft_resume_frame
endfunc weft_resume_leaf
#endif

/*
 * The kernel stack is full: x0 = sp less a frame is below it, and sp is that
 * plus x0. Report from the CPU's spare stack. The thread registers of EL0
 * serve as scratch: nothing returns from here.
 */
func weft_entry_overflow, pad=none
	msr	tpidr_el0, x1
	sub	x1, sp, x0
	msr	tpidrro_el0, x1			// x0
	mrs	x1, tpidr_el1
	ldr	x1, [x1, #WEFT_TASK_CPU]
	ldr	x1, [x1, #WEFT_CPU_SPARE_STACK]
	sub	sp, x1, #WEFT_FRAME_SIZE
	frame_x2_x29 stp
	add	x21, x0, #WEFT_FRAME_SIZE	// sp before the exception
	mrs	x0, tpidrro_el0
	mrs	x1, tpidr_el0
	frame_x0_x1 stp
	frame_save_state 1
	frame_link
	frame_cfi
	trace_entry VECTOR_OVERFLOW
	mov	x0, sp
	mov	w1, #VECTOR_OVERFLOW
	bl	weft_trap_other
	brk	#1
endfunc weft_entry_overflow
