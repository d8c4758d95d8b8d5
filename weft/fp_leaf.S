// SPDX-License-Identifier: MIT
/*
 * The leaf switch (entry.S) between two tasks that have SIMD state, both, and
 * no more of FP state than that; with nothing to do on the way. Here and not
 * with the rest, as the files that name vector registers are these: fp*.S,
 * sve.S.
 *
 * What the registers hold is of the task that is left, and its memory is not;
 * so next, which ran here last, has to be loaded (weft/fp.h). CPACR_EL1 stays.
 *
 * Both have SIMD state: of the values of enum weft_fp_use it alone is odd.
 */
#include <weft/config.h>

#if WEFT_LEAF && WEFT_ASID && WEFT_FP

#include "entry.h"
#include "fp_regs.h"

// In: x20 = the task that is left, parked; x1 = next; x9 = what that has of FP
//     state
func weft_leaf_simd, pad=none
	ldr	x21, [x20, #WEFT_TASK_CPU]
	ldp	x12, x13, [x21, #WEFT_CPU_FP_LIVE]	// and fp_swaps
	and	x12, x12, x9
	tbz	x12, #0, weft_leaf_other
	hand_over_space weft_leaf_other, x21
	ldr	x0, [x20, #WEFT_TASK_FP]
	fp_save	x0, x9, x10
#if WEFT_TRACE
	mov	x9, #WEFT_FP_USE_SIMD
	trace	WEFT_TRACE_FP_SAVE, x20, x9
#endif
	ldr	x0, [x1, #WEFT_TASK_FP]
	add	x13, x13, #1
	stp	x13, x0, [x21, #WEFT_CPU_FP_SWAPS]	// and fp_owner
	fp_restore x0, x9, x10
#if WEFT_TRACE
	mov	x9, #WEFT_FP_USE_SIMD
	trace	WEFT_TRACE_FP_LOAD, x1, x9
#endif
	hand_over_tls
	leaf_resume
endfunc weft_leaf_simd

#endif
