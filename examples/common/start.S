// SPDX-License-Identifier: MIT
/* From the loader to C: EL1, MMU on at the kernel's addresses, a stack. */
#include <weft/arch.h>
#include <weft/asm.h>
#include <weft/cpu.h>

#define ANY	(WEFT_PTE_VALID | WEFT_PTE_AF | WEFT_PTE_UXN)
#define RAM	(ANY | WEFT_PTE_SH_INNER | WEFT_PTE_ATTR(WEFT_MAIR_NORMAL))
#define DEVICE	(ANY | WEFT_PTE_PXN | WEFT_PTE_ATTR(WEFT_MAIR_DEVICE))

func _start
	bl	weft_descend
	adrp	x0, boot_table			// physical: the MMU is off
	mov	x1, x0
	ldr	x2, =start_virtual
	bl	weft_mmu_on
	b	.				// no 4 KiB granule
endfunc _start

func start_virtual
	ldr	x0, =boot_stack_top
	mov	sp, x0
	mov	x29, xzr
	b	example_main
endfunc start_virtual

	.data	/* QEMU's virt board, 1 GiB an entry: devices, then memory. */
	.balign	WEFT_PAGE_SIZE
boot_table:
	.quad	DEVICE, 0x40000000 + RAM
	.balign	WEFT_PAGE_SIZE
	.bss	/* A stack is the upper half of its slot (weft/cpu.h). */
	.balign	2 << WEFT_STACK_SHIFT
	.skip	2 << WEFT_STACK_SHIFT
	.globl	boot_stack_top
boot_stack_top:
