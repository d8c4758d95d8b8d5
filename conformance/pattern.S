// SPDX-License-Identifier: MIT
//
// The window in which every register of the process holds a pattern. Only sp
// is left to address memory with, so the frame below it holds all that is
// needed to come back. With PATTERN_GENERAL it touches no FP register: for a
// kernel that does not let programs use them.

#include "asm.h"
#include "pattern.h"

#ifndef PATTERN_GENERAL
	.arch_extension fp
	.arch_extension simd
#endif

// The frame: an image of the registers, then what belongs to the caller.
#define F_X19		PATTERN_SIZE
#define F_D8		(F_X19 + 96)
#define F_FPCR		(F_D8 + 64)
#define F_FPSR		(F_FPCR + 8)
#define F_TPIDR		(F_FPSR + 8)
#define F_GOT		(F_TPIDR + 8)
#define F_SP		(F_GOT + 8)
#define F_SIZE		(F_SP + 16)

#if F_SIZE % 16 != 0
#error "sp is 16-byte aligned"
#endif
#if PATTERN_FPSR != PATTERN_FPCR + 8
#error "read_fp and write_fp need them side by side"
#endif

// Each operation has a slot of this size and is reached by br x30.
#define SLOT_SHIFT	5

	.macro	window_v op:req, base:req, offset:req
#ifndef PATTERN_GENERAL
	each_v	\op, \base, \offset
#endif
	.endm

// FPCR and FPSR, to or from two words at \base + \offset; x10 is used.
	.macro	read_fp base:req, offset:req
#ifndef PATTERN_GENERAL
	mrs	x10, fpcr
	str	x10, [\base, #\offset]
	mrs	x10, fpsr
	str	x10, [\base, #\offset + 8]
#endif
	.endm

	.macro	write_fp base:req, offset:req
#ifndef PATTERN_GENERAL
	ldr	x10, [\base, #\offset]
	msr	fpcr, x10
	ldr	x10, [\base, #\offset + 8]
	msr	fpsr, x10
#endif
	.endm

	.macro	x2_to_x29 op:req, base:req
	\op	x2, x3, [\base, #PATTERN_X + 16]
	\op	x4, x5, [\base, #PATTERN_X + 32]
	\op	x6, x7, [\base, #PATTERN_X + 48]
	\op	x8, x9, [\base, #PATTERN_X + 64]
	\op	x10, x11, [\base, #PATTERN_X + 80]
	\op	x12, x13, [\base, #PATTERN_X + 96]
	\op	x14, x15, [\base, #PATTERN_X + 112]
	\op	x16, x17, [\base, #PATTERN_X + 128]
	\op	x18, x19, [\base, #PATTERN_X + 144]
	\op	x20, x21, [\base, #PATTERN_X + 160]
	\op	x22, x23, [\base, #PATTERN_X + 176]
	\op	x24, x25, [\base, #PATTERN_X + 192]
	\op	x26, x27, [\base, #PATTERN_X + 208]
	\op	x28, x29, [\base, #PATTERN_X + 224]
	.endm

// What AAPCS64 preserves; x9 is the frame's upper part, within stp's reach.
	.macro	caller_regs op:req
	\op	x19, x20, [x9, #0]
	\op	x21, x22, [x9, #16]
	\op	x23, x24, [x9, #32]
	\op	x25, x26, [x9, #48]
	\op	x27, x28, [x9, #64]
	\op	x29, x30, [x9, #80]
#ifndef PATTERN_GENERAL
	\op	d8, d9, [x9, #96]
	\op	d10, d11, [x9, #112]
	\op	d12, d13, [x9, #128]
	\op	d14, d15, [x9, #144]
#endif
	.endm

// .org goes forward only: an operation that overflows its slot is an error.
	.macro	slot op:req
	.org	.Lslots + ((\op) << SLOT_SHIFT)
	.endm

	.macro	load_x30
	ldr	x30, [sp, #PATTERN_X + 240]
	.endm

// void pattern_window(const struct pattern_regs *want,
//                     struct pattern_regs *got, unsigned int op)
// In: x0 want, x1 got, w2 op below OP_COUNT.
// Clobbers: what any C function may.
// Needs: no signal handler that runs C code, while TPIDR_EL0 is not the
// C library's.
	.text
func pattern_window
	sub	sp, sp, #F_SIZE
	.cfi_def_cfa_offset F_SIZE
	add	x9, sp, #F_X19
	caller_regs stp
	.cfi_offset x19, F_X19 - F_SIZE
	.cfi_offset x20, F_X19 + 8 - F_SIZE
	.cfi_offset x21, F_X19 + 16 - F_SIZE
	.cfi_offset x22, F_X19 + 24 - F_SIZE
	.cfi_offset x23, F_X19 + 32 - F_SIZE
	.cfi_offset x24, F_X19 + 40 - F_SIZE
	.cfi_offset x25, F_X19 + 48 - F_SIZE
	.cfi_offset x26, F_X19 + 56 - F_SIZE
	.cfi_offset x27, F_X19 + 64 - F_SIZE
	.cfi_offset x28, F_X19 + 72 - F_SIZE
	.cfi_offset x29, F_X19 + 80 - F_SIZE
	.cfi_offset x30, F_X19 + 88 - F_SIZE
	read_fp	sp, F_FPCR
	mrs	x10, tpidr_el0
	str	x10, [sp, #F_TPIDR]
	str	x1, [sp, #F_GOT]
	mov	x10, sp
	str	x10, [sp, #F_SP]
	ldr	x10, [x0, #PATTERN_X + 240]
	str	x10, [sp, #PATTERN_X + 240]

	adr	x30, .Lslots
	ubfiz	x10, x2, #SLOT_SHIFT, #32
	add	x30, x30, x10
	write_fp x0, PATTERN_FPCR
	ldr	x10, [x0, #PATTERN_TPIDR]
	msr	tpidr_el0, x10
	window_v ldp, x0, PATTERN_V
	ldr	x10, [x0, #PATTERN_NZCV]
	msr	nzcv, x10
	x2_to_x29 ldp, x0
	ldp	x0, x1, [x0, #PATTERN_X]
	br	x30

.Lstore:
	stp	x0, x1, [sp, #PATTERN_X]
	x2_to_x29 stp, sp
	str	x30, [sp, #PATTERN_X + 240]
	mrs	x10, nzcv
	str	x10, [sp, #PATTERN_NZCV]
	read_fp	sp, PATTERN_FPCR
	mrs	x10, tpidr_el0
	str	x10, [sp, #PATTERN_TPIDR]
	window_v stp, sp, PATTERN_V
	mov	x10, sp
	ldr	x11, [sp, #F_SP]
	sub	x10, x10, x11
	str	x10, [sp, #PATTERN_SP]

	// The caller's again.
	ldr	x10, [sp, #F_TPIDR]
	msr	tpidr_el0, x10
	write_fp sp, F_FPCR
	ldr	x1, [sp, #F_GOT]
	mov	x0, sp
	add	x2, sp, #PATTERN_SIZE
1:	ldp	x10, x11, [x0], #16
	stp	x10, x11, [x1], #16
	cmp	x0, x2
	b.ne	1b
	add	x9, sp, #F_X19
	caller_regs ldp
	add	sp, sp, #F_SIZE
	.cfi_def_cfa_offset 0
	ret
endfunc pattern_window

// The operations. sp is the frame of pattern_window, which is where each of
// them goes back to; x30 is the last register that gets its pattern.
	.balign	1 << SLOT_SHIFT
	.type	pattern_slots, %function
pattern_slots:
	.cfi_startproc
	.cfi_def_cfa sp, F_SIZE
	.cfi_offset x30, F_X19 + 88 - F_SIZE
.Lslots:
	slot	OP_NOTHING
	load_x30
	b	.Lstore

	slot	OP_SPIN_X30
	load_x30
1:	sub	x30, x30, #1
	cbnz	x30, 1b
	b	.Lstore

	slot	OP_SPIN_X0
	load_x30
1:	sub	x0, x0, #1
	cbnz	x0, 1b
	b	.Lstore

	slot	OP_SVC
	load_x30
	svc	#0
	b	.Lstore

	.irp	n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, \
		17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30
	slot	OP_CORRUPT_X+\n
	load_x30
	eor	x\n, x\n, #1
	b	.Lstore
	.endr

#ifndef PATTERN_GENERAL
	.irp	n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, \
		17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
	slot	OP_CORRUPT_V+\n
	load_x30
	not	v\n\().16b, v\n\().16b
	b	.Lstore
	.endr
#endif

	.macro	corrupt_system op:req, reg:req, bit:req
	slot	\op
	mrs	x30, \reg
	eor	x30, x30, #\bit
	msr	\reg, x30
	load_x30
	b	.Lstore
	.endm

	corrupt_system OP_CORRUPT_NZCV, nzcv, 0x10000000
#ifndef PATTERN_GENERAL
	corrupt_system OP_CORRUPT_FPCR, fpcr, 0x400000
	corrupt_system OP_CORRUPT_FPSR, fpsr, 0x10
#endif
	corrupt_system OP_CORRUPT_TPIDR, tpidr_el0, 1
	slot	OP_LOAD
	load_x30
	ldrb	wzr, [x0]
	b	.Lstore

	slot	OP_COUNT
	.cfi_endproc
	.size	pattern_slots, . - pattern_slots

	.section .note.GNU-stack, "", %progbits
