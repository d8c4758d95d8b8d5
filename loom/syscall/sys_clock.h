// SPDX-License-Identifier: MIT
/*
 * System calls that read and set clocks. Structures and errors are Linux's;
 * every number is a whole 64-bit word on arm64.
 *
 * Clocks: REALTIME, TAI (the same; no leap seconds are known) and their coarse
 * and alarm forms; MONOTONIC, its coarse and raw forms, BOOTTIME (the same:
 * nothing suspends, nothing steers it); those of CPU time, of any process, and
 * of any thread of the caller's. All have the resolution of the generic
 * timer's counter, and are reported as 1 ns; the coarse ones, and CPU time as
 * the tick sees it, as one tick.
 */
#ifndef LOOM_SYSCALL_SYS_CLOCK_H
#define LOOM_SYSCALL_SYS_CLOCK_H

#include <stdint.h>

/* The time on a clock, by its number: 0 or -EINVAL. */
int clock_read(int clock, uint64_t *ns);

/* clock_gettime(clock, timespec *), clock_getres(clock, timespec * or 0) */
long sys_clock_gettime(const uint64_t arg[6]);
long sys_clock_getres(const uint64_t arg[6]);

/*
 * clock_settime(clock, timespec *): the real-time clock, to a time that is not
 * below the monotonic one.
 */
long sys_clock_settime(const uint64_t arg[6]);

/*
 * gettimeofday(timeval * or 0, timezone * or 0) and settimeofday: the time
 * zone is kept for programs, and without effect.
 */
long sys_gettimeofday(const uint64_t arg[6]);
long sys_settimeofday(const uint64_t arg[6]);

/*
 * adjtimex(timex *), clock_adjtime(clock, timex *): the state of a clock that
 * nobody has synchronized. To change it is -ENOSYS, and counted.
 */
long sys_adjtimex(const uint64_t arg[6]);
long sys_clock_adjtime(const uint64_t arg[6]);

#endif
