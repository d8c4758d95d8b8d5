// SPDX-License-Identifier: MIT
/*
 * Looking a kernel address up in the table that tools/mksyms.py generates.
 * Called by the fault report and the backtrace.
 */
#include "lib/ksyms.h"

/* The last entry that starts at or below @offset; there is at least one. */
static uint32_t nearest(uint64_t offset)
{
	uint32_t low = 0, high = ksyms_count;

	while (high - low > 1) {
		uint32_t middle = low + (high - low) / 2;

		if (ksyms_offsets[middle] <= offset)
			low = middle;
		else
			high = middle;
	}
	return low;
}

bool ksym_lookup(uint64_t pc, struct ksym *out)
{
	uint32_t i;

	if (ksyms_count == 0 || pc < ksyms_base || pc >= ksyms_limit)
		return false;

	i = nearest(pc - ksyms_base);
	out->name = ksyms_text + ksyms_names[i];
	out->offset = pc - ksyms_base - ksyms_offsets[i];
	return true;
}
