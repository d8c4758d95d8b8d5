// SPDX-License-Identifier: MIT
/* The end of a kernel that cannot go on. */
#include <weft/trap.h>

#include "board.h"

void weft_hook_unexpected(struct weft_frame *frame, unsigned vector)
{
	print("unexpected: ");
	print(weft_vector_name(vector));
	if (vector % 4 == WEFT_VECTOR_SYNC) {
		print(", ");
		print(weft_esr_class_name(frame->esr));
	}
	print("\n");
	power_off();
}
