// SPDX-License-Identifier: MIT
/*
 * The exception vectors: 16 slots of 32 instructions (Arm ARM D1.4.1). A slot
 * saves the frame, which is what it has room for, and goes on in entry.S.
 *
 * A slot that grows over its 128 bytes fails to assemble at the next .org;
 * what is left of one is zeros, which is an undefined instruction.
 */
#include "entry.h"

	vectors	weft_vectors
