// SPDX-License-Identifier: MIT
/*
 * A program file into an address space: proc/elf.h says what is in it, this
 * maps the segments and places stack and heap.
 */
#ifndef LOOM_PROC_LOAD_H
#define LOOM_PROC_LOAD_H

#include <stdint.h>

struct aspace;
struct file;

struct program {
	uint64_t entry;
	uint64_t phdr;		/* address of the program headers, or 0 */
	uint64_t phnum;
	uint64_t stack_top;
	const char *error;	/* why it cannot be run, in words, or NULL */
};

/*
 * Load @file into @as, which is new and empty. A static-PIE program, the
 * stack, the heap and mappings go to random places, unless the command line
 * says `loom.norandom` or there is no entropy. -ENOEXEC, -EINVAL, -ENOMEM,
 * -EIO, -EACCES (no file that can be mapped), -ETXTBSY (somebody writes to
 * it); @as is then of no use.
 */
int program_load(struct program *program, struct file *file,
		 struct aspace *as);

#endif
