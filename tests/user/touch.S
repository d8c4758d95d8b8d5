// SPDX-License-Identifier: MIT
//
// An access that faults, with something known in all registers; see touch.h.

#include "asm.h"

	.macro	each_x do:req
	.irp	n, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
	\do	\n
	.endr
	.irp	n, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30
	\do	\n
	.endr
	.endm

	.macro	set_x n:req
	add	x\n, x0, #\n
	.endm

	.macro	check_x n:req
	sub	x\n, x\n, x0
	cmp	x\n, #\n
	b.ne	.Lchanged
	.endm

	.macro	touch name:req, access:vararg
func \name
	stp	x29, x30, [sp, #-112]!
	.cfi_adjust_cfa_offset 112
	stp	x19, x20, [sp, #16]
	stp	x21, x22, [sp, #32]
	stp	x23, x24, [sp, #48]
	stp	x25, x26, [sp, #64]
	stp	x27, x28, [sp, #80]
	str	x0, [sp, #96]
	each_x	set_x
	cmp	x0, x0				// Z and C
	\access
	b.ne	.Lchanged
	b.lo	.Lchanged
	b	.Lcheck
	.cfi_adjust_cfa_offset -112
endfunc \name
	.endm

	.text
	touch	touch_store, str x1, [x0]
	touch	touch_load, ldr xzr, [x0]

.Lcheck:
	each_x	check_x
	ldr	x1, [sp, #96]
	cmp	x0, x1
	cset	w0, eq
	b	.Lleave
.Lchanged:
	mov	w0, #0
.Lleave:
	ldp	x19, x20, [sp, #16]
	ldp	x21, x22, [sp, #32]
	ldp	x23, x24, [sp, #48]
	ldp	x25, x26, [sp, #64]
	ldp	x27, x28, [sp, #80]
	ldp	x29, x30, [sp], #112
	ret

	.section .note.GNU-stack, "", %progbits
