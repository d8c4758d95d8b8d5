// SPDX-License-Identifier: MIT
/*
 * The code of a player (test_weft_player.h): at EL0 and at EL1 the same, but
 * for the instruction that enters the kernel.
 */
#include <weft/asm.h>
#include <weft/task.h>

#include "test_weft_player.h"

	.arch_extension fp

	/* x3-x30: what @macro does with each */
	.macro	for_numbers macro:req
	.irp	n, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16
	\macro	\n
	.endr
	.irp	n, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30
	\macro	\n
	.endr
	.endm

	.macro	for_4_to_29 macro:req
	.irp	n, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16
	\macro	\n
	.endr
	.irp	n, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29
	\macro	\n
	.endr
	.endm

	.macro	fill n:req
	add	x\n, x1, #\n
	.endm

	.macro	check n:req
	sub	x0, x\n, x1
	cmp	x0, #\n
	b.ne	9f
	.endm

	/* @word of the data page */
	.macro	load_data word:req
	mov64	x0, PLAYER_DATA
	ldr	x0, [x0, #8 * \word]
	.endm

	.macro	enter_kernel from:req, why:req
	.ifc	\from, user
	svc	#\why
	.else
	mov	x0, #(\why << PLAYER_WHY_SHIFT)
	ldr	x0, [x0]			// nothing is mapped there
	.endif
	.endm

	/*
	 * x17 = an address, signed with the key of EL0; and back. Hints: NOPs
	 * where there are no keys.
	 */
	.macro	sign
	mov64	x17, PLAYER_DATA
	mov	x16, #0
	hint	#8				// PACIA1716
	.endm

	.macro	authenticate_17
	mov	x16, #0
	hint	#12				// AUTIA1716
	.endm

	/* In: x1 = seed, x2 = turns */
	.macro	turns from:req
	.ifc	\from, user
	sign					// before the kernel was entered
	fmov	d8, x17
	fmov	d7, x1
	.endif
	for_numbers fill
1:	enter_kernel \from, PLAYER_TURN
	for_numbers check
	.ifc	\from, user
	fmov	x0, d7
	cmp	x0, x1
	b.ne	9f
	mrs	x0, tpidr_el0
	cmp	x0, x1
	b.ne	9f
	mov	x0, sp
	cmp	x0, x1, lsl #4
	b.ne	9f
	load_data 0
	cmp	x0, x1
	b.ne	9f
	fmov	x17, d8
	authenticate_17
	mov64	x0, PLAYER_DATA
	cmp	x17, x0
	b.ne	9f
	sign
	fmov	d8, x17
	fill	16
	fill	17
	.endif
	subs	x2, x2, #1
	b.ne	1b
	enter_kernel \from, PLAYER_DONE
9:	enter_kernel \from, PLAYER_FAILED
	b	9b
	.endm

// void player_el1(uint64_t unused, uint64_t seed, uint64_t turns)
// Does not return.
func player_el1
	.cfi_undefined x30
	turns	kernel
endfunc player_el1

// Copied to user memory.
func player_el0
	.cfi_undefined x30
	turns	user
	.globl	player_el0_end
player_el0_end:
endfunc player_el0

	/* The slot of a vector; RET, as no BTI is needed to arrive by it. */
	.macro	slot_address reg:req, vector:req
	mrs	\reg, vbar_el1
	add	\reg, \reg, \vector, lsl #7
	.endm

// uint64_t fake_el1(uint64_t vector, uint64_t esr, uint64_t pstate,
//                           x0              x1           x2
//                   uint64_t sp)
//                           x3
func fake_el1
	msr	daifset, #15
	sub	sp, sp, #WEFT_SAVED_SIZE
	stp	x19, x20, [sp, #WEFT_SAVED_X19]
	stp	x21, x22, [sp, #WEFT_SAVED_X19 + 16]
	stp	x23, x24, [sp, #WEFT_SAVED_X19 + 32]
	stp	x25, x26, [sp, #WEFT_SAVED_X19 + 48]
	stp	x27, x28, [sp, #WEFT_SAVED_X19 + 64]
	stp	x29, x30, [sp, #WEFT_SAVED_X29]
	mov	x9, sp
	cmp	x3, #0
	csel	x3, x9, x3, eq
	adr	x9, fake_el1_end
	msr	elr_el1, x9
	msr	spsr_el1, x2
	msr	esr_el1, x1
	msr	far_el1, x3
	slot_address x30, x0
	for_4_to_29 fill
	mov	sp, x3
	ret
	.globl	fake_el1_end
fake_el1_end:
	mov	x30, x0
	for_4_to_29 check
	mov	x0, x30
	b	8f
9:	mov	x0, #-1
8:	ldp	x21, x22, [sp, #WEFT_SAVED_X19 + 16]
	ldp	x23, x24, [sp, #WEFT_SAVED_X19 + 32]
	ldp	x25, x26, [sp, #WEFT_SAVED_X19 + 48]
	ldp	x27, x28, [sp, #WEFT_SAVED_X19 + 64]
	ldp	x29, x30, [sp, #WEFT_SAVED_X29]
	ldp	x19, x20, [sp, #WEFT_SAVED_X19]
	add	sp, sp, #WEFT_SAVED_SIZE
	ret
endfunc fake_el1

// void fake_el0_NAME(struct weft_frame *frame, uint64_t esr)
//                                        x0             x1
	.macro	fake_from_user name:req, vector:req
func \name
	.cfi_undefined x30
	msr	daifset, #15
	msr	esr_el1, x1
	msr	far_el1, x1
	mov	sp, x0
	ldp	x22, x23, [sp, #WEFT_FRAME_PC]
	msr	elr_el1, x22
	msr	spsr_el1, x23
	ldr	x21, [sp, #WEFT_FRAME_SP]
	msr	sp_el0, x21
	/* The table in force, in the flags: all registers are taken. */
	mrs	x2, vbar_el1
	adrp	x3, weft_vectors
	add	x3, x3, :lo12:weft_vectors
	cmp	x2, x3
	cset	x4, eq
	adrp	x3, weft_event_vectors
	add	x3, x3, :lo12:weft_event_vectors
	cmp	x2, x3
	cset	x3, eq
	lsl	x4, x4, #30			// Z
	orr	x4, x4, x3, lsl #29		// C
	msr	nzcv, x4
	.irp	n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
	ldr	x\n, [sp, #WEFT_FRAME_X0 + 8 * \n]
	.endr
	.irp	n, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30
	ldr	x\n, [sp, #WEFT_FRAME_X0 + 8 * \n]
	.endr
	/* What stays in the frame is not what a slot forgot to save. */
	.irp	at, 0, 16, 32, 48, 64, 80, 96, 112, 128, 144, 160, 176, 192, 208
	stp	xzr, xzr, [sp, #WEFT_FRAME_X0 + \at]
	.endr
	.irp	at, 224, 240
	stp	xzr, xzr, [sp, #WEFT_FRAME_X0 + \at]
	.endr
	/* Of these, zeros may be right. */
	.irp	at, WEFT_FRAME_PC, WEFT_FRAME_ESR, WEFT_FRAME_ORIG_X0
	stp	x30, x30, [sp, #\at]
	.endr
	stp	x30, x30, [sp, #WEFT_FRAME_RECORD]
	b.eq	1f
	b.cs	2f
	b	weft_vectors_pauth + \vector * PLAYER_SLOT_SIZE
1:	b	weft_vectors + \vector * PLAYER_SLOT_SIZE
2:	b	weft_event_vectors + \vector * PLAYER_SLOT_SIZE
endfunc \name
	.endm

	fake_from_user fake_el0_irq, 9
	fake_from_user fake_el0_fiq, 10
	fake_from_user fake_el0_serror, 11
	fake_from_user fake_el0_aarch32, 12
	fake_from_user fake_el0_aarch32_irq, 13
	fake_from_user fake_el0_aarch32_fiq, 14
	fake_from_user fake_el0_aarch32_serror, 15
