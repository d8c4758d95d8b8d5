// SPDX-License-Identifier: MIT
/*
 * The books of lock statistics; see lockstat.h. Called by lib/lock.c in debug
 * builds, by /proc/loom/locks, and by a host test.
 */
#include "lib/lockstat.h"

#include <stddef.h>

static const char *const names[RANK_COUNT] = {
	[RANK_NONE] = "none",
	[RANK_IPI] = "ipi",
	[RANK_SET_TIMER] = "set_timer",
	[RANK_FILE] = "file",
	[RANK_RENAME] = "rename",
	[RANK_DIR] = "dir",
	[RANK_INODE] = "inode",
	[RANK_FILELOCK] = "filelock",
	[RANK_OOM] = "oom",
	[RANK_ASPACE] = "aspace",
	[RANK_FDTABLE] = "fdtable",
	[RANK_FS_CONTEXT] = "fs_context",
	[RANK_EVENT] = "event",
	[RANK_ENDPOINT] = "endpoint",
	[RANK_UTS] = "uts",
	[RANK_SPACES] = "spaces",
	[RANK_PAGETREE] = "pagetree",
	[RANK_TIMERS] = "timers",
	[RANK_TREE] = "tree",
	[RANK_TTY] = "tty",
	[RANK_SIGNAL] = "signal",
	[RANK_THREADS] = "threads",
	[RANK_LOAD] = "load",
	[RANK_BOUND] = "bound",
	[RANK_NOTIFICATION] = "notification",
	[RANK_TIMER] = "timer",
	[RANK_FUTEX] = "futex",
	[RANK_WAITQ] = "waitq",
	[RANK_RUNQ] = "runq",
	[RANK_KVM] = "kvm",
	[RANK_ASID] = "asid",
	[RANK_KMEM] = "kmem",
	[RANK_PAGE] = "page",
	[RANK_RNG] = "rng",
	[RANK_IRQ] = "irq",
	[RANK_UART] = "uart",
	[RANK_TABLES] = "tables",
	[RANK_FAIL] = "fail",
	[RANK_LOG] = "log",
};

/* One CPU writes; those that read meanwhile read a whole number. */
static void store(uint64_t *p, uint64_t value)
{
	__atomic_store_n(p, value, __ATOMIC_RELAXED);
}

static uint64_t load(const uint64_t *p)
{
	return __atomic_load_n(p, __ATOMIC_RELAXED);
}

static void store_longer(uint64_t *p, uint64_t ticks)
{
	if (ticks > *p)
		store(p, ticks);
}

static void store_longest(struct lockstat_longest *p, uint64_t ticks,
			  uint64_t where)
{
	if (ticks <= p->ticks)
		return;
	store(&p->ticks, ticks);
	store(&p->where, where);
}

void lockstat_taken(struct lockstat *s, unsigned rank)
{
	store(&s->rank[rank].taken, s->rank[rank].taken + 1);
}

void lockstat_waited(struct lockstat *s, unsigned rank, uint64_t ticks)
{
	store(&s->rank[rank].contended, s->rank[rank].contended + 1);
	store_longer(&s->rank[rank].wait, ticks);
}

void lockstat_held(struct lockstat *s, unsigned rank, uint64_t ticks)
{
	store_longer(&s->rank[rank].hold, ticks);
}

void lockstat_mask(struct lockstat *s, const void *lock, uint64_t now,
		   uint64_t where)
{
	s->masking_lock = lock;
	s->masked_at = now;
	s->masked_by = where;
}

uint64_t lockstat_unmask(struct lockstat *s, const void *lock, uint64_t now)
{
	uint64_t ticks;

	if (s->masking_lock != lock)
		return 0;
	s->masking_lock = NULL;
	ticks = now - s->masked_at;
	store_longest(&s->masked, ticks, s->masked_by);
	return ticks;
}

void lockstat_handled(struct lockstat *s, uint64_t ticks, uint64_t where)
{
	store_longest(&s->handler, ticks, where);
}

void lockstat_add(struct lockstat *total, const struct lockstat *s)
{
	unsigned i;

	for (i = 0; i < RANK_COUNT; i++) {
		struct lockstat_rank *to = &total->rank[i];
		const struct lockstat_rank *from = &s->rank[i];

		to->taken += load(&from->taken);
		to->contended += load(&from->contended);
		store_longer(&to->wait, load(&from->wait));
		store_longer(&to->hold, load(&from->hold));
	}
	store_longest(&total->masked, load(&s->masked.ticks),
		      load(&s->masked.where));
	store_longest(&total->handler, load(&s->handler.ticks),
		      load(&s->handler.where));
}

const char *lockstat_rank_name(unsigned rank)
{
	return names[rank];
}
