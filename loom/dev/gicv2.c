// SPDX-License-Identifier: MIT
/*
 * GICv2 (IHI 0048B): one distributor, a memory-mapped CPU interface that
 * each CPU sees as its own. dev/irq.c finds it through gicv2_probe.
 *
 * Every group bit is written as 0 and the lowest enable bits as 1. In a GIC
 * without the Security Extensions that is group 0, signalled as IRQ because
 * FIQEn is 0; in the non-secure view of one with them the group bits are not
 * there and the same enable bits mean group 1, all that is visible. So one
 * sequence of writes serves both, and nothing needs to know which it is.
 */
#include <weft/cpu.h>
#include <weft/sysreg.h>
#include <weft/task.h>

#include "dev/fdt.h"
#include "dev/gic.h"
#include "lib/assert.h"
#include "lib/errno.h"
#include "lib/panic.h"
#include "mm/kvm.h"

enum {
	GICC_CTLR_ENABLE = 1,	/* EOImode bits 0: EOIR also deactivates */
	GICD_CTLR_ENABLE = 1,
	SGIR_TARGETS_SHIFT = 16,
	DIST_SIZE = 0x1000,
	CPU_SIZE = 0x1000,	/* the second page has only GICC_DIR */
	TARGET_MAX = 8,		/* of the architecture */
};

static uintptr_t dist;
/* The bit by which the distributor knows a CPU; 0: not there yet. */
static uint8_t target_of[TARGET_MAX];

static unsigned this_cpu(void)
{
	return weft_task_current()->cpu->index;
}

static void gicv2_enable(uint32_t irq, bool edge)
{
	gic_set_edge(dist, irq, edge);
	gic_set_priority(dist, irq);
	if (irq >= GIC_SPI_FIRST)
		mmio_write8(dist + GICD_ITARGETSR + irq,
			    target_of[this_cpu()]);
	gic_write_bit(dist + GICD_ISENABLER, irq);
}

static void gicv2_disable(uint32_t irq)
{
	gic_write_bit(dist + GICD_ICENABLER, irq);
}

/*
 * Of ITARGETSR0-7 each CPU reads its own bit in every byte that exists (the
 * bytes of the SGIs always do). A GIC with one CPU has no targets: zero.
 */
static uint8_t own_target(void)
{
	uint32_t word = mmio_read32(dist + GICD_ITARGETSR);

	word |= word >> 16;
	word |= word >> 8;
	return word & 0xff ? word & 0xff : 1;
}

static void gicv2_init_cpu(void)
{
	unsigned cpu = this_cpu();
	uint32_t irq;

	if (cpu >= TARGET_MAX)
		fatal("gicv2: CPU %u, but a GICv2 has at most %u", cpu,
		      TARGET_MAX);
	gic_quiet(dist, 0);		/* banked: SGIs and PPIs of this CPU */
	mmio_write32(dist + GICD_IGROUPR, 0);
	for (irq = 0; irq < GIC_SPI_FIRST; irq++)
		gic_set_priority(dist, irq);
	target_of[cpu] = own_target();
	mmio_write32(gic_cpu_if + GICC_PMR, GIC_PRIORITY_MASK);
	mmio_write32(gic_cpu_if + GICC_CTLR, GICC_CTLR_ENABLE);
}

static void gicv2_send_sgi(unsigned cpu, uint32_t sgi)
{
	assert(cpu < TARGET_MAX && target_of[cpu]);
	/*
	 * What the sender wrote is visible to the receiver before the
	 * interrupt arrives; the distributor may be outside the inner
	 * shareable domain, but the receiver that reads it is inside.
	 */
	weft_dsb_ishst();
	mmio_write32(dist + GICD_SGIR,
		     (uint32_t)target_of[cpu] << SGIR_TARGETS_SHIFT | sgi);
}

static struct irq_chip gicv2 = {
	.name = "GICv2",
	.enable = gicv2_enable,
	.disable = gicv2_disable,
	.init_cpu = gicv2_init_cpu,
	.send_sgi = gicv2_send_sgi,
};

/* Every SPI off and in the group that we use; enable() sets up the rest. */
static void distributor_init(void)
{
	uint32_t irq;

	mmio_write32(dist + GICD_CTLR, 0);
	for (irq = GIC_SPI_FIRST; irq < gicv2.lines; irq += 32) {
		gic_quiet(dist, irq);
		mmio_write32(dist + GICD_IGROUPR + irq / 32 * 4, 0);
	}
	mmio_write32(dist + GICD_CTLR, GICD_CTLR_ENABLE);
}

static int find(const struct fdt *fdt)
{
	static const char *const names[] = {
		"arm,gic-400", "arm,cortex-a15-gic", "arm,cortex-a9-gic",
		"arm,cortex-a7-gic",
	};
	unsigned i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		int node = fdt_node_by_compatible(fdt, -1, names[i]);

		if (node >= 0 && fdt_node_is_enabled(fdt, node))
			return node;
	}
	return -1;
}

int gicv2_probe(const struct fdt *fdt, const struct irq_chip **chip)
{
	uint64_t dist_pa, dist_size, cpu_pa, cpu_size;
	int node = find(fdt);

	if (node < 0)
		return -ENODEV;
	if (fdt_reg(fdt, node, 0, &dist_pa, &dist_size) < 0 ||
	    fdt_reg(fdt, node, 1, &cpu_pa, &cpu_size) < 0 ||
	    dist_size < DIST_SIZE || cpu_size < CPU_SIZE)
		fatal("gicv2: the device tree gives no usable registers");

	dist = (uintptr_t)kvm_map_device(dist_pa, DIST_SIZE);
	gic_cpu_if = (uintptr_t)kvm_map_device(cpu_pa, CPU_SIZE);
	if (!dist || !gic_cpu_if)
		fatal("gicv2: no room to map the registers");

	gicv2.lines = gic_line_count(dist);
	distributor_init();
	*chip = &gicv2;
	return 0;
}
