// SPDX-License-Identifier: MIT
/*
 * The exception vectors: 16 slots of 32 instructions (Arm ARM D1.4.1). A slot
 * only says where the exception came from; entry.S saves the frame.
 *
 * A slot that grows over its 128 bytes fails to assemble at the next .org;
 * what is left of one is zeros, which is an undefined instruction.
 */
#include <weft/asm.h>
#include <weft/cpu.h>
#include <weft/frame.h>

/* From EL0: SP_EL1 already points at the frame. */
	.macro	vector_user offset:req, target:req
	.org	weft_vectors + \offset
	b	\target
	.org	weft_vectors + \offset + 0x80
	.endm

/*
 * From EL1, on the kernel stack: make room for the frame, then see whether the
 * stack still has room at all, in the only register there is. The sum of sp
 * and x0 and one difference give sp in x0; two more give both back.
 */
	.macro	vector_kernel offset:req, target:req
	.org	weft_vectors + \offset
	sub	sp, sp, #WEFT_FRAME_SIZE
	add	sp, sp, x0			// sp + x0
	sub	x0, sp, x0			// sp
	tbz	x0, #WEFT_STACK_SHIFT, 1f
	sub	x0, sp, x0			// x0
	sub	sp, sp, x0			// sp
	b	\target
1:	sub	x0, sp, x0
	sub	sp, sp, x0
	b	weft_entry_overflow
	.org	weft_vectors + \offset + 0x80
	.endm

/*
 * Never meant to happen: EL1 on SP_EL0, AArch32, FIQ, SError. Every exception
 * selects SP_EL1: also one of EL1 on SP_EL0, whose stack is not ours, comes up
 * on this thread's.
 */
	.macro	vector_unexpected_user offset:req, number:req
	.org	weft_vectors + \offset
	stp	x0, x1, [sp, #WEFT_FRAME_X0]
	mov	x0, #\number
	b	weft_entry_unexpected_user
	.org	weft_vectors + \offset + 0x80
	.endm

	.macro	vector_unexpected_kernel offset:req, number:req
	.org	weft_vectors + \offset
	sub	sp, sp, #WEFT_FRAME_SIZE
	stp	x0, x1, [sp, #WEFT_FRAME_X0]
	mov	x0, #\number
	b	weft_entry_unexpected_kernel
	.org	weft_vectors + \offset + 0x80
	.endm

	.section .text.weft_vectors, "ax", %progbits
	.balign	2048
	.globl	weft_vectors
	.type	weft_vectors, %function
weft_vectors:
	vector_unexpected_kernel 0x000, 0		// EL1t synchronous
	vector_unexpected_kernel 0x080, 1		// EL1t IRQ
	vector_unexpected_kernel 0x100, 2		// EL1t FIQ
	vector_unexpected_kernel 0x180, 3		// EL1t SError

	vector_kernel	0x200, weft_entry_kernel_sync	// EL1h synchronous
	vector_kernel	0x280, weft_entry_kernel_irq	// EL1h IRQ
	vector_unexpected_kernel 0x300, 6		// EL1h FIQ
	vector_unexpected_kernel 0x380, 7		// EL1h SError

	vector_user	0x400, weft_entry_user_sync	// EL0 synchronous
	vector_user	0x480, weft_entry_user_irq	// EL0 IRQ
	vector_unexpected_user 0x500, 10		// EL0 FIQ
	vector_unexpected_user 0x580, 11		// EL0 SError

	vector_unexpected_user 0x600, 12		// EL0 AArch32
	vector_unexpected_user 0x680, 13
	vector_unexpected_user 0x700, 14
	vector_unexpected_user 0x780, 15
	.size	weft_vectors, . - weft_vectors
