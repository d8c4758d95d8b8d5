// SPDX-License-Identifier: MIT
/*
 * What weft cannot be compiled without; every C file of it includes this.
 *
 * The compiler uses vector registers for copies and zeros unless it is told
 * otherwise, and at EL1 those still hold the state of a program.
 */
#ifndef WEFT_FLAGS_H
#define WEFT_FLAGS_H

#if defined(__aarch64__) && defined(__ARM_NEON)
#error "weft must be compiled with -mgeneral-regs-only"
#endif

#endif
