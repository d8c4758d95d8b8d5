// SPDX-License-Identifier: MIT
/*
 * GICv3 and GICv4 (IHI 0069H): a distributor for the SPIs, a redistributor
 * for each CPU's SGIs and PPIs, the CPU interface in system registers.
 * dev/irq.c finds it through gicv3_probe.
 *
 * All interrupts are in non-secure group 1, which EL1 takes as IRQ whether
 * the GIC has one security state (the group is written here) or two (the
 * secure side assigned it, the writes are ignored). LPIs are not used, so an
 * INTID never exceeds 1023.
 */
#include <weft/cpu.h>
#include <weft/sysreg.h>
#include <weft/task.h>

#include "dev/fdt.h"
#include "dev/gic.h"
#include "lib/assert.h"
#include "lib/errno.h"
#include "lib/log.h"
#include "lib/panic.h"
#include "mm/kvm.h"

enum {
	GICD_CTLR_ENABLE_G1 = 1 << 1,	/* Group1 or, of two, Group1NS */
	GICD_CTLR_ARE = 1 << 4,		/* affinity routing */
	DIST_SIZE = 0x10000,
};
#define GICD_CTLR_RWP	(UINT32_C(1) << 31)	/* a write is in progress */

/* Redistributor: the control frame, then the frame of SGIs and PPIs */
enum {
	GICR_CTLR = 0x00,
	GICR_TYPER = 0x08,
	GICR_WAKER = 0x14,
	GICR_SGI_FRAME = 0x10000,

	GICR_CTLR_RWP = 1 << 3,
	GICR_WAKER_SLEEP = 1 << 1,
	GICR_WAKER_CHILDREN_ASLEEP = 1 << 2,
	GICR_TYPER_VLPIS = 1 << 1,	/* GICv4: two more frames */
	GICR_TYPER_LAST = 1 << 4,

	RDIST_SIZE = 0x20000,		/* the two frames that we use */
	RDIST_STRIDE = 0x20000,
	RDIST_STRIDE_VLPIS = 0x40000,
};
#define GICR_TYPER_AFFINITY_SHIFT 32

/* CPU interface */
enum {
	ICC_SRE_ENABLE = 7,		/* SRE; no FIQ or IRQ bypass */
	ICC_IGRPEN1_ENABLE = 1,
	SGI1R_INTID_SHIFT = 24,
	SGI1R_AFF1_SHIFT = 16,
	SGI1R_AFF2_SHIFT = 32,
	SGI1R_RANGE_SHIFT = 44,
	SGI1R_AFF3_SHIFT = 48,
	PFR0_GIC_SHIFT = 24,
	PFR0_GIC_MASK = 0xf,
};

struct rdist {
	uint32_t affinity;	/* Aff3.Aff2.Aff1.Aff0, a byte each */
	uintptr_t base;
};

static uintptr_t dist;
/* Filled by the probe, in the order of the hardware. */
static struct rdist rdists[GIC_CPU_MAX];
static unsigned rdist_count;
/* By weft_cpu.index, each written by its CPU; NULL: not there yet. */
static const struct rdist *rdist_of[GIC_CPU_MAX];

/* Wait until @bits of the register at @reg are clear; fatal() if never. */
static void wait_clear(uintptr_t reg, uint32_t bits, const char *what)
{
	unsigned n;

	for (n = 0; n < GIC_WAIT_ROUNDS; n++)
		if (!(mmio_read32(reg) & bits))
			return;
	fatal("gicv3: the %s", what);
}

static void dist_wait(void)
{
	wait_clear(dist + GICD_CTLR, GICD_CTLR_RWP,
		   "distributor does not finish a write");
}

static void rdist_wait(const struct rdist *rdist)
{
	wait_clear(rdist->base + GICR_CTLR, GICR_CTLR_RWP,
		   "redistributor does not finish a write");
}

static const struct rdist *this_rdist(void)
{
	return rdist_of[weft_task_current()->cpu->index];
}

static void gicv3_enable(uint32_t irq, bool edge)
{
	const struct rdist *rdist = this_rdist();
	uintptr_t base = dist;

	if (irq < GIC_SPI_FIRST)
		base = rdist->base + GICR_SGI_FRAME;
	gic_set_edge(base, irq, edge);
	gic_set_priority(base, irq);
	if (irq >= GIC_SPI_FIRST) {
		uint64_t affinity = rdist->affinity;

		mmio_write64(dist + GICD_IROUTER + (uintptr_t)irq * 8,
			     (affinity & 0xff000000) << 8 |
			     (affinity & 0x00ffffff));
	}
	gic_write_bit(base + GICD_ISENABLER, irq);
}

static void gicv3_disable(uint32_t irq)
{
	const struct rdist *rdist = this_rdist();

	/* Off for certain when this returns: enabling needs no such wait. */
	if (irq < GIC_SPI_FIRST) {
		gic_write_bit(rdist->base + GICR_SGI_FRAME + GICD_ICENABLER,
			      irq);
		rdist_wait(rdist);
	} else {
		gic_write_bit(dist + GICD_ICENABLER, irq);
		dist_wait();
	}
}

static void rdist_wake(const struct rdist *rdist)
{
	uintptr_t waker = rdist->base + GICR_WAKER;

	mmio_write32(waker, mmio_read32(waker) & ~(uint32_t)GICR_WAKER_SLEEP);
	wait_clear(waker, GICR_WAKER_CHILDREN_ASLEEP,
		   "redistributor does not wake up");
}

static void rdist_init(const struct rdist *rdist)
{
	uintptr_t sgi = rdist->base + GICR_SGI_FRAME;
	uint32_t irq;

	rdist_wake(rdist);
	gic_quiet(sgi, 0);
	rdist_wait(rdist);
	mmio_write32(sgi + GICD_IGROUPR, UINT32_MAX);
	mmio_write32(sgi + GICD_IGRPMODR, 0);
	for (irq = 0; irq < GIC_SPI_FIRST; irq++)
		gic_set_priority(sgi, irq);
}

static void cpu_interface_init(void)
{
	weft_write_icc_sre_el1(ICC_SRE_ENABLE);
	weft_isb();		/* the registers below exist only with SRE */
	if (!(weft_read_icc_sre_el1() & 1))
		fatal("gicv3: the firmware keeps the system registers of the "
		      "CPU interface to itself");
	weft_write_icc_ctlr_el1(0);	/* EOImode 0: EOIR1 deactivates too */
	weft_write_icc_pmr_el1(GIC_PRIORITY_MASK);
	weft_write_icc_bpr1_el1(0);
	weft_write_icc_igrpen1_el1(ICC_IGRPEN1_ENABLE);
	weft_isb();		/* in force before anyone unmasks interrupts */
}

static uint32_t own_affinity(void)
{
	uint64_t mpidr = weft_read_mpidr_el1();

	return (uint32_t)(mpidr >> 8 & 0xff000000) |
	       (uint32_t)(mpidr & 0x00ffffff);
}

static void gicv3_init_cpu(void)
{
	unsigned cpu = weft_task_current()->cpu->index;
	uint32_t affinity = own_affinity();
	unsigned i = 0;

	while (i < rdist_count && rdists[i].affinity != affinity)
		i++;
	if (i == rdist_count || cpu >= GIC_CPU_MAX)
		fatal("gicv3: no redistributor for CPU %u (affinity %#x)", cpu,
		      affinity);
	rdist_of[cpu] = &rdists[i];
	rdist_init(&rdists[i]);
	cpu_interface_init();
}

static void gicv3_send_sgi(unsigned cpu, uint32_t sgi)
{
	uint64_t a, value;

	assert(cpu < GIC_CPU_MAX && rdist_of[cpu]);
	a = rdist_of[cpu]->affinity;
	value = (a >> 24 & 0xff) << SGI1R_AFF3_SHIFT |
		(a >> 4 & 0xf) << SGI1R_RANGE_SHIFT |
		(a >> 16 & 0xff) << SGI1R_AFF2_SHIFT |
		(uint64_t)sgi << SGI1R_INTID_SHIFT |
		(a >> 8 & 0xff) << SGI1R_AFF1_SHIFT | UINT64_C(1) << (a & 0xf);
	/*
	 * What this CPU wrote is visible to the receiver before the interrupt
	 * is: pairs with the barrier in irq_dispatch. A system-register write
	 * is not ordered after stores by anything less than a DSB.
	 */
	weft_dsb_ishst();
	weft_write_icc_sgi1r_el1(value);
	weft_isb();		/* sent now, not at the next exception */
}

static struct irq_chip gicv3 = {
	.name = "GICv3",
	.enable = gicv3_enable,
	.disable = gicv3_disable,
	.init_cpu = gicv3_init_cpu,
	.send_sgi = gicv3_send_sgi,
};

/*
 * Every SPI off and in group 1; enable() sets up the rest. Affinity routing
 * is switched on, and never off, while no group is enabled (12.9.4).
 */
static void distributor_init(void)
{
	uint32_t ctlr = mmio_read32(dist + GICD_CTLR);
	uint32_t irq;

	mmio_write32(dist + GICD_CTLR, ctlr & GICD_CTLR_ARE);
	dist_wait();
	for (irq = GIC_SPI_FIRST; irq < gicv3.lines; irq += 32) {
		uintptr_t reg = dist + irq / 32 * 4;

		gic_quiet(dist, irq);
		mmio_write32(reg + GICD_IGROUPR, UINT32_MAX);
		mmio_write32(reg + GICD_IGRPMODR, 0);
	}
	dist_wait();
	mmio_write32(dist + GICD_CTLR, GICD_CTLR_ARE);
	dist_wait();
	mmio_write32(dist + GICD_CTLR, GICD_CTLR_ARE | GICD_CTLR_ENABLE_G1);
	dist_wait();
}

/*
 * Remember the redistributors of one region, up to the one that says that it
 * is the last. Each is mapped by itself: a region has room for many more CPUs
 * than there are.
 */
static void walk_region(uint64_t pa, uint64_t size, uint64_t stride)
{
	uint64_t offset = 0;

	while (size >= RDIST_SIZE && offset <= size - RDIST_SIZE &&
	       rdist_count < GIC_CPU_MAX) {
		void *base = kvm_map_device(pa + offset, RDIST_SIZE);
		uint64_t type;

		if (!base)
			fatal("gicv3: no room to map a redistributor");
		type = mmio_read64((uintptr_t)base + GICR_TYPER);
		rdists[rdist_count].base = (uintptr_t)base;
		rdists[rdist_count].affinity =
			(uint32_t)(type >> GICR_TYPER_AFFINITY_SHIFT);
		rdist_count++;
		if (type & GICR_TYPER_LAST)
			return;
		if (stride)
			offset += stride;
		else
			offset += type & GICR_TYPER_VLPIS ? RDIST_STRIDE_VLPIS
							  : RDIST_STRIDE;
	}
}

static void find_rdists(const struct fdt *fdt, int node)
{
	uint64_t pa, size, stride = 0;
	uint32_t regions = 1;
	uint32_t i;

	fdt_prop_u32(fdt, node, "#redistributor-regions", &regions);
	fdt_prop_number(fdt, node, "redistributor-stride", &stride);
	if (stride % RDIST_SIZE)
		fatal("gicv3: a redistributor stride of %#llx is not possible",
		      (unsigned long long)stride);
	for (i = 0; i < regions; i++) {
		if (fdt_reg(fdt, node, 1 + i, &pa, &size) < 0)
			fatal("gicv3: the device tree promises %u "
			      "redistributor regions and gives %u", regions, i);
		walk_region(pa, size, stride);
	}
	if (rdist_count == 0)
		fatal("gicv3: the redistributor regions are empty");
}

int gicv3_probe(const struct fdt *fdt, const struct irq_chip **chip)
{
	uint64_t pa, size;
	int node = fdt_node_by_compatible(fdt, -1, "arm,gic-v3");

	if (node < 0 || !fdt_node_is_enabled(fdt, node))
		return -ENODEV;
	if (!(weft_read_id_aa64pfr0_el1() >> PFR0_GIC_SHIFT & PFR0_GIC_MASK))
		fatal("gicv3: the CPU has no system registers for it");
	if (fdt_reg(fdt, node, 0, &pa, &size) < 0 || size < DIST_SIZE)
		fatal("gicv3: the device tree gives no distributor registers");

	dist = (uintptr_t)kvm_map_device(pa, DIST_SIZE);
	if (!dist)
		fatal("gicv3: no room to map the distributor");
	gicv3.lines = gic_line_count(dist);
	find_rdists(fdt, node);
	distributor_init();
	*chip = &gicv3;
	return 0;
}
