// SPDX-License-Identifier: MIT
/* For assembly of programs: where a function begins and ends. */
#ifndef CONFORMANCE_ASM_H
#define CONFORMANCE_ASM_H

	.macro	func name:req
	.balign	16
	.globl	\name
	.type	\name, %function
	.cfi_startproc
\name:
	.endm

	.macro	endfunc name:req
	.cfi_endproc
	.size	\name, . - \name
	.endm

#endif
