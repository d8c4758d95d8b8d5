// SPDX-License-Identifier: MIT
/* The default of weft_hook_miss: every fault goes the general way. */
#include <weft/trap.h>

bool weft_hook_miss(uint64_t address)
{
	(void)address;
	return false;
}
