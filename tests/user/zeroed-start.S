// SPDX-License-Identifier: MIT
//
// The first instructions of a program: store every register, as the kernel
// left it, below the initial stack and hand that to C. Only sp may be relied
// on, and only stores may come before everything is stored.

#include "pattern.h"

	.text
	.globl	_start
	.type	_start, %function
_start:
	.cfi_startproc
	.cfi_undefined x30
	sub	sp, sp, #PATTERN_SIZE
	.irp	n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, \
		17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30
	str	x\n, [sp, #PATTERN_X + 8 * \n]
	.endr
	.irp	n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, \
		17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
	str	q\n, [sp, #PATTERN_V + 16 * \n]
	.endr
	mrs	x10, nzcv
	str	x10, [sp, #PATTERN_NZCV]
	mrs	x10, fpcr
	str	x10, [sp, #PATTERN_FPCR]
	mrs	x10, fpsr
	str	x10, [sp, #PATTERN_FPSR]
	mrs	x10, tpidr_el0
	str	x10, [sp, #PATTERN_TPIDR]
	str	xzr, [sp, #PATTERN_SP]
	mov	x0, sp
	add	x1, sp, #PATTERN_SIZE
	// An sp that is not 16-byte aligned has faulted at the first store.
	bl	zeroed_main
	mov	x8, #94			// exit_group
	svc	#0
	.cfi_endproc
	.size	_start, . - _start

	.section .note.GNU-stack, "", %progbits
