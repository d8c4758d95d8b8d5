// SPDX-License-Identifier: MIT
/*
 * The kernel's key, once for each CPU. The manual is include/weft/pauth.h.
 */
#include <weft/arch.h>
#include <weft/asm.h>
#include <weft/config.h>
#include <weft/cpu.h>
#include <weft/pauth.h>

#if WEFT_PAUTH

#define ID_AA64ISAR2	s3_0_c0_c6_2
#define ISAR1_APA_API	0xff0
#define ISAR2_APA3	0xf000

// void weft_pauth_start(struct weft_cpu *cpu, uint64_t low, uint64_t high,
//                                        x0            x1             x2
//                       void (*next)(void *arg), void *arg)
//                              x3                      x4
// Does not return.
func weft_pauth_start
	.cfi_undefined x30
	mrs	x5, id_aa64isar1_el1
	tst	x5, #ISAR1_APA_API
	b.ne	1f
	mrs	x5, ID_AA64ISAR2
	tst	x5, #ISAR2_APA3
	b.eq	2f
1:	stp	x1, x2, [x0, #WEFT_CPU_KERNEL_KEY]
	msr	APIAKEYLO_EL1, x1
	msr	APIAKEYHI_EL1, x2
	mrs	x5, sctlr_el1
	mov64	x6, WEFT_SCTLR_PAUTH
	orr	x5, x5, x6
	msr	sctlr_el1, x5
	isb					// both before next's PACIASP
2:	mov	x0, x4
	blr	x3
	brk	#1				// next must not return
endfunc weft_pauth_start

#endif
