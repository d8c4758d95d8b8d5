// SPDX-License-Identifier: MIT
/*
 * The rules of lib/lock.h, checked on one thread's set of locks. Called by
 * lib/lock.c and sched/mutex.c in debug builds, and by a host test.
 */
#include "lib/lockset.h"

#include "lib/lock.h"

_Static_assert(RANK_COUNT <= UINT8_MAX, "a rank fits lockset.rank");

static unsigned highest_rank(const struct lockset *set)
{
	unsigned highest = RANK_NONE;
	uint32_t i;

	/* Locks may be released in any order: the last is not the highest. */
	for (i = 0; i < set->count; i++)
		if (set->rank[i] > highest)
			highest = set->rank[i];
	return highest;
}

/* Of spinlocks of one rank the lower address comes first. */
static bool is_below_equals(const struct lockset *set, const void *lock,
			    unsigned rank)
{
	uint32_t i;

	for (i = 0; i < set->count; i++)
		if (set->rank[i] == rank && set->lock[i] > lock)
			return true;
	return false;
}

const char *lockset_add(struct lockset *set, const void *lock, unsigned rank,
			unsigned how)
{
	unsigned highest = highest_rank(set);

	if (rank == RANK_NONE || rank >= RANK_COUNT)
		return "taken before it was initialized";
	if (lockset_has(set, lock))
		return "taken twice";
	if (rank < RANK_FIRST_IRQ && (how & LOCKSET_IN_HANDLER))
		return "taken by an interrupt's handler";
	if (rank <= RANK_LAST_MUTEX && lockset_has_spin(set))
		return "a sleeping lock taken with a spinlock held";
	if (rank < highest)
		return "taken out of order";
	if (rank == highest && !(how & LOCKSET_NESTED))
		return "taken with another of its rank held";
	if (rank > RANK_LAST_MUTEX && is_below_equals(set, lock, rank))
		return "taken with a higher one of its rank held";
	if (rank >= RANK_FIRST_IRQ && (how & LOCKSET_IRQS_ON))
		return "taken with interrupts enabled";
	if (set->count == LOCKSET_MAX)
		return "taken with too many others held";
	set->lock[set->count] = lock;
	set->rank[set->count] = (uint8_t)rank;
	set->since[set->count] = 0;
	set->count++;
	return 0;
}

const char *lockset_remove(struct lockset *set, const void *lock)
{
	int at = lockset_find(set, lock);
	uint32_t i;

	if (at < 0)
		return "released by a thread that does not hold it";
	for (i = (uint32_t)at + 1; i < set->count; i++) {
		set->lock[i - 1] = set->lock[i];
		set->rank[i - 1] = set->rank[i];
		set->since[i - 1] = set->since[i];
	}
	set->count--;
	return 0;
}

int lockset_find(const struct lockset *set, const void *lock)
{
	int i;

	for (i = (int)set->count - 1; i >= 0; i--)
		if (set->lock[i] == lock)
			break;
	return i;
}

bool lockset_has(const struct lockset *set, const void *lock)
{
	return lockset_find(set, lock) >= 0;
}

bool lockset_has_spin(const struct lockset *set)
{
	uint32_t i;

	for (i = 0; i < set->count; i++)
		if (set->rank[i] > RANK_LAST_MUTEX)
			return true;
	return false;
}
