// SPDX-License-Identifier: MIT
/*
 * SVE registers to and from struct weft_sve. ZCR_EL1 goes by its encoding,
 * because assemblers name it only where SVE is on.
 */
#include <weft/asm.h>
#include <weft/config.h>
#include <weft/fp.h>
#include <weft/sve.h>

#if WEFT_SVE

	.arch_extension fp
	.arch_extension simd
	.arch_extension sve

#define ZCR_EL1		s3_0_c1_c2_0
#define FFR_SLOT	16		/* behind p0-p15 */

	.macro	each_z op:req, base:req
	.irp	n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
	\op	z\n, [\base, #\n, mul vl]
	.endr
	.irp	n, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30
	\op	z\n, [\base, #\n, mul vl]
	.endr
	\op	z31, [\base, #31, mul vl]
	.endm

	.macro	each_p op:req, base:req
	.irp	n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
	\op	p\n, [\base, #\n, mul vl]
	.endr
	.endm

/* x0 = struct weft_sve; out: x0 = z0, x2 = p0. Two steps: the limit is 31. */
	.macro	sve_addresses
	add	x0, x0, #WEFT_SVE_Z
	addvl	x2, x0, #16
	addvl	x2, x2, #16
	.endm

// void weft_sve_save(struct weft_sve *sve, struct weft_fp *fp)
// The registers keep their values: p0, through which FFR goes, is saved first
// and loaded again.
// Clobbers: x0, x2, x3, x4
func weft_sve_save
	sve_addresses
	each_z	str, x0
	each_p	str, x2
	rdffr	p0.b
	str	p0, [x2, #FFR_SLOT, mul vl]
	ldr	p0, [x2, #0, mul vl]
	mrs	x3, fpcr
	mrs	x4, fpsr
	stp	x3, x4, [x1, #WEFT_FP_FPCR]
	ret
endfunc weft_sve_save

// void weft_sve_restore(const struct weft_sve *sve, const struct weft_fp *fp)
// FFR first: it comes through p0.
// Clobbers: x0, x2, x3, x4
func weft_sve_restore
	sve_addresses
	ldr	p0, [x2, #FFR_SLOT, mul vl]
	wrffr	p0.b
	each_p	ldr, x2
	each_z	ldr, x0
	ldp	x3, x4, [x1, #WEFT_FP_FPCR]
	msr	fpcr, x3
	msr	fpsr, x4
	ret
endfunc weft_sve_restore

// void weft_sve_extend(void)
// A write of v<n> writes zeros to the rest of z<n>, up to the vector length.
func weft_sve_extend
	.irp	n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
	mov	v\n\().16b, v\n\().16b
	pfalse	p\n\().b
	.endr
	.irp	n, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30
	mov	v\n\().16b, v\n\().16b
	.endr
	mov	v31.16b, v31.16b
	wrffr	p0.b				// all false
	ret
endfunc weft_sve_extend

// void weft_sve_set_zcr(uint64_t zcr)
// The ISB: the loads and stores that follow at EL1 go by the new length.
func weft_sve_set_zcr
	msr	ZCR_EL1, x0
	isb
	ret
endfunc weft_sve_set_zcr

// unsigned weft_sve_current_vl(void)
func weft_sve_current_vl
	rdvl	x0, #1
	ret
endfunc weft_sve_current_vl

// unsigned weft_sve_probe(uint64_t zcr)
// Clobbers: x1
func weft_sve_probe
	mrs	x1, ZCR_EL1
	msr	ZCR_EL1, x0
	isb					// RDVL goes by it
	rdvl	x0, #1
	msr	ZCR_EL1, x1
	isb					// so does what the caller loads
	ret
endfunc weft_sve_probe

#endif
