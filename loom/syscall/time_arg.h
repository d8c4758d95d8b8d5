// SPDX-License-Identifier: MIT
/*
 * Times as programs have them, for the system calls about time: struct
 * timespec and timeval, clock numbers.
 */
#ifndef LOOM_SYSCALL_TIME_ARG_H
#define LOOM_SYSCALL_TIME_ARG_H

#include <stdbool.h>
#include <stdint.h>

#define NS_PER_S	UINT64_C(1000000000)
#define US_PER_S	UINT64_C(1000000)
#define NS_PER_US	UINT64_C(1000)

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

	TIMER_ABSTIME = 1,
};

struct timespec {
	int64_t sec;
	int64_t nsec;
};

struct timeval {
	int64_t sec;
	int64_t usec;
};

static inline struct timespec to_timespec(uint64_t ns)
{
	return (struct timespec){ (int64_t)(ns / NS_PER_S),
				  (int64_t)(ns % NS_PER_S) };
}

static inline struct timeval to_timeval(uint64_t ns)
{
	return (struct timeval){ (int64_t)(ns / NS_PER_S),
				 (int64_t)(ns % NS_PER_S / NS_PER_US) };
}

/* Nanoseconds, saturating: 0, or -EINVAL (negative, or not normalized). */
int timespec_to_ns(const struct timespec *ts, uint64_t *ns);
int timeval_to_ns(const struct timeval *tv, uint64_t *ns);

/* The same of a struct timespec of the program's; -EFAULT. */
int timespec_from_user(uint64_t addr, uint64_t *ns);

/*
 * The number of a clock of CPU time, as programs compose it: a process or a
 * thread (0: the calling one), and what of its time.
 */
enum cpu_clock_kind {
	CPU_CLOCK_PROF,
	CPU_CLOCK_VIRT,		/* in user mode */
	CPU_CLOCK_SCHED,
	CPU_CLOCK_NONE,		/* no clock of CPU time */
};

struct cpu_clock {
	enum cpu_clock_kind kind;
	bool of_thread;
	uint32_t id;
};

struct cpu_clock cpu_clock_decode(int clock);

#endif
