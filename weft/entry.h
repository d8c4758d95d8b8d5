// SPDX-License-Identifier: MIT
/*
 * What the entry paths share: the vectors' slots, the frame's registers in
 * either direction, and the C functions of trap.c that entry code calls. For
 * vectors.S and entry.S (a kernel stack for each thread) and event.S (one for
 * each CPU).
 */
#ifndef WEFT_ENTRY_H
#define WEFT_ENTRY_H

#include <weft/config.h>
#include <weft/frame.h>

#ifdef __ASSEMBLER__
#include <weft/arch.h>
#include <weft/asm.h>
#include <weft/cpu.h>
#include <weft/fp.h>
#include <weft/pauth.h>
#include <weft/space.h>
#include <weft/task.h>
#include <weft/trace.h>

	/* enum weft_vector; what comes from EL1 is below these */
	.set	VECTOR_EL1T, 0
	.set	VECTOR_EL1H, 4
	.set	VECTOR_EL0_64, 8
	.set	VECTOR_EL0_32, 12
	.set	VECTOR_OVERFLOW, 16

/* Where an exception begins; @slot ends at the next one, or is too long. */
	.macro	slot_begin table:req, slot:req
	.org	\table + (\slot) * 0x80
	.endm

	.macro	slot_end table:req, slot:req
	.org	\table + (\slot) * 0x80 + 0x80
	.endm

/*
 * A slot for what comes from EL0: SP_EL1 is at the frame already, and all of it
 * is saved here. With @number w1 tells @target which slot this was; with @esr 0
 * the exception has no syndrome.
 */
	.macro	vector_user table:req, slot:req, target:req, esr=1, number
	slot_begin \table, \slot
	frame_x0_x1 stp
	frame_x2_x29 stp
	mrs	x21, sp_el0
	frame_save_state \esr
	mov	x20, #WEFT_NO_SYSCALL_ASM
	stp	x0, x20, [sp, #WEFT_FRAME_ORIG_X0]
	stp	xzr, xzr, [sp, #WEFT_FRAME_RECORD]	// backtraces end here
	add	x29, sp, #WEFT_FRAME_RECORD
	.ifnb	\number
	mov	w1, #\number
	.endif
	b	\target
	slot_end \table, \slot
	.endm

/*
 * The slot for a synchronous exception of EL0. A system call may be a leaf call
 * (weft/leaf.h), a data abort a page that is missing (weft_hook_miss): those
 * need no more than is saved here: x0-x19, x30.
 */
	.macro	vector_user_sync table:req, slot:req, keys
	slot_begin \table, \slot
	frame_leaf_save
	mrs	x9, esr_el1
	lsr	x10, x9, #WEFT_ESR_EC_SHIFT
	cmp	x10, #WEFT_EC_SVC64
	b.eq	weft_entry_user_leaf\keys
	b	weft_entry_user_miss\keys
	slot_end \table, \slot
	.endm

/* The slot for an interrupt of EL0, which may be over in a leaf function. */
	.macro	vector_user_irq table:req, slot:req, keys
	slot_begin \table, \slot
	frame_leaf_save
	b	weft_entry_user_irq\keys
	slot_end \table, \slot
	.endm

/*
 * A slot for what comes from EL1: make room for the frame, then see whether
 * the stack still has room at all, in the only register there is. The sum of
 * sp and x0 and one difference give sp in x0; two more give both back. What of
 * the frame does not fit in here is frame_link, for @target.
 */
	.macro	vector_kernel table:req, slot:req, target:req, esr=1, number
	slot_begin \table, \slot
	sub	sp, sp, #WEFT_FRAME_SIZE
	add	sp, sp, x0			// sp + x0
	sub	x0, sp, x0			// sp
	tbz	x0, #WEFT_STACK_SHIFT, 1f
	sub	x0, sp, x0			// x0
	sub	sp, sp, x0			// sp
	frame_x0_x1 stp
	frame_x2_x29 stp
	add	x21, sp, #WEFT_FRAME_SIZE	// sp before the exception
	frame_save_state \esr
	.ifnb	\number
	mov	w1, #\number
	.endif
	b	\target
1:	b	weft_entry_overflow
	slot_end \table, \slot
	.endm

/*
 * The half of a table that EL1 uses. EL1t (EL1 on SP_EL0) is never meant to
 * happen; as every exception selects SP_EL1, it comes up on this stack.
 */
	.macro	vectors_of_el1 table:req
	.irp	n, 0, 1, 2, 3
	vector_kernel \table, \n, weft_entry_kernel_other, 1, \n
	.endr
	vector_kernel \table, VECTOR_EL1H + 0, weft_entry_kernel_sync
	vector_kernel \table, VECTOR_EL1H + 1, weft_entry_kernel_irq, 0
	.irp	n, 6, 7
	vector_kernel \table, \n, weft_entry_kernel_other, 1, \n
	.endr
	.endm

/*
 * A whole table. @keys: _pauth, where the entries from EL0 change keys.
 */
	.macro	vectors table:req, keys
	.section .text.\table, "ax", %progbits
	.balign	2048
	.globl	\table
	.type	\table, %function
\table:
	vectors_of_el1 \table
#if WEFT_USER
#if WEFT_LEAF
	vector_user_sync \table, VECTOR_EL0_64 + 0, \keys
	vector_user_irq \table, VECTOR_EL0_64 + 1, \keys
#else
	vector_user	\table, VECTOR_EL0_64 + 0, weft_entry_user_sync\keys
	vector_user	\table, VECTOR_EL0_64 + 1, weft_entry_user_irq\keys, \
			0, 0
#endif
	.irp	n, 10, 11, 12, 13, 14, 15
	vector_user	\table, \n, weft_entry_user_other\keys, 1, \n
	.endr
#else
	/* Nobody is at EL0, so SP_EL1 is the kernel's stack here, too. */
	.irp	n, 8, 9, 10, 11, 12, 13, 14, 15
	vector_kernel	\table, \n, weft_entry_kernel_other, 1, \n
	.endr
#endif
	.size	\table, . - \table
	.endm

/* x2-x29, in either direction */
	.macro	frame_x2_x29 op:req
	frame_x2_x19 \op
	frame_x20_x29 \op
	.endm

	.macro	frame_x2_x19 op:req
	frame_x2_x17 \op
	\op	x18, x19, [sp, #WEFT_FRAME_X0 + 144]
	.endm

	.macro	frame_x2_x17 op:req
	\op	x2, x3, [sp, #WEFT_FRAME_X0 + 16]
	\op	x4, x5, [sp, #WEFT_FRAME_X0 + 32]
	\op	x6, x7, [sp, #WEFT_FRAME_X0 + 48]
	\op	x8, x9, [sp, #WEFT_FRAME_X0 + 64]
	\op	x10, x11, [sp, #WEFT_FRAME_X0 + 80]
	\op	x12, x13, [sp, #WEFT_FRAME_X0 + 96]
	\op	x14, x15, [sp, #WEFT_FRAME_X0 + 112]
	\op	x16, x17, [sp, #WEFT_FRAME_X0 + 128]
	.endm

	.macro	frame_x20_x29 op:req
	\op	x20, x21, [sp, #WEFT_FRAME_X0 + 160]
	\op	x22, x23, [sp, #WEFT_FRAME_X0 + 176]
	\op	x24, x25, [sp, #WEFT_FRAME_X0 + 192]
	\op	x26, x27, [sp, #WEFT_FRAME_X0 + 208]
	\op	x28, x29, [sp, #WEFT_FRAME_X0 + 224]
	.endm

/*
 * What a C function may change, and x19: all that a leaf function needs. And
 * the program's sp, which goes with x30. Clobbers: x9
 */
	.macro	frame_leaf_save
	frame_x0_x1 stp
	frame_x2_x19 stp
	mrs	x9, sp_el0
	stp	x30, x9, [sp, #WEFT_FRAME_X30]
	.endm

/* The same but for x0 and x1; x19 is as it was. */
	.macro	frame_leaf_restore
	frame_x2_x17 ldp
	ldr	x18, [sp, #WEFT_FRAME_X0 + 144]
	ldr	x30, [sp, #WEFT_FRAME_X30]
	.endm

	.macro	frame_x0_x1 op:req
	\op	x0, x1, [sp, #WEFT_FRAME_X0]
	.endm

	.set	WEFT_NO_SYSCALL_ASM, -1

	/* What trace and weft_trace_point keep on the stack. */
	.set	TRACE_X0, 0			// x0, x30
	.set	TRACE_ARGS, 16
	.set	TRACE_X1, 32			// x1-x18
	.set	TRACE_RETURN, 176
	.set	TRACE_SIZE, 192

/*
 * A trace point (weft/trace.h) where registers are live; \a and \b are two.
 * Needs: the kernel's key, if there are keys. Clobbers: flags
 */
	.macro	trace event:req, a=xzr, b=xzr
#if WEFT_TRACE
	sub	sp, sp, #TRACE_SIZE
	.cfi_adjust_cfa_offset TRACE_SIZE
	stp	x0, x30, [sp, #TRACE_X0]
	stp	\a, \b, [sp, #TRACE_ARGS]
	mov	x0, #\event
	bl	weft_trace_point
	ldp	x0, x30, [sp, #TRACE_X0]
	add	sp, sp, #TRACE_SIZE
	.cfi_adjust_cfa_offset -TRACE_SIZE
#endif
	.endm

/*
 * The end of a way to EL0 that restores a whole frame, at sp. Before the
 * program's key is in place. Clobbers: all that C may
 */
	.macro	trace_exit
#if WEFT_TRACE
	mov	x0, #WEFT_TRACE_EXIT
	ldr	x1, [sp, #WEFT_FRAME_PC]
	ldr	x2, [sp, #WEFT_FRAME_X0]
	bl	weft_hook_trace
#endif
	.endm

/* The same where a leaf function was all; \x0 = the program's. Clobbers: x9 */
	.macro	trace_leaf_exit x0:req
#if WEFT_TRACE
	mrs	x9, elr_el1
	trace	WEFT_TRACE_EXIT, x9, \x0
#endif
	.endm

/*
 * What the exception found, after x0-x29; x21 = its sp. x22 = where it was.
 * With @esr 0 it has no syndrome. x0-x18 are left as they are.
 */
	.macro	frame_save_state esr:req
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
	.endm

/*
 * What frame_leaf_save leaves of the frame of a user context. With @esr 0 there
 * is no syndrome. Clobbers: x19-x25, x29
 */
	.macro	frame_rest esr:req
	frame_x20_x29 stp
	mrs	x22, elr_el1
	mrs	x23, spsr_el1
	ldr	x19, [sp, #WEFT_FRAME_X0]
	mov	x20, #WEFT_NO_SYSCALL_ASM
	stp	x22, x23, [sp, #WEFT_FRAME_PC]
	.if	\esr
	mrs	x24, esr_el1
	mrs	x25, far_el1
	stp	x24, x25, [sp, #WEFT_FRAME_ESR]
	.else
	stp	xzr, xzr, [sp, #WEFT_FRAME_ESR]
	.endif
	stp	x19, x20, [sp, #WEFT_FRAME_ORIG_X0]
	stp	xzr, xzr, [sp, #WEFT_FRAME_RECORD]	// backtraces end here
	add	x29, sp, #WEFT_FRAME_RECORD
	.endm

/* The end of every way to EL0 that restores a whole frame, at sp. */
	.macro	restore_user
	ldp	x22, x23, [sp, #WEFT_FRAME_PC]
	ldp	x30, x21, [sp, #WEFT_FRAME_X30]
	msr	elr_el1, x22
	msr	spsr_el1, x23
	msr	sp_el0, x21
	frame_x2_x29 ldp
	frame_x0_x1 ldp
	eret_to_user				// leaves SP_EL1 at the frame
	.endm

/*
 * For leaf switches, from x20 to x1: TTBR0, if it is another space and its ASID
 * of the present generation; if not so, with nothing done, goes to \other. @cpu
 * holds x20's CPU already. Clobbers: x9-x12, x21
 */
	.macro	hand_over_space other:req, cpu
	ldr	x9, [x20, #WEFT_TASK_SPACE]
	ldr	x10, [x1, #WEFT_TASK_SPACE]
	cmp	x9, x10
	b.eq	10f
	.ifb	\cpu
	ldr	x21, [x20, #WEFT_TASK_CPU]
	.endif
	ldp	x9, x10, [x10, #WEFT_SPACE_TTBR]
	ldp	x11, x12, [x21, #WEFT_CPU_ERA]	// addresses
	ldr	x11, [x11]
	cmp	x11, x10, lsr #WEFT_SPACE_ASID_BITS
	b.ne	\other
	str	x10, [x12]			// what is active here
	msr	ttbr0_el1, x9
	str	x9, [x21, #WEFT_CPU_TTBR0]
	trace	WEFT_TRACE_TTBR0, x9, x10
10:
	.endm

/* And the thread registers: the last of a hand-over. Clobbers: x9, x10 */
	.macro	hand_over_tls
#if WEFT_TLS
	mrs	x9, tpidr_el0
	str	x9, [x20, #WEFT_TASK_TPIDR_EL0]
	ldp	x9, x10, [x1, #WEFT_TASK_TPIDR_EL0]
	msr	tpidr_el0, x9
	msr	tpidrro_el0, x10
#endif
	trace	WEFT_TRACE_SWITCH, x20, x1
	.endm

/* The end of a leaf switch to x1, which has nothing else to do. */
	.macro	leaf_resume
	msr	tpidr_el1, x1
	ldr	x9, [x1, #WEFT_TASK_SP]
	mov	sp, x9
	trace_exit
#if WEFT_DEBUG
	b	weft_leaf_check
#endif
	restore_user
	.endm

/* The end of a frame from EL1: backtraces go on at x22, where it was. */
	.macro	frame_link
	mov	x20, #WEFT_NO_SYSCALL_ASM
	stp	xzr, x20, [sp, #WEFT_FRAME_ORIG_X0]
	stp	x29, x22, [sp, #WEFT_FRAME_RECORD]
	add	x29, sp, #WEFT_FRAME_RECORD
	.endm

/*
 * After this the frame describes the interrupted context to a debugger. DWARF
 * numbers x0-x30 as 0-30, sp as 31, pc as 32.
 */
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

#else
struct weft_task;

/*
 * Called by entry code with all of DAIF masked. weft_trap_other takes every
 * vector that has no function of its own, by its number; the two exits are
 * between the last handler and the restoring of a user frame, and between the
 * switch to a task that is parked at its frame and the way out.
 */
void weft_trap_user_sync(struct weft_frame *frame);
void weft_trap_user_irq(struct weft_frame *frame, uint64_t taken);
void weft_trap_kernel_sync(struct weft_frame *frame);
void weft_trap_kernel_irq(struct weft_frame *frame);
void weft_trap_other(struct weft_frame *frame, unsigned vector);
void weft_trap_user_exit(struct weft_frame *frame);
void weft_trap_resumed(struct weft_frame *frame, struct weft_task *prev);

#if WEFT_LEAF
/* What a leaf switch does not do by itself: all but stack and TPIDR_EL1. */
void weft_leaf_hand_over(struct weft_task *prev, struct weft_task *next);
#endif

/* Assert what EL0 gets, in debug builds; in others nothing refers to it. */
void weft_trap_check_exit(const struct weft_frame *frame);

/* An exception of @vector is told, for entries that save a whole frame. */
void weft_trace_entry(const struct weft_frame *frame, unsigned vector);

/* event.S's way in and out: the second returns the frame to restore. */
struct weft_frame *weft_event_trap(struct weft_frame *frame, unsigned vector);
struct weft_frame *weft_event_resume(struct weft_frame *frame);
#endif
#endif
