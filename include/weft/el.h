// SPDX-License-Identifier: MIT
/*
 * From reset or firmware to EL1 with the MMU on. Called from assembly, with
 * the MMU off and no stack: arguments in registers, all code position
 * independent.
 *
 * weft_descend
 *	In: lr = where to go on in EL1; any of EL3, EL2, EL1; DAIF masked
 *	Out: EL1h, DAIF masked; SCTLR_EL1 written whole, MMU and caches off;
 *	x0 = the exception level at which it was called (1-3)
 *	Clobbers: x0-x5
 *	Writes whole: SCR_EL3, CPTR_EL3, MDCR_EL3, HCR_EL2, CPTR_EL2, HSTR_EL2,
 *	MDCR_EL2, CNTHCTL_EL2, CNTVOFF_EL2, VPIDR_EL2, VMPIDR_EL2, VTTBR_EL2,
 *	ICC_SRE_EL3 and _EL2 (where the CPU has the interface), ZCR_EL3 and
 *	_EL2 (where it has SVE: all vector lengths are EL1's), SCTLR_EL1.
 *
 * weft_mmu_on
 *	In: x0 = TTBR0, x1 = TTBR1: physical addresses of root tables, aligned
 *	    to WEFT_PAGE_SIZE (may be the same one); x2 = virtual address to
 *	    go on at, a landing pad (BTI C) if it is guarded; EL1h;
 *	    TTBR0 maps the code of weft_mmu_on at its physical address
 *	Out: at x2, MMU and caches on, TLB empty, every EL1 control register
 *	written whole (MAIR, TCR, CPACR, ZCR, CNTKCTL, MDSCR, CONTEXTIDR,
 *	TPIDRs, SCTLR: pointer authentication is off, see weft/pauth.h); x0 =
 *	0, or not returned: if the CPU has no 4 KiB granule x0 = -1 and it
 *	returns to lr with the MMU off
 *	Clobbers: x0-x9, x16
 */
#ifndef WEFT_EL_H
#define WEFT_EL_H

#ifndef __ASSEMBLER__
/* For BL and BR in assembly only: the manual is above. */
extern const char weft_descend[];
extern const char weft_mmu_on[];
#endif

#endif
