// SPDX-License-Identifier: MIT
/*
 * System calls on time. Structures and errors are Linux's; every number is a
 * whole 64-bit word on arm64.
 *
 * Clocks: REALTIME, TAI (the same; no leap seconds are known) and their coarse
 * and alarm forms; MONOTONIC, its coarse and raw forms, BOOTTIME (the same:
 * nothing suspends); PROCESS_CPUTIME_ID and THREAD_CPUTIME_ID, which are one as
 * a process has one thread. All have the resolution of the generic timer's
 * counter, and are reported as 1 ns; the coarse ones as one tick.
 */
#ifndef LOOM_SYSCALL_SYS_TIME_H
#define LOOM_SYSCALL_SYS_TIME_H

#include <stdint.h>

/* clock_gettime(clock, timespec *), clock_getres(clock, timespec * or 0) */
long sys_clock_gettime(const uint64_t arg[6]);
long sys_clock_getres(const uint64_t arg[6]);

/* gettimeofday(timeval * or 0, timezone * or 0): the time zone is UTC. */
long sys_gettimeofday(const uint64_t arg[6]);

/* nanosleep(request, remaining or 0): -EINTR stores what is left. */
long sys_nanosleep(const uint64_t arg[6]);

/*
 * clock_nanosleep(clock, flags, request, remaining or 0): on the real-time
 * and monotonic clocks; -EOPNOTSUPP on others that exist. With TIMER_ABSTIME
 * nothing is stored.
 */
long sys_clock_nanosleep(const uint64_t arg[6]);

/* times(tms * or 0): ticks of 1/100 s since boot. */
long sys_times(const uint64_t arg[6]);

/*
 * getrusage(who, rusage *): times, and voluntary and involuntary switches
 * (of the caller itself only). The other fields are 0, as are on Linux those
 * that it does not maintain.
 */
long sys_getrusage(const uint64_t arg[6]);

#endif
