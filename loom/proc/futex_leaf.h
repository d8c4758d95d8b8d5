// SPDX-License-Identifier: MIT
/*
 * futex(2) as a leaf call (weft/leaf.h): FUTEX_WAIT and FUTEX_WAKE of a private
 * word, without a timeout. Everything else is left to the general way.
 */
#ifndef LOOM_PROC_FUTEX_LEAF_H
#define LOOM_PROC_FUTEX_LEAF_H

#include <weft/leaf.h>

weft_leaf_fn leaf_futex;

#endif
