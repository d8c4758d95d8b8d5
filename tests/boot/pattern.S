// SPDX-License-Identifier: MIT
/*
 * Threads that fill the callee-saved registers, or the FP registers, with
 * values of their own, call something that switches, and look whether the
 * values are still there.
 */
#include <weft/asm.h>

/* What is kept on the stack: frame record, x19-x28, then the loop's own */
#define SAVED		16
#define SEED		96
#define ROUNDS		104
#define FN		112
#define ARG		120
#define ROUND		128
#define STACK		144

	.macro	save_all
	stp	x29, x30, [sp, #-STACK]!
	.cfi_adjust_cfa_offset STACK
	.cfi_rel_offset x29, 0
	.cfi_rel_offset x30, 8
	mov	x29, sp
	stp	x19, x20, [sp, #SAVED]
	stp	x21, x22, [sp, #SAVED + 16]
	stp	x23, x24, [sp, #SAVED + 32]
	stp	x25, x26, [sp, #SAVED + 48]
	stp	x27, x28, [sp, #SAVED + 64]
	stp	x0, x1, [sp, #SEED]
	stp	x2, x3, [sp, #FN]
	str	xzr, [sp, #ROUND]
	.endm

	.macro	restore_all
	ldp	x19, x20, [sp, #SAVED]
	ldp	x21, x22, [sp, #SAVED + 16]
	ldp	x23, x24, [sp, #SAVED + 32]
	ldp	x25, x26, [sp, #SAVED + 48]
	ldp	x27, x28, [sp, #SAVED + 64]
	ldp	x29, x30, [sp], #STACK
	.cfi_adjust_cfa_offset -STACK
	.cfi_restore x29
	.cfi_restore x30
	.endm

/* The value of register \n in this round: seed + round * 64 + n, in x9 */
	.macro	value n:req
	ldr	x9, [sp, #SEED]
	ldr	x10, [sp, #ROUND]
	add	x9, x9, x10, lsl #6
	add	x9, x9, #\n
	.endm

	.macro	fill_x n:req
	value	\n
	mov	x\n, x9
	.endm

/* x0 = n if the register has lost its value */
	.macro	check_x n:req
	value	\n
	cmp	x\n, x9
	mov	x10, #\n
	csel	x0, x0, x10, eq
	.endm

// uint64_t pattern_saved(uint64_t seed, uint64_t rounds,
//                        void (*fn)(void *arg), void *arg)
// Keep a pattern in x19-x28 over calls of fn.
// Returns 0, or the number of a register that lost its value.
func pattern_saved
	save_all
1:	.irp	n, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28
	fill_x	\n
	.endr
	ldp	x9, x0, [sp, #FN]
	blr	x9
	mov	x0, #0
	.irp	n, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28
	check_x	\n
	.endr
	cbnz	x0, 2f
	ldr	x9, [sp, #ROUND]
	ldr	x10, [sp, #ROUNDS]
	add	x9, x9, #1
	str	x9, [sp, #ROUND]
	cmp	x9, x10
	b.lo	1b
2:	restore_all
	ret
endfunc pattern_saved

// void pattern_break_x23(void *arg)
// What a switch must never do: return with a callee-saved register changed.
func pattern_break_x23
	mvn	x23, x23
	ret
endfunc pattern_break_x23

	.arch_extension fp
	.arch_extension simd

	.macro	fill_v n:req
	value	\n
	dup	v\n\().2d, x9
	mvn	x9, x9
	ins	v\n\().d[1], x9
	.endm

	.macro	check_v n:req
	value	\n
	mvn	x11, x9
	mov	x10, #\n
	umov	x12, v\n\().d[0]
	cmp	x12, x9
	csel	x0, x0, x10, eq
	umov	x12, v\n\().d[1]
	cmp	x12, x11
	csel	x0, x0, x10, eq
	.endm

/* FPCR: rounding mode from the seed and flush-to-zero; FPSR: the flags */
	.macro	control_values fpcr:req, fpsr:req
	value	0
	and	\fpcr, x9, #3
	lsl	\fpcr, \fpcr, #22
	orr	\fpcr, \fpcr, #(1 << 24)
	and	\fpsr, x9, #0x1f
	.endm

// uint64_t pattern_fp(uint64_t seed, uint64_t rounds,
//                     void (*fn)(void *arg), void *arg)
// Keep a pattern in v0-v31, FPCR and FPSR over calls of fn.
// Returns 0 or 64 + the number of a V register, 100 (FPCR), 101 (FPSR).
func pattern_fp
	save_all
1:	.irp	n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
	fill_v	\n
	.endr
	.irp	n, 16, 17, 18, 19, 20, 21, 22, 23
	fill_v	\n
	.endr
	.irp	n, 24, 25, 26, 27, 28, 29, 30, 31
	fill_v	\n
	.endr
	control_values x11, x12
	msr	fpcr, x11
	msr	fpsr, x12
	ldp	x9, x0, [sp, #FN]
	blr	x9
	mov	x0, #-64
	.irp	n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
	check_v	\n
	.endr
	.irp	n, 16, 17, 18, 19, 20, 21, 22, 23
	check_v	\n
	.endr
	.irp	n, 24, 25, 26, 27, 28, 29, 30, 31
	check_v	\n
	.endr
	control_values x11, x12
	mrs	x13, fpcr
	mov	x10, #36
	cmp	x13, x11
	csel	x0, x0, x10, eq
	mrs	x13, fpsr
	mov	x10, #37
	cmp	x13, x12
	csel	x0, x0, x10, eq
	add	x0, x0, #64
	cbnz	x0, 2f
	ldr	x9, [sp, #ROUND]
	ldr	x10, [sp, #ROUNDS]
	add	x9, x9, #1
	str	x9, [sp, #ROUND]
	cmp	x9, x10
	b.lo	1b
2:	restore_all
	ret
endfunc pattern_fp

// void pattern_break_v5(void *arg)
func pattern_break_v5
	ins	v5.d[1], xzr
	ret
endfunc pattern_break_v5

// void pattern_break_fpsr(void *arg)
func pattern_break_fpsr
	mrs	x9, fpsr
	eor	x9, x9, #1
	msr	fpsr, x9
	ret
endfunc pattern_break_fpsr
