// SPDX-License-Identifier: MIT
/*
 * Registers of a native build of weft that only reads them, and cache
 * operations: the registers are variables of the test, the operations are
 * noted in order. In the place of the other weft-sim/sysreg.h.
 */
#ifndef WEFT_SIM_SYSREG_H
#define WEFT_SIM_SYSREG_H

#include <stdint.h>

struct regs {
	uint64_t ctr_el0, daif, tpidr_el1;
	uint64_t id_aa64mmfr0_el1, id_aa64mmfr1_el1, id_aa64mmfr2_el1;
	uint64_t id_aa64pfr0_el1, id_aa64pfr1_el1;
	uint64_t id_aa64isar0_el1, id_aa64isar1_el1, id_aa64isar2_el1;
	uint64_t id_aa64zfr0_el1, id_aa64smfr0_el1;
};

extern struct regs regs;

enum regs_op {
	REGS_DC_CVAU, REGS_IC_IVAU, REGS_IC_IALLUIS, REGS_DSB_ISH, REGS_ISB,
	REGS_MASK_ALL,
};

/* What was done, in order; the test defines it. */
void regs_note(enum regs_op op, uint64_t arg);

#define REGS_READ(name)							\
	static inline uint64_t weft_read_##name(void)			\
	{								\
		return regs.name;					\
	}

REGS_READ(ctr_el0)
REGS_READ(daif)
REGS_READ(tpidr_el1)
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

static inline void weft_dc_cvau(uint64_t va)
{
	regs_note(REGS_DC_CVAU, va);
}

static inline void weft_ic_ivau(uint64_t va)
{
	regs_note(REGS_IC_IVAU, va);
}

static inline void weft_ic_ialluis(void)
{
	regs_note(REGS_IC_IALLUIS, 0);
}

static inline void weft_dsb_ish(void)
{
	regs_note(REGS_DSB_ISH, 0);
}

static inline void weft_isb(void)
{
	regs_note(REGS_ISB, 0);
}

static inline void weft_mask_all(void)
{
	regs_note(REGS_MASK_ALL, 0);
	regs.daif = 0x3c0;
}

#endif
