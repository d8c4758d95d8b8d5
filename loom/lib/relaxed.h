// SPDX-License-Identifier: MIT
/*
 * Relaxed atomic loads and stores for code that counts its instructions. As
 * __atomic_load_n and __atomic_store_n with __ATOMIC_RELAXED, for which
 * compilers compute the address in a register of its own. A volatile access to
 * an aligned scalar of at most 64 bits is one instruction, neither repeated nor
 * left out, and more than that does not belong to relaxed (Arm ARM B2.2.1).
 */
#ifndef LOOM_LIB_RELAXED_H
#define LOOM_LIB_RELAXED_H

#define relaxed_load(at) (*(const volatile __typeof__(*(at)) *)(at))
#define relaxed_store(at, value) \
	(*(volatile __typeof__(*(at)) *)(at) = (value))

#endif
