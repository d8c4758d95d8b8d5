// SPDX-License-Identifier: MIT
/*
 * What the registers of a program hold in one generation, and the comparison
 * afterwards. A value says whose it is: a register that got another program's
 * is told with that program's name for it.
 */
#include "pattern.h"

#include <stddef.h>

#define AT(member, offset) \
	_Static_assert(offsetof(struct pattern_regs, member) == (offset), \
		       #member " is where pattern.S has it")
AT(x, PATTERN_X);
AT(sp, PATTERN_SP);
AT(nzcv, PATTERN_NZCV);
AT(fpcr, PATTERN_FPCR);
AT(fpsr, PATTERN_FPSR);
AT(tpidr, PATTERN_TPIDR);
AT(v, PATTERN_V);
_Static_assert(sizeof(struct pattern_regs) == PATTERN_SIZE,
	       "pattern.S copies all of it");

/* The kinds of value, behind the identity and the generation. */
enum { KIND_V = 32, KIND_NZCV = 96, KIND_FPCR, KIND_FPSR, KIND_TPIDR, KINDS };

#define MIX_A UINT64_C(0xbf58476d1ce4e5b9)
#define MIX_B UINT64_C(0x94d049bb133111eb)
/* Times MIX_A and MIX_B they are 1. */
#define UNMIX_A UINT64_C(0x96de1b173f119089)
#define UNMIX_B UINT64_C(0x319642b2d24d8ec3)

/* A bijection of 64 bits, so that different inputs stay different. */
static uint64_t mix(uint64_t z)
{
	z = (z ^ (z >> 30)) * MIX_A;
	z = (z ^ (z >> 27)) * MIX_B;
	return z ^ (z >> 31);
}

static uint64_t unmix(uint64_t z)
{
	z = (z ^ (z >> 31) ^ (z >> 62)) * UNMIX_B;
	z = (z ^ (z >> 27) ^ (z >> 54)) * UNMIX_A;
	return z ^ (z >> 30) ^ (z >> 60);
}

void pattern_fill(struct pattern_regs *regs, uint64_t identity,
		  uint64_t generation)
{
	uint64_t base = (identity << 48) ^ (generation << 8);

	for (unsigned int i = 0; i < 31; i++)
		regs->x[i] = mix(base + i);
	for (unsigned int i = 0; i < 64; i++)
		regs->v[i / 2][i % 2] = mix(base + KIND_V + i);
	regs->sp = 0;
	regs->nzcv = mix(base + KIND_NZCV) & PATTERN_NZCV_BITS;
	regs->fpcr = mix(base + KIND_FPCR) & PATTERN_FPCR_BITS;
	regs->fpsr = mix(base + KIND_FPSR) & PATTERN_FPSR_BITS;
	regs->tpidr = mix(base + KIND_TPIDR);
}

bool pattern_origin(uint64_t value, struct pattern_origin *origin)
{
	uint64_t base = unmix(value);
	unsigned int kind = base & 0xff;

	origin->identity = base >> 48;
	origin->generation = base >> 8 & 0xffffff;
	if (kind < 31)
		origin->reg = OP_CORRUPT_X + (int)kind;
	else if (kind >= KIND_V && kind < KIND_NZCV)
		origin->reg = OP_CORRUPT_V + (int)(kind - KIND_V) / 2;
	else if (kind == KIND_TPIDR)
		origin->reg = OP_CORRUPT_TPIDR;
	else
		return false;
	/* Of other values, hardly one has zeros there. */
	return origin->identity != 0 && (base >> 32 & 0xffff) == 0;
}

bool pattern_has(int reg)
{
#ifdef PATTERN_GENERAL
	return reg < OP_CORRUPT_V || reg == OP_CORRUPT_NZCV ||
	       reg == OP_CORRUPT_TPIDR || reg == REGISTER_SP;
#else
	return reg < PATTERN_END;
#endif
}

static uint64_t value_of(const struct pattern_regs *regs, int reg,
			 unsigned int half)
{
	switch (reg) {
	case OP_CORRUPT_NZCV: return regs->nzcv;
	case OP_CORRUPT_FPCR: return regs->fpcr;
	case OP_CORRUPT_FPSR: return regs->fpsr;
	case OP_CORRUPT_TPIDR: return regs->tpidr;
	case REGISTER_SP: return regs->sp;
	}
	if (reg < OP_CORRUPT_V)
		return regs->x[reg - OP_CORRUPT_X];
	return regs->v[reg - OP_CORRUPT_V][half];
}

void pattern_values(const struct pattern_regs *want,
		    const struct pattern_regs *got, int reg,
		    uint64_t value[2])
{
	unsigned int half = value_of(want, reg, 0) == value_of(got, reg, 0);

	value[0] = value_of(want, reg, half);
	value[1] = value_of(got, reg, half);
}

int pattern_differs(const struct pattern_regs *want,
		    const struct pattern_regs *got, int reg)
{
	for (; reg < PATTERN_END; reg++)
		if (pattern_has(reg) &&
		    (value_of(want, reg, 0) != value_of(got, reg, 0) ||
		     value_of(want, reg, 1) != value_of(got, reg, 1)))
			return reg;
	return PATTERN_END;
}

static void copy(char *to, const char *from)
{
	while ((*to++ = *from++))
		;
}

void pattern_name(int reg, char name[PATTERN_NAME])
{
	int n = reg - OP_CORRUPT_X;

	switch (reg) {
	case OP_CORRUPT_NZCV: copy(name, "nzcv"); return;
	case OP_CORRUPT_FPCR: copy(name, "fpcr"); return;
	case OP_CORRUPT_FPSR: copy(name, "fpsr"); return;
	case OP_CORRUPT_TPIDR: copy(name, "tpidr"); return;
	case REGISTER_SP: copy(name, "sp"); return;
	}
	*name++ = 'x';
	if (reg >= OP_CORRUPT_V) {
		name[-1] = 'v';
		n = reg - OP_CORRUPT_V;
	}
	if (n >= 10)
		*name++ = (char)('0' + n / 10);
	*name++ = (char)('0' + n % 10);
	*name = '\0';
}
