// SPDX-License-Identifier: MIT
/*
 * The generic timer's EL1 virtual timer and counter (Arm ARM D11.2). The
 * clock (sched/clock.c) asks for the time and for one interrupt at a time;
 * the interrupt calls clock_interrupt().
 *
 * The virtual timer is the one that a guest and a host both may use: from EL2
 * its offset was set to zero on the way down.
 */
#include "dev/timer.h"

#include <weft/frame.h>
#include <weft/timer.h>

#include "dev/fdt.h"
#include "dev/irq.h"
#include "dev/timeconv.h"
#include "lib/log.h"
#include "lib/panic.h"
#include "sched/clock.h"

enum {
	/* Interrupts of the node: secure, physical, virtual, hypervisor */
	VIRTUAL_INTERRUPT = 2,
};

static uint64_t frequency;
uint32_t timer_irq;

uint64_t timer_now_ns(void)
{
	return timeconv_ticks_to_ns(weft_vtimer_now(), frequency);
}

uint64_t timer_ticks_to_ns(uint64_t ticks)
{
	return timeconv_ticks_to_ns(ticks, frequency);
}

uint64_t timer_ns_to_ticks(uint64_t ns)
{
	return timeconv_ns_to_ticks(ns, frequency);
}

uint64_t timer_counter(void)
{
	return weft_vtimer_now();
}

void timer_set(uint64_t when)
{
	if (when == WEFT_TIMER_NEVER)
		weft_vtimer_stop();
	else
		weft_vtimer_set(when);
}

static void handle_interrupt(void *arg, struct weft_frame *frame)
{
	(void)arg;
	clock_interrupt(weft_frame_from_user(frame));
}

static uint64_t find_frequency(const struct fdt *fdt, int node)
{
	uint64_t hz;

	/* The property is there when the firmware left the register wrong. */
	if (fdt_prop_number(fdt, node, "clock-frequency", &hz) < 0)
		hz = weft_timer_frequency();
	if (!timeconv_frequency_ok(hz))
		fatal("timer: its frequency cannot be %llu Hz",
		      (unsigned long long)hz);
	return hz;
}

void timer_init(const struct fdt *fdt)
{
	int node = fdt_node_by_compatible(fdt, -1, "arm,armv8-timer");
	bool edge;
	int err;

	if (node < 0)
		fatal("timer: the device tree has no generic timer");
	frequency = find_frequency(fdt, node);
	if (irq_from_node(fdt, node, VIRTUAL_INTERRUPT, &timer_irq,
			  &edge) < 0)
		fatal("timer: the device tree names no virtual interrupt");

	timer_init_cpu();
	err = irq_register(timer_irq, edge, handle_interrupt, NULL,
			   "arch_timer");
	if (err < 0)
		fatal("timer: interrupt %u cannot be used (%d)", timer_irq,
		      err);
	klog("timer: %llu Hz, interrupt %u\n", (unsigned long long)frequency,
	     timer_irq);
}

void timer_init_cpu(void)
{
	/* The control register's reset value is unknown (D11.2.4). */
	weft_vtimer_stop();
}
