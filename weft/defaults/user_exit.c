// SPDX-License-Identifier: MIT
/* The default of weft_hook_user_exit: nothing is ever pending. */
#include <weft/trap.h>

#include "../flags.h"

void weft_hook_user_exit(struct weft_frame *frame)
{
	(void)frame;
}
