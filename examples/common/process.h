// SPDX-License-Identifier: MIT
/*
 * The memory of a process of the examples, the same addresses in each: a page
 * of code, shared, and a page of data of its own. Implemented in process.c.
 */
#ifndef EXAMPLES_COMMON_PROCESS_H
#define EXAMPLES_COMMON_PROCESS_H

#define USER_CODE	0x400000
#define USER_DATA	0x401000	/* the stack comes down from its end */
#define USER_STACK	0x402000

#ifndef __ASSEMBLER__
#include <weft/asid.h>
#include <weft/pgtable.h>
#include <weft/space.h>

struct process_memory {
	struct weft_pgtable table;
	struct weft_space space;
	/* The data page as the kernel sees it. */
	char *data;
};

/*
 * Before the others: the domain of all processes' spaces, of @asids ASIDs, and
 * the space of whatever has no user memory. False if weft is built without
 * that policy. Again, when no process is left: their pages are free then, and
 * the TLB is empty.
 */
bool process_memory_start(enum weft_asid_policy policy, uint32_t asids);
extern struct weft_asid_domain process_domain;
extern struct weft_space no_process;

/* A space with the page @code (of the kernel's image) and a page of zeros. */
void process_memory_init(struct process_memory *memory, const char *code);

#endif
#endif
