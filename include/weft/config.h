// SPDX-License-Identifier: MIT
/*
 * What the library is built with. Each switch but the last two is 1 unless the
 * build says -DWEFT_NAME=0; then the code is left out, and using a function of
 * it is a link error. No structure and no constant depends on a switch, so
 * headers and an installed library cannot disagree.
 *
 * The files of weft/ read these, and clients need not.
 */
#ifndef WEFT_CONFIG_H
#define WEFT_CONFIG_H

/* Exceptions from EL0, user address spaces, user access. */
#ifndef WEFT_USER
#define WEFT_USER 1
#endif

/* FP and SIMD registers: without it their use at EL0 traps. */
#ifndef WEFT_FP
#define WEFT_FP 1
#endif

/* Scalable vectors; needs WEFT_FP. */
#ifndef WEFT_SVE
#define WEFT_SVE WEFT_FP
#endif

/* TPIDR_EL0 and TPIDRRO_EL0 of each thread. */
#ifndef WEFT_TLS
#define WEFT_TLS 1
#endif

/* Pointer-authentication keys of each process and the kernel's own. */
#ifndef WEFT_PAUTH
#define WEFT_PAUTH 1
#endif

/* The ASID allocator; without it the TLB is flushed (weft/space.h). */
#ifndef WEFT_ASID
#define WEFT_ASID WEFT_USER
#endif

/* Leaf calls, interrupts and switches (weft/leaf.h), and weft_hook_miss. */
#ifndef WEFT_LEAF
#define WEFT_LEAF WEFT_USER
#endif

/* Assertions (weft/assert.h): off unless the build says 1. */
#ifndef WEFT_DEBUG
#define WEFT_DEBUG 0
#endif

/* Trace points (weft/trace.h): off unless the build says 1. */
#ifndef WEFT_TRACE
#define WEFT_TRACE 0
#endif

#if WEFT_SVE && !WEFT_FP
#error "WEFT_SVE needs WEFT_FP"
#endif
#if WEFT_ASID && !WEFT_USER
#error "WEFT_ASID needs WEFT_USER"
#endif
#if WEFT_LEAF && !WEFT_USER
#error "WEFT_LEAF needs WEFT_USER"
#endif

#endif
