// SPDX-License-Identifier: MIT
/*
 * Copying and filling memory, and the page operations, with general
 * registers only. The compiler calls the first three by itself, everybody
 * else through lib/string.h.
 *
 * Accesses are unaligned where the caller's pointers are, so all of these
 * need normal memory: the MMU is on, and device registers are not touched
 * through them.
 *
 * A copy of 16 bytes or more ends in one 16-byte access that overlaps what
 * was done before, instead of a byte loop. Its source is loaded before the
 * first store, so the forward copy is right for a destination below an
 * overlapping source, and memmove needs only one more direction.
 */
#include <weft/asm.h>

/*
 * Copy one 64-byte block: load it all, then store it all.
 * Clobbers: x6-x13
 */
.macro	block_load	base:req
	ldp	x6, x7, [\base]
	ldp	x8, x9, [\base, #16]
	ldp	x10, x11, [\base, #32]
	ldp	x12, x13, [\base, #48]
.endm

.macro	block_store	base:req
	stp	x6, x7, [\base]
	stp	x8, x9, [\base, #16]
	stp	x10, x11, [\base, #32]
	stp	x12, x13, [\base, #48]
.endm

/*
 * void *memmove(void *dst, const void *src, size_t n);
 * In:       x0 dst, x1 src, x2 n; the ranges may overlap
 * Out:      x0 dst
 * Clobbers: x1-x15, flags
 */
func memmove
	sub	x3, x0, x1
	cmp	x3, x2
	b.hs	memcpy			// dst below src, or no overlap

	add	x3, x0, x2		// dst is inside src: from the end down
	add	x4, x1, x2
	cmp	x2, #16
	b.lo	.Ldown_small
	ldp	x14, x15, [x1]		// the first 16 bytes, stored last
	subs	x2, x2, #64
	b.lo	2f
1:	sub	x4, x4, #64
	block_load x4
	sub	x3, x3, #64
	block_store x3
	subs	x2, x2, #64
	b.hs	1b
2:	add	x2, x2, #64
3:	subs	x2, x2, #16
	b.lo	4f
	ldp	x6, x7, [x4, #-16]!
	stp	x6, x7, [x3, #-16]!
	b	3b
4:	stp	x14, x15, [x0]
	ret

.Ldown_small:				// n below 16: one access a bit of n
	tbz	x2, #3, 1f
	ldr	x6, [x4, #-8]!
	str	x6, [x3, #-8]!
1:	tbz	x2, #2, 2f
	ldr	w6, [x4, #-4]!
	str	w6, [x3, #-4]!
2:	tbz	x2, #1, 3f
	ldrh	w6, [x4, #-2]!
	strh	w6, [x3, #-2]!
3:	tbz	x2, #0, 4f
	ldrb	w6, [x4, #-1]
	strb	w6, [x3, #-1]
4:	ret
endfunc memmove

/*
 * void *memcpy(void *restrict dst, const void *restrict src, size_t n);
 * In:       x0 dst, x1 src, x2 n
 * Out:      x0 dst
 * Clobbers: x1-x15, flags
 * Needs:    no overlap, except that dst may be below src (for memmove)
 */
func memcpy
	mov	x3, x0
	cmp	x2, #16
	b.lo	.Lup_small
	add	x4, x1, x2
	add	x5, x0, x2
	ldp	x14, x15, [x4, #-16]	// the last 16 bytes, stored last
	subs	x2, x2, #64
	b.lo	2f
1:	block_load x1
	add	x1, x1, #64
	block_store x3
	add	x3, x3, #64
	subs	x2, x2, #64
	b.hs	1b
2:	add	x2, x2, #64
3:	subs	x2, x2, #16
	b.lo	4f
	ldp	x6, x7, [x1], #16
	stp	x6, x7, [x3], #16
	b	3b
4:	stp	x14, x15, [x5, #-16]
	ret

.Lup_small:				// n below 16: one access a bit of n
	tbz	x2, #3, 1f
	ldr	x6, [x1], #8
	str	x6, [x3], #8
1:	tbz	x2, #2, 2f
	ldr	w6, [x1], #4
	str	w6, [x3], #4
2:	tbz	x2, #1, 3f
	ldrh	w6, [x1], #2
	strh	w6, [x3], #2
3:	tbz	x2, #0, 4f
	ldrb	w6, [x1]
	strb	w6, [x3]
4:	ret
endfunc memcpy

/*
 * void *memset(void *dst, int byte, size_t n);
 * In:       x0 dst, w1 byte (its low 8 bits), x2 n
 * Out:      x0 dst
 * Clobbers: x1-x4, flags
 */
func memset
	and	x1, x1, #0xff
	mov	x3, #0x0101010101010101
	mul	x1, x1, x3		// the byte in all eight places
	mov	x3, x0
	cmp	x2, #16
	b.lo	.Lset_small
	add	x4, x0, x2
	subs	x2, x2, #64
	b.lo	2f
1:	stp	x1, x1, [x3]
	stp	x1, x1, [x3, #16]
	stp	x1, x1, [x3, #32]
	stp	x1, x1, [x3, #48]
	add	x3, x3, #64
	subs	x2, x2, #64
	b.hs	1b
2:	add	x2, x2, #64
3:	subs	x2, x2, #16
	b.lo	4f
	stp	x1, x1, [x3], #16
	b	3b
4:	stp	x1, x1, [x4, #-16]
	ret

.Lset_small:				// n below 16: one access a bit of n
	tbz	x2, #3, 1f
	str	x1, [x3], #8
1:	tbz	x2, #2, 2f
	str	w1, [x3], #4
2:	tbz	x2, #1, 3f
	strh	w1, [x3], #2
3:	tbz	x2, #0, 4f
	strb	w1, [x3]
4:	ret
endfunc memset

#define PAGE_BYTES	4096
#define ZVA_BYTES	64		// what most CPUs zero at once

/*
 * void page_clear(void *page);
 * In:       x0 a page
 * Clobbers: x0-x3, flags
 *
 * DC ZVA zeroes a block of as many words as DCZID_EL0.BS is the logarithm of,
 * if DCZID_EL0.DZP does not forbid it. It is a set of stores to that block, and
 * ordered like those: it needs no barrier of its own.
 */
func page_clear
	mrs	x1, dczid_el0
	mov	x2, #4
	tbnz	x1, #4, .Lclear_stores		// DZP
	lsl	x2, x2, x1			// above BS there are zeros
	cmp	x2, #ZVA_BYTES
	b.ne	1f
	.rept	PAGE_BYTES / ZVA_BYTES - 1
	dc	zva, x0
	add	x0, x0, #ZVA_BYTES
	.endr
	dc	zva, x0
	ret
1:	add	x3, x0, #PAGE_BYTES
2:	dc	zva, x0
	add	x0, x0, x2
	cmp	x0, x3
	b.lo	2b
	ret

.Lclear_stores:
	add	x3, x0, #PAGE_BYTES
3:	stp	xzr, xzr, [x0]
	stp	xzr, xzr, [x0, #16]
	stp	xzr, xzr, [x0, #32]
	stp	xzr, xzr, [x0, #48]
	add	x0, x0, #64
	cmp	x0, x3
	b.lo	3b
	ret
endfunc page_clear

/*
 * void page_copy(void *restrict dst, const void *restrict src);
 * In:       x0 a page, x1 another
 * Clobbers: x0, x1, x2, x6-x13, flags
 */
func page_copy
	add	x2, x0, #PAGE_BYTES
1:	block_load x1
	add	x1, x1, #64
	block_store x0
	add	x0, x0, #64
	cmp	x0, x2
	b.lo	1b
	ret
endfunc page_copy
