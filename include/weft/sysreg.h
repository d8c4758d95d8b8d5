// SPDX-License-Identifier: MIT
/*
 * One inline function for each system register, barrier, TLB and cache
 * operation. None has a barrier inside: what is ordered where is written at
 * the caller.
 *
 * Every write and operation has a "memory" clobber: the compiler must not move
 * a store of a page-table entry over the TLBI that follows it, nor drop the
 * first of two stores with a TLBI in between.
 */
#ifndef WEFT_SYSREG_H
#define WEFT_SYSREG_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#ifdef __aarch64__

#define WEFT_SYSREG_READ(name, reg)					\
	static inline uint64_t weft_read_##name(void)			\
	{								\
		uint64_t value;						\
									\
		__asm__ volatile("mrs %0, " reg : "=r"(value) :: "memory"); \
		return value;						\
	}
#define WEFT_SYSREG_WRITE(name, reg)					\
	static inline void weft_write_##name(uint64_t value)		\
	{								\
		__asm__ volatile("msr " reg ", %x0"			\
				 :: "rZ"(value) : "memory");		\
	}
#define WEFT_SYSREG(name)						\
	WEFT_SYSREG_READ(name, #name) WEFT_SYSREG_WRITE(name, #name)

/* Does not change while the CPU runs: may be merged and moved. */
#define WEFT_SYSREG_CONST(name, reg)					\
	static inline uint64_t weft_read_##name(void)			\
	{								\
		uint64_t value;						\
									\
		__asm__("mrs %0, " reg : "=r"(value));			\
		return value;						\
	}

WEFT_SYSREG(sctlr_el1)
WEFT_SYSREG(tcr_el1)
WEFT_SYSREG(mair_el1)
WEFT_SYSREG(cpacr_el1)
WEFT_SYSREG(ttbr0_el1)
WEFT_SYSREG(ttbr1_el1)
WEFT_SYSREG(vbar_el1)
WEFT_SYSREG(esr_el1)
WEFT_SYSREG(far_el1)
WEFT_SYSREG(elr_el1)
WEFT_SYSREG(spsr_el1)
WEFT_SYSREG(par_el1)
WEFT_SYSREG(sp_el0)
WEFT_SYSREG(tpidr_el0)
WEFT_SYSREG(tpidrro_el0)
WEFT_SYSREG(tpidr_el1)
WEFT_SYSREG(contextidr_el1)
WEFT_SYSREG(mdscr_el1)
WEFT_SYSREG(cntkctl_el1)
WEFT_SYSREG(cntv_ctl_el0)
WEFT_SYSREG(cntv_cval_el0)
WEFT_SYSREG(cntv_tval_el0)
WEFT_SYSREG(cntp_ctl_el0)
WEFT_SYSREG(cntp_cval_el0)
WEFT_SYSREG_READ(cntvct_el0, "cntvct_el0")
WEFT_SYSREG_READ(cntpct_el0, "cntpct_el0")
WEFT_SYSREG(cntfrq_el0)
/* Keys of pointer authentication; only macros of weft/pauth.h write IA */
WEFT_SYSREG_READ(apiakeylo_el1, "s3_0_c2_c1_0")
WEFT_SYSREG_READ(apiakeyhi_el1, "s3_0_c2_c1_1")
WEFT_SYSREG_READ(apibkeylo_el1, "s3_0_c2_c1_2")
WEFT_SYSREG_WRITE(apibkeylo_el1, "s3_0_c2_c1_2")
WEFT_SYSREG_READ(apibkeyhi_el1, "s3_0_c2_c1_3")
WEFT_SYSREG_WRITE(apibkeyhi_el1, "s3_0_c2_c1_3")
WEFT_SYSREG_READ(apdakeylo_el1, "s3_0_c2_c2_0")
WEFT_SYSREG_WRITE(apdakeylo_el1, "s3_0_c2_c2_0")
WEFT_SYSREG_READ(apdakeyhi_el1, "s3_0_c2_c2_1")
WEFT_SYSREG_WRITE(apdakeyhi_el1, "s3_0_c2_c2_1")
WEFT_SYSREG_READ(apdbkeylo_el1, "s3_0_c2_c2_2")
WEFT_SYSREG_WRITE(apdbkeylo_el1, "s3_0_c2_c2_2")
WEFT_SYSREG_READ(apdbkeyhi_el1, "s3_0_c2_c2_3")
WEFT_SYSREG_WRITE(apdbkeyhi_el1, "s3_0_c2_c2_3")
WEFT_SYSREG_READ(apgakeylo_el1, "s3_0_c2_c3_0")
WEFT_SYSREG_WRITE(apgakeylo_el1, "s3_0_c2_c3_0")
WEFT_SYSREG_READ(apgakeyhi_el1, "s3_0_c2_c3_1")
WEFT_SYSREG_WRITE(apgakeyhi_el1, "s3_0_c2_c3_1")
WEFT_SYSREG(daif)
WEFT_SYSREG(nzcv)
WEFT_SYSREG_READ(currentel, "CurrentEL")
WEFT_SYSREG_CONST(mpidr_el1, "mpidr_el1")
WEFT_SYSREG_CONST(midr_el1, "midr_el1")
WEFT_SYSREG_CONST(ctr_el0, "ctr_el0")
WEFT_SYSREG_CONST(dczid_el0, "dczid_el0")
WEFT_SYSREG_CONST(id_aa64pfr0_el1, "id_aa64pfr0_el1")
WEFT_SYSREG_CONST(id_aa64pfr1_el1, "id_aa64pfr1_el1")
WEFT_SYSREG_CONST(id_aa64zfr0_el1, "s3_0_c0_c4_4")
WEFT_SYSREG_CONST(id_aa64isar0_el1, "id_aa64isar0_el1")
WEFT_SYSREG_CONST(id_aa64isar1_el1, "id_aa64isar1_el1")
WEFT_SYSREG_CONST(id_aa64isar2_el1, "s3_0_c0_c6_2")
WEFT_SYSREG_CONST(id_aa64mmfr0_el1, "id_aa64mmfr0_el1")
WEFT_SYSREG_CONST(id_aa64mmfr1_el1, "id_aa64mmfr1_el1")
WEFT_SYSREG_CONST(id_aa64mmfr2_el1, "s3_0_c0_c7_2")
/* GIC CPU interface (GICv3) by encoding: old assemblers lack the names */
WEFT_SYSREG_READ(icc_iar1_el1, "s3_0_c12_c12_0")
WEFT_SYSREG_WRITE(icc_eoir1_el1, "s3_0_c12_c12_1")
WEFT_SYSREG_WRITE(icc_sgi1r_el1, "s3_0_c12_c11_5")
WEFT_SYSREG_READ(icc_pmr_el1, "s3_0_c4_c6_0")
WEFT_SYSREG_WRITE(icc_pmr_el1, "s3_0_c4_c6_0")
WEFT_SYSREG_READ(icc_sre_el1, "s3_0_c12_c12_5")
WEFT_SYSREG_WRITE(icc_sre_el1, "s3_0_c12_c12_5")
WEFT_SYSREG_READ(icc_ctlr_el1, "s3_0_c12_c12_4")
WEFT_SYSREG_WRITE(icc_ctlr_el1, "s3_0_c12_c12_4")
WEFT_SYSREG_READ(icc_bpr1_el1, "s3_0_c12_c12_3")
WEFT_SYSREG_WRITE(icc_bpr1_el1, "s3_0_c12_c12_3")
WEFT_SYSREG_READ(icc_igrpen1_el1, "s3_0_c12_c12_7")
WEFT_SYSREG_WRITE(icc_igrpen1_el1, "s3_0_c12_c12_7")
WEFT_SYSREG_READ(icc_rpr_el1, "s3_0_c12_c11_3")

#define WEFT_OPERATION(name, insn)					\
	static inline void weft_##name(void)				\
	{								\
		__asm__ volatile(insn ::: "memory");			\
	}
#define WEFT_OPERATION_ARG(name, insn)					\
	static inline void weft_##name(uint64_t arg)			\
	{								\
		__asm__ volatile(insn ", %0" :: "r"(arg) : "memory");	\
	}

WEFT_OPERATION(isb, "isb")
WEFT_OPERATION(dsb_sy, "dsb sy")
WEFT_OPERATION(dsb_ish, "dsb ish")
WEFT_OPERATION(dsb_ishst, "dsb ishst")
WEFT_OPERATION(dsb_nsh, "dsb nsh")
WEFT_OPERATION(dsb_nshst, "dsb nshst")
WEFT_OPERATION(dmb_ish, "dmb ish")
WEFT_OPERATION(dmb_ishst, "dmb ishst")
WEFT_OPERATION(dmb_osh, "dmb osh")
WEFT_OPERATION(wfi, "wfi")
WEFT_OPERATION(wfe, "wfe")
WEFT_OPERATION(sev, "sev")
WEFT_OPERATION(yield_hint, "yield")
WEFT_OPERATION(csdb, "hint #20")

/* Local TLB invalidation, then broadcast (Inner Shareable) */
WEFT_OPERATION(tlbi_vmalle1, "tlbi vmalle1")
WEFT_OPERATION_ARG(tlbi_aside1, "tlbi aside1")
WEFT_OPERATION_ARG(tlbi_vae1, "tlbi vae1")
WEFT_OPERATION_ARG(tlbi_vale1, "tlbi vale1")
WEFT_OPERATION_ARG(tlbi_vaae1, "tlbi vaae1")
WEFT_OPERATION_ARG(tlbi_vaale1, "tlbi vaale1")
WEFT_OPERATION(tlbi_vmalle1is, "tlbi vmalle1is")
WEFT_OPERATION_ARG(tlbi_aside1is, "tlbi aside1is")
WEFT_OPERATION_ARG(tlbi_vae1is, "tlbi vae1is")
WEFT_OPERATION_ARG(tlbi_vale1is, "tlbi vale1is")
WEFT_OPERATION_ARG(tlbi_vaae1is, "tlbi vaae1is")
WEFT_OPERATION_ARG(tlbi_vaale1is, "tlbi vaale1is")
/* By range (FEAT_TLBIRANGE, C5.5), by encoding: old assemblers lack names */
WEFT_OPERATION_ARG(tlbi_rvae1, "sys #0, c8, c6, #1")
WEFT_OPERATION_ARG(tlbi_rvaae1, "sys #0, c8, c6, #3")
WEFT_OPERATION_ARG(tlbi_rvale1, "sys #0, c8, c6, #5")
WEFT_OPERATION_ARG(tlbi_rvaale1, "sys #0, c8, c6, #7")
WEFT_OPERATION_ARG(tlbi_rvae1is, "sys #0, c8, c2, #1")
WEFT_OPERATION_ARG(tlbi_rvaae1is, "sys #0, c8, c2, #3")
WEFT_OPERATION_ARG(tlbi_rvale1is, "sys #0, c8, c2, #5")
WEFT_OPERATION_ARG(tlbi_rvaale1is, "sys #0, c8, c2, #7")

WEFT_OPERATION_ARG(dc_cvau, "dc cvau")
WEFT_OPERATION_ARG(dc_cvac, "dc cvac")
WEFT_OPERATION_ARG(dc_civac, "dc civac")
WEFT_OPERATION_ARG(dc_ivac, "dc ivac")
WEFT_OPERATION_ARG(ic_ivau, "ic ivau")
WEFT_OPERATION(ic_iallu, "ic iallu")
WEFT_OPERATION(ic_ialluis, "ic ialluis")
WEFT_OPERATION_ARG(at_s1e0r, "at s1e0r")
WEFT_OPERATION_ARG(at_s1e1r, "at s1e1r")

/* Mask all of DAIF, or IRQ and FIQ alone; unmask. */
WEFT_OPERATION(mask_all, "msr daifset, #15")
WEFT_OPERATION(mask_irq, "msr daifset, #3")
WEFT_OPERATION(unmask_all, "msr daifclr, #15")
WEFT_OPERATION(unmask_irq, "msr daifclr, #3")
/* PSTATE.PAN, by encoding; only on CPUs with FEAT_PAN */
WEFT_OPERATION(pan_set, ".inst 0xd500419f")	/* msr pan, #1 */

#else
/* A native build (unit tests, model): the client of the test supplies it. */
#include <weft-sim/sysreg.h>
#endif

#ifdef __cplusplus
}
#endif
#endif
