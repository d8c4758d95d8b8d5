// SPDX-License-Identifier: MIT
/* What the program and the kernel agree on; for C and assembly. */
#ifndef EXAMPLES_USERLAND_CALLS_H
#define EXAMPLES_USERLAND_CALLS_H

/* The data page of the program: two strings. */
#define NAME		0
#define OTHER		16
#define NAME_SIZE	16

/* Calls: the number in x8, arguments in x0 and x1. */
#define CALL_PRINT	1	/* the string at x0 */
#define CALL_MEET	2	/* gives the name at x0, gets one at x1 */
#define CALL_EXIT	3

#endif
