// SPDX-License-Identifier: MIT
/*
 * The smallest firmware for QEMU's virt board with secure=on: it is entered
 * at EL3, leaves all interrupts to the non-secure side, and jumps, still in
 * EL3, to the arm64 Image at 0x40200000 with the device tree that QEMU leaves
 * at the start of memory. Given to QEMU by -bios; no PSCI. Other CPUs come here
 * as well: each waits, at EL3, until an address is in its word of the
 * spin-table, and goes there.
 *
 * It knows the board's addresses, as firmware does; which interrupt controller
 * there is says the CPU, which has GICv3's registers or not.
 */
#define IMAGE		0x40200000
#define DTB		0x40000000
#define SPIN_TABLE	0x40180000	/* a doubleword for each CPU */

#define GICD		0x08000000
#define GICC_V2		0x08010000
#define GICR		0x080a0000
#define GICR_SHIFT	17		/* log2 of what each CPU has */

#define GICD_CTLR	0x000
#define GICD_TYPER	0x004
#define GICD_IGROUPR	0x080
#define GICC_PMR	0x004
#define GICR_WAKER	0x014
#define GICR_IGROUPR0	0x10080
#define GICR_IGRPMODR0	0x10d00

#define CTLR_ARE_S	(1 << 4)
#define CTLR_ARE_NS	(1 << 5)
#define WAKER_SLEEP	(1 << 1)
#define WAKER_CHILDREN	(1 << 2)

	.section .text
	.globl	_start
_start:
	msr	daifset, #15
	ldr	x1, =GICD
	mov	w4, #-1
	mrs	x5, mpidr_el1
	and	x5, x5, #0xff			// the CPU
	mrs	x6, id_aa64pfr0_el1		// GIC: 0 for a GICv2
	ubfx	x6, x6, #24, #4
	cbnz	x5, .Lown

	/* All shared interrupts: group 1 (with IGRPMODR 0: non-secure). */
	ldr	w2, [x1, #GICD_TYPER]
	and	w2, w2, #0x1f			// registers less one
	add	x3, x1, #GICD_IGROUPR
1:	str	w4, [x3], #4
	subs	w2, w2, #1
	b.ge	1b
	cbz	x6, .Lown

	/* GICv3: affinity routing for both sides. */
	mov	w2, #(CTLR_ARE_S | CTLR_ARE_NS)
	str	w2, [x1, #GICD_CTLR]

	/* What each CPU has of its own: the redistributor awake. */
.Lown:	cbz	x6, .Lv2
	ldr	x1, =GICR
	add	x1, x1, x5, lsl #GICR_SHIFT
	ldr	w2, [x1, #GICR_WAKER]
	bic	w2, w2, #WAKER_SLEEP
	str	w2, [x1, #GICR_WAKER]
2:	ldr	w2, [x1, #GICR_WAKER]
	tst	w2, #WAKER_CHILDREN
	b.ne	2b
	ldr	x3, =GICR_IGROUPR0
	str	w4, [x1, x3]
	ldr	x3, =GICR_IGRPMODR0
	str	wzr, [x1, x3]
	b	.Lgo

	/* GICv2: the non-secure side may use the lower half of priorities. */
.Lv2:	str	w4, [x1, #GICD_IGROUPR]
	ldr	x1, =GICC_V2
	mov	w2, #0xff
	str	w2, [x1, #GICC_PMR]

.Lgo:	cbnz	x5, .Lspin
	ldr	x0, =DTB
	mov	x1, xzr
	mov	x2, xzr
	mov	x3, xzr
	ldr	x4, =IMAGE
	br	x4

.Lspin:	ldr	x1, =SPIN_TABLE
	add	x1, x1, x5, lsl #3
3:	wfe
	ldr	x4, [x1]
	cbz	x4, 3b
	br	x4
	.ltorg
