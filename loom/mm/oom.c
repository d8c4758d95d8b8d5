// SPDX-License-Identifier: MIT
/*
 * Out of memory (mm/oom.h), for page faults (loom/trap.c).
 *
 * Who finds no memory chooses the process with the most resident pages, says
 * so on the console, kills it and all that share its memory, and unmaps that
 * memory itself (aspace_reap). So nobody waits for the victim, which may wait
 * for a lock that the one who faults holds. Its threads never see the holes: a
 * signal that ends them is there before, and a fault of theirs leads to it.
 * Memory that is shared with others is free when the last of them is gone;
 * until then the next fault that finds none chooses again.
 *
 * Process 1, and who shares its memory, is not chosen. Nobody is for a page
 * that was refused on purpose (mm/fail.h): memory is not short then, and the
 * one that touched it ends.
 */
#include "mm/oom.h"

#include "lib/errno.h"
#include "lib/lock.h"
#include "lib/log.h"
#include "mm/aspace.h"
#include "mm/fail.h"
#include "proc/process.h"
#include "proc/tree.h"
#include "sched/mutex.h"
#include "signal/signal.h"

/*
 * One victim at a time. Ranks before RANK_ASPACE, for the victim's lock is
 * taken inside, and after all that a fault may come under.
 */
static struct mutex oom_lock;
static uint32_t kills;		/* written under oom_lock; atomic */

void oom_init(void)
{
	mutex_init(&oom_lock, RANK_OOM, "oom");
}

struct choice {
	const struct aspace *spared;	/* process 1's */
	struct process *process;	/* counted, or NULL */
	size_t pages;
};

static size_t pages_of(const struct aspace *as)
{
	return __atomic_load_n(&as->pages, __ATOMIC_RELAXED);
}

/*
 * The tree lock is held: nobody's aspace goes away. Process 1, the oldest,
 * comes first.
 */
static void consider(struct process *p, void *arg)
{
	struct choice *choice = arg;
	size_t pages = p->aspace ? pages_of(p->aspace) : 0;

	if (p->pid == PID_INIT)
		choice->spared = p->aspace;
	if (pages <= choice->pages || p->aspace == choice->spared)
		return;
	if (choice->process)
		process_put(choice->process);
	process_get(p);
	choice->process = p;
	choice->pages = pages;
}

static void kill_user(struct process *p, void *as)
{
	if (p->aspace == as)
		signal_send(p, SIGKILL);
}

static void kill(struct process *p, size_t pages)
{
	struct aspace *as = process_aspace(p);
	struct process_info info;

	/* It has ended by itself. */
	if (!as)
		return;
	process_info(p, &info);
	klog("out of memory: killed %s (pid %d), %zu pages\n", info.name,
	     info.pid, pages);
	process_for_each(kill_user, as);
	aspace_reap(as);
	aspace_put(as);
}

static bool kill_largest(void)
{
	struct choice choice = { .spared = NULL };

	process_for_each(consider, &choice);
	if (choice.process) {
		kill(choice.process, choice.pages);
		process_put(choice.process);
		__atomic_store_n(&kills, kills + 1, __ATOMIC_RELAXED);
	}
	return choice.process;
}

/* @before: kills when memory was last asked for. False: there is no way. */
static bool make_room(uint32_t before)
{
	bool killed;

	mutex_lock(&oom_lock);
	/* Who waited for the lock while another killed looks first. */
	killed = kills != before || kill_largest();
	mutex_unlock(&oom_lock);
	return killed;
}

int oom_aspace_fault(struct aspace *as, uint64_t va, unsigned access)
{
	for (;;) {
		uint32_t before = __atomic_load_n(&kills, __ATOMIC_RELAXED);
		uint32_t refusals = fail_refusals();
		int err = aspace_fault(as, va, access);

		if (err != -ENOMEM)
			return err;
		if (signal_is_deadly() || fail_refusals() != refusals ||
		    !make_room(before))
			return -ENOMEM;
	}
}
