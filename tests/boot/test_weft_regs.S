// SPDX-License-Identifier: MIT
/*
 * What the tests of weft cannot say in C (test_weft_regs.h has the manual):
 * code that owns every register.
 */
#include <weft/asm.h>
#include <weft/frame.h>

#include "test_weft_regs.h"

	.arch_extension fp
	.arch_extension simd

	/* Frame record and x19-x28 */
#define SAVED		96

	.macro	save_callee
	stp	x29, x30, [sp, #-SAVED]!
	.cfi_adjust_cfa_offset SAVED
	.cfi_rel_offset x29, 0
	.cfi_rel_offset x30, 8
	stp	x19, x20, [sp, #16]
	stp	x21, x22, [sp, #32]
	stp	x23, x24, [sp, #48]
	stp	x25, x26, [sp, #64]
	stp	x27, x28, [sp, #80]
	.endm

	.macro	restore_callee
	ldp	x19, x20, [sp, #16]
	ldp	x21, x22, [sp, #32]
	ldp	x23, x24, [sp, #48]
	ldp	x25, x26, [sp, #64]
	ldp	x27, x28, [sp, #80]
	ldp	x29, x30, [sp], #SAVED
	.cfi_adjust_cfa_offset -SAVED
	.cfi_restore x29
	.cfi_restore x30
	.endm

	/* x\n from want[n] or into seen[n], unless it is the window's own */
	.macro	load_want n:req, scratch:req, base:req
	.if	(\n != \scratch) && (\n != \base)
	ldr	x\n, [x\base, #WINDOW_WANT + 8 * \n]
	.endif
	.endm

	.macro	store_seen n:req, scratch:req, base:req
	.if	\n != \scratch
	str	x\n, [x\base, #WINDOW_SEEN + 8 * \n]
	.endif
	.endm

	.macro	for_x macro:req, scratch:req, base:req
	.irp	n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
	\macro	\n, \scratch, \base
	.endr
	.irp	n, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30
	\macro	\n, \scratch, \base
	.endr
	.endm

	.macro	vector_block op:req, base:req
	\op	q0, q1, [x\base]
	\op	q2, q3, [x\base, #32]
	\op	q4, q5, [x\base, #64]
	\op	q6, q7, [x\base, #96]
	\op	q8, q9, [x\base, #128]
	\op	q10, q11, [x\base, #160]
	\op	q12, q13, [x\base, #192]
	\op	q14, q15, [x\base, #224]
	\op	q16, q17, [x\base, #256]
	\op	q18, q19, [x\base, #288]
	\op	q20, q21, [x\base, #320]
	\op	q22, q23, [x\base, #352]
	\op	q24, q25, [x\base, #384]
	\op	q26, q27, [x\base, #416]
	\op	q28, q29, [x\base, #448]
	\op	q30, q31, [x\base, #480]
	.endm

	/*
	 * The loop changes no flags (CBZ reads none) and no register but the
	 * scratch one.
	 */
	.macro	window name:req, scratch:req, base:req
func \name
	save_callee
	mov	x\base, x0
	add	x\scratch, x\base, #WINDOW_V
	vector_block ldp, \scratch
	mov	x\scratch, sp
	str	x\scratch, [x\base, #WINDOW_SP]
	ldr	x\scratch, [x\base, #WINDOW_FLAGS]
	msr	nzcv, x\scratch
	for_x	load_want, \scratch, \base
	mov	w\scratch, #1
	str	w\scratch, [x\base, #WINDOW_INSIDE]
	.globl	\name\()_start
\name\()_start:
1:	user_access 2f, udf #0
2:	ldr	w\scratch, [x\base, #WINDOW_GO]
	cbz	w\scratch, 1b
	.globl	\name\()_end
\name\()_end:
	str	wzr, [x\base, #WINDOW_INSIDE]
	for_x	store_seen, \scratch, \base
	mrs	x\scratch, nzcv
	str	x\scratch, [x\base, #WINDOW_SEEN_FLAGS]
	mov	x\scratch, sp
	str	x\scratch, [x\base, #WINDOW_SEEN_SP]
	add	x\scratch, x\base, #WINDOW_SEEN_V
	vector_block stp, \scratch
	restore_callee
	ret
endfunc \name
	.endm

// void window_low(struct window *window)
	window	window_low, 0, 1

// void window_high(struct window *window)
	window	window_high, 29, 30

// bool try_load(uint64_t va, uint64_t *value), and the three like it
	.macro	try name:req, insn:req, is_load:req
func \name
	.if	\is_load
	user_access 1f, \insn x2, [x0]
	str	x2, [x1]
	.else
	user_access 1f, \insn x1, [x0]
	.endif
	mov	w0, #1
	ret
1:	mov	w0, #0
	ret
endfunc \name
	.endm

	try	try_load, ldr, 1
	try	try_store, str, 0
	try	try_user_load, ldtr, 1
	try	try_user_store, sttr, 0

	.macro	fill_number n:req
	mov	x\n, #\n
	movk	x\n, #(\n | \n << 8), lsl #16
	movk	x\n, #(\n | \n << 8), lsl #32
	movk	x\n, #(\n | \n << 8), lsl #48
	movk	x\n, #(\n | \n << 8)
	.endm

// uint64_t fault_load(struct weft_frame *copy, uint64_t va)
//                                        x0             x1
// Needs: all of DAIF masked: the frame below sp is read after its time.
	.macro	fault name:req, insn:req
func \name
	save_callee
	.irp	n, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18
	fill_number \n
	.endr
	.irp	n, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28
	fill_number \n
	.endr
	cmp	xzr, xzr			// Z and C
	.globl	\name\()_insn
\name\()_insn:
	user_access 1f, \insn x2, [x1]
	.globl	\name\()_end
\name\()_end:
1:	sub	x9, sp, #WEFT_FRAME_SIZE
	mov	x10, x0
	mov	x11, #WEFT_FRAME_SIZE
2:	ldp	x12, x13, [x9], #16
	stp	x12, x13, [x10], #16
	subs	x11, x11, #16
	b.ne	2b
	mov	x0, sp
	restore_callee
	ret
endfunc \name
	.endm

	fault	fault_load, ldr
	fault	fault_store, str

// bool rescue_mark(struct rescue *rescue)
func rescue_mark
	stp	x19, x20, [x0, #RESCUE_X19]
	stp	x21, x22, [x0, #RESCUE_X19 + 16]
	stp	x23, x24, [x0, #RESCUE_X19 + 32]
	stp	x25, x26, [x0, #RESCUE_X19 + 48]
	stp	x27, x28, [x0, #RESCUE_X19 + 64]
	stp	x29, x30, [x0, #RESCUE_X29]
	mov	x9, sp
	mrs	x10, daif
	stp	x9, x10, [x0, #RESCUE_SP]
	mov	w0, #0
	ret
endfunc rescue_mark

// void rescue_back(const struct rescue *rescue)
func rescue_back
	ldp	x19, x20, [x0, #RESCUE_X19]
	ldp	x21, x22, [x0, #RESCUE_X19 + 16]
	ldp	x23, x24, [x0, #RESCUE_X19 + 32]
	ldp	x25, x26, [x0, #RESCUE_X19 + 48]
	ldp	x27, x28, [x0, #RESCUE_X19 + 64]
	ldp	x29, x30, [x0, #RESCUE_X29]
	ldp	x9, x10, [x0, #RESCUE_SP]
	mov	sp, x9
	msr	daif, x10
	mov	w0, #1
	ret
endfunc rescue_back

// void first_entry(struct weft_task *prev, void *first)
// An entry function of weft_task_init; does not return.
func first_entry
	.cfi_undefined x30
	str	x0, [x1, #FIRST_X]
	str	x1, [x1, #FIRST_X + 8]
	.irp	n, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18
	str	x\n, [x1, #FIRST_X + 8 * \n]
	.endr
	.irp	n, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30
	str	x\n, [x1, #FIRST_X + 8 * \n]
	.endr
	mov	x9, sp
	str	x9, [x1, #FIRST_SP]
	mrs	x9, daif
	str	x9, [x1, #FIRST_DAIF]
	mrs	x0, tpidr_el1
	ldr	x1, [x1, #FIRST_BACK]
	bl	weft_switch
	brk	#1				// nobody comes back
endfunc first_entry
