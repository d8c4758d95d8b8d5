// SPDX-License-Identifier: MIT
/* System calls that sleep for a time, and those on the time that was used. */
#ifndef LOOM_SYSCALL_SYS_TIME_H
#define LOOM_SYSCALL_SYS_TIME_H

#include <stdint.h>

/* nanosleep(request, remaining or 0): -EINTR stores what is left. */
long sys_nanosleep(const uint64_t arg[6]);

/*
 * clock_nanosleep(clock, flags, request, remaining or 0): on the real-time
 * and monotonic clocks; -EOPNOTSUPP on others that exist. With TIMER_ABSTIME
 * nothing is stored.
 */
long sys_clock_nanosleep(const uint64_t arg[6]);

/* For sys_clock.c: who sleeps until a moment of that clock looks again. */
void sleep_clock_was_set(void);

/* times(tms * or 0): ticks of 1/100 s since boot. */
long sys_times(const uint64_t arg[6]);

/*
 * getrusage(who, rusage *): times, and voluntary and involuntary switches (not
 * of children). The other fields are 0, as are on Linux those that it does
 * not maintain.
 */
long sys_getrusage(const uint64_t arg[6]);

#endif
