// SPDX-License-Identifier: MIT
/* What compilers call without being asked: every kernel has these. */
#include <weft/asm.h>

// void *memset(void *dst, int byte, size_t len)
func memset
	mov	x3, x0
1:	cbz	x2, 2f
	strb	w1, [x3], #1
	sub	x2, x2, #1
	b	1b
2:	ret
endfunc memset

// void *memcpy(void *dst, const void *src, size_t len)
func memcpy
	mov	x3, x0
1:	cbz	x2, 2f
	ldrb	w4, [x1], #1
	strb	w4, [x3], #1
	sub	x2, x2, #1
	b	1b
2:	ret
endfunc memcpy
