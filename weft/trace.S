// SPDX-License-Identifier: MIT
/*
 * Trace points in assembly (weft/trace.h): where registers are live. The macro
 * `trace` of entry.h calls this.
 */
#include "entry.h"

#if WEFT_TRACE
	/* x1-x18, where they are kept; \op = stp or ldp */
	.macro	trace_regs op:req
	\op	x1, x2, [sp, #TRACE_X1]
	\op	x3, x4, [sp, #TRACE_X1 + 16]
	\op	x5, x6, [sp, #TRACE_X1 + 32]
	\op	x7, x8, [sp, #TRACE_X1 + 48]
	\op	x9, x10, [sp, #TRACE_X1 + 64]
	\op	x11, x12, [sp, #TRACE_X1 + 80]
	\op	x13, x14, [sp, #TRACE_X1 + 96]
	\op	x15, x16, [sp, #TRACE_X1 + 112]
	\op	x17, x18, [sp, #TRACE_X1 + 128]
	.endm

// In: x0 = the event; sp = what the macro trace has put there
// Clobbers: x0, x30 (the macro restores them), flags
func weft_trace_point
	trace_regs stp
	str	x30, [sp, #TRACE_RETURN]
	ldp	x1, x2, [sp, #TRACE_ARGS]
	bl	weft_hook_trace
	ldr	x30, [sp, #TRACE_RETURN]
	trace_regs ldp
	ret
endfunc weft_trace_point
#endif
