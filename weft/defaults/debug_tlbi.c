// SPDX-License-Identifier: MIT
/* The default of weft_debug_tlbi: nobody watches the TLB. */
#include <weft/tlb.h>

#include "../flags.h"

void weft_debug_tlbi(int32_t asid, uint64_t va, size_t size, bool leaf_only)
{
	(void)asid;
	(void)va;
	(void)size;
	(void)leaf_only;
}
