// SPDX-License-Identifier: MIT
/*
 * The watchdog: CPUs watch each other, and a CPU that hangs is reported with
 * what all of them were doing. loom.watchdog=N on the command line: after
 * about N seconds (20 if it is not given); 0: never.
 */
#ifndef LOOM_SCHED_WATCHDOG_H
#define LOOM_SCHED_WATCHDOG_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/cpu_max.h"
#include "sched/timeouts.h"

struct cpu;

/* A CPU's part. Only that CPU, DAIF masked, but for the first two. */
struct watchdog {
	/* Atomic: others look. */
	bool on;		/* its timeout is on the queue */
	uint32_t beats;		/* signs of life */

	struct timeout timeout;
	struct {
		uint32_t beats;	/* of that CPU, as it was seen last */
		uint32_t missed;	/* looks since it changed */
	} other[CPU_MAX];
	uint64_t switches;	/* cpu->switches at the last look */
	uint32_t kept;		/* looks since a switch was asked for */
	uint32_t quiet;		/* looks since a CPU had something to do */
	uint64_t watching;	/* the word of that name, at the last look */
	uint64_t next_ns;	/* without a timeout: the next look */
};

/* Once, before any CPU starts its part. */
void watchdog_init(const char *cmdline);

/*
 * The calling CPU has something to do from now on, and its timeout is off. Does
 * nothing if it is the only one. DAIF masked.
 */
void watchdog_start(struct cpu *cpu);

/* At its tick, if its timeout is off and next_ns is over. DAIF masked. */
void watchdog_tick(struct cpu *cpu, uint64_t now);

/* How many seconds a CPU may hang; 0: nobody looks. */
uint32_t watchdog_seconds(void);

#endif
