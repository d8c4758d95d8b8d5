/* SPDX-License-Identifier: MIT */
/*
 * FP and SIMD registers to and from struct weft_fp: for fp.S, and for
 * fp_leaf.S, where calls would cost as much as the rest.
 */
#ifndef WEFT_FP_REGS_H
#define WEFT_FP_REGS_H

	.arch_extension fp
	.arch_extension simd

	.macro	fp_regs op:req, fp:req
	\op	q0, q1, [\fp, #WEFT_FP_V0]
	\op	q2, q3, [\fp, #WEFT_FP_V0 + 32]
	\op	q4, q5, [\fp, #WEFT_FP_V0 + 64]
	\op	q6, q7, [\fp, #WEFT_FP_V0 + 96]
	\op	q8, q9, [\fp, #WEFT_FP_V0 + 128]
	\op	q10, q11, [\fp, #WEFT_FP_V0 + 160]
	\op	q12, q13, [\fp, #WEFT_FP_V0 + 192]
	\op	q14, q15, [\fp, #WEFT_FP_V0 + 224]
	\op	q16, q17, [\fp, #WEFT_FP_V0 + 256]
	\op	q18, q19, [\fp, #WEFT_FP_V0 + 288]
	\op	q20, q21, [\fp, #WEFT_FP_V0 + 320]
	\op	q22, q23, [\fp, #WEFT_FP_V0 + 352]
	\op	q24, q25, [\fp, #WEFT_FP_V0 + 384]
	\op	q26, q27, [\fp, #WEFT_FP_V0 + 416]
	\op	q28, q29, [\fp, #WEFT_FP_V0 + 448]
	\op	q30, q31, [\fp, #WEFT_FP_V0 + 480]
	.endm

/* \fp: the address of the structure. Clobbers: \a, \b */
	.macro	fp_save fp:req, a:req, b:req
	fp_regs	stp, \fp
	mrs	\a, fpcr
	mrs	\b, fpsr
	stp	\a, \b, [\fp, #WEFT_FP_FPCR]
	.endm

	.macro	fp_restore fp:req, a:req, b:req
	fp_regs	ldp, \fp
	ldp	\a, \b, [\fp, #WEFT_FP_FPCR]
	msr	fpcr, \a
	msr	fpsr, \b
	.endm

#endif
