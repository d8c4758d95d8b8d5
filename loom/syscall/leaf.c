// SPDX-License-Identifier: MIT
/*
 * The leaf calls (weft/leaf.h): what one load answers. Called by weft's entry
 * code, with all of DAIF masked. Each is in table.c too: a leaf call may be
 * made where there is no short way, and the fuzzer's batches go through there.
 */
#include <weft/leaf.h>

#include "proc/process.h"
#include "sched/chaos.h"
#include "sched/cpu.h"
#include "sched/thread.h"

#define LEAF(name) \
	static struct weft_leaf_result \
	leaf_##name(uint64_t x0, uint64_t x1, uint64_t x2, uint64_t x3, \
		    uint64_t x4, uint64_t x5)

#define UNUSED ((void)x0, (void)x1, (void)x2, (void)x3, (void)x4, (void)x5)

static struct weft_leaf_result is(uint64_t value)
{
	return (struct weft_leaf_result){ value, 0 };
}

LEAF(getpid)
{
	UNUSED;
	return is((uint64_t)thread_current()->process->pid);
}

LEAF(getppid)
{
	const struct process *self = thread_current()->process;

	UNUSED;
	return is((uint64_t)__atomic_load_n(&self->ppid, __ATOMIC_RELAXED));
}

LEAF(gettid)
{
	UNUSED;
	return is(thread_current()->tid);
}

/* Nobody waits for this CPU: nothing to do. */
LEAF(sched_yield)
{
	const struct cpu *cpu = cpu_current();

	UNUSED;
	if (__atomic_load_n(&cpu->levels, __ATOMIC_RELAXED) || chaos_on())
		return (struct weft_leaf_result){ 0, 1 };
	return is(0);
}

/* There is one user: root. */
LEAF(zero)
{
	UNUSED;
	return is(0);
}

#define AT(number_, name) \
	[WEFT_LEAF_SLOT(number_)] = { .number = (number_), .fn = leaf_##name }

const struct weft_leaf weft_leaf_calls[WEFT_LEAF_SLOTS] = {
	[0] = WEFT_LEAF_NONE,
	AT(124, sched_yield),
	AT(172, getpid),
	AT(173, getppid),
	AT(174, zero),		/* getuid */
	AT(175, zero),		/* geteuid */
	AT(176, zero),		/* getgid */
	AT(177, zero),		/* getegid */
	AT(178, gettid),
};
