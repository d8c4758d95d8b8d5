// SPDX-License-Identifier: MIT
/*
 * Chaos: debug builds with loom.chaos=SEED on the command line make things
 * happen that are allowed and rare. Threads move at every switch, preemption
 * comes at random points, interrupts between CPUs are late, and there are as
 * few ASIDs as the CPUs can do with. With instructions counted a seed repeats
 * what it did.
 */
#ifndef LOOM_SCHED_CHAOS_H
#define LOOM_SCHED_CHAOS_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/assert.h"

#if LOOM_DEBUG
/* Each is false, or returns at once, when there is no chaos. */
bool chaos_on(void);

/* One time in @n, at random. DAIF masked: the numbers are this CPU's. */
bool chaos_happens(unsigned n);

/* A bit of @set, which is not empty, at random. DAIF masked. */
unsigned chaos_pick(uint64_t set);

/* Waste up to 50 microseconds, now and then. DAIF masked. */
void chaos_delay(void);

/* Read the command line; returns the ASIDs that there may be, 0: no matter. */
unsigned chaos_init(const char *cmdline, unsigned ncpus);
#else
static inline bool chaos_on(void)
{
	return false;
}

static inline bool chaos_happens(unsigned n)
{
	(void)n;
	return false;
}

static inline unsigned chaos_pick(uint64_t set)
{
	return (unsigned)__builtin_ctzll(set);
}

static inline void chaos_delay(void)
{
}

static inline unsigned chaos_init(const char *cmdline, unsigned ncpus)
{
	(void)cmdline;
	(void)ncpus;
	return 0;
}
#endif
#endif
