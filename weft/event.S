// SPDX-License-Identifier: MIT
/*
 * The frame switch: vectors, entry and exit of include/weft/event.h. EL1's
 * half and the restoring of a frame are those of vectors.S and entry.S.
 */
#include "entry.h"

#if WEFT_USER
	.section .text.weft_event_vectors, "ax", %progbits
	.balign	2048
	.globl	weft_event_vectors
	.type	weft_event_vectors, %function
weft_event_vectors:
	vectors_of_el1 weft_event_vectors
	.irp	n, 8, 9, 10, 11, 12, 13, 14, 15
	vector_user	weft_event_vectors, \n, weft_event_entry, 1, \n
	.endr
	.size	weft_event_vectors, . - weft_event_vectors

	.macro	take_event_stack scratch:req
	mrs	\scratch, tpidr_el1
	ldr	\scratch, [\scratch, #WEFT_TASK_CPU]
	ldr	\scratch, [\scratch, #WEFT_CPU_EVENT_STACK]
	mov	sp, \scratch
	.endm

// In: sp = the frame, all of it saved; w1 = number of the vector
// Needs: DAIF masked
func weft_event_entry, pad=none
	frame_cfi
#if WEFT_PAUTH
	mrs	x20, tpidr_el1
	ldr	x21, [x20, #WEFT_TASK_KEYS]
	cbz	x21, 1f				// no such CPU, or not turned on
	pauth_kernel_key x20, x21
1:
#endif
	mov	x0, sp
	mov	x19, sp
	.cfi_def_cfa_register x19		// C preserves it
	take_event_stack x8
#if WEFT_TRACE
	mov	x20, x1
	bl	weft_trace_entry
	mov	x0, x19
	mov	x1, x20
#endif
	bl	weft_event_trap
	b	weft_enter_user			// another thread's, perhaps
endfunc weft_event_entry

// void weft_event_start(void)
func weft_event_start
	.cfi_undefined x30			// the outermost frame
	take_event_stack x8
	mov	x29, xzr
	mov	x30, xzr
	mov	x0, xzr
	bl	weft_event_resume
	b	weft_enter_user
endfunc weft_event_start
#endif
