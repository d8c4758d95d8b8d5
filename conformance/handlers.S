// SPDX-License-Identifier: MIT
//
// Handlers of signals that C cannot write; see handlers.h.

#include "asm.h"

#define SYS_SCHED_YIELD	124
#define SYS_RT_SIGRETURN 139

	.arch_extension fp
	.arch_extension simd

	.macro	count name:req
	adrp	x9, \name
	add	x9, x9, :lo12:\name
	ldr	x10, [x9]
	add	x10, x10, #1
	str	x10, [x9]
	.endm

	.text
func trash_yield
	mov	x8, #SYS_SCHED_YIELD
	svc	#0
	b	trash
endfunc trash_yield

func trash
	count	trash_count
	msr	fpcr, xzr
	mov	x1, #0x1f
	msr	fpsr, x1
	mov	x0, #-1
	.irp	n, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, \
		18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29
	mov	x\n, #-\n
	.endr
	.irp	n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, \
		17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
	movi	v\n\().16b, #\n
	.endr
	cmp	x0, x0
	ret
endfunc trash

func own_restorer
	count	restorer_count
	mov	x8, #SYS_RT_SIGRETURN
	svc	#0
	udf	#0
endfunc own_restorer

	.bss
	.balign	8
	.globl	trash_count, restorer_count
trash_count:
	.skip	8
restorer_count:
	.skip	8

	.section .note.GNU-stack, "", %progbits
