// SPDX-License-Identifier: MIT
//
// The window in which all SVE registers of a process hold a pattern; see
// scalable.h.

#include "asm.h"
#include "scalable.h"

#define SYS_PRCTL	167
#define PR_SVE_SET_VL	50

	.arch_extension fp
	.arch_extension simd
	.arch_extension sve
	.text

	.macro	each_z op:req, base:req
	.irp	n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
	\op	z\n, [\base, #\n, mul vl]
	.endr
	.irp	n, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30
	\op	z\n, [\base, #\n, mul vl]
	.endr
	\op	z31, [\base, #31, mul vl]
	.endm

	.macro	each_p op:req, base:req
	.irp	n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
	\op	p\n, [\base, #\n, mul vl]
	.endr
	.endm

func sve_vl
	rdvl	x0, #1
	ret
endfunc sve_vl

func sve_store
	addvl	x5, x0, #16
	addvl	x5, x5, #16
	each_z	str, x0
	each_p	str, x5
	rdffr	p0.b
	str	p0, [x5, #16, mul vl]
	ret
endfunc sve_store

	.macro	enter
	stp	d8, d9, [sp, #-80]!
	.cfi_adjust_cfa_offset 80
	stp	d10, d11, [sp, #16]
	stp	d12, d13, [sp, #32]
	stp	d14, d15, [sp, #48]
	str	x30, [sp, #64]
	.cfi_rel_offset x30, 64
	addvl	x5, x0, #16
	addvl	x5, x5, #16
	ldr	p0, [x5, #16, mul vl]
	wrffr	p0.b
	each_p	ldr, x5
	each_z	ldr, x0
	.endm

	.macro	leave
	bl	sve_store
	ldr	x30, [sp, #64]
	ldp	d10, d11, [sp, #16]
	ldp	d12, d13, [sp, #32]
	ldp	d14, d15, [sp, #48]
	ldp	d8, d9, [sp], #80
	.cfi_adjust_cfa_offset -80
	ret
	.endm

func sve_window
	enter
	mov	x9, x1
	cbz	x2, 2f
1:	subs	x2, x2, #1
	b.ne	1b
2:	cmn	x3, #1
	b.eq	3f
	mov	x8, x3
	mov	x0, x4
	mov	x1, #0
	svc	#0
3:	mov	x0, x9
	leave
endfunc sve_window

func sve_change
	enter
	mov	x9, x1
	mov	w1, w2
	mov	x0, #PR_SVE_SET_VL
	mov	x8, #SYS_PRCTL
	svc	#0
	mov	x0, x9
	leave
endfunc sve_change

	.section .note.GNU-stack, "", %progbits
