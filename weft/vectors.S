// SPDX-License-Identifier: MIT
/*
 * The exception vectors: 16 slots of 32 instructions (Arm ARM D1.4.1). A slot
 * only says where the exception came from; entry.S saves the frame.
 *
 * A slot that grows over its 128 bytes fails to assemble at the next .org;
 * what is left of one is zeros, which is an undefined instruction.
 */
#include "entry.h"

	.section .text.weft_vectors, "ax", %progbits
	.balign	2048
	.globl	weft_vectors
	.type	weft_vectors, %function
weft_vectors:
	vectors_of_el1 weft_vectors
#if WEFT_USER
	vector_user	weft_vectors, VECTOR_EL0_64 + 0, weft_entry_user_sync
	vector_user	weft_vectors, VECTOR_EL0_64 + 1, weft_entry_user_irq
	.irp	n, 10, 11, 12, 13, 14, 15
	vector_user	weft_vectors, \n, weft_entry_user_other, \n
	.endr
#else
	/* Nobody is at EL0, so SP_EL1 is the kernel's stack here, too. */
	.irp	n, 8, 9, 10, 11, 12, 13, 14, 15
	vector_kernel	weft_vectors, \n, weft_entry_kernel_other, \n
	.endr
#endif
	.size	weft_vectors, . - weft_vectors
