// SPDX-License-Identifier: MIT
/*
 * The exception vectors: 16 slots of 32 instructions (Arm ARM D1.4.1). A slot
 * only says where the exception came from; entry.S saves the frame.
 *
 * A slot that grows over its 128 bytes fails to assemble at the next .org;
 * what is left of one is zeros, which is an undefined instruction.
 */
#include "entry.h"

	.macro	vectors table:req, keys
	.section .text.\table, "ax", %progbits
	.balign	2048
	.globl	\table
	.type	\table, %function
\table:
	vectors_of_el1 \table
#if WEFT_USER
	vector_user	\table, VECTOR_EL0_64 + 0, weft_entry_user_sync\keys
	vector_user	\table, VECTOR_EL0_64 + 1, weft_entry_user_irq\keys
	.irp	n, 10, 11, 12, 13, 14, 15
	vector_user	\table, \n, weft_entry_user_other\keys, \n
	.endr
#else
	/* Nobody is at EL0, so SP_EL1 is the kernel's stack here, too. */
	.irp	n, 8, 9, 10, 11, 12, 13, 14, 15
	vector_kernel	\table, \n, weft_entry_kernel_other, \n
	.endr
#endif
	.size	\table, . - \table
	.endm

	vectors	weft_vectors
#if WEFT_USER && WEFT_PAUTH
	/* The same with a change of keys; include/weft/pauth.h says why. */
	vectors	weft_vectors_pauth, _pauth
#endif
