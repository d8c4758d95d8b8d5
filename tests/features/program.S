// SPDX-License-Identifier: MIT
/*
 * The program of all processes. It fills the registers that it is told to
 * with a value of its own, lets others run, and looks for the value.
 *
 * In: x19 = data page, x20 = the value (which is also in the data page),
 *     x21 = bits TRY_*, x22 = rounds
 */
#include <weft/arch.h>
#include <weft/asm.h>

#include "program.h"

	.arch	armv8-a+fp+simd+sve

	.macro	call number:req
	mov	x8, #\number
	svc	#0
	.endm

	/* x9 is not the value: say so */
	.macro	expect_value what:req
	cmp	x9, x20
	b.eq	1f
	mov	x0, #\what
	call	CALL_WRONG
1:
	.endm

	.section .rodata.program, "a", %progbits
	.balign	WEFT_PAGE_SIZE
	.globl	program
program:
	tbz	x21, #TRY_FP, 2f
	fmov	d8, x20
	fmov	v31.d[1], x20
2:	tbz	x21, #TRY_SVE, 2f
	ptrue	p5.d
	dup	z9.d, x20
2:	tbz	x21, #TRY_TLS, 2f
	msr	tpidr_el0, x20
2:	mov64	x23, PROGRAM_POINTER
	tbz	x21, #TRY_PAUTH, .Lround
	mov	x17, x23
	mov	x16, xzr
	hint	#8				// pacia1716
	mov	x24, x17
	mov	x0, x17
	call	CALL_SIGNED

.Lround:
	call	CALL_YIELD
	ldr	x9, [x19]
	expect_value TRY_MEMORY
	tbz	x21, #TRY_FP, 2f
	mov	x9, #0
	fmov	x9, d8
	expect_value TRY_FP
	fmov	x9, v31.d[1]
	expect_value TRY_FP
2:	tbz	x21, #TRY_SVE, 2f
	dup	z10.d, x20
	ptrue	p0.d
	cmpne	p1.d, p0/z, z9.d, z10.d
	cntp	x10, p0, p1.d
	add	x9, x20, x10
	expect_value TRY_SVE
	cntp	x10, p0, p5.d
	cntd	x11
	sub	x10, x10, x11
	add	x9, x20, x10
	expect_value TRY_SVE
2:	tbz	x21, #TRY_TLS, 2f
	mrs	x9, tpidr_el0
	expect_value TRY_TLS
2:	tbz	x21, #TRY_PAUTH, 2f
	mov	x17, x24
	mov	x16, xzr
	hint	#12				// autia1716
	sub	x9, x17, x23
	add	x9, x9, x20
	expect_value TRY_PAUTH
2:	subs	x22, x22, #1
	b.ne	.Lround

	call	CALL_COPY
	mov64	x9, UNMAPPED
	ldr	x9, [x9]			// the kernel skips it
	call	CALL_EXIT
	.balign	WEFT_PAGE_SIZE
