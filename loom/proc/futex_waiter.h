// SPDX-License-Identifier: MIT
/*
 * A thread that waits for a futex: a member of struct thread. proc/futex.c has
 * the rules.
 */
#ifndef LOOM_PROC_FUTEX_WAITER_H
#define LOOM_PROC_FUTEX_WAITER_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/list.h"
#include "mm/futex_key.h"
#include "sched/wait.h"

struct futex_bucket;

struct futex_waiter {
	struct futex_bucket *bucket;	/* both buckets' locks to change it;
					   atomic */
	/* bucket->lock */
	struct futex_key key;
	struct list link;
	bool woken;		/* atomic: the thread looks without the lock */

	/* Constant while it waits. */
	bool realtime;
	uint32_t bits;
	struct watch watch;	/* the sleep */
};

#endif
