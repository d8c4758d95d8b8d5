// SPDX-License-Identifier: MIT
/*
 * Allocations that fail on purpose (mm/fail.h). The allocators ask refuse()
 * from the first experiment on.
 *
 * A thread belongs to an experiment if it has its number: the one that began
 * it, and those that thread_create made from such a thread. So nobody has to
 * be told when another begins: children that outlive an experiment have a
 * number that is not the present one any more, and neither count nor are
 * refused. That is decided under the same lock that another begins under.
 *
 * What was refused is noted in the thread that asked, for the experiment may
 * be another's by the time somebody wants to know.
 */
#include "mm/fail.h"

#include <stdbool.h>
#include <stddef.h>

#include <loom/abi.h>
#include <weft/pauth.h>

#include "boot/payload.h"
#include "lib/cmdline.h"
#include "lib/errno.h"
#include "lib/ksyms.h"
#include "lib/lock.h"
#include "lib/printf.h"
#include "mm/page.h"
#include "mm/user.h"
#include "sched/thread.h"

/* The allocators call refuse with kmem's locks held, and all that go before. */
static struct spinlock lock = SPINLOCK_INIT(RANK_FAIL, "fail");

/* The present one, or the last. lock; number may be read without. */
static struct {
	uint32_t number;		/* 0: none so far; atomic */
	uint64_t first, count;		/* which allocations fail */
	uint64_t seen, refused;
	uintptr_t site;			/* return address of the first */
} experiment;

static bool is_offered(void)
{
	return LOOM_DEBUG || cmdline_get(boot_cmdline(), "loom.fail", NULL, 0);
}

/* Count an allocation: has it to fail? lock. */
static bool is_due(const void *caller)
{
	experiment.seen++;
	if (experiment.seen < experiment.first ||
	    experiment.seen - experiment.first >= experiment.count)
		return false;
	if (experiment.refused++ == 0)
		experiment.site = (uintptr_t)caller;
	return true;
}

static bool refuse(const void *caller)
{
	struct thread *self = thread_current();
	bool due = false;
	uint64_t daif;

	/* Its own number will not come again: no, without the lock. */
	if (self->experiment !=
	    __atomic_load_n(&experiment.number, __ATOMIC_RELAXED))
		return false;
	daif = spin_lock_irqsave(&lock);
	if (self->experiment == experiment.number)
		due = is_due(caller);
	self->refusals += due;
	spin_unlock_irqrestore(&lock, daif);
	return due;
}

uint32_t fail_refusals(void)
{
	return thread_current()->refusals;
}

long fail_prctl_set(uint64_t first, uint64_t count)
{
	struct thread *self = thread_current();
	uint32_t number;
	uint64_t daif;

	if (!is_offered() || first == 0)
		return -EINVAL;
	daif = spin_lock_irqsave(&lock);
	number = experiment.number + 1;
	number += number == 0;
	experiment.first = first;
	experiment.count = count;
	experiment.seen = 0;
	experiment.refused = 0;
	experiment.site = 0;
	self->experiment = number;
	__atomic_store_n(&experiment.number, number, __ATOMIC_RELAXED);
	spin_unlock_irqrestore(&lock, daif);
	/* Release: who finds refuse finds the number of an experiment. */
	__atomic_store_n(&page_refuse, refuse, __ATOMIC_RELEASE);
	return 0;
}

long fail_prctl_get(uint64_t addr)
{
	struct loom_fail result = { 0 };
	uint64_t daif, pc;
	struct ksym sym;

	if (!is_offered())
		return -EINVAL;
	daif = spin_lock_irqsave(&lock);
	result.seen = experiment.seen;
	result.refused = experiment.refused;
	pc = weft_pauth_strip(experiment.site);
	spin_unlock_irqrestore(&lock, daif);
	/* The call is the instruction before the one that it returns to. */
	if (pc && ksym_lookup(pc - 4, &sym))
		format(result.site, sizeof(result.site), "%s+0x%lx", sym.name,
		       (unsigned long)sym.offset);
	return copy_to_user(addr, &result, sizeof(result));
}
