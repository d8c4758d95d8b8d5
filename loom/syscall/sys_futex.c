// SPDX-License-Identifier: MIT
/* futex(2); see sys_futex.h. */
#include "syscall/sys_futex.h"

#include <weft/uaccess.h>

#include "lib/errno.h"
#include "mm/user.h"
#include "sched/clock.h"
#include "sched/wait.h"
#include "syscall/syscall.h"

/* Linux's operations and flags */
#define FUTEX_WAIT		0
#define FUTEX_WAKE		1
#define FUTEX_WAIT_BITSET	9
#define FUTEX_WAKE_BITSET	10
#define FUTEX_PRIVATE_FLAG	128
#define FUTEX_CLOCK_REALTIME	256

#define NS_PER_S		UINT64_C(1000000000)

/*
 * When to give up, in clock_now()'s time: @addr is a struct timespec, a time
 * from now if @relative.
 */
static int deadline_from_user(uint64_t addr, bool relative, bool realtime,
			      uint64_t *deadline)
{
	int64_t time[2];
	uint64_t ns, epoch;

	*deadline = WAIT_FOREVER;
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
	epoch = realtime ? clock_realtime() - clock_now() : 0;
	if (relative)
		*deadline = clock_deadline(ns);
	else
		*deadline = ns > epoch ? ns - epoch : 0;
	return 0;
}

static long futex_wait(const uint64_t arg[6], bool relative, bool realtime)
{
	uint64_t deadline;
	uint32_t value;
	int err;

	err = deadline_from_user(arg[3], relative, realtime, &deadline);
	if (err)
		return err;
	if (weft_user_load32(arg[0], &value))
		return -EFAULT;
	if (value != (uint32_t)arg[2])
		return -EAGAIN;
	err = wait_until(deadline);
	return err ? err : -ETIMEDOUT;
}

long sys_futex(const uint64_t arg[6])
{
	uint32_t operation = (uint32_t)arg[1];
	bool realtime = operation & FUTEX_CLOCK_REALTIME;

	operation &= ~(uint32_t)(FUTEX_PRIVATE_FLAG | FUTEX_CLOCK_REALTIME);
	if (arg[0] % 4)
		return -EINVAL;
	if (!user_range_ok(arg[0], 4))
		return -EFAULT;
	if ((operation == FUTEX_WAIT_BITSET ||
	     operation == FUTEX_WAKE_BITSET) && !(uint32_t)arg[5])
		return -EINVAL;
	switch (operation) {
	case FUTEX_WAIT:
		return futex_wait(arg, true, false);
	case FUTEX_WAIT_BITSET:
		return futex_wait(arg, false, realtime);
	case FUTEX_WAKE:
	case FUTEX_WAKE_BITSET:
		return 0;
	default:
		return syscall_part_missing(PART_FUTEX_OPERATION);
	}
}
