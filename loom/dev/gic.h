// SPDX-License-Identifier: MIT
/*
 * What GICv2 and GICv3 have in common: the distributor's registers and the
 * layout of its per-interrupt arrays (IHI 0048B, IHI 0069H chapter 12), for
 * gicv2.c and gicv3.c; a GICv3 redistributor has the same arrays for its CPU's
 * SGIs and PPIs. And how an interrupt is taken and ended, for irq.c and tick.c:
 * inline, for it is done at every one.
 */
#ifndef LOOM_DEV_GIC_H
#define LOOM_DEV_GIC_H

#include <stdbool.h>
#include <stdint.h>

#include <weft/sysreg.h>

#include "dev/irq.h"
#include "dev/mmio.h"

enum {
	GIC_SGI_COUNT = 16,
	GIC_SPI_FIRST = 32,

	/* CPUs that a driver remembers how to address */
	GIC_CPU_MAX = 64,

	/*
	 * One priority for all: nothing preempts, so none needs another. Of
	 * 0xa0 both views (a non-secure one shifts) keep a distinct value,
	 * and the mask lets everything up to 0xef through.
	 */
	GIC_PRIORITY = 0xa0,
	GIC_PRIORITY_MASK = 0xf0,

	/* Rounds of a status register before the hardware counts as broken. */
	GIC_WAIT_ROUNDS = 1000000,
};

/* Offsets in the distributor, and (GICv3) in a redistributor's SGI frame */
enum {
	GICD_CTLR = 0x0000,
	GICD_TYPER = 0x0004,
	GICD_IGROUPR = 0x0080,		/* 1 bit an interrupt */
	GICD_ISENABLER = 0x0100,
	GICD_ICENABLER = 0x0180,
	GICD_ICPENDR = 0x0280,
	GICD_ICACTIVER = 0x0380,
	GICD_IPRIORITYR = 0x0400,	/* 8 bits */
	GICD_ITARGETSR = 0x0800,	/* 8 bits, GICv2 */
	GICD_ICFGR = 0x0c00,		/* 2 bits: the upper says edge */
	GICD_IGRPMODR = 0x0d00,		/* 1 bit, GICv3 */
	GICD_SGIR = 0x0f00,		/* GICv2 */
	GICD_IROUTER = 0x6000,		/* 64 bits, GICv3; of INTID 0 */
};

enum {
	GICD_TYPER_LINES = 0x1f,	/* INTIDs / 32 - 1 */
};

/* CPU interface of a GICv2 */
enum {
	GICC_CTLR = 0x00,
	GICC_PMR = 0x04,
	GICC_IAR = 0x0c,
	GICC_EOIR = 0x10,
};

/*
 * Where a GICv2's CPU interface is mapped; 0: it is in system registers.
 * Written once, before an interrupt is enabled.
 */
extern uintptr_t gic_cpu_if;

/*
 * Take the pending interrupt of highest priority. @cpu_if: gic_cpu_if. gic_end
 * wants the value back: a GICv2's says also who sent an SGI. Orders nothing:
 * see irq_dispatch.
 */
static inline uint64_t gic_take(uintptr_t cpu_if)
{
	if (cpu_if)
		return mmio_read32(cpu_if + GICC_IAR);
	return weft_read_icc_iar1_el1();
}

/* Its number; IRQ_MAX or more: there was none. LPIs are not used. */
static inline uint64_t gic_number(uint64_t taken)
{
	return taken & 0x3ff;
}

/*
 * It has been handled. No barrier: accesses to the CPU interface keep their
 * order, and the next one is to take another or comes after an ERET.
 */
static inline void gic_end(uintptr_t cpu_if, uint64_t taken)
{
	if (cpu_if)
		mmio_write32(cpu_if + GICC_EOIR, (uint32_t)taken);
	else
		weft_write_icc_eoir1_el1(taken);
}

static inline uint32_t gic_line_count(uintptr_t dist)
{
	uint32_t n = ((mmio_read32(dist + GICD_TYPER) & GICD_TYPER_LINES) + 1)
		     * 32;

	return n < IRQ_MAX ? n : IRQ_MAX;
}

/* Write the bit of @irq in a 1-bit array whose zeros mean nothing. */
static inline void gic_write_bit(uintptr_t array, uint32_t irq)
{
	mmio_write32(array + irq / 32 * 4, UINT32_C(1) << irq % 32);
}

static inline void gic_set_priority(uintptr_t base, uint32_t irq)
{
	mmio_write8(base + GICD_IPRIORITYR + irq, GIC_PRIORITY);
}

/*
 * The trigger of @irq, which is disabled. SGIs are always edge-triggered, and
 * the hardware may refuse for PPIs.
 */
static inline void gic_set_edge(uintptr_t base, uint32_t irq, bool edge)
{
	uintptr_t reg = base + GICD_ICFGR + irq / 16 * 4;
	uint32_t bit = UINT32_C(2) << irq % 16 * 2;
	uint32_t value = mmio_read32(reg);

	if (irq < GIC_SGI_COUNT)
		return;
	mmio_write32(reg, edge ? value | bit : value & ~bit);
}

/* Disable and forget the 32 interrupts from @first on. */
static inline void gic_quiet(uintptr_t base, uint32_t first)
{
	uintptr_t reg = base + first / 32 * 4;

	mmio_write32(reg + GICD_ICENABLER, UINT32_MAX);
	mmio_write32(reg + GICD_ICPENDR, UINT32_MAX);
	mmio_write32(reg + GICD_ICACTIVER, UINT32_MAX);
}

#endif
