// SPDX-License-Identifier: MIT
/*
 * System registers and barriers of the scheduler's model: masking is a step,
 * waiting for an interrupt is one that ends when one is pending. What include/
 * weft/sysreg.h includes on other machines.
 */
#ifndef WEFT_SIM_SYSREG_H
#define WEFT_SIM_SYSREG_H

#include <stdint.h>

uint64_t weft_read_daif(void);
void weft_write_daif(uint64_t value);
uint64_t weft_read_cntvct_el0(void);
void weft_mask_all(void);
void weft_unmask_all(void);
void weft_wfi(void);
void weft_yield_hint(void);

/* Memory is in order here, and interrupts come at any step. */
static inline void weft_isb(void)
{
}

static inline void weft_dsb_ish(void)
{
}

#endif
