// SPDX-License-Identifier: MIT
/* The default of weft_hook_page_fault: no memory comes on demand. */
#include <weft/trap.h>

#include "../flags.h"

bool weft_hook_page_fault(struct weft_frame *frame,
			  const struct weft_page_fault *fault)
{
	if (fault->user)
		weft_hook_unexpected(frame,
				     WEFT_VECTOR_EL0_64 | WEFT_VECTOR_SYNC);
	return false;
}
