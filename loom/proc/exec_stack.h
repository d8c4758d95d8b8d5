// SPDX-License-Identifier: MIT
/*
 * The stack that a new program finds: argument and environment vectors, the
 * auxiliary vector, the strings (the layout of Linux on arm64). Pure: execve
 * gives the parts and writes the result into the new address space.
 *
 *	top	8 bytes of zero
 *		strings: argv, envp, the program's path
 *		random bytes, platform name
 *		auxv, NULL, envp, NULL, argv
 *	sp	argc
 */
#ifndef LOOM_PROC_EXEC_STACK_H
#define LOOM_PROC_EXEC_STACK_H

#include <stddef.h>
#include <stdint.h>

/* Linux's numbers */
enum {
	AT_NULL = 0,
	AT_PHDR = 3,
	AT_PHENT = 4,
	AT_PHNUM = 5,
	AT_PAGESZ = 6,
	AT_BASE = 7,
	AT_FLAGS = 8,
	AT_ENTRY = 9,
	AT_UID = 11,
	AT_EUID = 12,
	AT_GID = 13,
	AT_EGID = 14,
	AT_PLATFORM = 15,
	AT_HWCAP = 16,
	AT_CLKTCK = 17,
	AT_SECURE = 23,
	AT_RANDOM = 25,
	AT_HWCAP2 = 26,
	AT_EXECFN = 31,
	AT_MINSIGSTKSZ = 51,
};

#define EXEC_STACK_AUXV		20	/* pairs, AT_NULL too */
#define EXEC_STACK_RANDOM	16	/* bytes at AT_RANDOM */

struct exec_stack {
	uint64_t top;		/* page-aligned */
	/* argc + envc + 1 strings, each with its NUL, one behind the other */
	const char *strings;
	size_t strings_len;
	unsigned argc, envc;
	uint64_t phdr, phnum, entry;
	uint64_t hwcap, hwcap2;
	uint64_t signal_stack;	/* what a handler needs of stack at least */
	uint8_t random[EXEC_STACK_RANDOM];
};

/* Where the strings go. */
uint64_t exec_stack_strings_at(const struct exec_stack *s);

/* Bytes from sp to the last of the random bytes and the platform name. */
size_t exec_stack_block_size(const struct exec_stack *s);

/*
 * Fill @block, exec_stack_block_size() bytes, 8-byte aligned: it belongs at
 * the address that is returned, a multiple of 16, which is the program's sp.
 */
uint64_t exec_stack_build(const struct exec_stack *s, void *block);

#endif
