// SPDX-License-Identifier: MIT
//
// The first instructions of every program of the kit, and what C cannot do:
// system calls, the start of a thread.

#include "asm.h"

#define SYS_CLONE	220
#define SYS_EXIT	93

	.section .text.start, "ax", %progbits

// Nothing is expected of the registers: not even of sp.
func _start
	adrp	x9, kit_stack_top
	add	x9, x9, :lo12:kit_stack_top
	mov	sp, x9
	mov	x29, xzr
	mov	x30, xzr
	bl	kit_main
	bl	kit_status
	b	kit_exit
endfunc _start

	.text
// long kit_call(long number, long a, long b, long c, long d, long e, long f)
// Clobbers: x8, and what the kernel does not keep.
func kit_call
	mov	x8, x0
	mov	x0, x1
	mov	x1, x2
	mov	x2, x3
	mov	x3, x4
	mov	x4, x5
	mov	x5, x6
	svc	#0
	ret
endfunc kit_call

// long kit_thread(uint64_t flags, void *stack, int *ptid, void *tls,
//                 volatile int *ctid, int (*fn)(void *arg), void *arg)
// In: x1 the upper end of a stack, on which what the child calls lies ready.
func kit_thread
	stp	x5, x6, [x1, #-16]!
	mov	x8, #SYS_CLONE
	svc	#0
	cbnz	x0, 1f
	mov	x29, xzr
	mov	x30, xzr
	ldp	x1, x0, [sp], #16
	blr	x1
	mov	x8, #SYS_EXIT
	svc	#0
	udf	#0
1:	ret
endfunc kit_thread

	.section .stack, "aw", %progbits
	.balign	16
	.skip	32768
kit_stack_top:

	.section .note.GNU-stack, "", %progbits
