// SPDX-License-Identifier: MIT
/* The default of weft_hook_preempt: a kernel that is not preemptible. */
#include <weft/trap.h>

#include "../flags.h"

void weft_hook_preempt(struct weft_frame *frame)
{
	(void)frame;
}
