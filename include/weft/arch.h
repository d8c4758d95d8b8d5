// SPDX-License-Identifier: MIT
/*
 * Constants of the architecture, usable in C and assembly: fields of system
 * registers, exception classes, page-table descriptors. Names follow the Arm
 * Architecture Reference Manual (DDI 0487), section D19 unless said.
 */
#ifndef WEFT_ARCH_H
#define WEFT_ARCH_H

#ifdef __ASSEMBLER__
#define WEFT_U64(x)		x
#else
#define WEFT_U64(x)		x##ULL
#endif
#define WEFT_BIT(n)		(WEFT_U64(1) << (n))

#define WEFT_PAGE_SHIFT		12
#define WEFT_PAGE_SIZE		4096
#define WEFT_BLOCK_SIZE		0x200000
#define WEFT_VA_BITS		39

/* SPSR_EL1, PSTATE (C5.2) */
#define WEFT_PSTATE_EL0T	0x0
#define WEFT_PSTATE_EL1T	0x4
#define WEFT_PSTATE_EL1H	0x5
#define WEFT_PSTATE_EL2H	0x9
#define WEFT_PSTATE_MODE	0xf
#define WEFT_PSTATE_NRW		WEFT_BIT(4)
#define WEFT_PSTATE_F		WEFT_BIT(6)
#define WEFT_PSTATE_I		WEFT_BIT(7)
#define WEFT_PSTATE_A		WEFT_BIT(8)
#define WEFT_PSTATE_D		WEFT_BIT(9)
#define WEFT_PSTATE_DAIF	WEFT_U64(0x3c0)
#define WEFT_PSTATE_BTYPE	WEFT_U64(0xc00)
#define WEFT_PSTATE_SSBS	WEFT_BIT(12)
#define WEFT_PSTATE_IL		WEFT_BIT(20)
#define WEFT_PSTATE_SS		WEFT_BIT(21)
#define WEFT_PSTATE_PAN		WEFT_BIT(22)
#define WEFT_PSTATE_UAO		WEFT_BIT(23)
#define WEFT_PSTATE_DIT		WEFT_BIT(24)
#define WEFT_PSTATE_TCO		WEFT_BIT(25)
#define WEFT_PSTATE_NZCV	WEFT_U64(0xf0000000)

/* ESR_EL1 */
#define WEFT_ESR_EC_SHIFT	26
#define WEFT_ESR_EC_MASK	0x3f
#define WEFT_ESR_ISS_MASK	WEFT_U64(0x1ffffff)

#define WEFT_EC_UNKNOWN		0x00
#define WEFT_EC_WFX		0x01
#define WEFT_EC_FP		0x07
#define WEFT_EC_PAUTH		0x09
#define WEFT_EC_BTI		0x0d
#define WEFT_EC_ILLEGAL		0x0e
#define WEFT_EC_SVC64		0x15
#define WEFT_EC_SYS64		0x18
#define WEFT_EC_SVE		0x19
#define WEFT_EC_FPAC		0x1c
#define WEFT_EC_SME		0x1d
#define WEFT_EC_IABT_EL0	0x20
#define WEFT_EC_IABT_EL1	0x21
#define WEFT_EC_PC_ALIGN	0x22
#define WEFT_EC_DABT_EL0	0x24
#define WEFT_EC_DABT_EL1	0x25
#define WEFT_EC_SP_ALIGN	0x26
#define WEFT_EC_FP64		0x2c
#define WEFT_EC_SERROR		0x2f
#define WEFT_EC_BREAK_EL0	0x30
#define WEFT_EC_BREAK_EL1	0x31
#define WEFT_EC_STEP_EL0	0x32
#define WEFT_EC_STEP_EL1	0x33
#define WEFT_EC_WATCH_EL0	0x34
#define WEFT_EC_WATCH_EL1	0x35
#define WEFT_EC_BRK64		0x3c

#define WEFT_ISS_MASK		0x1ffffff

/* ISS of an abort */
#define WEFT_ISS_FSC_MASK	0x3f
#define WEFT_ISS_WNR		WEFT_BIT(6)
#define WEFT_ISS_S1PTW		WEFT_BIT(7)
#define WEFT_ISS_CM		WEFT_BIT(8)
#define WEFT_ISS_FNV		WEFT_BIT(10)

/* ISS of a trapped FP exception (D19.2.37) */
#define WEFT_ISS_FP_IOF		WEFT_BIT(0)
#define WEFT_ISS_FP_DZF		WEFT_BIT(1)
#define WEFT_ISS_FP_OFF		WEFT_BIT(2)
#define WEFT_ISS_FP_UFF		WEFT_BIT(3)
#define WEFT_ISS_FP_IXF		WEFT_BIT(4)
#define WEFT_ISS_FP_TFV		WEFT_BIT(23)

/* Fault status codes: the low two bits are the level */
#define WEFT_FSC_ADDRESS_SIZE	0x00
#define WEFT_FSC_TRANSLATION	0x04
#define WEFT_FSC_ACCESS_FLAG	0x08
#define WEFT_FSC_PERMISSION	0x0c
#define WEFT_FSC_EXTERNAL	0x10
#define WEFT_FSC_ALIGNMENT	0x21

/* SCTLR_EL1 */
#define WEFT_SCTLR_M		WEFT_BIT(0)
#define WEFT_SCTLR_A		WEFT_BIT(1)
#define WEFT_SCTLR_C		WEFT_BIT(2)
#define WEFT_SCTLR_SA		WEFT_BIT(3)
#define WEFT_SCTLR_SA0		WEFT_BIT(4)
#define WEFT_SCTLR_CP15BEN	WEFT_BIT(5)
#define WEFT_SCTLR_NAA		WEFT_BIT(6)
#define WEFT_SCTLR_ITD		WEFT_BIT(7)
#define WEFT_SCTLR_SED		WEFT_BIT(8)
#define WEFT_SCTLR_UMA		WEFT_BIT(9)
#define WEFT_SCTLR_EOS		WEFT_BIT(11)
#define WEFT_SCTLR_I		WEFT_BIT(12)
#define WEFT_SCTLR_ENDB		WEFT_BIT(13)	/* FEAT_PAuth */
#define WEFT_SCTLR_DZE		WEFT_BIT(14)
#define WEFT_SCTLR_UCT		WEFT_BIT(15)
#define WEFT_SCTLR_NTWI		WEFT_BIT(16)
#define WEFT_SCTLR_NTWE		WEFT_BIT(18)
#define WEFT_SCTLR_WXN		WEFT_BIT(19)
#define WEFT_SCTLR_TSCXT	WEFT_BIT(20)
#define WEFT_SCTLR_EIS		WEFT_BIT(22)
#define WEFT_SCTLR_SPAN		WEFT_BIT(23)
#define WEFT_SCTLR_E0E		WEFT_BIT(24)
#define WEFT_SCTLR_EE		WEFT_BIT(25)
#define WEFT_SCTLR_UCI		WEFT_BIT(26)
#define WEFT_SCTLR_ENDA		WEFT_BIT(27)	/* FEAT_PAuth */
#define WEFT_SCTLR_NTLSMD	WEFT_BIT(28)
#define WEFT_SCTLR_LSMAOE	WEFT_BIT(29)
#define WEFT_SCTLR_ENIB		WEFT_BIT(30)	/* FEAT_PAuth */
#define WEFT_SCTLR_ENIA		WEFT_BIT(31)	/* FEAT_PAuth */
#define WEFT_SCTLR_BT0		WEFT_BIT(35)	/* FEAT_BTI */
#define WEFT_SCTLR_BT1		WEFT_BIT(36)	/* FEAT_BTI */
/* RES1 where neither the feature nor AArch32 exists */
#define WEFT_SCTLR_RES1							\
	(WEFT_SCTLR_LSMAOE | WEFT_SCTLR_NTLSMD | WEFT_SCTLR_EIS |	\
	 WEFT_SCTLR_TSCXT | WEFT_SCTLR_EOS | WEFT_SCTLR_SED |		\
	 WEFT_SCTLR_ITD)

/*
 * SCTLR_EL1 as weft writes it, whole: what it says is what is in force,
 * whatever the firmware left.
 *
 *   M C I        MMU and caches on
 *   SA SA0       sp is 16-byte aligned wherever it is the base of an access
 *   A = 0        unaligned accesses to normal memory are allowed
 *   EIS EOS      exception entry and return synchronize context (the absence
 *                of ISBs before ERET rests on EOS)
 *   SPAN = 0     an exception sets PSTATE.PAN; weft_mmu_on sets the bit on
 *                CPUs without FEAT_PAN, where it is RES1
 *   UCI UCT DZE  user code may maintain caches, read CTR_EL0, use DC ZVA
 *   nTWI nTWE    user WFI and WFE do not trap
 *   WXN = 0      the page tables say it already
 *   UMA = 0      user code cannot touch DAIF
 *
 * Added by weft_mmu_on where the CPU has FEAT_BTI:
 *
 *   BT0 BT1      PACIASP is a landing pad as BTI C is, no more: for BLR, and
 *                for BR by x16 or x17 (a tail call), not for any other BR,
 *                whose targets are BTI J. Compilers keep to that.
 *
 * Added by weft_pauth_start where it has FEAT_PAuth, once there is a key:
 *
 *   EnIA EnIB EnDA EnDB	instructions of these keys are no NOPs
 */
#define WEFT_SCTLR_KERNEL						\
	(WEFT_SCTLR_RES1 | WEFT_SCTLR_M | WEFT_SCTLR_C | WEFT_SCTLR_I |	\
	 WEFT_SCTLR_SA | WEFT_SCTLR_SA0 | WEFT_SCTLR_UCI |		\
	 WEFT_SCTLR_UCT | WEFT_SCTLR_DZE | WEFT_SCTLR_NTWI |		\
	 WEFT_SCTLR_NTWE)
#define WEFT_SCTLR_BTI		(WEFT_SCTLR_BT0 | WEFT_SCTLR_BT1)
#define WEFT_SCTLR_PAUTH						\
	(WEFT_SCTLR_ENIA | WEFT_SCTLR_ENIB | WEFT_SCTLR_ENDA |		\
	 WEFT_SCTLR_ENDB)
/* The same while the MMU is still off */
#define WEFT_SCTLR_OFF							\
	(WEFT_SCTLR_RES1 | WEFT_SCTLR_SPAN | WEFT_SCTLR_SA | WEFT_SCTLR_SA0)

/*
 * CPACR_EL1: FPEN and ZEN are 0b01 (EL0 traps, EL1 does not) or 0b11; SMEN and
 * TTA stay 0: SME traps. ZEN exists with FEAT_SVE only.
 */
#define WEFT_CPACR_ZEN_EL1	WEFT_BIT(16)
#define WEFT_CPACR_ZEN_EL0	WEFT_BIT(17)
#define WEFT_CPACR_FPEN_EL1	WEFT_BIT(20)
#define WEFT_CPACR_FPEN_EL0	WEFT_BIT(21)
/* As a CPU starts: the kernel may, EL0 traps */
#define WEFT_CPACR_KERNEL	WEFT_CPACR_FPEN_EL1

/* TCR_EL1 */
#define WEFT_TCR_T0SZ(bits)	(WEFT_U64(64) - (bits))
#define WEFT_TCR_T1SZ(bits)	((WEFT_U64(64) - (bits)) << 16)
#define WEFT_TCR_IRGN0_WBWA	WEFT_BIT(8)
#define WEFT_TCR_ORGN0_WBWA	WEFT_BIT(10)
#define WEFT_TCR_SH0_INNER	(WEFT_U64(3) << 12)
#define WEFT_TCR_TG0_4K		(WEFT_U64(0) << 14)
#define WEFT_TCR_A1		WEFT_BIT(22)
#define WEFT_TCR_IRGN1_WBWA	WEFT_BIT(24)
#define WEFT_TCR_ORGN1_WBWA	WEFT_BIT(26)
#define WEFT_TCR_SH1_INNER	(WEFT_U64(3) << 28)
#define WEFT_TCR_TG1_4K		(WEFT_U64(2) << 30)
#define WEFT_TCR_IPS_SHIFT	32
#define WEFT_TCR_AS		WEFT_BIT(36)
#define WEFT_TCR_TBI0		WEFT_BIT(37)
#define WEFT_TCR_E0PD1		WEFT_BIT(56)

/* All but IPS, AS and E0PD1, which depend on the CPU */
#define WEFT_TCR_KERNEL							\
	(WEFT_TCR_T0SZ(WEFT_VA_BITS) | WEFT_TCR_T1SZ(WEFT_VA_BITS) |	\
	 WEFT_TCR_IRGN0_WBWA | WEFT_TCR_ORGN0_WBWA |			\
	 WEFT_TCR_SH0_INNER | WEFT_TCR_TG0_4K | WEFT_TCR_IRGN1_WBWA |	\
	 WEFT_TCR_ORGN1_WBWA | WEFT_TCR_SH1_INNER | WEFT_TCR_TG1_4K |	\
	 WEFT_TCR_TBI0)

/* MAIR_EL1: the indexes that page-table descriptors name */
#define WEFT_MAIR_NORMAL	0	/* write-back, read+write allocate */
#define WEFT_MAIR_DEVICE	1	/* Device-nGnRE */
#define WEFT_MAIR_NOCACHE	2	/* normal, non-cacheable */
#define WEFT_MAIR_KERNEL	WEFT_U64(0x4404ff)

/* Descriptors (D8.3) */
#define WEFT_PTE_VALID		WEFT_BIT(0)
#define WEFT_PTE_TABLE		WEFT_BIT(1)	/* levels 0-2 */
#define WEFT_PTE_PAGE		WEFT_BIT(1)	/* level 3 */
#define WEFT_PTE_ATTR(index)	(WEFT_U64(index) << 2)
#define WEFT_PTE_USER		WEFT_BIT(6)	/* AP[1] */
#define WEFT_PTE_RDONLY		WEFT_BIT(7)	/* AP[2] */
#define WEFT_PTE_SH_INNER	(WEFT_U64(3) << 8)
#define WEFT_PTE_AF		WEFT_BIT(10)
#define WEFT_PTE_NG		WEFT_BIT(11)
#define WEFT_PTE_GP		WEFT_BIT(50)	/* FEAT_BTI: guarded */
#define WEFT_PTE_CONT		WEFT_BIT(52)
#define WEFT_PTE_PXN		WEFT_BIT(53)
#define WEFT_PTE_UXN		WEFT_BIT(54)
#define WEFT_PTE_ADDR		WEFT_U64(0x0000fffffffff000)

#define WEFT_TTBR_ASID_SHIFT	48
#define WEFT_TTBR_BADDR		WEFT_U64(0x0000fffffffffffe)

/* EL2 and EL3, for the descent */
#define WEFT_HCR_RW		WEFT_BIT(31)
#define WEFT_HCR_APK		WEFT_BIT(40)
#define WEFT_HCR_API		WEFT_BIT(41)
#define WEFT_SCR_NS		WEFT_BIT(0)
#define WEFT_SCR_HCE		WEFT_BIT(8)
#define WEFT_SCR_RW		WEFT_BIT(10)
#define WEFT_SCR_APK		WEFT_BIT(16)
#define WEFT_SCR_API		WEFT_BIT(17)
#define WEFT_SCR_RES1		WEFT_U64(0x30)

#endif
