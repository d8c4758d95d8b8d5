// SPDX-License-Identifier: MIT
/*
 * Allocations that fail on purpose (mm/fail.h). The allocators ask refuse()
 * from the first experiment on.
 *
 * A thread belongs to an experiment if it has its number: the one that began
 * it, and those that thread_create made from such a thread. So nobody has to
 * be told when another begins. All is atomic and no lock is taken, for an
 * allocator may be called with any. Of two threads that begin at once, one
 * wins; the counts of neither mean anything.
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
#include "lib/printf.h"
#include "mm/page.h"
#include "mm/user.h"
#include "sched/thread.h"

/* Atomic, all of them. */
static uint32_t experiment;		/* its number; 0: none so far */
static uint64_t first_one, how_many;	/* which allocations fail */
static uint64_t seen, refused;
static uint64_t site;			/* return address of the first */

static bool is_offered(void)
{
	return LOOM_DEBUG || cmdline_get(boot_cmdline(), "loom.fail", NULL, 0);
}

static bool refuse(const void *caller)
{
	uint32_t current = __atomic_load_n(&experiment, __ATOMIC_ACQUIRE);
	uint64_t number, first;

	if (thread_current()->experiment != current)
		return false;
	number = __atomic_add_fetch(&seen, 1, __ATOMIC_RELAXED);
	first = __atomic_load_n(&first_one, __ATOMIC_RELAXED);
	if (number < first ||
	    number - first >= __atomic_load_n(&how_many, __ATOMIC_RELAXED))
		return false;
	if (__atomic_fetch_add(&refused, 1, __ATOMIC_RELAXED) == 0)
		__atomic_store_n(&site, (uint64_t)(uintptr_t)caller,
				 __ATOMIC_RELAXED);
	return true;
}

bool fail_is_why(void)
{
	uint32_t current = __atomic_load_n(&experiment, __ATOMIC_ACQUIRE);

	return current && thread_current()->experiment == current &&
	       __atomic_load_n(&refused, __ATOMIC_RELAXED) > 0;
}

long fail_prctl_set(uint64_t first, uint64_t count)
{
	struct thread *self = thread_current();
	uint32_t number = __atomic_load_n(&experiment, __ATOMIC_RELAXED) + 1;

	if (!is_offered() || first == 0)
		return -EINVAL;
	number += number == 0;
	__atomic_store_n(&first_one, first, __ATOMIC_RELAXED);
	__atomic_store_n(&how_many, count, __ATOMIC_RELAXED);
	__atomic_store_n(&seen, 0, __ATOMIC_RELAXED);
	__atomic_store_n(&refused, 0, __ATOMIC_RELAXED);
	__atomic_store_n(&site, 0, __ATOMIC_RELAXED);
	self->experiment = number;
	/* Pairs with the acquire in refuse: who has the number sees these. */
	__atomic_store_n(&experiment, number, __ATOMIC_RELEASE);
	__atomic_store_n(&page_refuse, refuse, __ATOMIC_RELEASE);
	return 0;
}

long fail_prctl_get(uint64_t addr)
{
	uint64_t pc = weft_pauth_strip(__atomic_load_n(&site,
						       __ATOMIC_RELAXED));
	struct loom_fail result = {
		.seen = __atomic_load_n(&seen, __ATOMIC_RELAXED),
		.refused = __atomic_load_n(&refused, __ATOMIC_RELAXED),
	};
	struct ksym sym;

	if (!is_offered())
		return -EINVAL;
	/* The call is the instruction before the one that it returns to. */
	if (pc && ksym_lookup(pc - 4, &sym))
		format(result.site, sizeof(result.site), "%s+0x%lx", sym.name,
		       (unsigned long)sym.offset);
	return copy_to_user(addr, &result, sizeof(result));
}
