// SPDX-License-Identifier: MIT
/*
 * Pending signals: which, and what came with each. One queue belongs to each
 * thread and one to each process; the process's signal_lock guards them.
 *
 * Signals 1-31 are pending or not: one that is raised again meanwhile is
 * the same. Real-time signals (from SIGNAL_RT on) queue, each with its info,
 * and are taken in the order in which they were raised; those of timers queue
 * as well, whatever their number, for each timer has one at most. How many
 * infos there may be in all is SIGNAL_QUEUE_MAX, Linux's RLIMIT_SIGPENDING:
 * beyond it sigqueue is refused, and what kill sends comes without info.
 */
#ifndef LOOM_SIGNAL_QUEUE_H
#define LOOM_SIGNAL_QUEUE_H

#include <stdint.h>

#include "lib/list.h"
#include "signal/siginfo.h"

#define SIGNAL_RT		32	/* the first real-time signal */
#define SIGNAL_QUEUE_MAX	2048	/* infos, of all processes */

struct signal_queue {
	uint64_t set;		/* bit n-1: signal n; atomic */
	struct list infos;	/* oldest first */
};

void signal_queue_init(struct signal_queue *q);

/*
 * Signal info->signo is pending now: 0; or -EAGAIN, and it is not: it is a
 * real-time signal of sigqueue or tkill, and there are too many infos or no
 * memory. Any context.
 */
int signal_queue_add(struct signal_queue *q, const struct siginfo *info);

/*
 * Take @sig, which is pending: *@info says what came with the oldest. It stays
 * pending if it was raised more often. An info that was lost reads as a kill
 * by nobody.
 */
void signal_queue_take(struct signal_queue *q, int sig, struct siginfo *info);

/* Forget all signals of @set. */
void signal_queue_drop(struct signal_queue *q, uint64_t set);

/* What is pending. Without the lock it may be out of date. */
static inline uint64_t signal_queue_set(const struct signal_queue *q)
{
	return __atomic_load_n(&q->set, __ATOMIC_RELAXED);
}

/* How many infos there are, of all queues: the leak check. */
unsigned signal_queue_count(void);

#endif
