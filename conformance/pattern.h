// SPDX-License-Identifier: MIT
/*
 * The registers of a program, each with a value that no other program and no
 * other round has; how they are loaded, stored and compared. The programs of
 * this folder use it, and those of tests/user. Constants are for assembly,
 * too; pattern.c asserts each.
 */
#ifndef CONFORMANCE_PATTERN_H
#define CONFORMANCE_PATTERN_H

#define PATTERN_X	0
#define PATTERN_SP	248
#define PATTERN_NZCV	256
#define PATTERN_FPCR	264
#define PATTERN_FPSR	272
#define PATTERN_TPIDR	280
#define PATTERN_V	288
#define PATTERN_SIZE	800

/* What happens while the registers hold the pattern. */
#define OP_NOTHING	0
#define OP_SPIN_X30	1	/* count x30 down to zero */
#define OP_SPIN_X0	2	/* count x0 down to zero */
#define OP_SVC		3	/* a system call: x8, x0-x5 as it needs them */
#define OP_CORRUPT_X	4	/* 31 of them: change x0, x1 ... x30 */
#define OP_CORRUPT_V	35	/* 32 of them: change v0 ... v31 */
#define OP_CORRUPT_NZCV	67
#define OP_CORRUPT_FPCR	68
#define OP_CORRUPT_FPSR	69
#define OP_CORRUPT_TPIDR 70
#define OP_LOAD		71	/* load a byte at x0, into no register */
#define OP_COUNT	72

#ifndef __ASSEMBLER__

#include <stdbool.h>
#include <stdint.h>

struct pattern_regs {
	uint64_t x[31];
	uint64_t sp;		/* stored: by how much it moved; else 0 */
	uint64_t nzcv, fpcr, fpsr, tpidr;
	uint64_t v[32][2];
};

/* Bits that EL0 can set, on every CPU, without a trap. */
#define PATTERN_FPCR_BITS 0x07c00000u
#define PATTERN_FPSR_BITS 0x0800009fu
#define PATTERN_NZCV_BITS 0xf0000000u

/*
 * Load every register from @want, do @op, store every register to @got, and
 * return with the caller's own registers (and thread pointer) in place.
 */
void pattern_window(const struct pattern_regs *want, struct pattern_regs *got,
		    unsigned int op);

/*
 * Fill all of @regs with what is right for program @identity (below 65536) in
 * this @generation.
 */
void pattern_fill(struct pattern_regs *regs, uint64_t identity,
		  uint64_t generation);

/*
 * The registers that there are to compare have the numbers of what changes
 * them: OP_CORRUPT_X + n, and sp.
 */
#define PATTERN_FIRST OP_CORRUPT_X
#define PATTERN_END (OP_CORRUPT_TPIDR + 2)
#define REGISTER_SP (OP_CORRUPT_TPIDR + 1)

/* Without FP registers, those of them are left out. */
bool pattern_has(int reg);

/* The next register from @reg on in which they differ; or PATTERN_END. */
int pattern_differs(const struct pattern_regs *want,
		    const struct pattern_regs *got, int reg);

enum { PATTERN_NAME = 8 };

void pattern_name(int reg, char name[PATTERN_NAME]);

/* What a register holds; of a vector the half in which both differ. */
void pattern_values(const struct pattern_regs *want,
		    const struct pattern_regs *got, int reg,
		    uint64_t value[2]);

/* Where a value comes from, if it is one that pattern_fill makes. */
struct pattern_origin {
	uint64_t identity, generation;
	int reg;
};

bool pattern_origin(uint64_t value, struct pattern_origin *origin);

#endif
#endif
