// SPDX-License-Identifier: MIT
//
// Process 1 that says when it came to its first instruction: the counter's
// ticks since power-on, each an instruction. Prints "boot N" and powers off.

#include <asm/unistd.h>

	.equ	REBOOT_MAGIC1, 0xfee1dead
	.equ	REBOOT_MAGIC2, 672274793
	.equ	REBOOT_POWER_OFF, 0x4321fedc

	.text
	.globl	_start
	.type	_start, %function
_start:
	mrs	x19, cntvct_el0
	sub	sp, sp, #64
	add	x1, sp, #64
	mov	w2, #'\n'
	strb	w2, [x1, #-1]!
	mov	x3, #10
1:	udiv	x4, x19, x3
	msub	x5, x4, x3, x19
	add	w5, w5, #'0'
	strb	w5, [x1, #-1]!
	mov	x19, x4
	cbnz	x19, 1b
	mov	w2, #' '
	strb	w2, [x1, #-1]!
	ldr	w2, =0x746f6f62		// "boot"
	str	w2, [x1, #-4]!
	add	x2, sp, #64
	sub	x2, x2, x1
	mov	x0, #1
	mov	x8, #__NR_write
	svc	#0
	ldr	x0, =REBOOT_MAGIC1
	ldr	x1, =REBOOT_MAGIC2
	ldr	x2, =REBOOT_POWER_OFF
	mov	x3, xzr
	mov	x8, #__NR_reboot
	svc	#0
	b	.
	.size	_start, . - _start

	.section .note.GNU-stack, "", %progbits
