// SPDX-License-Identifier: MIT
//
// A system call with known registers; see ipcfast.h.

#include "asm.h"
#include "ipcfast.h"

// The frame: what AAPCS64 preserves and is used here.
#define F_X19		16
#define F_D8		48
#define F_SIZE		112

	.macro	frame_regs op:req
	\op	x19, x20, [sp, #F_X19]
	\op	x21, x22, [sp, #F_X19 + 16]
	\op	d8, d9, [sp, #F_D8]
	\op	d10, d11, [sp, #F_D8 + 16]
	\op	d12, d13, [sp, #F_D8 + 32]
	\op	d14, d15, [sp, #F_D8 + 48]
	.endm

// stp reaches 504 bytes: \base is at x[0] of the image.
	.macro	image_x op:req, base:req
	\op	x0, x1, [\base]
	\op	x2, x3, [\base, #16]
	\op	x4, x5, [\base, #32]
	\op	x6, x7, [\base, #48]
	.endm

	.text
// void image_call(uint64_t number, const struct image *in, struct image *out,
//                 uint64_t with_fp)
// Clobbers: what any C function may.
// Needs: no signal handler that runs C code, while TPIDR_EL0 is not the
// C library's.
func image_call
	stp	x29, x30, [sp, #-F_SIZE]!
	.cfi_adjust_cfa_offset F_SIZE
	.cfi_rel_offset x29, 0
	.cfi_rel_offset x30, 8
	frame_regs stp
	mov	x19, x1
	mov	x20, x2
	mov	x21, x3
	mrs	x22, tpidr_el0
	mov	x8, x0
	cbz	x21, 1f
	each_v	ldp, x19, IMAGE_V
1:	ldr	x9, [x19, #IMAGE_TPIDR]
	msr	tpidr_el0, x9
	add	x10, x19, #IMAGE_X
	image_x	ldp, x10
	svc	#0
	add	x10, x20, #IMAGE_X
	image_x	stp, x10
	mrs	x9, tpidr_el0
	str	x9, [x20, #IMAGE_TPIDR]
	msr	tpidr_el0, x22
	cbz	x21, 2f
	each_v	stp, x20, IMAGE_V
2:	frame_regs ldp
	ldp	x29, x30, [sp], #F_SIZE
	.cfi_restore x29
	.cfi_restore x30
	.cfi_adjust_cfa_offset -F_SIZE
	ret
endfunc image_call

	.section .note.GNU-stack, "", %progbits
