// SPDX-License-Identifier: MIT
/*
 * From wherever the firmware entered us to EL1, and the MMU on. The manual is
 * include/weft/el.h. Runs with the MMU off at the physical address: no
 * absolute address, no stack.
 */
#include <weft/arch.h>
#include <weft/asm.h>
#include <weft/config.h>

	/* Registers that old assemblers cannot name */
#define ICC_SRE_EL2	s3_4_c12_c9_5
#define ICC_SRE_EL3	s3_6_c12_c12_5
#define ICH_HCR_EL2	s3_4_c12_c11_0
#define HFGRTR_EL2	s3_4_c1_c1_4
#define HFGWTR_EL2	s3_4_c1_c1_5
#define HFGITR_EL2	s3_4_c1_c1_6
#define HDFGRTR_EL2	s3_4_c3_c1_4
#define HDFGWTR_EL2	s3_4_c3_c1_5
#define ID_AA64MMFR2	s3_0_c0_c7_2
#define ZCR_EL1		s3_0_c1_c2_0
#define ZCR_EL2		s3_4_c1_c2_0
#define ZCR_EL3		s3_6_c1_c2_0

#define ICC_SRE_ALL	0xf	/* SRE, DFB, DIB, Enable */
#define CPTR_EL2_RES1	0x33ff	/* SVE and SME trap, FP does not */
#define CPTR_EL2_TZ	0x100	/* SVE traps; 1 where there is none */
#define CPTR_EL3_EZ	0x100	/* SVE does not trap; 0 where there is none */
#define ZCR_LEN_MAX	0xf	/* EL1 chooses among all vector lengths */
#define CNTHCTL_EL1_ALL	0x3	/* EL1 uses the physical counter and timer */
#define CNTKCTL_VCT	0x2	/* EL0 reads CNTVCT_EL0, and only that */
#define SCR_FGTEN	(1 << 27)
#define SCR_LOWER	(WEFT_SCR_RES1 | WEFT_SCR_NS | WEFT_SCR_HCE | \
			 WEFT_SCR_RW | WEFT_SCR_API | WEFT_SCR_APK)

func weft_descend
	msr	daifset, #15
	msr	spsel, #1
	mrs	x0, CurrentEL
	lsr	x0, x0, #2
	cmp	x0, #2
	b.eq	.Lel2
	b.lo	.Lel1

	/* EL3: the lower levels are non-secure AArch64, nothing traps here. */
	mov64	x1, SCR_LOWER
	mrs	x2, id_aa64mmfr0_el1
	ubfx	x2, x2, #56, #4			// FEAT_FGT
	cbz	x2, 1f
	orr	x1, x1, #SCR_FGTEN
1:	msr	scr_el3, x1
	mrs	x2, id_aa64pfr0_el1
	ubfx	x3, x2, #32, #4			// FEAT_SVE
	mov	x1, #CPTR_EL3_EZ
	cmp	x3, #0
	csel	x1, x1, xzr, ne
	msr	cptr_el3, x1
	msr	mdcr_el3, xzr
	isb					// NS selects ICC_SRE copies,
						// EZ allows ZCR_EL3
	cbz	x3, 7f
	mov	x1, #ZCR_LEN_MAX
	msr	ZCR_EL3, x1
7:	ubfx	x1, x2, #24, #4			// GIC system registers
	cbz	x1, 2f
	mov	x1, #ICC_SRE_ALL
	msr	ICC_SRE_EL3, x1
	isb					// Enable lets EL2 and EL1 write
2:	ubfx	x1, x2, #8, #4			// is there an EL2?
	cbz	x1, 3f
	adr	x1, .Lel2
	msr	elr_el3, x1
	mov	x1, #(WEFT_PSTATE_EL2H | WEFT_PSTATE_DAIF)
	msr	spsr_el3, x1
	eret
	dsb	nsh
	isb
3:	mov64	x1, WEFT_SCTLR_OFF
	msr	sctlr_el1, x1
	msr	elr_el3, x30
	mov	x1, #(WEFT_PSTATE_EL1H | WEFT_PSTATE_DAIF)
	msr	spsr_el3, x1
	eret
	dsb	nsh
	isb

.Lel2:
	/* EL2: E2H = 0; EL1 is AArch64 and owns its translation. */
	mov64	x1, (WEFT_HCR_RW | WEFT_HCR_API | WEFT_HCR_APK)
	msr	hcr_el2, x1
	isb					// CPTR_EL2's format is E2H's
	mov	x1, #CPTR_EL2_RES1
	mrs	x2, id_aa64pfr0_el1
	ubfx	x2, x2, #32, #4			// FEAT_SVE
	cbz	x2, 8f
	bic	x1, x1, #CPTR_EL2_TZ
8:	msr	cptr_el2, x1
	cbz	x2, 9f
	isb					// TZ traps ZCR_EL2, here too
	mov	x1, #ZCR_LEN_MAX
	msr	ZCR_EL2, x1
9:	msr	hstr_el2, xzr
	msr	vttbr_el2, xzr
	mov	x1, #CNTHCTL_EL1_ALL
	msr	cnthctl_el2, x1
	msr	cntvoff_el2, xzr
	mrs	x1, midr_el1
	msr	vpidr_el2, x1
	mrs	x1, mpidr_el1
	msr	vmpidr_el2, x1

	/* MDCR_EL2.HPMN: all event counters are EL1's, where there are any */
	mov	x1, #0
	mrs	x2, id_aa64dfr0_el1
	ubfx	x2, x2, #8, #4			// PMUVer: 0 and 15 are none
	cbz	x2, 4f
	cmp	x2, #15
	b.eq	4f
	mrs	x1, pmcr_el0
	ubfx	x1, x1, #11, #5
4:	msr	mdcr_el2, x1

	mrs	x1, id_aa64mmfr0_el1
	ubfx	x1, x1, #56, #4			// FEAT_FGT: no such traps
	cbz	x1, 5f
	msr	HFGRTR_EL2, xzr
	msr	HFGWTR_EL2, xzr
	msr	HFGITR_EL2, xzr
	msr	HDFGRTR_EL2, xzr
	msr	HDFGWTR_EL2, xzr
5:	mrs	x1, id_aa64pfr0_el1
	ubfx	x1, x1, #24, #4
	cbz	x1, 6f
	mov	x1, #ICC_SRE_ALL
	msr	ICC_SRE_EL2, x1
	isb					// the next needs SRE
	msr	ICH_HCR_EL2, xzr
6:	mov64	x1, WEFT_SCTLR_OFF
	msr	sctlr_el1, x1
	msr	elr_el2, x30
	mov	x1, #(WEFT_PSTATE_EL1H | WEFT_PSTATE_DAIF)
	msr	spsr_el2, x1
	eret
	dsb	nsh
	isb

.Lel1:
	mov64	x1, WEFT_SCTLR_OFF
	msr	sctlr_el1, x1
	isb					// no ERET here to do it
	ret
endfunc weft_descend

func weft_mmu_on
	mrs	x3, id_aa64mmfr0_el1
	ubfx	x4, x3, #28, #4			// TGran4: 15 is not supported
	cmp	x4, #15
	b.eq	.Lno_granule

	/*
	 * TLB and instruction cache hold unknown contents after reset; both
	 * are dropped before anything is looked up in them. Only this CPU's.
	 * The ISB that completes this is the one before the MMU goes on.
	 */
	tlbi	vmalle1
	ic	iallu
	dsb	nsh

	mov64	x4, WEFT_MAIR_KERNEL
	msr	mair_el1, x4
	mov64	x4, WEFT_TCR_KERNEL
	and	x5, x3, #0xf			// PARange
	mov	x6, #5				// 48 bits: more need FEAT_LPA
	cmp	x5, x6
	csel	x5, x5, x6, lo
	bfi	x4, x5, #WEFT_TCR_IPS_SHIFT, #3
	ubfx	x5, x3, #4, #4			// ASIDBits: 2 is 16 bits
	cmp	x5, #2
	b.ne	1f
	orr	x4, x4, #WEFT_TCR_AS
1:	mrs	x5, ID_AA64MMFR2
	ubfx	x5, x5, #60, #4			// FEAT_E0PD
	cbz	x5, 2f
	orr	x4, x4, #WEFT_TCR_E0PD1
2:	msr	tcr_el1, x4

	mov64	x4, WEFT_CPACR_KERNEL
#if WEFT_SVE
	mrs	x5, id_aa64pfr0_el1
	ubfx	x5, x5, #32, #4			// FEAT_SVE
	cbz	x5, 4f
	orr	x4, x4, #WEFT_CPACR_ZEN_EL1
	msr	cpacr_el1, x4
	isb					// ZEN would trap ZCR_EL1
	msr	ZCR_EL1, xzr			// struct weft_cpu starts so
4:
#endif
	msr	cpacr_el1, x4
	mov	x4, #CNTKCTL_VCT
	msr	cntkctl_el1, x4
	msr	mdscr_el1, xzr
	msr	oslar_el1, xzr
	msr	contextidr_el1, xzr
	msr	tpidr_el0, xzr
	msr	tpidrro_el0, xzr
	msr	tpidr_el1, xzr
	mrs	x4, id_aa64dfr0_el1
	ubfx	x4, x4, #8, #4
	cbz	x4, 3f
	cmp	x4, #15
	b.eq	3f
	msr	pmuserenr_el0, xzr		// EL0 sees no event counters
3:	msr	ttbr0_el1, x0
	msr	ttbr1_el1, x1
	isb					// all that before the MMU

	/* No keys yet: pointer authentication comes by weft_pauth_start. */
	mov64	x4, WEFT_SCTLR_KERNEL
	mrs	x5, id_aa64pfr1_el1
	tst	x5, #0xf			// FEAT_BTI
	b.eq	4f
	orr	x4, x4, #WEFT_SCTLR_BTI
4:	mrs	x5, id_aa64mmfr1_el1
	ubfx	x5, x5, #20, #4			// FEAT_PAN
	cbnz	x5, 5f
	orr	x4, x4, #WEFT_SCTLR_SPAN	// RES1 without it
5:	msr	sctlr_el1, x4
	isb					// translated from here on
	mov	x0, #0
	mov	x16, x2				// BR x16 lands on a BTI C
	br	x16

.Lno_granule:
	mov	x0, #-1
	ret
endfunc weft_mmu_on
