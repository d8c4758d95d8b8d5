// SPDX-License-Identifier: MIT
/*
 * System calls on scheduling: nice values, policies, affinity.
 *
 * The only policy is SCHED_OTHER: every process is root here and could starve
 * all others, the shell included, with a real-time one; those are -EINVAL.
 * Nice values are strict priorities in loom: who runs at nice 0 leaves nothing
 * to nice 1. Processes have one thread, so a thread's id is its process's.
 */
#ifndef LOOM_SYSCALL_SYS_SCHED_H
#define LOOM_SYSCALL_SYS_SCHED_H

#include <stdint.h>

long sys_sched_yield(const uint64_t arg[6]);

/* getpriority(which, who): 20 - nice of the best; setpriority(.., nice) */
long sys_getpriority(const uint64_t arg[6]);
long sys_setpriority(const uint64_t arg[6]);

/* sched_setscheduler(pid, policy, param), sched_getscheduler(pid) */
long sys_sched_setscheduler(const uint64_t arg[6]);
long sys_sched_getscheduler(const uint64_t arg[6]);

/* sched_setparam(pid, param), sched_getparam(pid, param): priority 0 */
long sys_sched_setparam(const uint64_t arg[6]);
long sys_sched_getparam(const uint64_t arg[6]);

/* sched_get_priority_max(policy), sched_get_priority_min(policy) */
long sys_sched_get_priority_max(const uint64_t arg[6]);
long sys_sched_get_priority_min(const uint64_t arg[6]);

/* sched_rr_get_interval(pid, timespec *) */
long sys_sched_rr_get_interval(const uint64_t arg[6]);

/* sched_setaffinity(pid, size, mask), sched_getaffinity: bit n is CPU n */
long sys_sched_setaffinity(const uint64_t arg[6]);
long sys_sched_getaffinity(const uint64_t arg[6]);

/* getcpu(unsigned *cpu, unsigned *node, unused) */
long sys_getcpu(const uint64_t arg[6]);

#endif
