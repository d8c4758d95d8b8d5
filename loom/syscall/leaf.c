// SPDX-License-Identifier: MIT
/*
 * The leaf calls (weft/leaf.h): what one load answers. Called by weft's entry
 * code, with all of DAIF masked. Each is in table.c too: a leaf call may be
 * made where there is no short way, and the fuzzer's batches go through there.
 */
#include <weft/leaf.h>

#include <loom/abi.h>

#include "fs/leaf.h"
#include "ipc/leaf.h"
#include "proc/futex_leaf.h"
#include "proc/process.h"
#include "sched/cpu.h"
#include "sched/quick.h"
#include "sched/sched.h"
#include "sched/thread.h"

static LEAF_CALL(leaf_getpid)
{
	return quick_done((uint64_t)thread_current()->process->pid);
}

static LEAF_CALL(leaf_getppid)
{
	const struct process *self = thread_current()->process;

	return quick_done((uint64_t)__atomic_load_n(&self->ppid,
						    __ATOMIC_RELAXED));
}

static LEAF_CALL(leaf_gettid)
{
	return quick_done(thread_current()->tid);
}

static LEAF_CALL(leaf_sched_yield)
{
	struct thread *self = thread_current();
	struct cpu *cpu = quick_cpu(self);
	struct run_level *level = quick_level(cpu, self);
	struct thread *next;

	next = runq_leaf_turn(level);
	if (!next || !quick_is_near(next))
		return sched_leaf_yield();
	runq_rotate(level, self, next);
	return quick_switch(cpu, self, next, 0, quick_now());
}

/* There is one user: root. */
static LEAF_CALL(leaf_zero)
{
	return quick_done(0);
}

#define AT(number_, name) \
	[WEFT_LEAF_SLOT(number_)] = { .number = (number_), .fn = leaf_##name }

_Static_assert(WEFT_LEAF_SLOT(LOOM_SYS_CALL) == 0, "slot 0 has an entry");

const struct weft_leaf weft_leaf_calls[WEFT_LEAF_SLOTS] = {
	AT(LOOM_SYS_CALL, ipc_call),
	AT(LOOM_SYS_REPLY_RECV, ipc_reply_recv),
	AT(LOOM_SYS_SIGNAL, ipc_signal),
	AT(LOOM_SYS_WAIT, ipc_wait),
	AT(63, read),
	AT(64, write),
	AT(98, futex),
	AT(124, sched_yield),
	AT(172, getpid),
	AT(173, getppid),
	AT(174, zero),		/* getuid */
	AT(175, zero),		/* geteuid */
	AT(176, zero),		/* getgid */
	AT(177, zero),		/* getegid */
	AT(178, gettid),
};
