// SPDX-License-Identifier: MIT
/*
 * Sleeping, and the times that a process used. Called through the table of
 * system calls.
 */
#include "syscall/sys_time.h"

#include "lib/errno.h"
#include "mm/user.h"
#include "proc/cputime.h"
#include "proc/process.h"
#include "sched/clock.h"
#include "sched/thread.h"
#include "sched/wait.h"
#include "signal/signal.h"
#include "syscall/sys_clock.h"
#include "syscall/time_arg.h"

enum {
	RUSAGE_SELF = 0,
	RUSAGE_CHILDREN = -1,
	RUSAGE_THREAD = 1,

	USER_HZ = 100,		/* of times(2), fixed by the ABI */
};

struct tms {
	int64_t utime, stime, cutime, cstime;
};

struct rusage {
	struct timeval utime, stime;
	int64_t unkept[12];	/* maxrss ... nsignals */
	int64_t nvcsw, nivcsw;
};

_Static_assert(sizeof(struct rusage) == 144, "Linux's struct rusage");

static int64_t to_ticks(uint64_t ns)
{
	return (int64_t)(ns / (NS_PER_S / USER_HZ));
}

/*
 * Sleep for @span, or to the end of the sleep that this call goes on with;
 * interrupted, store what is left at @remaining unless that is 0.
 */
static long sleep_for(uint64_t span, uint64_t remaining)
{
	struct timespec left;
	uint64_t now, deadline;
	int err;

	if (!signal_restarted(&deadline))
		deadline = clock_deadline(span);
	err = wait_until(deadline);
	if (err != -EINTR)
		return err;
	now = clock_now();
	left = to_timespec(deadline > now ? deadline - now : 0);
	if (remaining && copy_to_user(remaining, &left, sizeof(left)) < 0)
		return -EFAULT;
	return signal_restart_at(deadline);
}

long sys_nanosleep(const uint64_t arg[6])
{
	uint64_t span;
	int err = timespec_from_user(arg[0], &span);

	if (err < 0)
		return err;
	return sleep_for(span, arg[1]);
}

/* Who sleeps until a moment of the real-time clock, which may be set. */
static struct waitq realtime_sleepers =
	WAITQ_INIT("realtime sleepers", realtime_sleepers);

static long sleep_until_realtime(uint64_t ns)
{
	struct waiter waiter;
	int err = 0;

	do {
		wait_prepare(&realtime_sleepers, &waiter, WAIT_INTERRUPTIBLE);
		/* With the clock as it is set now; a change wakes. */
		err = wait_sleep(&waiter, clock_when_realtime(ns));
	} while (!err);
	return err == -ETIMEDOUT ? 0 : err;
}

void sleep_clock_was_set(void)
{
	wait_wake_all(&realtime_sleepers);
}

long sys_clock_nanosleep(const uint64_t arg[6])
{
	int clock = (int)arg[0];
	uint64_t ns;
	int err = clock_read(clock, &ns);

	if (err < 0 || clock == CLOCK_THREAD_CPUTIME_ID)
		return -EINVAL;
	if (clock != CLOCK_REALTIME && clock != CLOCK_MONOTONIC &&
	    clock != CLOCK_BOOTTIME && clock != CLOCK_TAI)
		return -EOPNOTSUPP;
	err = timespec_from_user(arg[2], &ns);
	if (err < 0)
		return err;
	if (!(arg[1] & TIMER_ABSTIME))
		return sleep_for(ns, arg[3]);
	if (clock == CLOCK_REALTIME || clock == CLOCK_TAI)
		return sleep_until_realtime(ns);
	return wait_until(ns);
}

long sys_times(const uint64_t arg[6])
{
	struct process *process = process_current();
	struct process_info info;
	struct tms tms;

	cputime_account();
	process_info(process, &info);
	tms = (struct tms){
		.utime = to_ticks(info.utime_ns),
		.stime = to_ticks(info.stime_ns),
		.cutime = to_ticks(info.child_utime_ns),
		.cstime = to_ticks(info.child_stime_ns),
	};
	if (arg[0] && copy_to_user(arg[0], &tms, sizeof(tms)) < 0)
		return -EFAULT;
	return to_ticks(clock_now());
}

/* What @who of getrusage(2) has used: 0 or -EINVAL. */
static int usage_of(int who, struct cputime *time)
{
	struct process *process = process_current();
	struct process_info info;

	cputime_account();
	switch (who) {
	case RUSAGE_SELF:
		*time = cputime_process(process);
		return 0;
	case RUSAGE_THREAD:
		(void)cputime_thread(process, thread_current()->tid, time);
		return 0;
	case RUSAGE_CHILDREN:
		process_info(process, &info);
		*time = (struct cputime){
			.user_ns = info.child_utime_ns,
			.system_ns = info.child_stime_ns,
		};
		return 0;
	default:
		return -EINVAL;
	}
}

long sys_getrusage(const uint64_t arg[6])
{
	struct rusage usage = { .nvcsw = 0 };
	struct cputime time;
	int err = usage_of((int)arg[0], &time);

	if (err)
		return err;
	usage.utime = to_timeval(time.user_ns);
	usage.stime = to_timeval(time.system_ns);
	usage.nvcsw = (int64_t)time.voluntary;
	usage.nivcsw = (int64_t)time.involuntary;
	return copy_to_user(arg[1], &usage, sizeof(usage));
}
