// SPDX-License-Identifier: MIT
/*
 * The lock checker's books: which locks one thread holds, in which order.
 *
 * Pure bookkeeping, one set a thread, changed only by that thread (and by
 * interrupt handlers on top of it, which leave it as they found it). The
 * callers, lib/lock.c and sched/mutex.c, stop the kernel at a complaint; the
 * rules are here so that they can be tested without a kernel.
 */
#ifndef LOOM_LIB_LOCKSET_H
#define LOOM_LIB_LOCKSET_H

#include <stdbool.h>
#include <stdint.h>

#define LOCKSET_MAX 12		/* locks held at once */

struct lockset {
	const void *lock[LOCKSET_MAX];
	uint8_t rank[LOCKSET_MAX];
	uint32_t count;
	uint64_t since[LOCKSET_MAX];	/* for the caller: when it was taken */
};

/* How a lock is about to be taken; ORed. */
enum {
	LOCKSET_NESTED = 1,	/* one of the same rank may be held */
	LOCKSET_IRQS_ON = 2,	/* interrupts are enabled */
	LOCKSET_IN_HANDLER = 4,	/* by the handler of an interrupt */
};

/*
 * Enter @lock. NULL, or what rule it breaks; then the set is unchanged.
 * @rank is an enum lock_rank other than RANK_NONE.
 */
const char *lockset_add(struct lockset *set, const void *lock, unsigned rank,
			unsigned how);

/* Strike @lock out; not only the last one taken. NULL or a complaint. */
const char *lockset_remove(struct lockset *set, const void *lock);

/* Where in the set @lock is, the last time that it was entered; or -1. */
int lockset_find(const struct lockset *set, const void *lock);

bool lockset_has(const struct lockset *set, const void *lock);

/* Is one of them a spinlock? */
bool lockset_has_spin(const struct lockset *set);

#endif
