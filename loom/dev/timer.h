// SPDX-License-Identifier: MIT
/* The generic timer: the EL1 virtual timer and counter (Arm ARM D11). */
#ifndef LOOM_DEV_TIMER_H
#define LOOM_DEV_TIMER_H

#include <stdint.h>

struct fdt;

/*
 * Finds interrupt and frequency, takes the interrupt; fatal() if the timer
 * cannot be used. Needs irq_init. No interrupt comes before timer_set.
 */
void timer_init(const struct fdt *fdt);

/* On each further CPU, before irq_init_cpu enables the interrupt: quiet. */
void timer_init_cpu(void);

/* Its interrupt: of each CPU. Written by timer_init. */
extern uint32_t timer_irq;

/*
 * Interrupt this CPU when the counter gets there (or at once after); replaces
 * the last request. UINT64_MAX: not at all. The interrupt stays raised until
 * the next request.
 */
void timer_set(uint64_t when);

/* CNTVCT_EL0, not read early; the same in ns, without overflow for centuries */
uint64_t timer_counter(void);
uint64_t timer_now_ns(void);

/* The same for a difference of two readings, and back, rounded up. */
uint64_t timer_ticks_to_ns(uint64_t ticks);
uint64_t timer_ns_to_ticks(uint64_t ns);

#endif
