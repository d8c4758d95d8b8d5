// SPDX-License-Identifier: MIT
/*
 * The program that both processes run: code at USER_CODE, in its data page at
 * USER_DATA its name and what it learns.
 */
#include <weft/asm.h>
#include <weft/arch.h>

#include "../common/process.h"
#include "calls.h"

	.macro	say text:req
	adr	x0, \text
	mov	x8, #CALL_PRINT
	svc	#0
	.endm

	.macro	say_data offset:req
	add	x0, x19, #\offset
	mov	x8, #CALL_PRINT
	svc	#0
	.endm

	.section .rodata.program, "a", %progbits
	.balign	WEFT_PAGE_SIZE
	.globl	program
program:
	mov64	x19, USER_DATA
	say_data NAME
	say	waits
	add	x0, x19, #NAME			// what the other is to get
	add	x1, x19, #OTHER			// where its is to go
	mov	x8, #CALL_MEET
	svc	#0				// blocks until the other calls
	say_data NAME
	say	met
	say_data OTHER
	say	end
	mov	x8, #CALL_EXIT
	svc	#0
waits:	.asciz	" waits for the other\n"
met:	.asciz	" met "
end:	.asciz	"\n"
	.balign	WEFT_PAGE_SIZE
