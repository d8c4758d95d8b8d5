// SPDX-License-Identifier: MIT
/* /proc/loom/locks: the lock statistics of a debug build. */
#include "fs/proc.h"

#if LOOM_DEBUG
#include <stddef.h>

#include "dev/timer.h"
#include "lib/errno.h"
#include "lib/ksyms.h"
#include "lib/lock.h"
#include "lib/lockstat.h"
#include "mm/kmem.h"

static unsigned long long ns(uint64_t ticks)
{
	return (unsigned long long)timer_ticks_to_ns(ticks);
}

static void add_longest(struct proc_text *t, const char *what,
			const struct lockstat_longest *longest)
{
	struct ksym sym = { .name = "-" };

	/* A return address is behind its call. */
	ksym_lookup(longest->where, &sym);
	proc_add(t, "%s %llu %s\n", what, ns(longest->ticks), sym.name);
}

int proc_locks(struct proc_text *t, struct proc_id id)
{
	struct lockstat *sum = kzalloc(sizeof(*sum));
	unsigned rank;

	(void)id;
	if (!sum)
		return -ENOMEM;
	lock_stat_sum(sum);
	proc_add(t, "%-10s %12s %10s %12s %12s\n", "rank", "taken",
		 "contended", "wait_ns", "hold_ns");
	for (rank = RANK_NONE + 1; rank < RANK_COUNT; rank++) {
		const struct lockstat_rank *r = &sum->rank[rank];

		proc_add(t, "%-10s %12llu %10llu %12llu %12llu\n",
			 lockstat_rank_name(rank),
			 (unsigned long long)r->taken,
			 (unsigned long long)r->contended, ns(r->wait),
			 ns(r->hold));
	}
	add_longest(t, "irqs_masked_ns", &sum->masked);
	add_longest(t, "handler_ns", &sum->handler);
	kfree(sum);
	return 0;
}
#endif
