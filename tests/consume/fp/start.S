// SPDX-License-Identifier: MIT
/*
 * A kernel of its own kind: entered at EL1 by QEMU, MMU off, no vectors. It
 * lets itself use FP registers, which weft_fp_save and weft_fp_restore need.
 */
	.section .text.start, "ax", %progbits
	.globl	_start
_start:
	mov	x0, #(3 << 20)			// CPACR_EL1.FPEN
	msr	cpacr_el1, x0
	isb
	adrp	x0, stack_top
	add	x0, x0, :lo12:stack_top
	mov	sp, x0
	bl	kernel_main

	.section .stacks, "aw", %nobits
	.balign	16
	.skip	16384
stack_top:
