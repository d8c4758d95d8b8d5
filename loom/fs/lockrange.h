// SPDX-License-Identifier: MIT
/*
 * The locks on one file as a list of ranges: what conflicts with what, and
 * what is left when a range is taken or given back. Pure; fs/filelock.c has
 * the lock, and the waiting.
 *
 * The ranges of one owner do not overlap, and two of the same type do not
 * touch: they are one.
 */
#ifndef LOOM_FS_LOCKRANGE_H
#define LOOM_FS_LOCKRANGE_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/list.h"

/* As in struct flock of Linux. */
enum {
	LOCK_READ = 0,		/* F_RDLCK */
	LOCK_WRITE = 1,		/* F_WRLCK */
	LOCK_NONE = 2,		/* F_UNLCK */
};

/* Locks of flock(2) and of fcntl(2) do not see each other. */
enum lock_kind {
	LOCK_FLOCK,
	LOCK_RECORD,
};

struct lock_range {
	struct list link;
	const void *owner;	/* a table of descriptors, or an open file */
	int pid;		/* as F_GETLK tells it; -1: none */
	uint16_t kind;
	uint16_t type;		/* not LOCK_NONE on a list */
	uint64_t start, last;	/* both are in it */
};

/*
 * The range with the lowest start that keeps @wish from being granted: of
 * another owner, overlapping, not both for reading. NULL: none.
 */
struct lock_range *lockrange_conflict(const struct list *ranges,
				      const struct lock_range *wish);

/*
 * Give @wish's owner what it asks for, which conflicts with nothing; a type
 * of LOCK_NONE takes it away. @spare holds two ranges that are on no list;
 * those of them that were used are NULL afterwards. Ranges that are not needed
 * any more are moved to @unused. True if something was given up or weakened,
 * so that others may get what they wait for.
 */
bool lockrange_set(struct list *ranges, const struct lock_range *wish,
		   struct lock_range *spare[2], struct list *unused);

#endif
