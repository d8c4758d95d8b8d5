// SPDX-License-Identifier: MIT
/*
 * The first instructions: arm64 Image header, descent to EL1, the first page
 * tables, MMU on, C.
 *
 * Entered by the boot loader (Linux's arm64 boot protocol): MMU off, DAIF
 * masked, x0 = physical address of the device tree, at EL1, EL2 or EL3.
 */
#include <weft/asm.h>

#include "boot/mail.h"
#include "mm/layout.h"

#define MPIDR_AFFINITY	0xff00ffffff

	/* The header: Documentation of the format is the protocol's. */
	.section .head, "ax", %progbits
	.globl	_start
_start:
	b	start_physical			// code0
	.long	0				// code1
	.quad	0				// offset from a 2 MiB boundary
	.quad	__image_size			// with .bss: what must be free
	.quad	0xa				// little-endian, 4 KiB pages
	.quad	0
	.quad	0
	.quad	0
	.ascii	"ARM\x64"
	.long	0

func start_physical
	.cfi_undefined x30
	mov	x19, x0				// the device tree
	bl	weft_descend
	mov	x20, x0				// exception level of entry

	/* A stack at its physical address, for early_map only. */
	adrp	x1, boot_stack_top
	add	x1, x1, :lo12:boot_stack_top
	mov	sp, x1
	mov	x29, xzr
	adrp	x0, _start
	mov	x1, x19
	bl	early_map			// x0 = its tables
	adrp	x21, _start			// where the image is

	ldp	x0, x1, [x0]			// TTBR0, TTBR1
	ldr	x2, =start_virtual
	bl	weft_mmu_on

	/* It came back: no 4 KiB granule. Nobody can be told; stop. */
1:	wfe
	b	1b
endfunc start_physical

func start_virtual
	.cfi_undefined x30
	ldr	x0, =boot_stack_top
	mov	sp, x0
	ldr	x0, =weft_vectors
	msr	vbar_el1, x0
	isb

	/* .bss only now: with caches on no stale line can hide the zeros. */
	ldr	x0, =__bss_start
	ldr	x1, =__bss_end
2:	stp	xzr, xzr, [x0], #16
	cmp	x0, x1
	b.lo	2b

	mov	x29, xzr
	mov	x30, xzr
	mov	x0, x21				// image, physical
	mov	x1, x19				// device tree, physical
	mov	x2, x20				// exception level of entry
	b	loom_main
endfunc start_virtual

	/*
	 * A further CPU, from the firmware or from the loop of a spin-table:
	 * MMU off, at EL1, EL2 or EL3, nothing in the registers. It waits for
	 * mail that names it. The loads are in order: without the MMU all
	 * memory is Device memory.
	 */
func secondary_physical
	.cfi_undefined x30
	bl	weft_descend
	adrp	x3, secondary_mail
	add	x3, x3, :lo12:secondary_mail
	mrs	x0, mpidr_el1
	mov64	x1, MPIDR_AFFINITY
	and	x0, x0, x1
1:	ldr	x1, [x3, #MAIL_MPIDR]
	cmp	x0, x1
	b.eq	2f
	wfe					// SEV: the mail is another
	b	1b
2:	ldp	x0, x1, [x3, #MAIL_TTBR0]
	ldr	x2, =secondary_virtual
	bl	weft_mmu_on
3:	wfe					// no 4 KiB granule
	b	3b
endfunc secondary_physical

func secondary_virtual
	.cfi_undefined x30
	ldr	x1, =secondary_mail
	ldr	x0, [x1, #MAIL_STACK_TOP]
	mov	sp, x0
	ldr	x0, =weft_vectors
	msr	vbar_el1, x0
	isb
	ldr	x0, [x1, #MAIL_CPU]
	mov	x29, xzr
	mov	x30, xzr
	b	secondary_main
endfunc secondary_virtual

	/*
	 * The boot thread's stack and the spare stack, each in the upper half
	 * of an aligned slot: the vectors want the stack's bit of sp set.
	 */
	.section .stacks, "aw", %nobits
	.balign	STACK_SLOT
	.skip	STACK_SIZE
	.globl	boot_stack
boot_stack:
	.skip	STACK_SIZE
	.globl	boot_stack_top
boot_stack_top:
	.skip	STACK_SIZE
	.skip	STACK_SIZE
	.globl	spare_stack_top
spare_stack_top:
