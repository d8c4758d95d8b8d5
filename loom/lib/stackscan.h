// SPDX-License-Identifier: MIT
/*
 * Frame records on a stack whose registers nobody knows: what a CPU that does
 * not answer may have been doing. For the crash report, and a host test.
 *
 * A record is two words, {the caller's record, the return address}, at a
 * multiple of 16. The outermost has 0 for a caller, or leads to a record of
 * two zeros. What calls have left behind that ended long ago looks the same,
 * and is deeper in the stack, so what is found is a guess: several chains,
 * which share their outer parts, and one of which is true.
 */
#ifndef LOOM_LIB_STACKSCAN_H
#define LOOM_LIB_STACKSCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define STACKSCAN_MAX	1024	/* records on the largest stack */

struct stackscan {
	/* The stack: @count words, which its records know as address @base. */
	const uint64_t *stack;
	uint64_t base;
	size_t count;
	/* Tells return addresses from other numbers. */
	bool (*is_code)(uint64_t address);

	/* Zeros at first; stackscan's own. */
	bool said[STACKSCAN_MAX];
	uint16_t length[STACKSCAN_MAX];
};

/*
 * The innermost record of the chain that leads to the end over the most records
 * that were not said yet: its address. 0: all were.
 */
uint64_t stackscan_find(struct stackscan *scan);

/*
 * Say the record at @address, which is of a chain: false if it was said
 * before. *@lr and *@caller are what it holds; the caller is 0 at the end.
 */
bool stackscan_say(struct stackscan *scan, uint64_t address, uint64_t *lr,
		   uint64_t *caller);

#endif
