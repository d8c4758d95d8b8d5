// SPDX-License-Identifier: MIT
/*
 * Register patterns (pattern.S): fill, call @fn(@arg), look, @rounds times.
 */
#ifndef TESTS_BOOT_PATTERN_H
#define TESTS_BOOT_PATTERN_H

#include <stdint.h>

/* x19-x28: 0, or the number of one that lost its value. */
uint64_t pattern_saved(uint64_t seed, uint64_t rounds, void (*fn)(void *arg),
		       void *arg);

/*
 * v0-v31, FPCR, FPSR: 0, or 64 + the number of one that did, 100 for FPCR,
 * 101 for FPSR. The calling thread has FP state (thread->task.fp).
 */
uint64_t pattern_fp(uint64_t seed, uint64_t rounds, void (*fn)(void *arg),
		    void *arg);

/* What @fn must never do, to see the checks fail. */
void pattern_break_x23(void *arg);
void pattern_break_v5(void *arg);
void pattern_break_fpsr(void *arg);

#endif
