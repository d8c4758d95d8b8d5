// SPDX-License-Identifier: MIT
/* What an eventfd is: for eventfd.c, and for leaf calls (fs/leaf.c). */
#ifndef LOOM_FS_EVENTFD_IMPL_H
#define LOOM_FS_EVENTFD_IMPL_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/lock.h"
#include "sched/wait.h"

#define COUNT_LAST (UINT64_MAX - 1)

struct event {
	struct spinlock lock;	/* RANK_EVENT */
	uint64_t count;		/* lock */
	bool semaphore;
	struct waitq can_read, can_write;
};

#endif
