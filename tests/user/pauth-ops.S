// SPDX-License-Identifier: MIT
/*
 * The instructions that pauth.c checks, as functions (pauth-ops.h). By
 * encoding, because assemblers want different words before they know the names.
 */
	.macro	op name:req, insn:req
	.text
	.globl	\name
	.type	\name, %function
\name:
	.inst	\insn
	ret
	.size	\name, . - \name
	.endm

	op	op_pacia, 0xdac10020		// PACIA x0, x1
	op	op_pacib, 0xdac10420
	op	op_pacda, 0xdac10820
	op	op_pacdb, 0xdac10c20
	op	op_pacga, 0x9ac13000		// PACGA x0, x0, x1
	op	op_autia, 0xdac11020		// AUTIA x0, x1
	op	op_autib, 0xdac11420
	op	op_autda, 0xdac11820
	op	op_autdb, 0xdac11c20

	.section .note.GNU-stack, "", %progbits
