// SPDX-License-Identifier: MIT
/*
 * Registers of a native build of weft that only reads them: variables of the
 * test. In the place of the other weft-sim/sysreg.h.
 */
#ifndef WEFT_SIM_SYSREG_H
#define WEFT_SIM_SYSREG_H

#include <stdint.h>

struct regs {
	uint64_t daif;
	uint64_t id_aa64mmfr0_el1, id_aa64mmfr1_el1, id_aa64mmfr2_el1;
	uint64_t id_aa64pfr0_el1, id_aa64pfr1_el1;
	uint64_t id_aa64isar0_el1, id_aa64isar1_el1, id_aa64isar2_el1;
	uint64_t id_aa64zfr0_el1, id_aa64smfr0_el1;
};

extern struct regs regs;

/* PSTATE.DAIF was masked; the test defines it. */
void regs_masked(void);

#define REGS_READ(name)							\
	static inline uint64_t weft_read_##name(void)			\
	{								\
		return regs.name;					\
	}

REGS_READ(daif)
REGS_READ(id_aa64mmfr0_el1)
REGS_READ(id_aa64mmfr1_el1)
REGS_READ(id_aa64mmfr2_el1)
REGS_READ(id_aa64pfr0_el1)
REGS_READ(id_aa64pfr1_el1)
REGS_READ(id_aa64isar0_el1)
REGS_READ(id_aa64isar1_el1)
REGS_READ(id_aa64isar2_el1)
REGS_READ(id_aa64zfr0_el1)
REGS_READ(id_aa64smfr0_el1)

static inline void weft_mask_all(void)
{
	regs_masked();
	regs.daif = 0x3c0;
}

#endif
