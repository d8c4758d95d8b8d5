// SPDX-License-Identifier: MIT
/*
 * Lock statistics: how often the locks of each rank were taken and waited for,
 * the longest waits and holds, and the longest times with interrupts masked.
 *
 * Pure bookkeeping, one set a CPU, changed by that CPU alone; others may read.
 * Times are ticks of a counter. Debug builds have a set for each CPU
 * (lib/lock.c), and show the sum in /proc/loom/locks.
 *
 * No locking in here: an interrupt handler may change a set while a thread
 * does, but never the same rank of it, for the ranks that interrupts take are
 * taken with interrupts masked.
 */
#ifndef LOOM_LIB_LOCKSTAT_H
#define LOOM_LIB_LOCKSTAT_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/lock.h"

struct lockstat_rank {
	uint64_t taken;		/* how often */
	uint64_t contended;	/* how often it had to be waited for */
	uint64_t wait, hold;	/* the longest */
};

/* The longest of something, and the code address that it is about. */
struct lockstat_longest {
	uint64_t ticks, where;
};

struct lockstat {
	struct lockstat_rank rank[RANK_COUNT];
	struct lockstat_longest masked;		/* by spin_lock_irqsave */
	struct lockstat_longest handler;	/* of an interrupt */

	/* The present time with interrupts masked; lock NULL: none. */
	const void *masking_lock;
	uint64_t masked_at, masked_by;
	bool in_handler;		/* of an interrupt */
	/* When the run-queue lock was taken that changes hands. */
	uint64_t handed_over;
};

void lockstat_taken(struct lockstat *s, unsigned rank);
void lockstat_waited(struct lockstat *s, unsigned rank, uint64_t ticks);
void lockstat_held(struct lockstat *s, unsigned rank, uint64_t ticks);

/*
 * Interrupts are masked for @lock, by the function that @where is in, and
 * unmasked with its release. The second returns for how long they were: 0 if
 * it was not this lock that they were masked for.
 */
void lockstat_mask(struct lockstat *s, const void *lock, uint64_t now,
		   uint64_t where);
uint64_t lockstat_unmask(struct lockstat *s, const void *lock, uint64_t now);

/* An interrupt's handler, at @where, took so long. */
void lockstat_handled(struct lockstat *s, uint64_t ticks, uint64_t where);

/* Add what @s counted to @total; of the longest the longer one. */
void lockstat_add(struct lockstat *total, const struct lockstat *s);

/* What a rank is called: as in enum lock_rank, in small letters. */
const char *lockstat_rank_name(unsigned rank);

#endif
