// SPDX-License-Identifier: MIT
/* The one barrier that weft/asid.c asks for, where one program is alone. */
#ifndef TESTS_CONSUME_ASID_WEFT_SIM_SYSREG_H
#define TESTS_CONSUME_ASID_WEFT_SIM_SYSREG_H

static inline void weft_dsb_ishst(void)
{
}

#endif
