// SPDX-License-Identifier: MIT
/* Exceptions in words, for reports. Nothing of weft itself calls these. */
#include <weft/trap.h>

#include "flags.h"

static const char *const classes[64] = {
	[WEFT_EC_UNKNOWN] = "undefined instruction",
	[WEFT_EC_WFX] = "trapped WFI or WFE",
	[WEFT_EC_FP] = "trapped FP or SIMD access",
	[WEFT_EC_PAUTH] = "trapped pointer authentication",
	[WEFT_EC_BTI] = "branch target exception",
	[WEFT_EC_ILLEGAL] = "illegal execution state",
	[WEFT_EC_SVC64] = "system call",
	[WEFT_EC_SYS64] = "trapped system register access",
	[WEFT_EC_SVE] = "trapped SVE access",
	[WEFT_EC_FPAC] = "failed pointer authentication",
	[WEFT_EC_SME] = "trapped SME access",
	[WEFT_EC_IABT_EL0] = "instruction abort from EL0",
	[WEFT_EC_IABT_EL1] = "instruction abort from EL1",
	[WEFT_EC_PC_ALIGN] = "misaligned pc",
	[WEFT_EC_DABT_EL0] = "data abort from EL0",
	[WEFT_EC_DABT_EL1] = "data abort from EL1",
	[WEFT_EC_SP_ALIGN] = "misaligned sp",
	[WEFT_EC_FP64] = "FP exception",
	[WEFT_EC_SERROR] = "SError",
	[WEFT_EC_BREAK_EL0] = "hardware breakpoint from EL0",
	[WEFT_EC_BREAK_EL1] = "hardware breakpoint from EL1",
	[WEFT_EC_STEP_EL0] = "software step from EL0",
	[WEFT_EC_STEP_EL1] = "software step from EL1",
	[WEFT_EC_WATCH_EL0] = "watchpoint from EL0",
	[WEFT_EC_WATCH_EL1] = "watchpoint from EL1",
	[WEFT_EC_BRK64] = "BRK instruction",
};

static const char *const faults[64] = {
	[0x00] = "address size fault, level 0",
	[0x01] = "address size fault, level 1",
	[0x02] = "address size fault, level 2",
	[0x03] = "address size fault, level 3",
	[0x04] = "translation fault, level 0",
	[0x05] = "translation fault, level 1",
	[0x06] = "translation fault, level 2",
	[0x07] = "translation fault, level 3",
	[0x08] = "access flag fault, level 0",
	[0x09] = "access flag fault, level 1",
	[0x0a] = "access flag fault, level 2",
	[0x0b] = "access flag fault, level 3",
	[0x0c] = "permission fault, level 0",
	[0x0d] = "permission fault, level 1",
	[0x0e] = "permission fault, level 2",
	[0x0f] = "permission fault, level 3",
	[0x10] = "synchronous external abort",
	[0x11] = "synchronous tag check fault",
	[0x14] = "external abort on a table walk, level 0",
	[0x15] = "external abort on a table walk, level 1",
	[0x16] = "external abort on a table walk, level 2",
	[0x17] = "external abort on a table walk, level 3",
	[0x18] = "parity or ECC error",
	[0x21] = "alignment fault",
	[0x30] = "TLB conflict abort",
	[0x31] = "unsupported atomic hardware update",
	[0x35] = "unsupported exclusive or atomic access",
};

const char *weft_esr_class_name(uint64_t esr)
{
	const char *name;

	name = classes[(esr >> WEFT_ESR_EC_SHIFT) & WEFT_ESR_EC_MASK];
	return name ? name : "unknown exception class";
}

const char *weft_esr_fault_name(uint64_t esr)
{
	const char *name = faults[esr & WEFT_ISS_FSC_MASK];

	return name ? name : "unknown fault status";
}

const char *weft_vector_name(unsigned vector)
{
	static const char *const kinds[4][4] = {
		{ "synchronous exception of EL1 on SP_EL0",
		  "IRQ of EL1 on SP_EL0", "FIQ of EL1 on SP_EL0",
		  "SError of EL1 on SP_EL0" },
		{ "synchronous exception of the kernel", "IRQ of the kernel",
		  "FIQ of the kernel", "SError of the kernel" },
		{ "synchronous exception of a program", "IRQ of a program",
		  "FIQ of a program", "SError of a program" },
		{ "exception of AArch32", "IRQ of AArch32", "FIQ of AArch32",
		  "SError of AArch32" },
	};

	if (vector == WEFT_VECTOR_OVERFLOW)
		return "kernel stack overflow";
	return vector < 16 ? kinds[vector / 4][vector % 4] :
			     "no vector of the table";
}
