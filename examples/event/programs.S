// SPDX-License-Identifier: MIT
/* Two programs, each at USER_CODE in a space of its own. */
#include <weft/arch.h>
#include <weft/asm.h>

#include "calls.h"

	.macro	call number:req
	mov	x8, #\number
	svc	#0
	.endm

	.macro	program name:req
	.section .rodata.\name, "a", %progbits
	.balign	WEFT_PAGE_SIZE
	.globl	\name
\name:
	.endm

	program client_program			// asks for 1 to 5
	mov	x19, #1
1:	mov	x0, x19
	call	CALL_ASK
	call	CALL_PRINT
	add	x19, x19, #1
	cmp	x19, #5
	b.ls	1b
	call	CALL_EXIT
	.balign	WEFT_PAGE_SIZE

	program server_program			// answers with the sum so far
	mov	x19, xzr
1:	mov	x0, x19
	call	CALL_SERVE
	add	x19, x19, x0
	b	1b
	.balign	WEFT_PAGE_SIZE
