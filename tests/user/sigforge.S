// SPDX-License-Identifier: MIT
//
// Handlers that C cannot write; see sigforge.h.

#include "asm.h"

#define SYS_RT_SIGRETURN 139
#define SYS_KILL	129
#define SIGUSR2		12
#define UC_PC		(176 + 264)	/* in ucontext */

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

	.bss
	.balign	8
	.globl	trash_pid, entered
trash_pid:
	.skip	8
entered:
	.skip	24

	.section .note.GNU-stack, "", %progbits
