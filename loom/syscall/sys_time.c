// SPDX-License-Identifier: MIT
/*
 * Clocks, sleeping, and the times that a process used. Called through the
 * table of system calls.
 */
#include "syscall/sys_time.h"

#include <stdbool.h>
#include <stddef.h>

#include <weft/sysreg.h>

#include "lib/errno.h"
#include "mm/user.h"
#include "proc/process.h"
#include "sched/clock.h"
#include "sched/sched.h"
#include "sched/thread.h"
#include "sched/wait.h"

#define NS_PER_S UINT64_C(1000000000)

enum {
	CLOCK_REALTIME = 0,
	CLOCK_MONOTONIC = 1,
	CLOCK_PROCESS_CPUTIME_ID = 2,
	CLOCK_THREAD_CPUTIME_ID = 3,
	CLOCK_MONOTONIC_RAW = 4,
	CLOCK_REALTIME_COARSE = 5,
	CLOCK_MONOTONIC_COARSE = 6,
	CLOCK_BOOTTIME = 7,
	CLOCK_REALTIME_ALARM = 8,
	CLOCK_BOOTTIME_ALARM = 9,
	CLOCK_TAI = 11,

	/* The caller's own, as clock_getcpuclockid names them: pid 0. */
	CLOCK_SELF_PROF = -8,
	CLOCK_SELF_VIRT = -7,
	CLOCK_SELF_SCHED = -6,
	CLOCK_SELF_THREAD = -2,

	TIMER_ABSTIME = 1,

	RUSAGE_SELF = 0,
	RUSAGE_CHILDREN = -1,
	RUSAGE_THREAD = 1,

	USER_HZ = 100,		/* of times(2), fixed by the ABI */
};

struct timespec {
	int64_t sec;
	int64_t nsec;
};

struct timeval {
	int64_t sec;
	int64_t usec;
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

static struct timespec to_timespec(uint64_t ns)
{
	return (struct timespec){ (int64_t)(ns / NS_PER_S),
				  (int64_t)(ns % NS_PER_S) };
}

static struct timeval to_timeval(uint64_t ns)
{
	return (struct timeval){ (int64_t)(ns / NS_PER_S),
				 (int64_t)(ns % NS_PER_S / 1000) };
}

static int64_t to_ticks(uint64_t ns)
{
	return (int64_t)(ns / (NS_PER_S / USER_HZ));
}

/* A time or span from a program, saturating: 0, -EFAULT or -EINVAL. */
static int timespec_from_user(uint64_t addr, uint64_t *ns)
{
	struct timespec ts;
	int err = copy_from_user(&ts, addr, sizeof(ts));

	if (err < 0)
		return err;
	if (ts.sec < 0 || ts.nsec < 0 || ts.nsec >= (int64_t)NS_PER_S)
		return -EINVAL;
	if (__builtin_mul_overflow((uint64_t)ts.sec, NS_PER_S, ns) ||
	    __builtin_add_overflow(*ns, (uint64_t)ts.nsec, ns))
		*ns = UINT64_MAX;
	return 0;
}

/* Bring the running thread's times up to date. */
static void account_self(void)
{
	uint64_t daif = weft_read_daif();

	weft_mask_all();
	sched_account(false);
	weft_write_daif(daif);
}

static uint64_t cpu_time(void)
{
	account_self();
	return thread_current()->runtime_ns;
}

/* 0 or -EINVAL */
static int read_clock(int clock, uint64_t *ns)
{
	switch (clock) {
	case CLOCK_REALTIME:
	case CLOCK_REALTIME_COARSE:
	case CLOCK_REALTIME_ALARM:
	case CLOCK_TAI:
		*ns = clock_realtime();
		return 0;
	case CLOCK_MONOTONIC:
	case CLOCK_MONOTONIC_RAW:
	case CLOCK_MONOTONIC_COARSE:
	case CLOCK_BOOTTIME:
	case CLOCK_BOOTTIME_ALARM:
		*ns = clock_now();
		return 0;
	case CLOCK_PROCESS_CPUTIME_ID:
	case CLOCK_THREAD_CPUTIME_ID:
	case CLOCK_SELF_PROF:
	case CLOCK_SELF_SCHED:
	case CLOCK_SELF_THREAD:
		*ns = cpu_time();
		return 0;
	case CLOCK_SELF_VIRT:
		account_self();
		*ns = thread_current()->utime_ns;
		return 0;
	default:
		return -EINVAL;
	}
}

long sys_clock_gettime(const uint64_t arg[6])
{
	struct timespec ts;
	uint64_t ns;
	int err = read_clock((int)arg[0], &ns);

	if (err < 0)
		return err;
	ts = to_timespec(ns);
	return copy_to_user(arg[1], &ts, sizeof(ts));
}

long sys_clock_getres(const uint64_t arg[6])
{
	int clock = (int)arg[0];
	bool coarse = clock == CLOCK_REALTIME_COARSE ||
		      clock == CLOCK_MONOTONIC_COARSE;
	struct timespec ts = { 0, coarse ? TICK_NS : 1 };
	uint64_t ns;
	int err = read_clock(clock, &ns);

	if (err < 0)
		return err;
	return arg[1] ? copy_to_user(arg[1], &ts, sizeof(ts)) : 0;
}

long sys_gettimeofday(const uint64_t arg[6])
{
	struct timeval tv = to_timeval(clock_realtime());
	int err = 0;

	if (arg[0])
		err = copy_to_user(arg[0], &tv, sizeof(tv));
	if (!err && arg[1])
		err = clear_user(arg[1], 2 * sizeof(int32_t));
	return err;
}

/* Sleep; interrupted, store what is left at @remaining unless that is 0. */
static long sleep_until(uint64_t deadline_ns, uint64_t remaining)
{
	struct timespec left;
	uint64_t now;
	int err = wait_until(deadline_ns);

	if (err != -EINTR || !remaining)
		return err;
	now = clock_now();
	left = to_timespec(deadline_ns > now ? deadline_ns - now : 0);
	if (copy_to_user(remaining, &left, sizeof(left)) < 0)
		return -EFAULT;
	return -EINTR;
}

long sys_nanosleep(const uint64_t arg[6])
{
	uint64_t span;
	int err = timespec_from_user(arg[0], &span);

	if (err < 0)
		return err;
	return sleep_until(clock_deadline(span), arg[1]);
}

/* The moment on the monotonic clock when @clock reads @ns. */
static uint64_t to_monotonic(int clock, uint64_t ns)
{
	uint64_t offset;

	if (clock == CLOCK_MONOTONIC || clock == CLOCK_BOOTTIME)
		return ns;
	offset = clock_realtime() - clock_now();
	if (ns == UINT64_MAX)
		return ns;
	return ns > offset ? ns - offset : 0;
}

long sys_clock_nanosleep(const uint64_t arg[6])
{
	int clock = (int)arg[0];
	uint64_t ns;
	int err = read_clock(clock, &ns);

	if (err < 0 || clock == CLOCK_THREAD_CPUTIME_ID)
		return -EINVAL;
	if (clock != CLOCK_REALTIME && clock != CLOCK_MONOTONIC &&
	    clock != CLOCK_BOOTTIME && clock != CLOCK_TAI)
		return -EOPNOTSUPP;
	err = timespec_from_user(arg[2], &ns);
	if (err < 0)
		return err;
	if (arg[1] & TIMER_ABSTIME)
		return sleep_until(to_monotonic(clock, ns), 0);
	return sleep_until(clock_deadline(ns), arg[3]);
}

long sys_times(const uint64_t arg[6])
{
	const struct process *process = process_current();
	const struct thread *self = thread_current();
	struct tms tms;

	account_self();
	tms = (struct tms){
		.utime = to_ticks(self->utime_ns),
		.stime = to_ticks(self->stime_ns),
		.cutime = to_ticks(process->child_utime_ns),
		.cstime = to_ticks(process->child_stime_ns),
	};
	if (arg[0] && copy_to_user(arg[0], &tms, sizeof(tms)) < 0)
		return -EFAULT;
	return to_ticks(clock_now());
}

long sys_getrusage(const uint64_t arg[6])
{
	const struct process *process = process_current();
	const struct thread *self = thread_current();
	struct rusage usage = { .nvcsw = 0 };

	switch ((int)arg[0]) {
	case RUSAGE_SELF:
	case RUSAGE_THREAD:
		account_self();
		usage.utime = to_timeval(self->utime_ns);
		usage.stime = to_timeval(self->stime_ns);
		usage.nvcsw = (int64_t)self->voluntary;
		usage.nivcsw = (int64_t)self->involuntary;
		break;
	case RUSAGE_CHILDREN:
		usage.utime = to_timeval(process->child_utime_ns);
		usage.stime = to_timeval(process->child_stime_ns);
		break;
	default:
		return -EINVAL;
	}
	return copy_to_user(arg[1], &usage, sizeof(usage));
}
