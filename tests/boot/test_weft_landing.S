// SPDX-License-Identifier: MIT
/*
 * Branches to landing pads of each kind and to none (FEAT_BTI). The exception
 * of a branch that may not land has the target as its pc: an entry of the
 * exception table is there, and the target's code is not executed.
 */
#include <weft/asm.h>

	/* In: x1 = where to return to. Out: w0 = did it land? */
	.macro	target name:req, insn:vararg
	.globl	\name
\name:
	user_access .Lnot_landed, \insn
	mov	w0, #1
	ret	x1
	.endm

// bool jump_lands(const char *target)
func jump_lands
	mov	x1, x30
	br	x0
	target	landing_none, nop
	target	landing_call, hint #34
	target	landing_jump, hint #36
	target	landing_both, hint #38
	target	landing_sign, hint #25
.Lnot_landed:
	hint	#38				// BTYPE is the branch's still
	mov	w0, #0
	ret	x1
endfunc jump_lands

// bool tail_call_lands(const char *target)
func tail_call_lands
	mov	x1, x30
	mov	x16, x0
	br	x16
endfunc tail_call_lands

// bool call_lands(const char *target)
func call_lands
	mov	x1, x30
	blr	x0
endfunc call_lands

// uint64_t sign_ia(uint64_t value): under the key that is in force
func sign_ia
	mov	x17, x0
	mov	x16, xzr
	hint	#8				// PACIA1716
	mov	x0, x17
	ret
endfunc sign_ia
