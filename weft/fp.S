// SPDX-License-Identifier: MIT
/*
 * FP and SIMD registers to and from struct weft_fp. Only this file and sve.S
 * name vector registers.
 */
#include <weft/asm.h>
#include <weft/config.h>
#include <weft/fp.h>

#if WEFT_FP

	.arch_extension fp
	.arch_extension simd

	.macro	fp_regs op:req
	\op	q0, q1, [x0, #WEFT_FP_V0]
	\op	q2, q3, [x0, #WEFT_FP_V0 + 32]
	\op	q4, q5, [x0, #WEFT_FP_V0 + 64]
	\op	q6, q7, [x0, #WEFT_FP_V0 + 96]
	\op	q8, q9, [x0, #WEFT_FP_V0 + 128]
	\op	q10, q11, [x0, #WEFT_FP_V0 + 160]
	\op	q12, q13, [x0, #WEFT_FP_V0 + 192]
	\op	q14, q15, [x0, #WEFT_FP_V0 + 224]
	\op	q16, q17, [x0, #WEFT_FP_V0 + 256]
	\op	q18, q19, [x0, #WEFT_FP_V0 + 288]
	\op	q20, q21, [x0, #WEFT_FP_V0 + 320]
	\op	q22, q23, [x0, #WEFT_FP_V0 + 352]
	\op	q24, q25, [x0, #WEFT_FP_V0 + 384]
	\op	q26, q27, [x0, #WEFT_FP_V0 + 416]
	\op	q28, q29, [x0, #WEFT_FP_V0 + 448]
	\op	q30, q31, [x0, #WEFT_FP_V0 + 480]
	.endm

// void weft_fp_save(struct weft_fp *fp)
// Clobbers: x1, x2
func weft_fp_save
	fp_regs	stp
	mrs	x1, fpcr
	mrs	x2, fpsr
	stp	x1, x2, [x0, #WEFT_FP_FPCR]
	ret
endfunc weft_fp_save

// void weft_fp_restore(const struct weft_fp *fp)
// Clobbers: x1, x2
func weft_fp_restore
	fp_regs	ldp
	ldp	x1, x2, [x0, #WEFT_FP_FPCR]
	msr	fpcr, x1
	msr	fpsr, x2
	ret
endfunc weft_fp_restore

#endif
