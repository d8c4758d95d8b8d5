// SPDX-License-Identifier: MIT
/*
 * A queue of timeouts, sorted by time: the part of sched/clock.c that touches
 * neither lock nor timer. Whoever owns the queue locks.
 */
#ifndef LOOM_SCHED_TIMEOUTS_H
#define LOOM_SCHED_TIMEOUTS_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/list.h"

struct cpu;

#define TIMEOUTS_NEVER UINT64_MAX

struct timeout {
	uint64_t when_ns;
	void (*fn)(struct timeout *timeout);
	struct list link;	/* on a queue; self-linked when off */
	struct cpu *cpu;	/* whose queue it is or was on, or NULL */
};

/* Put @timeout, which is off, behind those of the same time or earlier. */
void timeouts_add(struct list *queue, struct timeout *timeout);

/* Take off and return the first one that is due at @now_ns, or NULL. */
struct timeout *timeouts_pop(struct list *queue, uint64_t now_ns);

/* When the first one is due; TIMEOUTS_NEVER if there is none. */
uint64_t timeouts_next(const struct list *queue);

/*
 * The first tick after @now, in step with @tick, which has passed; in the
 * unit of @period.
 */
uint64_t timeouts_next_tick(uint64_t tick, uint64_t now, uint64_t period);

#endif
