// SPDX-License-Identifier: MIT
/*
 * For assembly of programs: where a function begins and ends, and all vector
 * registers at once.
 */
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

/* v0-v31, stored to (stp) or loaded from (ldp) \base + \offset. */
	.macro	each_v op:req, base:req, offset:req
	\op	q0, q1, [\base, #\offset + 0]
	\op	q2, q3, [\base, #\offset + 32]
	\op	q4, q5, [\base, #\offset + 64]
	\op	q6, q7, [\base, #\offset + 96]
	\op	q8, q9, [\base, #\offset + 128]
	\op	q10, q11, [\base, #\offset + 160]
	\op	q12, q13, [\base, #\offset + 192]
	\op	q14, q15, [\base, #\offset + 224]
	\op	q16, q17, [\base, #\offset + 256]
	\op	q18, q19, [\base, #\offset + 288]
	\op	q20, q21, [\base, #\offset + 320]
	\op	q22, q23, [\base, #\offset + 352]
	\op	q24, q25, [\base, #\offset + 384]
	\op	q26, q27, [\base, #\offset + 416]
	\op	q28, q29, [\base, #\offset + 448]
	\op	q30, q31, [\base, #\offset + 480]
	.endm

#endif
