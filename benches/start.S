// SPDX-License-Identifier: MIT
//
// The start of the measured program, and of its threads.

#include <asm/unistd.h>

	// CLONE_VM | FS | FILES | SIGHAND | THREAD | SYSVSEM
	.equ	THREAD_FLAGS, 0x50f00

	.text
	.globl	_start
	.type	_start, %function
_start:
	.cfi_startproc
	.cfi_undefined x30
	mov	x29, xzr
	ldr	x0, [sp]		// argc
	add	x1, sp, #8		// argv
	bl	run
	mov	x8, #__NR_exit_group
	svc	#0
	b	.
	.cfi_endproc
	.size	_start, . - _start

	// long start_thread(void *stack, void (*fn)(void *), void *arg)
	.globl	start_thread
	.type	start_thread, %function
start_thread:
	.cfi_startproc
	mov	x9, x1
	mov	x10, x2
	mov	x1, x0
	ldr	w0, =THREAD_FLAGS
	mov	x2, xzr
	mov	x3, xzr
	mov	x4, xzr
	mov	x8, #__NR_clone
	svc	#0
	cbz	x0, 1f
	ret
1:	mov	x0, x10
	mov	x29, xzr
	mov	x30, xzr
	blr	x9
	b	.
	.cfi_endproc
	.size	start_thread, . - start_thread

	.section .note.GNU-stack, "", %progbits
