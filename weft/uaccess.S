// SPDX-License-Identifier: MIT
/*
 * Copies to and from user memory with LDTR and STTR, atomics. The manual is
 * include/weft/uaccess.h.
 *
 * The wide loop moves 16 bytes; a fault in it falls back to the byte loop,
 * which then stops at exactly the byte that cannot be reached: the count is 16
 * too low there, as it is when too few bytes are left. What is left is what
 * is returned, 0 at the end. All state is in registers of the thread.
 */
#include <weft/arch.h>
#include <weft/asm.h>
#include <weft/config.h>

#if WEFT_USER

// size_t weft_copy_from_user(void *dst, uint64_t src, size_t len)
//                                  x0            x1          x2
// Clobbers: x3-x5
func weft_copy_from_user
	subs	x2, x2, #16
	b.lo	2f
1:	user_access 2f, ldtr x4, [x1]
	user_access 2f, ldtr x5, [x1, #8]
	stp	x4, x5, [x0], #16
	add	x1, x1, #16
	subs	x2, x2, #16
	b.hs	1b
2:	adds	x2, x2, #16
	b.eq	4f
3:	user_access 4f, ldtrb w4, [x1]
	strb	w4, [x0], #1
	add	x1, x1, #1
	subs	x2, x2, #1
	b.ne	3b
4:	mov	x0, x2
	ret
endfunc weft_copy_from_user

// size_t weft_copy_to_user(uint64_t dst, const void *src, size_t len)
//                                   x0               x1          x2
// Clobbers: x3-x5
func weft_copy_to_user
	subs	x2, x2, #16
	b.lo	2f
1:	ldp	x4, x5, [x1]
	user_access 2f, sttr x4, [x0]
	user_access 2f, sttr x5, [x0, #8]
	add	x1, x1, #16
	add	x0, x0, #16
	subs	x2, x2, #16
	b.hs	1b
2:	adds	x2, x2, #16
	b.eq	4f
3:	ldrb	w4, [x1]
	user_access 4f, sttrb w4, [x0]
	add	x1, x1, #1
	add	x0, x0, #1
	subs	x2, x2, #1
	b.ne	3b
4:	mov	x0, x2
	ret
endfunc weft_copy_to_user

// size_t weft_clear_user(uint64_t dst, size_t len)
//                                 x0          x1
func weft_clear_user
	subs	x1, x1, #16
	b.lo	2f
1:	user_access 2f, sttr xzr, [x0]
	user_access 2f, sttr xzr, [x0, #8]
	add	x0, x0, #16
	subs	x1, x1, #16
	b.hs	1b
2:	adds	x1, x1, #16
	b.eq	4f
3:	user_access 4f, sttrb wzr, [x0]
	add	x0, x0, #1
	subs	x1, x1, #1
	b.ne	3b
4:	mov	x0, x1
	ret
endfunc weft_clear_user

// long weft_string_from_user(char *dst, uint64_t src, size_t size)
//                                  x0            x1          x2
// Clobbers: x3, x4
func weft_string_from_user
	mov	x3, #0				// length so far
1:	cmp	x3, x2
	b.hs	2f
	user_access .Lstring_fault, ldtrb w4, [x1]
	strb	w4, [x0, x3]
	cbz	w4, 3f
	add	x1, x1, #1
	add	x3, x3, #1
	b	1b
2:	mov	x0, #-36			// WEFT_ENAMETOOLONG
	ret
3:	mov	x0, x3
	ret
.Lstring_fault:
	mov	x0, #-14			// WEFT_EFAULT
	ret
endfunc weft_string_from_user

/*
 * Atomics. LDTR has no exclusive form, so these are privileged accesses with
 * PAN lifted, and what the hardware checks for LDTR is checked here: the
 * address is of the user half. Writing is refused to EL1 where it is to EL0.
 *
 * A fault leaves with PAN as it was lifted (the ERET restores it), so the
 * fix-up puts it back; in the handler it is in force, SCTLR_EL1.SPAN = 0 sees
 * to that, and so it is for whoever runs while this thread is preempted here.
 * An ERET clears the exclusive monitor: the store then fails and the loop
 * takes another round, on whatever CPU.
 */
#define TRIES	128			/* other writers may win so often */

	.macro	pan_write value:req
	mrs	x9, id_aa64mmfr1_el1
	ubfx	x9, x9, #20, #4			// without FEAT_PAN: UNDEFINED
	cbz	x9, .Lno_pan\@
	.if	\value
	.inst	0xd500419f			// msr pan, #1
	.else
	.inst	0xd500409f			// msr pan, #0
	.endif
.Lno_pan\@:
	.endm

/*
 * Each atomic is a choice of w12-w16: of an old value that is x15 (which need
 * not be one of 32 bits) the new one is w16, of all others it is
 * ((old & w12) + w13) ^ w14. A value that stays is stored, too.
 */
	.section .text.weft_user_atomics, "ax", %progbits
user_atomics:		// the name is for backtraces and tests/mutants
.Latomic_add:
	mov	w14, wzr
.Latomic_xor:
	mov	x15, #-1
// In: x0 = address, w12-w16, x2 = where the old value goes
// Out: w0 = 0 or an error; Clobbers: x4-x6, x9-x11
.Latomic:
	tst	x0, #3
	b.ne	.Latomic_align
	ubfx	x9, x0, #WEFT_VA_BITS, #(56 - WEFT_VA_BITS)
	cbnz	x9, .Latomic_refused		// bits 63-56 are the tag
	mov	x10, x0
	mov	w11, #TRIES
	pan_write 0
1:	user_access .Latomic_fault, ldaxr w4, [x10]
	and	w5, w4, w12
	add	w5, w5, w13
	eor	w5, w5, w14
	cmp	x4, x15
	csel	w5, w16, w5, eq
	user_access .Latomic_fault, stlxr w0, w5, [x10]
	cbz	w0, .Latomic_restore
	sub	w11, w11, #1
	cbnz	w11, 1b
	mov	w0, #-11			// WEFT_EAGAIN
	b	.Latomic_restore
.Latomic_fault:
	mov	w0, #-14			// WEFT_EFAULT
.Latomic_restore:
	pan_write 1
	cbnz	w0, 2f
	str	w4, [x2]
2:	ret
.Latomic_refused:
	mov	w0, #-14			// WEFT_EFAULT
	ret
.Latomic_align:
	mov	w0, #-22			// WEFT_EINVAL
	ret

// int weft_user_NAME32(uint64_t addr, uint32_t value, uint32_t *old)
//                               x0             w1            x2
// Clobbers: x4-x6, x9-x15
	.macro	user_atomic name:req, and:req, add:req
func weft_user_\name
	\and
	mov	w13, \add
	b	.Latomic_add
endfunc weft_user_\name
	.endm

	user_atomic swap32, "mov w12, wzr", w1
	user_atomic add32, "mov w12, #-1", w1
	user_atomic or32, "mvn w12, w1", w1
	user_atomic andn32, "mvn w12, w1", wzr

func weft_user_xor32
	mov	w12, #-1
	mov	w13, wzr
	mov	w14, w1
	b	.Latomic_xor
endfunc weft_user_xor32

// int weft_user_cas32(uint64_t addr, uint32_t expected, uint32_t desired,
//                              x0             w1                 w2
//                     uint32_t *old)
//                               x3
// Clobbers: x2, x4-x6, x9-x16
func weft_user_cas32
	mov	w12, #-1
	mov	w13, wzr
	mov	w14, wzr
	mov	w15, w1
	mov	w16, w2
	mov	x2, x3
	b	.Latomic
endfunc weft_user_cas32

// int weft_user_load32(uint64_t addr, uint32_t *value)
//                               x0              x1
// Clobbers: x4
func weft_user_load32
	tst	x0, #3
	b.ne	.Latomic_align
	user_access .Latomic_refused, ldtr w4, [x0]
	dmb	ishld			// as LDAR would; LDTR orders nothing
	str	w4, [x1]
	mov	w0, #0
	ret
endfunc weft_user_load32

#endif
