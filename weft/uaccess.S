// SPDX-License-Identifier: MIT
/*
 * Copies to and from user memory with LDTR and STTR. The manual is
 * include/weft/uaccess.h.
 *
 * The wide loop moves 16 bytes; a fault in it falls back to the byte loop,
 * which then stops at exactly the byte that cannot be reached. All state is
 * in registers of the thread.
 */
#include <weft/asm.h>

// size_t weft_copy_from_user(void *dst, uint64_t src, size_t len)
//                                  x0            x1          x2
// Clobbers: x3-x5
func weft_copy_from_user
	subs	x2, x2, #16
	b.lo	2f
1:	user_access .Lfrom_wide, ldtr x4, [x1]
	user_access .Lfrom_wide, ldtr x5, [x1, #8]
	stp	x4, x5, [x0], #16
	add	x1, x1, #16
	subs	x2, x2, #16
	b.hs	1b
2:	adds	x2, x2, #16
	b.eq	4f
3:	user_access .Lfrom_byte, ldtrb w4, [x1]
	strb	w4, [x0], #1
	add	x1, x1, #1
	subs	x2, x2, #1
	b.ne	3b
4:	mov	x0, #0
	ret
.Lfrom_wide:
	add	x2, x2, #16
	b	3b
.Lfrom_byte:
	mov	x0, x2
	ret
endfunc weft_copy_from_user

// size_t weft_copy_to_user(uint64_t dst, const void *src, size_t len)
//                                   x0               x1          x2
// Clobbers: x3-x5
func weft_copy_to_user
	subs	x2, x2, #16
	b.lo	2f
1:	ldp	x4, x5, [x1]
	user_access .Lto_wide, sttr x4, [x0]
	user_access .Lto_wide, sttr x5, [x0, #8]
	add	x1, x1, #16
	add	x0, x0, #16
	subs	x2, x2, #16
	b.hs	1b
2:	adds	x2, x2, #16
	b.eq	4f
3:	ldrb	w4, [x1]
	user_access .Lto_byte, sttrb w4, [x0]
	add	x1, x1, #1
	add	x0, x0, #1
	subs	x2, x2, #1
	b.ne	3b
4:	mov	x0, #0
	ret
.Lto_wide:
	add	x2, x2, #16
	b	3b
.Lto_byte:
	mov	x0, x2
	ret
endfunc weft_copy_to_user

// size_t weft_clear_user(uint64_t dst, size_t len)
//                                 x0          x1
func weft_clear_user
	subs	x1, x1, #16
	b.lo	2f
1:	user_access .Lclear_wide, sttr xzr, [x0]
	user_access .Lclear_wide, sttr xzr, [x0, #8]
	add	x0, x0, #16
	subs	x1, x1, #16
	b.hs	1b
2:	adds	x1, x1, #16
	b.eq	4f
3:	user_access .Lclear_byte, sttrb wzr, [x0]
	add	x0, x0, #1
	subs	x1, x1, #1
	b.ne	3b
4:	mov	x0, #0
	ret
.Lclear_wide:
	add	x1, x1, #16
	b	3b
.Lclear_byte:
	mov	x0, x1
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
