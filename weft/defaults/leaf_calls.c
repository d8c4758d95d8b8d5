// SPDX-License-Identifier: MIT
/* The default of weft_leaf_calls: every call goes the general way. */
#include <weft/leaf.h>

#include "../flags.h"

const struct weft_leaf weft_leaf_calls[WEFT_LEAF_SLOTS] = {
	[0] = WEFT_LEAF_NONE,
};
