// SPDX-License-Identifier: MIT
/*
 * The default of weft_assert_failed: BRK, which a debugger shows and
 * weft_hook_unexpected reports.
 */
#include <weft/assert.h>

#include "../flags.h"

void weft_assert_failed(const char *file, int line, const char *expr)
{
	(void)file;
	(void)line;
	(void)expr;
	for (;;)
		__asm__ volatile("brk #1" ::: "memory");
}
