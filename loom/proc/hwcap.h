// SPDX-License-Identifier: MIT
/*
 * AT_HWCAP and AT_HWCAP2: which optional instructions programs may use. Only
 * what the CPU has, loom lets EL0 execute, and a switch preserves: so no SME,
 * no MTE, no BTI, and no CPUID (loom does not emulate reads of ID registers).
 */
#ifndef LOOM_PROC_HWCAP_H
#define LOOM_PROC_HWCAP_H

#include <stdbool.h>
#include <stdint.h>

/* ID_AA64xxx_EL1 of the CPU. */
struct hwcap_ids {
	uint64_t pfr0, pfr1;
	uint64_t isar0, isar1, isar2;
	uint64_t mmfr1, mmfr2;
	uint64_t zfr0;		/* zero on a CPU without SVE */
};

/* Linux's two words for these registers; @keys: programs have keys. Pure. */
void hwcap_from_ids(const struct hwcap_ids *ids, bool keys, uint64_t *hwcap,
		    uint64_t *hwcap2);

#endif
