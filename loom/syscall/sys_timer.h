// SPDX-License-Identifier: MIT
/*
 * System calls on timers that send signals; what is done is in proc/timers.h.
 *
 * timer_create: on REALTIME, MONOTONIC, BOOTTIME, TAI and the caller's CPU
 * clocks; -EOPNOTSUPP on others that exist.
 */
#ifndef LOOM_SYSCALL_SYS_TIMER_H
#define LOOM_SYSCALL_SYS_TIMER_H

#include <stdint.h>

/* getitimer(which, itimerval *), setitimer(which, new or 0, old or 0) */
long sys_getitimer(const uint64_t arg[6]);
long sys_setitimer(const uint64_t arg[6]);

/* timer_create(clock, sigevent * or 0, int *id) */
long sys_timer_create(const uint64_t arg[6]);
/* timer_settime(id, flags, itimerspec *, old or 0) */
long sys_timer_settime(const uint64_t arg[6]);
/* timer_gettime(id, itimerspec *) */
long sys_timer_gettime(const uint64_t arg[6]);
long sys_timer_getoverrun(const uint64_t arg[6]);
long sys_timer_delete(const uint64_t arg[6]);

#endif
