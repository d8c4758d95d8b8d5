// SPDX-License-Identifier: MIT
/*
 * Macros of weft's assembly files; for clients' assembly too.
 *
 * A function starts with `func name` and ends with `endfunc name`: it gets a
 * section of its own, type, size and call-frame information, so that a
 * debugger unwinds it and a linker can drop it. Its first instruction is a
 * landing pad (FEAT_BTI; a NOP elsewhere) of the kind \pad:
 *
 *	c	BTI C: it may be called through a pointer
 *	j	BTI J: it is a target of BR (weft_switch's resume address)
 *	sign	PACIASP, a landing pad as BTI C is: it also signs x30, and the
 *		function ends in `authenticate` and `ret`, at the same sp
 *	none	it is branched to directly, or by an exception, which clears
 *		PSTATE.BTYPE
 */
#ifndef WEFT_ASM_H
#define WEFT_ASM_H

#ifdef __ASSEMBLER__

	/*
	 * For debuggers only: nothing unwinds at run time. clang marks the
	 * frame of an exception as such (.cfi_signal_frame) in .eh_frame only.
	 */
#ifdef __clang__
	.cfi_sections .eh_frame
#else
	.cfi_sections .debug_frame
#endif

	.macro	func name:req, align=4, pad=c
	.section .text.\name, "ax", %progbits
	.balign	\align
	.globl	\name
	.type	\name, %function
	.cfi_startproc
\name:
	.ifc	\pad, c
	hint	#34				// BTI C
	.endif
	.ifc	\pad, j
	hint	#36				// BTI J
	.endif
	.ifc	\pad, sign
	hint	#25				// PACIASP
	.cfi_negate_ra_state
	.endif
	.endm

	.macro	authenticate
	hint	#29				// AUTIASP
	.cfi_negate_ra_state
	.endm

	.macro	endfunc name:req
	.cfi_endproc
	.size	\name, . - \name
	.endm

/*
 * The only way to EL0. What follows the ERET is never executed, but a CPU may
 * speculate past it with the kernel's registers: the barrier stops that.
 * (dsb nsh; isb works everywhere; SB needs FEAT_SB.)
 */
	.macro	eret_to_user
	eret
	dsb	nsh
	isb
	.endm

/* Write a 64-bit constant that the assembler knows, in as few as it takes. */
	.macro	mov64 reg:req, value:req
	movz	\reg, #((\value) & 0xffff)
	.if	((\value) >> 16) & 0xffff
	movk	\reg, #(((\value) >> 16) & 0xffff), lsl #16
	.endif
	.if	((\value) >> 32) & 0xffff
	movk	\reg, #(((\value) >> 32) & 0xffff), lsl #32
	.endif
	.if	((\value) >> 48) & 0xffff
	movk	\reg, #(((\value) >> 48) & 0xffff), lsl #48
	.endif
	.endm

/* An instruction that may fault on user memory, and where to go then. */
	.macro	user_access target:req, insn:vararg
.Luser\@:
	\insn
	.pushsection .weft_extable, "a", %progbits
	.balign	4
	.long	(.Luser\@ - .), (\target - .)
	.popsection
	.endm

#endif
#endif
