// SPDX-License-Identifier: MIT
/* The arguments of calls on timers; see sys_timer.h. */
#include "syscall/sys_timer.h"

#include <stdbool.h>
#include <stddef.h>

#include "lib/errno.h"
#include "mm/user.h"
#include "proc/cputime.h"
#include "proc/process.h"
#include "proc/timers.h"
#include "sched/thread.h"
#include "signal/signal.h"
#include "syscall/time_arg.h"

struct itimerval {
	struct timeval interval, value;
};

struct itimerspec {
	struct timespec interval, value;
};

/* What of Linux's struct sigevent the kernel reads. */
struct sigevent {
	uint64_t value;
	int32_t signo, notify;
	int32_t tid, unused[11];
};

_Static_assert(sizeof(struct sigevent) == 64, "Linux's struct sigevent");

enum {
	SIGEV_SIGNAL = 0,
	SIGEV_NONE = 1,
	SIGEV_THREAD = 2,	/* the C library's; a signal to the kernel */
	SIGEV_THREAD_ID = 4,
};

/* What is left, never rounded down to "not set". */
static struct timeval left_in_us(uint64_t ns)
{
	return to_timeval(ns && ns < NS_PER_US ? NS_PER_US : ns);
}

static int store_itimer(uint64_t addr, const struct timer_value *value)
{
	struct itimerval out = {
		.interval = to_timeval(value->interval_ns),
		.value = left_in_us(value->value_ns),
	};

	return copy_to_user(addr, &out, sizeof(out));
}

long sys_getitimer(const uint64_t arg[6])
{
	struct timer_value now;

	if ((uint32_t)arg[0] >= ITIMER_COUNT)
		return -EINVAL;
	timers_get_itimer((enum itimer)arg[0], &now);
	return store_itimer(arg[1], &now);
}

static int load_itimer(uint64_t addr, struct timer_value *value)
{
	struct itimerval in;
	int err;

	*value = (struct timer_value){ 0, 0 };
	if (!addr)	/* Linux, not POSIX: switches it off */
		return 0;
	if (copy_from_user(&in, addr, sizeof(in)))
		return -EFAULT;
	err = timeval_to_ns(&in.value, &value->value_ns);
	return err ? err : timeval_to_ns(&in.interval, &value->interval_ns);
}

long sys_setitimer(const uint64_t arg[6])
{
	struct timer_value value, old;
	int err = load_itimer(arg[1], &value);

	if (err)
		return err;
	if ((uint32_t)arg[0] >= ITIMER_COUNT)
		return -EINVAL;
	err = timers_set_itimer((enum itimer)arg[0], &value, &old);
	if (err || !arg[2])
		return err;
	return store_itimer(arg[2], &old);
}

/* The caller's own clocks of CPU time. */
static int choose_cpu_clock(int number, enum timer_clock *clock)
{
	struct cpu_clock cpu = cpu_clock_decode(number);
	const struct process *self = process_current();
	uint32_t own = cpu.of_thread ? thread_current()->tid :
				       (uint32_t)self->pid;

	if (cpu.kind == CPU_CLOCK_NONE || (cpu.id && cpu.id != own))
		return -EINVAL;
	if (cpu.of_thread)
		*clock = TIMER_THREAD;
	else
		*clock = cpu.kind == CPU_CLOCK_VIRT ? TIMER_USER : TIMER_CPU;
	return 0;
}

static int choose_clock(int number, enum timer_clock *clock)
{
	switch (number) {
	case CLOCK_REALTIME:
	case CLOCK_TAI:
		*clock = TIMER_REALTIME;
		return 0;
	case CLOCK_MONOTONIC:
	case CLOCK_BOOTTIME:
		*clock = TIMER_MONOTONIC;
		return 0;
	case CLOCK_PROCESS_CPUTIME_ID:
		*clock = TIMER_CPU;
		return 0;
	case CLOCK_THREAD_CPUTIME_ID:
		*clock = TIMER_THREAD;
		return 0;
	case CLOCK_MONOTONIC_RAW:
	case CLOCK_REALTIME_COARSE:
	case CLOCK_MONOTONIC_COARSE:
	case CLOCK_REALTIME_ALARM:
	case CLOCK_BOOTTIME_ALARM:
		return -EOPNOTSUPP;
	default:
		return choose_cpu_clock(number, clock);
	}
}

static int check_event(const struct sigevent *in, struct timer_event *event)
{
	struct cputime unused;

	*event = (struct timer_event){
		.notify = TIMER_SIGNAL, .sig = in->signo,
		.has_value = true, .value = in->value,
	};
	switch (in->notify) {
	case SIGEV_NONE:
		event->notify = TIMER_SILENT;
		return 0;
	case SIGEV_THREAD_ID:
		event->notify = TIMER_SIGNAL_THREAD;
		event->tid = (uint32_t)in->tid;
		if (!cputime_thread(process_current(), event->tid, &unused))
			return -EINVAL;
		break;
	case SIGEV_SIGNAL:
	case SIGEV_THREAD:
		break;
	default:
		return -EINVAL;
	}
	return in->signo < 1 || in->signo > SIGNAL_MAX ? -EINVAL : 0;
}

long sys_timer_create(const uint64_t arg[6])
{
	struct timer_event event = { .notify = TIMER_SIGNAL, .sig = SIGALRM };
	enum timer_clock clock;
	struct sigevent in;
	int err = 0, id;

	if (arg[1]) {
		if (copy_from_user(&in, arg[1], sizeof(in)))
			return -EFAULT;
		err = check_event(&in, &event);
	}
	if (!err)
		err = choose_clock((int)arg[0], &clock);
	if (err)
		return err;
	id = timers_create(clock, &event);
	if (id < 0)
		return id;
	if (copy_to_user(arg[2], &id, sizeof(id))) {
		(void)timers_delete(id);
		return -EFAULT;
	}
	return 0;
}

static int store_timer(uint64_t addr, const struct timer_value *value)
{
	struct itimerspec out = {
		.interval = to_timespec(value->interval_ns),
		.value = to_timespec(value->value_ns),
	};

	return copy_to_user(addr, &out, sizeof(out));
}

long sys_timer_settime(const uint64_t arg[6])
{
	struct timer_value value, old;
	struct itimerspec in;
	int err;

	if (!arg[2])
		return -EINVAL;
	if (copy_from_user(&in, arg[2], sizeof(in)))
		return -EFAULT;
	err = timespec_to_ns(&in.value, &value.value_ns);
	if (!err)
		err = timespec_to_ns(&in.interval, &value.interval_ns);
	if (!err)
		err = timers_set((int)arg[0], arg[1] & TIMER_ABSTIME, &value,
				 &old);
	if (err || !arg[3])
		return err;
	return store_timer(arg[3], &old);
}

long sys_timer_gettime(const uint64_t arg[6])
{
	struct timer_value now;
	int err = timers_get((int)arg[0], &now);

	return err ? err : store_timer(arg[1], &now);
}

long sys_timer_getoverrun(const uint64_t arg[6])
{
	return timers_overrun((int)arg[0]);
}

long sys_timer_delete(const uint64_t arg[6])
{
	return timers_delete((int)arg[0]);
}
