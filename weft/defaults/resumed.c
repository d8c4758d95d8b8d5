// SPDX-License-Identifier: MIT
/* The default of weft_hook_resumed: nobody waits for the task that was left. */
#include <weft/trap.h>

#include "../flags.h"

void weft_hook_resumed(struct weft_frame *frame, struct weft_task *prev)
{
	(void)frame;
	(void)prev;
}
