/* SPDX-License-Identifier: MIT */
/* Lab 3: what main.c asks of fp.S. For C and assembly. */
#ifndef COURSE_H
#define COURSE_H

#define FP_V0		0	/* v0-v31, 16 bytes each */
#define FP_FPCR		512
#define FP_FPSR		520
#define FP_SIZE		528

#ifndef __ASSEMBLER__
#include <stdint.h>

struct course_fp {
	uint64_t v[32][2];
	uint64_t fpcr;
	uint64_t fpsr;
} __attribute__((aligned(16)));

/* All that a program can see of the FP unit, to and from memory. */
void course_fp_save(struct course_fp *fp);
void course_fp_restore(const struct course_fp *fp);
#endif
#endif
