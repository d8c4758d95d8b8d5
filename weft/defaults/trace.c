// SPDX-License-Identifier: MIT
/* The default of weft_hook_trace: nobody listens. */
#include <weft/trace.h>

#include "../flags.h"

void weft_hook_trace(uint64_t event, uint64_t a, uint64_t b)
{
	(void)event;
	(void)a;
	(void)b;
}
