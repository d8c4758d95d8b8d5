// SPDX-License-Identifier: MIT
/*
 * The pattern of a process in one generation: pattern.c expects it,
 * irritator.c only wants something that is not its neighbour's.
 */
#include "pattern.h"

/* A bijection of 64 bits, so that different inputs stay different. */
static uint64_t mix(uint64_t z)
{
	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
	z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
	return z ^ (z >> 31);
}

void pattern_fill(struct pattern_regs *regs, uint64_t pid,
		  uint64_t generation)
{
	uint64_t base = (pid << 48) ^ (generation << 8);

	for (unsigned int i = 0; i < 31; i++)
		regs->x[i] = mix(base + i);
	for (unsigned int i = 0; i < 64; i++)
		regs->v[i / 2][i % 2] = mix(base + 32 + i);
	regs->sp = 0;
	regs->nzcv = mix(base + 96) & PATTERN_NZCV_BITS;
	regs->fpcr = mix(base + 97) & PATTERN_FPCR_BITS;
	regs->fpsr = mix(base + 98) & PATTERN_FPSR_BITS;
	regs->tpidr = mix(base + 99);
}
