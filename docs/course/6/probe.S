/* SPDX-License-Identifier: MIT */
/* Lab 6: does a switch keep what a function must keep? course.h says how. */
#include <weft/asm.h>

	.macro	each op:req
	.irp	n, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29
	\op	\n
	.endr
	.endm

	.macro	fill n:req
	add	x\n, x2, #(\n - 19)
	.endm

	.macro	compare n:req
	mov	x0, #\n
	add	x1, x2, #(\n - 19)
	cmp	x\n, x1
	b.ne	.Ldone
	.endm

// uint64_t course_probe(struct course_context *from,
//			 struct course_context *to, uint64_t seed)
func course_probe
	stp	x29, x30, [sp, #-112]!
	stp	x19, x20, [sp, #16]
	stp	x21, x22, [sp, #32]
	stp	x23, x24, [sp, #48]
	stp	x25, x26, [sp, #64]
	stp	x27, x28, [sp, #80]
	str	x2, [sp, #96]
	each	fill
	bl	course_switch
	ldr	x2, [sp, #96]
	each	compare
	mov	x0, #0
.Ldone:
	ldp	x19, x20, [sp, #16]
	ldp	x21, x22, [sp, #32]
	ldp	x23, x24, [sp, #48]
	ldp	x25, x26, [sp, #64]
	ldp	x27, x28, [sp, #80]
	ldp	x29, x30, [sp], #112
	ret
endfunc course_probe
