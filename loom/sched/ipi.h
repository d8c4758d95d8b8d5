// SPDX-License-Identifier: MIT
/*
 * Interrupts from one CPU to others, and what they ask for.
 */
#ifndef LOOM_SCHED_IPI_H
#define LOOM_SCHED_IPI_H

#include <stdint.h>

struct cpu;

/* What is asked for: SGI numbers. /proc/interrupts counts those received. */
enum ipi {
	IPI_RESCHEDULE,
	IPI_CALL,
	IPI_STOP,
	IPI_COUNT
};

/* Register the interrupts; once, after irq_init. */
void ipi_init(void);

/*
 * Make @cpu, which is another one and online, look whether a switch or a
 * signal waits on its way out of the interrupt. Any context.
 */
void ipi_reschedule(struct cpu *cpu);

/*
 * Call @fn(@arg) on each CPU of the set @on (bits by index) that is online,
 * the calling one left out, and wait until all have returned. @fn runs in an
 * interrupt, DAIF masked. The caller holds no lock and has interrupts on. What
 * it did before is seen by @fn, and what @fn did is seen after.
 */
void ipi_call(uint64_t on, void (*fn)(void *arg), void *arg);

/*
 * For the end of the machine and the crash report: all other CPUs stop for
 * good, at what they do; DAIF masked. One that does not listen is waited for
 * in vain for a tenth of a second.
 */
void ipi_stop_others(void);

#endif
