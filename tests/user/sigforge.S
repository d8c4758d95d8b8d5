// SPDX-License-Identifier: MIT
//
// Handlers that C cannot write; see sigforge.h.

#include "lib/asm.h"

#define SYS_RT_SIGRETURN 139
#define SYS_SCHED_YIELD	124
#define SYS_KILL	129
#define SIGUSR2		12
#define UC_PC		(176 + 264)	/* in ucontext */

	.macro	count name:req
	adrp	x9, \name
	add	x9, x9, :lo12:\name
	ldr	x10, [x9]
	add	x10, x10, #1
	str	x10, [x9]
	.endm

	.text
func trash_skip
	ldr	x9, [x2, #UC_PC]
	add	x9, x9, #4
	str	x9, [x2, #UC_PC]
	b	trash_yield
endfunc trash_skip

func trash_send
	adrp	x9, trash_pid
	ldr	x0, [x9, :lo12:trash_pid]
	mov	x1, #SIGUSR2
	mov	x8, #SYS_KILL
	svc	#0
	b	trash_yield
endfunc trash_send

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

func enter
	adrp	x9, entered
	add	x9, x9, :lo12:entered
	mov	x10, sp
	stp	x29, x30, [x9]
	str	x10, [x9, #(2 * 8)]		// entered[2]
	.weak	sigforge_inspect		// sigmatrix has none
	b	sigforge_inspect
endfunc enter

func return_at
	mov	sp, x0
	mov	x8, #SYS_RT_SIGRETURN
	svc	#0
	udf	#0
endfunc return_at

func own_restorer
	count	restorer_count
	mov	x8, #SYS_RT_SIGRETURN
	svc	#0
	udf	#0
endfunc own_restorer

	.bss
	.balign	8
	.globl	trash_count, trash_pid, restorer_count, entered
trash_count:
	.skip	8
trash_pid:
	.skip	8
restorer_count:
	.skip	8
entered:
	.skip	24

	.section .note.GNU-stack, "", %progbits
