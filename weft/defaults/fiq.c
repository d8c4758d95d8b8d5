// SPDX-License-Identifier: MIT
/* The default of weft_hook_fiq: nobody expects one. */
#include <weft/trap.h>

#include "../flags.h"

void weft_hook_fiq(struct weft_frame *frame)
{
	unsigned from = weft_frame_from_user(frame) ? WEFT_VECTOR_EL0_64 :
						      WEFT_VECTOR_EL1H;

	weft_hook_unexpected(frame, from | WEFT_VECTOR_FIQ);
}
