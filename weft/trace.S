// SPDX-License-Identifier: MIT
/*
 * Trace points in assembly (weft/trace.h): where registers are live. The macro
 * `trace` of entry.h calls this.
 */
#include "entry.h"

#if WEFT_TRACE
// In: x0 = the event; sp = what the macro trace has put there
// Clobbers: x0, x30 (the macro restores them), flags
func weft_trace_point
	stp	x1, x2, [sp, #TRACE_X1]
	stp	x3, x4, [sp, #TRACE_X1 + 16]
	stp	x5, x6, [sp, #TRACE_X1 + 32]
	stp	x7, x8, [sp, #TRACE_X1 + 48]
	stp	x9, x10, [sp, #TRACE_X1 + 64]
	stp	x11, x12, [sp, #TRACE_X1 + 80]
	stp	x13, x14, [sp, #TRACE_X1 + 96]
	stp	x15, x16, [sp, #TRACE_X1 + 112]
	stp	x17, x18, [sp, #TRACE_X1 + 128]
	str	x30, [sp, #TRACE_RETURN]
	ldp	x1, x2, [sp, #TRACE_ARGS]
	bl	weft_hook_trace
	ldr	x30, [sp, #TRACE_RETURN]
	ldp	x1, x2, [sp, #TRACE_X1]
	ldp	x3, x4, [sp, #TRACE_X1 + 16]
	ldp	x5, x6, [sp, #TRACE_X1 + 32]
	ldp	x7, x8, [sp, #TRACE_X1 + 48]
	ldp	x9, x10, [sp, #TRACE_X1 + 64]
	ldp	x11, x12, [sp, #TRACE_X1 + 80]
	ldp	x13, x14, [sp, #TRACE_X1 + 96]
	ldp	x15, x16, [sp, #TRACE_X1 + 112]
	ldp	x17, x18, [sp, #TRACE_X1 + 128]
	ret
endfunc weft_trace_point
#endif
