// SPDX-License-Identifier: MIT
/* Clocks; see sys_clock.h. */
#include "syscall/sys_clock.h"

#include <stdbool.h>
#include <stddef.h>

#include "lib/errno.h"
#include "mm/user.h"
#include "proc/cputime.h"
#include "proc/futex.h"
#include "proc/process.h"
#include "proc/timers.h"
#include "sched/clock.h"
#include "sched/sched.h"
#include "sched/thread.h"
#include "syscall/syscall.h"
#include "syscall/sys_time.h"
#include "syscall/time_arg.h"

/*
 * CPU time.
 */

static int process_time(uint32_t pid, struct cputime *time)
{
	struct process *self = process_current(), *p;

	if (!pid || pid == (uint32_t)self->pid) {
		*time = cputime_process(self);
		return 0;
	}
	p = process_find((int)pid);
	if (!p)
		return -EINVAL;
	*time = cputime_process(p);
	process_put(p);
	return 0;
}

static int read_cpu_clock(struct cpu_clock clock, uint64_t *ns)
{
	uint32_t tid = clock.id ? clock.id : thread_current()->tid;
	struct cputime time;
	int err = -EINVAL;

	if (clock.kind == CPU_CLOCK_NONE)
		return -EINVAL;
	cputime_account();
	if (!clock.of_thread)
		err = process_time(clock.id, &time);
	else if (cputime_thread(process_current(), tid, &time))
		err = 0;
	if (!err)
		*ns = clock.kind == CPU_CLOCK_VIRT ? time.user_ns :
						     cputime_total(&time);
	return err;
}

static struct cpu_clock cpu_clock_of(int number)
{
	if (number == CLOCK_PROCESS_CPUTIME_ID)
		return (struct cpu_clock){ CPU_CLOCK_SCHED, false, 0 };
	if (number == CLOCK_THREAD_CPUTIME_ID)
		return (struct cpu_clock){ CPU_CLOCK_SCHED, true, 0 };
	return cpu_clock_decode(number);
}

/*
 * Reading.
 */

int clock_read(int clock, uint64_t *ns)
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
	default:
		return read_cpu_clock(cpu_clock_of(clock), ns);
	}
}

long sys_clock_gettime(const uint64_t arg[6])
{
	struct timespec ts;
	uint64_t ns;
	int err = clock_read((int)arg[0], &ns);

	if (err < 0)
		return err;
	ts = to_timespec(ns);
	return copy_to_user(arg[1], &ts, sizeof(ts));
}

static bool is_coarse(int clock)
{
	enum cpu_clock_kind kind = cpu_clock_of(clock).kind;

	return clock == CLOCK_REALTIME_COARSE ||
	       clock == CLOCK_MONOTONIC_COARSE ||
	       kind == CPU_CLOCK_PROF || kind == CPU_CLOCK_VIRT;
}

long sys_clock_getres(const uint64_t arg[6])
{
	struct timespec ts = { 0, is_coarse((int)arg[0]) ? TICK_NS : 1 };
	uint64_t ns;
	int err = clock_read((int)arg[0], &ns);

	if (err < 0)
		return err;
	return arg[1] ? copy_to_user(arg[1], &ts, sizeof(ts)) : 0;
}

/* What settimeofday was told; each of the two is atomic. */
struct time_zone {
	int32_t minutes_west, dst;
};

static struct time_zone zone;

long sys_gettimeofday(const uint64_t arg[6])
{
	struct timeval tv = to_timeval(clock_realtime());
	struct time_zone tz = {
		__atomic_load_n(&zone.minutes_west, __ATOMIC_RELAXED),
		__atomic_load_n(&zone.dst, __ATOMIC_RELAXED),
	};
	int err = 0;

	if (arg[0])
		err = copy_to_user(arg[0], &tv, sizeof(tv));
	if (!err && arg[1])
		err = copy_to_user(arg[1], &tz, sizeof(tz));
	return err;
}

/*
 * Setting.
 */

/* The monotonic clock does not change, so real time cannot be before it. */
static int set_realtime(uint64_t ns)
{
	uint64_t now = clock_now();

	if (ns < now || ns > INT64_MAX)
		return -EINVAL;
	clock_set_boot_realtime(ns - now);
	sleep_clock_was_set();
	futex_clock_was_set();
	timers_clock_was_set();
	return 0;
}

long sys_clock_settime(const uint64_t arg[6])
{
	int clock = (int)arg[0];
	uint64_t ns;
	int err;

	if (clock != CLOCK_REALTIME && clock >= 0 &&
	    clock != CLOCK_PROCESS_CPUTIME_ID &&
	    clock != CLOCK_THREAD_CPUTIME_ID)
		return -EINVAL;
	err = timespec_from_user(arg[1], &ns);
	if (err == -EFAULT)
		return err;
	if (clock == CLOCK_REALTIME)
		return err ? err : set_realtime(ns);
	/* CPU time belongs to the kernel. */
	return clock_read(clock, &ns) ? -EINVAL : -EPERM;
}

static int set_zone(uint64_t addr)
{
	enum { LIMIT = 15 * 60 };
	struct time_zone tz;

	if (copy_from_user(&tz, addr, sizeof(tz)))
		return -EFAULT;
	if (tz.minutes_west > LIMIT || tz.minutes_west < -LIMIT)
		return -EINVAL;
	__atomic_store_n(&zone.minutes_west, tz.minutes_west,
			 __ATOMIC_RELAXED);
	__atomic_store_n(&zone.dst, tz.dst, __ATOMIC_RELAXED);
	return 0;
}

long sys_settimeofday(const uint64_t arg[6])
{
	struct timeval tv;
	uint64_t ns = 0;
	int err = 0;

	if (arg[0] && copy_from_user(&tv, arg[0], sizeof(tv)))
		return -EFAULT;
	if (arg[0])
		err = timeval_to_ns(&tv, &ns);
	if (!err && arg[1])
		err = set_zone(arg[1]);
	if (!err && arg[0])
		err = set_realtime(ns);
	return err;
}

/* Linux's struct timex. */
struct timex {
	uint32_t modes, unused1;
	int64_t offset, freq, maxerror, esterror;
	int32_t status, unused2;
	int64_t constant, precision, tolerance;
	struct timeval time;
	int64_t tick, pps[2];
	int32_t shift, unused3;
	int64_t more_pps[5];
	int32_t tai, unused4[11];
};

_Static_assert(sizeof(struct timex) == 208, "Linux's struct timex");

enum {
	ADJ_OFFSET_SS_READ = 0xa001,

	STA_UNSYNC = 0x40,
	TIME_ERROR = 5,		/* the result while the clock is STA_UNSYNC */

	MAX_ERROR_US = 16000000,
	TOLERANCE = 500 << 16,	/* parts per million, 16 bits of fraction */
};

static long read_state(uint64_t addr)
{
	struct timex t;

	if (copy_from_user(&t, addr, sizeof(t)))
		return -EFAULT;
	if (t.modes && t.modes != ADJ_OFFSET_SS_READ)
		return syscall_part_missing(PART_ADJTIMEX_SET);
	t = (struct timex){
		.modes = t.modes,
		.maxerror = MAX_ERROR_US,
		.esterror = MAX_ERROR_US,
		.status = STA_UNSYNC,
		.constant = 2,
		.precision = 1,
		.tolerance = TOLERANCE,
		.time = to_timeval(clock_realtime()),
		.tick = TICK_NS / (int64_t)NS_PER_US,
	};
	if (copy_to_user(addr, &t, sizeof(t)))
		return -EFAULT;
	return TIME_ERROR;
}

long sys_adjtimex(const uint64_t arg[6])
{
	return read_state(arg[0]);
}

long sys_clock_adjtime(const uint64_t arg[6])
{
	uint64_t ns;

	if (clock_read((int)arg[0], &ns))
		return -EINVAL;
	if ((int)arg[0] != CLOCK_REALTIME)
		return -EOPNOTSUPP;
	return read_state(arg[1]);
}
