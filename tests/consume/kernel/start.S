// SPDX-License-Identifier: MIT
/*
 * From the loader to C: to EL1, the MMU on, the vectors in place. The image is
 * linked in the upper half at its physical address plus KERNEL_BASE, so one
 * table of two 1 GiB blocks serves both halves until there is C.
 */
#include <weft/arch.h>
#include <weft/asm.h>
#include <weft/cpu.h>

#define BLOCK	(WEFT_PTE_VALID | WEFT_PTE_AF | WEFT_PTE_SH_INNER | \
		 WEFT_PTE_UXN)
#define STACK	(1 << WEFT_STACK_SHIFT)

func _start
	bl	weft_descend
	mov	x19, x0				// exception level of entry
	adrp	x0, root
	mov	x1, x0
	ldr	x2, =upper_half
	bl	weft_mmu_on
1:	wfe					// no 4 KiB granule
	b	1b
endfunc _start

func upper_half
	ldr	x0, =boot_stack_top
	mov	sp, x0
	ldr	x0, =weft_vectors
	msr	vbar_el1, x0
	isb
	ldr	x0, =__bss_start
	ldr	x1, =__bss_end
1:	stp	xzr, xzr, [x0], #16
	cmp	x0, x1
	b.lo	1b
	mov	x29, xzr
	mov	x0, x19
	bl	kernel_main
endfunc upper_half

	.section .rodata.root, "a", %progbits
	.balign	WEFT_PAGE_SIZE
root:	/* 0: devices; 1 GiB: memory */
	.quad	BLOCK | WEFT_PTE_ATTR(WEFT_MAIR_DEVICE) | WEFT_PTE_PXN
	.quad	0x40000000 | BLOCK | WEFT_PTE_ATTR(WEFT_MAIR_NORMAL)
	.balign	WEFT_PAGE_SIZE
	.globl	empty_root
empty_root:
	.skip	WEFT_PAGE_SIZE

	/* Each stack is the upper half of an aligned slot (weft/cpu.h). */
	.macro	stack top:req
	.skip	STACK * 2
	.globl	\top
\top:
	.endm

	.section .stacks, "aw", %nobits
	.balign	STACK * 2
	stack	boot_stack_top
	stack	spare_stack_top
	stack	ping_stack_top
	stack	pong_stack_top
