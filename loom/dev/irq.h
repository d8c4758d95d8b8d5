// SPDX-License-Identifier: MIT
/*
 * Interrupts: numbers, handlers, and the controller behind them.
 *
 * Numbers are the GIC's INTIDs: 0-15 SGI, 16-31 PPI (of each CPU), 32.. SPI.
 */
#ifndef LOOM_DEV_IRQ_H
#define LOOM_DEV_IRQ_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/cpu_max.h"
#include "lib/relaxed.h"

struct fdt;
struct weft_frame;

enum {
	IRQ_MAX = 1020,
	IRQ_PRIVATE = 32,	/* below it: of each CPU */
};

/* With what gic_take returned: an interrupt that has been taken already. */
#define IRQ_TAKEN	(UINT64_C(1) << 32)

typedef void (*irq_handler)(void *arg, struct weft_frame *frame);

/* What a controller driver (gicv2.c, gicv3.c) provides. */
struct irq_chip {
	const char *name;
	/* SGIs and PPIs: of the calling CPU. SPIs: delivered to it. */
	void (*enable)(uint32_t irq, bool edge);
	void (*disable)(uint32_t irq);
	void (*init_cpu)(void);		/* on each CPU */
	/* @cpu (weft_cpu.index) has been through init_cpu. */
	void (*send_sgi)(unsigned cpu, uint32_t sgi);
	uint32_t lines;			/* INTIDs below this exist */
};

/*
 * Find and start the controller, and its part in the calling CPU; fatal() if
 * there is none that we know. Every line is disabled afterwards.
 */
void irq_init(const struct fdt *fdt);

/* On each further CPU, DAIF masked: its part, and the PPIs registered. */
void irq_init_cpu(void);

/*
 * 0, -EBUSY (taken), -EINVAL (no such interrupt). Enables it. /proc/interrupts
 * shows it by @name.
 */
int irq_register(uint32_t irq, bool edge, irq_handler fn, void *arg,
		 const char *name);

/*
 * A line that is registered: not taken from now on, on no CPU, or again. Any
 * context; masking is for its handler, too.
 */
void irq_mask(uint32_t irq);
void irq_unmask(uint32_t irq, bool edge);

/* One more, at a counter that only this CPU writes. DAIF masked. */
static inline void irq_count(uint32_t *counter)
{
	relaxed_store(counter, *counter + 1);
}

/* A line that has a handler, for /proc/interrupts. */
struct irq_info {
	uint32_t irq;
	bool edge;
	uint32_t count[CPU_MAX];	/* how often each CPU handled it */
	const char *name, *chip;
};

/* The first such line from @irq on; false: there is none. */
bool irq_inspect(uint32_t irq, struct irq_info *info);

/* Interrupts handled since the start. */
uint64_t irq_total(void);

/* The same of the CPU with this index. */
uint64_t irq_total_of(unsigned cpu);

/*
 * The IRQ vector: take an interrupt, or go on with the one that tick.c took
 * (@taken: IRQ_TAKEN and what it is), and run its handler. All of DAIF masked,
 * and it stays masked: handlers do not nest, and none is switched away from
 * (preempt_enable leaves that to the end of the interrupt), which would leave
 * its line active. Another one that is pending is taken after this one's way
 * out: so that is reached under a storm of one line, too.
 */
void irq_dispatch(struct weft_frame *frame, uint64_t taken);

/* Ask another CPU, or this one, for attention. */
void irq_send_sgi(unsigned cpu, uint32_t sgi);

/* INTID and trigger from interrupt cells of a GIC node's child: 0, -EINVAL. */
int irq_from_cells(const uint32_t *cells, unsigned n, uint32_t *irq,
		   bool *edge);

/* Interrupt @index of a device's node, whose parent is the GIC: 0, -EINVAL. */
int irq_from_node(const struct fdt *fdt, int node, uint32_t index,
		  uint32_t *irq, bool *edge);

/* Drivers: 0 and the chip by out pointer, or -ENODEV; fatal() if broken. */
int gicv2_probe(const struct fdt *fdt, const struct irq_chip **chip);
int gicv3_probe(const struct fdt *fdt, const struct irq_chip **chip);

/* Mask (all of DAIF) and put back. */
uint64_t irq_save(void);
void irq_restore(uint64_t daif);

#endif
