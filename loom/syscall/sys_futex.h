// SPDX-License-Identifier: MIT
/*
 * futex(2) where every process has one thread and memory is shared only with
 * a parent that waits in vfork: nobody is ever there to be woken, and who
 * waits for a word that has the expected value waits until its time is up or
 * a signal ends it. So FUTEX_WAKE wakes nobody, FUTEX_WAIT and their _BITSET
 * forms are complete; other operations are -ENOSYS and counted.
 */
#ifndef LOOM_SYSCALL_SYS_FUTEX_H
#define LOOM_SYSCALL_SYS_FUTEX_H

#include <stdint.h>

/* futex(addr, operation, value, timeout or 0, -, bitset) */
long sys_futex(const uint64_t arg[6]);

#endif
