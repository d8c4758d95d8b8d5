// SPDX-License-Identifier: MIT
/* The default of weft_hook_leaf_irq: every interrupt goes the general way. */
#include <weft/leaf.h>

#include "../flags.h"

struct weft_leaf_result weft_hook_leaf_irq(void)
{
	return (struct weft_leaf_result){ 0, WEFT_LEAF_DEFER };
}
