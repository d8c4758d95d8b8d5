// SPDX-License-Identifier: MIT
/* The arguments of futex(2); see sys_futex.h. */
#include "syscall/sys_futex.h"

#include <stdbool.h>
#include <stddef.h>

#include "lib/errno.h"
#include "mm/user.h"
#include "proc/futex.h"
#include "proc/process.h"
#include "proc/tree.h"
#include "sched/clock.h"
#include "sched/thread.h"
#include "sched/wait.h"
#include "signal/signal.h"
#include "syscall/syscall.h"

/* Linux's operations and flags */
enum {
	FUTEX_WAIT = 0,
	FUTEX_WAKE = 1,
	FUTEX_REQUEUE = 3,
	FUTEX_CMP_REQUEUE = 4,
	FUTEX_WAKE_OP = 5,
	FUTEX_LOCK_PI = 6,
	FUTEX_UNLOCK_PI = 7,
	FUTEX_TRYLOCK_PI = 8,
	FUTEX_WAIT_BITSET = 9,
	FUTEX_WAKE_BITSET = 10,
	FUTEX_WAIT_REQUEUE_PI = 11,
	FUTEX_CMP_REQUEUE_PI = 12,
	FUTEX_LOCK_PI2 = 13,

	FUTEX_PRIVATE_FLAG = 128,
	FUTEX_CLOCK_REALTIME = 256,

	ROBUST_HEAD_SIZE = 24,
};

#define NS_PER_S UINT64_C(1000000000)

/* @addr is a struct timespec, a time from now if @relative, or 0: never. */
static int deadline_from_user(uint64_t addr, bool relative, bool realtime,
			      struct futex_deadline *deadline)
{
	int64_t time[2];
	uint64_t ns;

	*deadline = (struct futex_deadline){ WAIT_FOREVER, realtime };
	if (!addr)
		return 0;
	if (copy_from_user(time, addr, sizeof(time)))
		return -EFAULT;
	if (time[0] < 0 || time[1] < 0 || time[1] >= (int64_t)NS_PER_S)
		return -EINVAL;
	/* Centuries from now: forever. */
	if ((uint64_t)time[0] >= WAIT_FOREVER / NS_PER_S - 1)
		return 0;
	ns = (uint64_t)time[0] * NS_PER_S + (uint64_t)time[1];
	if (!relative)
		deadline->ns = ns;
	else if (!signal_restarted(&deadline->ns))
		deadline->ns = clock_deadline(ns);
	return 0;
}

static long wait(const uint64_t arg[6], bool shared, uint32_t bits,
		 const struct futex_deadline *deadline)
{
	long err = futex_wait(arg[0], shared, (uint32_t)arg[2], bits, deadline);

	return err == -EINTR && arg[3] ? signal_restart_at(deadline->ns) : err;
}

/* The second address, for the operations that have one. */
static int check_address(uint64_t addr)
{
	if (addr % sizeof(uint32_t))
		return -EINVAL;
	return user_range_ok(addr, sizeof(uint32_t)) ? 0 : -EFAULT;
}

static long on_two(unsigned operation, const uint64_t arg[6], bool shared)
{
	uint32_t expected = (uint32_t)arg[5];
	int n = (int)arg[2], n2 = (int)arg[3];
	int err = check_address(arg[4]);

	if (operation != FUTEX_WAKE_OP && (n < 0 || n2 < 0))
		return -EINVAL;
	if (err)
		return err;
	if (operation == FUTEX_WAKE_OP)
		return futex_wake_op(arg[0], arg[4], shared, n, n2,
				     (uint32_t)arg[5]);
	return futex_requeue(arg[0], arg[4], shared, n, n2,
			     operation == FUTEX_CMP_REQUEUE ? &expected : NULL);
}

/* Does Linux take this operation with FUTEX_CLOCK_REALTIME? */
static bool may_be_realtime(unsigned operation)
{
	return operation == FUTEX_WAIT_BITSET ||
	       operation == FUTEX_WAIT_REQUEUE_PI ||
	       operation == FUTEX_LOCK_PI2;
}

static bool has_timeout(unsigned operation)
{
	return operation == FUTEX_WAIT || operation == FUTEX_LOCK_PI ||
	       may_be_realtime(operation);
}

static long dispatch(unsigned operation, const uint64_t arg[6], bool shared,
		     const struct futex_deadline *deadline)
{
	uint32_t bits = (uint32_t)arg[5];

	switch (operation) {
	case FUTEX_WAIT:
	case FUTEX_WAKE:
		bits = FUTEX_ANY;
		break;
	case FUTEX_WAIT_BITSET:
	case FUTEX_WAKE_BITSET:
		if (!bits)
			return -EINVAL;
		break;
	case FUTEX_REQUEUE:
	case FUTEX_CMP_REQUEUE:
	case FUTEX_WAKE_OP:
		return on_two(operation, arg, shared);
	case FUTEX_LOCK_PI:
	case FUTEX_UNLOCK_PI:
	case FUTEX_TRYLOCK_PI:
	case FUTEX_WAIT_REQUEUE_PI:
	case FUTEX_CMP_REQUEUE_PI:
	case FUTEX_LOCK_PI2:
		return syscall_part_missing(PART_FUTEX_PI);
	default:
		return -ENOSYS;		/* Linux has no other either */
	}
	if (operation == FUTEX_WAKE || operation == FUTEX_WAKE_BITSET)
		return futex_wake(arg[0], shared, (int)arg[2], bits);
	return wait(arg, shared, bits, deadline);
}

long sys_futex(const uint64_t arg[6])
{
	const unsigned flags = FUTEX_PRIVATE_FLAG | FUTEX_CLOCK_REALTIME;
	unsigned operation = (uint32_t)arg[1] & ~flags;
	bool realtime = arg[1] & FUTEX_CLOCK_REALTIME;
	bool shared = !(arg[1] & FUTEX_PRIVATE_FLAG);
	struct futex_deadline deadline = { WAIT_FOREVER, false };
	int err = 0;

	if (realtime && !may_be_realtime(operation))
		return -ENOSYS;
	if (has_timeout(operation))
		err = deadline_from_user(arg[3], operation == FUTEX_WAIT,
					 realtime, &deadline);
	if (!err)
		err = check_address(arg[0]);
	return err ? err : dispatch(operation, arg, shared, &deadline);
}

long sys_set_robust_list(const uint64_t arg[6])
{
	if (arg[1] != ROBUST_HEAD_SIZE)
		return -EINVAL;
	/* Another thread may ask for it at any time. */
	__atomic_store_n(&thread_current()->robust_list, arg[0],
			 __ATOMIC_RELAXED);
	return 0;
}

/* The head of the list of @tid's: 0 or -ESRCH. */
static int find_list(int tid, uint64_t *list)
{
	uint64_t daif = spin_lock_irqsave(&process_tree_lock);
	const struct thread *t = tid ? thread_find(tid) : thread_current();

	if (t)
		*list = __atomic_load_n(&t->robust_list, __ATOMIC_RELAXED);
	spin_unlock_irqrestore(&process_tree_lock, daif);
	return t ? 0 : -ESRCH;
}

long sys_get_robust_list(const uint64_t arg[6])
{
	const uint64_t size = ROBUST_HEAD_SIZE;
	uint64_t list;
	int err = find_list((int)arg[0], &list);

	if (err)
		return err;
	if (copy_to_user(arg[2], &size, sizeof(size)))
		return -EFAULT;
	return copy_to_user(arg[1], &list, sizeof(list));
}
