// SPDX-License-Identifier: MIT
/* The default of weft_hook_user_trap: no program may fail. */
#include <weft/trap.h>

#include "../flags.h"

void weft_hook_user_trap(struct weft_frame *frame, enum weft_trap trap)
{
	(void)trap;
	weft_hook_unexpected(frame, WEFT_VECTOR_EL0_64 | WEFT_VECTOR_SYNC);
}
