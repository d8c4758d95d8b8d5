// SPDX-License-Identifier: MIT
/*
 * Time: nanoseconds since boot from the generic timer's virtual counter, and
 * the queue of timeouts that its interrupt serves.
 */
#ifndef LOOM_SCHED_CLOCK_H
#define LOOM_SCHED_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

#include "sched/timeouts.h"

/* Nanoseconds since the machine started; never goes back. */
uint64_t clock_now(void);

/* Nanoseconds since 1970 (from the PL031 where there is one, else boot = 0) */
uint64_t clock_realtime(void);
void clock_set_boot_realtime(uint64_t ns_at_boot);

/* The moment of clock_now() at which clock_realtime() reads @ns, or 0. */
uint64_t clock_when_realtime(uint64_t ns);

/* A deadline from now, saturating. */
uint64_t clock_deadline(uint64_t delta_ns);

/*
 * A function that runs once, in the timer interrupt, at or after a time. It
 * runs without locks, may start the timeout again, and must not stop it.
 */
void timeout_init(struct timeout *timeout, void (*fn)(struct timeout *));

/* Also moves one that is on the queue. No lock of RANK_TIMER or above held. */
void timeout_start(struct timeout *timeout, uint64_t when_ns);

/* Off the queue; when this returns the function is not running and will not. */
void timeout_stop(struct timeout *timeout);

/* A tick, in those of the counter; constant before other CPUs start. */
extern uint64_t clock_tick_period;

/* For sched/sched.c: a thread is about to run here. DAIF masked. */
void clock_start_tick(void);

/* From the timer's interrupt handler (dev/timer.c): run what is due. */
void clock_interrupt(bool from_user);

/* On each CPU, after its timer works and sched_init: starts serving. */
void clock_init(void);

#endif
