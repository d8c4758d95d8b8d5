// SPDX-License-Identifier: MIT
/* What the program and the kernel agree on; for C and assembly. */
#ifndef TESTS_FEATURES_PROGRAM_H
#define TESTS_FEATURES_PROGRAM_H

/* What a process tries, and what it finds wrong: bits. */
#define TRY_MEMORY	0
#define TRY_FP		1
#define TRY_SVE		2
#define TRY_TLS		3
#define TRY_PAUTH	4
#define TRY_COUNT	5

/* Calls: the number in x8, the argument in x0. */
#define CALL_YIELD	1
#define CALL_WRONG	2	/* x0: number of the bit */
#define CALL_SIGNED	3	/* x0: PROGRAM_POINTER, signed */
#define CALL_COPY	4	/* copies to and from the data page */
#define CALL_EXIT	5

/* Something to sign, and an address that nobody maps. */
#define PROGRAM_POINTER	0x401230
#define UNMAPPED	0x7000

#endif
