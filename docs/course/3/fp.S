/* SPDX-License-Identifier: MIT */
/*
 * Lab 3: the FP registers of a thread. The rules for functions say that d8-d15
 * are kept over a call and the others are not. So these are saved.
 */
#include "course.h"

	.arch_extension fp
	.arch_extension simd
	.text

// void course_fp_save(struct course_fp *fp)
	.globl	course_fp_save
	.type	course_fp_save, %function
course_fp_save:
	str	d8, [x0, #FP_V0 + 128]
	str	d9, [x0, #FP_V0 + 144]
	str	d10, [x0, #FP_V0 + 160]
	str	d11, [x0, #FP_V0 + 176]
	str	d12, [x0, #FP_V0 + 192]
	str	d13, [x0, #FP_V0 + 208]
	str	d14, [x0, #FP_V0 + 224]
	str	d15, [x0, #FP_V0 + 240]
	ret
	.size	course_fp_save, . - course_fp_save

// void course_fp_restore(const struct course_fp *fp)
	.globl	course_fp_restore
	.type	course_fp_restore, %function
course_fp_restore:
	ldr	d8, [x0, #FP_V0 + 128]
	ldr	d9, [x0, #FP_V0 + 144]
	ldr	d10, [x0, #FP_V0 + 160]
	ldr	d11, [x0, #FP_V0 + 176]
	ldr	d12, [x0, #FP_V0 + 192]
	ldr	d13, [x0, #FP_V0 + 208]
	ldr	d14, [x0, #FP_V0 + 224]
	ldr	d15, [x0, #FP_V0 + 240]
	ret
	.size	course_fp_restore, . - course_fp_restore
