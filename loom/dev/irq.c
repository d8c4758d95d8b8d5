// SPDX-License-Identifier: MIT
/*
 * The table of interrupt handlers. The IRQ vector (trap.c) calls irq_dispatch;
 * drivers register; gicv2.c or gicv3.c is the chip behind it.
 */
#include "dev/irq.h"

#include <weft/sysreg.h>

#include "dev/fdt.h"
#include "dev/gic.h"
#include "lib/assert.h"
#include "lib/errno.h"
#include "lib/lock.h"
#include "lib/log.h"
#include "lib/panic.h"
#include "sched/cpu.h"
#include "trace/trace.h"

enum {
	PPI_FIRST = 16,
	SPI_FIRST = IRQ_PRIVATE,
	PPI_COUNT = SPI_FIRST - PPI_FIRST,
};

/* Interrupt cells of a GIC's child (the binding "arm,gic-v3" and its like) */
enum {
	CELL_SPI = 0,
	CELL_PPI = 1,
	CELL_EDGE_RISING = 1,
	CELL_EDGE_FALLING = 2,
	CELL_TRIGGER = 0xf,
};

struct line {
	irq_handler fn;		/* NULL: nobody */
	void *arg;
	bool edge;
	/*
	 * How often each CPU handled it, if it is an SPI; others count in
	 * struct cpu. Atomic.
	 */
	uint32_t count[CPU_MAX];
	const char *name;
};

static struct spinlock table_lock = SPINLOCK_INIT(RANK_IRQ, "irq");
/* table_lock */
static struct line lines[IRQ_MAX];

static const struct irq_chip *chip;
uintptr_t gic_cpu_if;

uint64_t irq_save(void)
{
	uint64_t daif = weft_read_daif();

	weft_mask_all();	/* self-synchronizing: takes effect in order */
	return daif;
}

void irq_restore(uint64_t daif)
{
	weft_write_daif(daif);
}

void irq_init(const struct fdt *fdt)
{
	if (gicv3_probe(fdt, &chip) != 0 && gicv2_probe(fdt, &chip) != 0)
		fatal("no interrupt controller: the device tree has neither "
		      "a GICv2 nor a GICv3");
	irq_init_cpu();
	klog("irq: %s, %u lines\n", chip->name, chip->lines);
}

void irq_init_cpu(void)
{
	uint64_t daif;
	uint32_t irq;

	chip->init_cpu();
	daif = spin_lock_irqsave(&table_lock);
	for (irq = 0; irq < SPI_FIRST; irq++)
		if (lines[irq].fn)
			chip->enable(irq, lines[irq].edge);
	spin_unlock_irqrestore(&table_lock, daif);
}

int irq_register(uint32_t irq, bool edge, irq_handler fn, void *arg,
		 const char *name)
{
	struct line *line;
	uint64_t daif;
	int err = -EBUSY;

	assert(fn);
	if (!chip || irq >= chip->lines)
		return -EINVAL;

	line = &lines[irq];
	daif = spin_lock_irqsave(&table_lock);
	if (!line->fn) {
		line->fn = fn;
		line->arg = arg;
		line->name = name;
		line->edge = edge;
		chip->enable(irq, edge);
		err = 0;
	}
	spin_unlock_irqrestore(&table_lock, daif);
	return err;
}

void irq_mask(uint32_t irq)
{
	uint64_t daif = spin_lock_irqsave(&table_lock);

	assert(lines[irq].fn);
	chip->disable(irq);
	spin_unlock_irqrestore(&table_lock, daif);
}

void irq_unmask(uint32_t irq, bool edge)
{
	uint64_t daif = spin_lock_irqsave(&table_lock);

	assert(lines[irq].fn);
	lines[irq].edge = edge;
	chip->enable(irq, edge);
	spin_unlock_irqrestore(&table_lock, daif);
}

/* A copy of @irq's line to call; false, and the line off, if nobody has it. */
static bool line_take(uint32_t irq, struct line *line)
{
	spin_lock_masked(&table_lock);
	*line = lines[irq];
	if (!line->fn)
		chip->disable(irq);
	spin_unlock_masked(&table_lock);

	if (line->fn)
		return true;
	klog("irq: %u has no handler, disabled\n", irq);
	return false;
}

/* How often CPU @cpu handled @irq; only that CPU writes it. */
static uint32_t *counter(unsigned cpu, uint32_t irq)
{
	assert(irq < IRQ_MAX);
	if (irq < SPI_FIRST)
		return &cpus[cpu].irq_count[irq];
	return &lines[irq].count[cpu];
}

void irq_dispatch(struct weft_frame *frame, uint64_t taken)
{
	uint64_t token = taken ? taken & ~IRQ_TAKEN : gic_take(gic_cpu_if);
	uint32_t irq = (uint32_t)gic_number(token);
	struct line line;
	uint64_t start;

	/*
	 * The GIC knows that the interrupt is taken before the handler
	 * touches the device: a new edge after that is a new interrupt. Also
	 * what the sender of an SGI wrote is not read before this.
	 */
	weft_dsb_sy();
	if (!taken)
		trace(TRACE_IRQ, irq, 0);
	if (irq >= IRQ_MAX)
		return;
	if (line_take(irq, &line)) {
		irq_count(counter((unsigned)cpu_current()->weft.index,
				  irq));
		start = lock_handler_begins();
		line.fn(line.arg, frame);
		lock_handler_ends(start, (uintptr_t)line.fn);
	}
	gic_end(gic_cpu_if, token);
}

static uint32_t read_count(uint32_t irq, unsigned cpu)
{
	return __atomic_load_n(counter(cpu, irq), __ATOMIC_RELAXED);
}

static void read_counts(uint32_t irq, uint32_t counts[CPU_MAX])
{
	for (unsigned i = 0; i < CPU_MAX; i++)
		counts[i] = read_count(irq, i);
}

bool irq_inspect(uint32_t irq, struct irq_info *info)
{
	uint64_t daif = spin_lock_irqsave(&table_lock);
	bool found = false;

	for (; irq < IRQ_MAX && !found; irq++) {
		const struct line *line = &lines[irq];

		if (!line->fn)
			continue;
		found = true;
		*info = (struct irq_info){
			.irq = irq,
			.edge = line->edge,
			.name = line->name,
			.chip = chip->name,
		};
		read_counts(irq, info->count);
	}
	spin_unlock_irqrestore(&table_lock, daif);
	return found;
}

uint64_t irq_total_of(unsigned cpu)
{
	uint64_t total = 0;

	for (uint32_t irq = 0; irq < IRQ_MAX; irq++)
		total += read_count(irq, cpu);
	return total;
}

uint64_t irq_total(void)
{
	uint64_t total = 0;

	for (unsigned i = 0; i < CPU_MAX; i++)
		total += irq_total_of(i);
	return total;
}

void irq_send_sgi(unsigned cpu, uint32_t sgi)
{
	assert(chip && sgi < PPI_FIRST);
	chip->send_sgi(cpu, sgi);
}

int irq_from_cells(const uint32_t *cells, unsigned n, uint32_t *irq,
		   bool *edge)
{
	if (n < 3)
		return -EINVAL;
	if (cells[0] == CELL_SPI && cells[1] < IRQ_MAX - SPI_FIRST)
		*irq = SPI_FIRST + cells[1];
	else if (cells[0] == CELL_PPI && cells[1] < PPI_COUNT)
		*irq = PPI_FIRST + cells[1];
	else
		return -EINVAL;

	/* Bits above the trigger: a CPU mask for PPIs of GICv2, not needed. */
	switch (cells[2] & CELL_TRIGGER) {
	case CELL_EDGE_RISING:
	case CELL_EDGE_FALLING:
		*edge = true;
		return 0;
	default:
		*edge = false;
		return 0;
	}
}

int irq_from_node(const struct fdt *fdt, int node, uint32_t index,
		  uint32_t *irq, bool *edge)
{
	uint32_t cells[FDT_INTERRUPT_CELLS];
	uint32_t n;

	if (fdt_interrupt(fdt, node, index, cells, &n) < 0)
		return -EINVAL;
	return irq_from_cells(cells, n, irq, edge);
}
