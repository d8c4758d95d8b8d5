// SPDX-License-Identifier: MIT
/*
 * Nice values, scheduling policies and affinity. Called through the table of
 * system calls.
 */
#include "syscall/sys_sched.h"

#include <stdbool.h>
#include <stddef.h>

#include "lib/errno.h"
#include "lib/lock.h"
#include "mm/user.h"
#include "proc/process.h"
#include "sched/cpu.h"
#include "sched/sched.h"
#include "sched/thread.h"

enum {
	PRIO_PROCESS = 0,
	PRIO_PGRP = 1,
	PRIO_USER_ID = 2,	/* Linux's PRIO_USER */

	NICE_MIN = -20,
	NICE_MAX = 19,

	SCHED_OTHER = 0,
	SCHED_FIFO = 1,
	SCHED_RR = 2,
	SCHED_BATCH = 3,
	SCHED_IDLE = 5,
	SCHED_RESET_ON_FORK = 0x40000000,
};

/* Which threads a call is about. */
struct target {
	int which, who;
};

/* The priority that they are to have, if not negative; their best one. */
struct nicety {
	int wish, best;
};

long sys_sched_yield(const uint64_t arg[6])
{
	(void)arg;
	sched_yield();
	return 0;
}

static int resolve(struct target *target, uint64_t which, uint64_t who)
{
	target->which = (int)which;
	target->who = (int)who;
	if (target->which < PRIO_PROCESS || target->which > PRIO_USER_ID)
		return -EINVAL;
	if (target->who == 0 && target->which == PRIO_PGRP)
		target->who = (int)process_getpgid(0);
	return 0;
}

/* The tree lock or the signal_lock of @t's process is held: it cannot end. */
static void set_or_get(struct thread *t, void *arg)
{
	struct nicety *n = arg;

	if (n->wish >= 0)
		sched_set_prio(t, (unsigned)n->wish);
	if (n->best < 0 || t->base_prio < n->best)
		n->best = t->base_prio;
}

static bool matches(const struct target *target, struct process *p)
{
	if (target->which == PRIO_PGRP)
		return process_getpgid(p->pid) == target->who;
	return target->who == 0;	/* all belong to root */
}

static void for_process(struct process *p, struct nicety *n)
{
	uint64_t daif = spin_lock_irqsave(&p->signal_lock);
	struct thread *t;

	list_for_each_entry(t, &p->threads, struct thread, sibling)
		set_or_get(t, n);
	spin_unlock_irqrestore(&p->signal_lock, daif);
}

/* The best priority among the targets, or -ESRCH. Sets it if @prio >= 0. */
static int for_targets(const struct target *target, int prio)
{
	struct nicety n = { prio, -ESRCH };
	struct process *p;
	int pid;

	/* As on Linux a number that names one thread is about that only. */
	if (target->which == PRIO_PROCESS) {
		thread_visit(target->who, set_or_get, &n);
		return n.best;
	}
	for (p = process_next(0); p; p = process_next(pid)) {
		if (matches(target, p))
			for_process(p, &n);
		pid = p->pid;
		process_put(p);
	}
	return n.best;
}

long sys_getpriority(const uint64_t arg[6])
{
	struct target target;
	int best = resolve(&target, arg[0], arg[1]);

	if (!best)
		best = for_targets(&target, -1);
	/* Not negative, so that no result looks like an error. */
	return best < 0 ? best : 20 - (best - PRIO_USER);
}

long sys_setpriority(const uint64_t arg[6])
{
	struct target target;
	int nice = (int)arg[2];
	int err = resolve(&target, arg[0], arg[1]);

	if (err < 0)
		return err;
	if (nice < NICE_MIN)
		nice = NICE_MIN;
	if (nice > NICE_MAX)
		nice = NICE_MAX;
	err = for_targets(&target, PRIO_USER + nice);
	return err < 0 ? err : 0;
}

static void is_there(struct thread *t, void *arg)
{
	(void)t;
	(void)arg;
}

/* 0 if @tid (0: the caller) is a thread, -EINVAL or -ESRCH. */
static int check_tid(uint64_t tid)
{
	return (int)tid < 0 ? -EINVAL : thread_visit((int)tid, is_there, NULL);
}

/* Is the struct sched_param at @addr one of SCHED_OTHER? */
static int check_param(uint64_t addr)
{
	int32_t priority;
	int err;

	if (!addr)
		return -EINVAL;
	err = copy_from_user(&priority, addr, sizeof(priority));
	if (err < 0)
		return err;
	return priority == 0 ? 0 : -EINVAL;
}

long sys_sched_setscheduler(const uint64_t arg[6])
{
	int err = check_param(arg[2]);

	if (err == -EFAULT || (int)arg[1] < 0)
		return err == -EFAULT ? err : -EINVAL;
	if (((int)arg[1] & ~SCHED_RESET_ON_FORK) != SCHED_OTHER)
		return -EINVAL;
	return err < 0 ? err : check_tid(arg[0]);
}

long sys_sched_getscheduler(const uint64_t arg[6])
{
	int err = check_tid(arg[0]);

	return err < 0 ? err : SCHED_OTHER;
}

long sys_sched_setparam(const uint64_t arg[6])
{
	int err = check_param(arg[1]);

	return err < 0 ? err : check_tid(arg[0]);
}

long sys_sched_getparam(const uint64_t arg[6])
{
	int32_t priority = 0;
	int err = check_tid(arg[0]);

	if (err < 0)
		return err;
	if (!arg[1])
		return -EINVAL;
	return copy_to_user(arg[1], &priority, sizeof(priority));
}

/* What @realtime policies would have; others have 0. */
static long priority_limit(uint64_t policy, long realtime)
{
	switch ((int)policy) {
	case SCHED_FIFO:
	case SCHED_RR:
		return realtime;
	case SCHED_OTHER:
	case SCHED_BATCH:
	case SCHED_IDLE:
		return 0;
	default:
		return -EINVAL;
	}
}

long sys_sched_get_priority_max(const uint64_t arg[6])
{
	return priority_limit(arg[0], 99);
}

long sys_sched_get_priority_min(const uint64_t arg[6])
{
	return priority_limit(arg[0], 1);
}

long sys_sched_rr_get_interval(const uint64_t arg[6])
{
	int64_t slice[2] = { 0, SLICE_NS };
	int err = check_tid(arg[0]);

	return err < 0 ? err : copy_to_user(arg[1], slice, sizeof(slice));
}

static void get_affinity(struct thread *t, void *arg)
{
	*(uint64_t *)arg = __atomic_load_n(&t->affinity, __ATOMIC_RELAXED);
}

static void set_affinity(struct thread *t, void *arg)
{
	sched_set_affinity(t, *(const uint64_t *)arg);
}

long sys_sched_getaffinity(const uint64_t arg[6])
{
	uint64_t mask = 0;
	int err;

	if (arg[1] < sizeof(mask) || arg[1] % sizeof(mask))
		return -EINVAL;
	if ((int)arg[0] < 0)
		return -EINVAL;
	err = thread_visit((int)arg[0], get_affinity, &mask);
	if (err < 0)
		return err;
	mask &= cpu_online();
	err = copy_to_user(arg[2], &mask, sizeof(mask));
	return err < 0 ? err : (long)sizeof(mask);
}

long sys_sched_setaffinity(const uint64_t arg[6])
{
	uint64_t mask = 0;
	size_t size = arg[1] < sizeof(mask) ? arg[1] : sizeof(mask);
	int err = copy_from_user(&mask, arg[2], size);

	if (err < 0)
		return err;
	err = check_tid(arg[0]);
	if (err < 0)
		return err;
	if (!(mask & cpu_online()))
		return -EINVAL;
	return thread_visit((int)arg[0], set_affinity, &mask);
}

long sys_getcpu(const uint64_t arg[6])
{
	uint32_t where[2] = { 0, 0 };
	int err = 0;

	preempt_disable();
	where[0] = cpu_current()->weft.index;
	preempt_enable();
	if (arg[0])
		err = copy_to_user(arg[0], &where[0], sizeof(where[0]));
	if (!err && arg[1])
		err = copy_to_user(arg[1], &where[1], sizeof(where[1]));
	return err;
}
