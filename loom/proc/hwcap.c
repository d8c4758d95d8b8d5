// SPDX-License-Identifier: MIT
/*
 * Hardware capabilities for programs (hwcap.h), from the fields of the ID
 * registers (Arm ARM D19.2). Called by execve.
 */
#include "proc/hwcap.h"

#include <stddef.h>

/* A bit of Linux's word for a field that is at least a value. */
struct rule {
	uint8_t reg;		/* which of the ID registers */
	uint8_t shift;		/* of the 4-bit field */
	uint8_t least;
	uint8_t word;		/* 1: HWCAP, 2: HWCAP2 */
	uint8_t bit;
};

enum { PFR0, PFR1, ISAR0, ISAR1, ISAR2, MMFR1, MMFR2, ZFR0 };

static const struct rule rules[] = {
	{ ISAR0, 4, 1, 1, 3 },		/* AES */
	{ ISAR0, 4, 2, 1, 4 },		/* PMULL */
	{ ISAR0, 8, 1, 1, 5 },		/* SHA1 */
	{ ISAR0, 12, 1, 1, 6 },		/* SHA2 */
	{ ISAR0, 12, 2, 1, 21 },	/* SHA512 */
	{ ISAR0, 16, 1, 1, 7 },		/* CRC32 */
	{ ISAR0, 20, 2, 1, 8 },		/* ATOMICS */
	{ ISAR0, 28, 1, 1, 12 },	/* ASIMDRDM */
	{ ISAR0, 32, 1, 1, 17 },	/* SHA3 */
	{ ISAR0, 36, 1, 1, 18 },	/* SM3 */
	{ ISAR0, 40, 1, 1, 19 },	/* SM4 */
	{ ISAR0, 44, 1, 1, 20 },	/* ASIMDDP */
	{ ISAR0, 48, 1, 1, 23 },	/* ASIMDFHM */
	{ ISAR0, 52, 1, 1, 27 },	/* FLAGM */
	{ ISAR0, 52, 2, 2, 7 },		/* FLAGM2 */
	{ ISAR0, 60, 1, 2, 16 },	/* RNG */
	{ ISAR1, 0, 1, 1, 16 },		/* DCPOP (SCTLR_EL1.UCI is set) */
	{ ISAR1, 0, 2, 2, 0 },		/* DCPODP */
	{ ISAR1, 12, 1, 1, 13 },	/* JSCVT */
	{ ISAR1, 16, 1, 1, 14 },	/* FCMA */
	{ ISAR1, 20, 1, 1, 15 },	/* LRCPC */
	{ ISAR1, 20, 2, 1, 26 },	/* ILRCPC */
	{ ISAR1, 32, 1, 2, 8 },		/* FRINT */
	{ ISAR1, 36, 1, 1, 29 },	/* SB */
	{ ISAR1, 44, 1, 2, 14 },	/* BF16 */
	{ ISAR1, 44, 2, 2, 32 },	/* EBF16 (FPCR is switched whole) */
	{ ISAR1, 48, 1, 2, 15 },	/* DGH */
	{ ISAR1, 52, 1, 2, 13 },	/* I8MM */
	{ ISAR2, 0, 2, 2, 31 },		/* WFXT (SCTLR_EL1.nTWE is set) */
	{ ISAR2, 4, 1, 2, 21 },		/* RPRES */
	{ PFR0, 32, 1, 1, 22 },		/* SVE */
	{ PFR0, 48, 1, 1, 24 },		/* DIT */
	{ PFR1, 4, 2, 1, 28 },		/* SSBS, with MRS and MSR */
	{ MMFR1, 44, 1, 2, 20 },	/* AFP */
	{ MMFR2, 32, 1, 1, 25 },	/* USCAT */
	{ ZFR0, 0, 1, 2, 1 },		/* SVE2 */
	{ ZFR0, 4, 1, 2, 2 },		/* SVEAES */
	{ ZFR0, 4, 2, 2, 3 },		/* SVEPMULL */
	{ ZFR0, 16, 1, 2, 4 },		/* SVEBITPERM */
	{ ZFR0, 20, 1, 2, 12 },		/* SVEBF16 */
	{ ZFR0, 20, 2, 2, 33 },		/* SVE_EBF16 */
	{ ZFR0, 32, 1, 2, 5 },		/* SVESHA3 */
	{ ZFR0, 40, 1, 2, 6 },		/* SVESM4 */
	{ ZFR0, 44, 1, 2, 9 },		/* SVEI8MM */
	{ ZFR0, 52, 1, 2, 10 },		/* SVEF32MM */
	{ ZFR0, 56, 1, 2, 11 },		/* SVEF64MM */
};

static uint64_t field(uint64_t reg, unsigned shift)
{
	return reg >> shift & 0xf;
}

/* Bit 3 of these two fields means that there is none (signed fields). */
static uint64_t fp_bits(uint64_t pfr0)
{
	uint64_t fp = field(pfr0, 16), simd = field(pfr0, 20), word = 0;

	if (fp < 8)
		word |= UINT64_C(1) << 0;	/* FP */
	if (fp >= 1 && fp < 8)
		word |= UINT64_C(1) << 9;	/* FPHP */
	if (simd < 8)
		word |= UINT64_C(1) << 1;	/* ASIMD */
	if (simd >= 1 && simd < 8)
		word |= UINT64_C(1) << 10;	/* ASIMDHP */
	return word;
}

/* Architected, implementation-defined or QARMA3: programs need not know. */
static uint64_t pauth_bits(const struct hwcap_ids *ids)
{
	uint64_t word = 0;

	if (field(ids->isar1, 4) || field(ids->isar1, 8) ||
	    field(ids->isar2, 12))
		word |= UINT64_C(1) << 30;	/* PACA */
	if (field(ids->isar1, 24) || field(ids->isar1, 28) ||
	    field(ids->isar2, 8))
		word |= UINT64_C(1) << 31;	/* PACG */
	return word;
}

void hwcap_from_ids(const struct hwcap_ids *ids, bool keys, uint64_t *hwcap,
		    uint64_t *hwcap2)
{
	const uint64_t regs[] = {
		[PFR0] = ids->pfr0, [PFR1] = ids->pfr1, [ISAR0] = ids->isar0,
		[ISAR1] = ids->isar1, [ISAR2] = ids->isar2,
		[MMFR1] = ids->mmfr1, [MMFR2] = ids->mmfr2,
		[ZFR0] = ids->zfr0,
	};
	size_t i;

	*hwcap = fp_bits(ids->pfr0) | (keys ? pauth_bits(ids) : 0);
	*hwcap2 = 0;
	for (i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
		const struct rule *r = &rules[i];

		if (field(regs[r->reg], r->shift) < r->least)
			continue;
		*(r->word == 1 ? hwcap : hwcap2) |= UINT64_C(1) << r->bit;
	}
}
