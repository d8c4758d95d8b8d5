// SPDX-License-Identifier: MIT
/*
 * futex(2) and the robust list. What is done is in proc/futex.h; operations
 * with priority inheritance are -ENOSYS and counted, as C libraries expect
 * where they are missing.
 */
#ifndef LOOM_SYSCALL_SYS_FUTEX_H
#define LOOM_SYSCALL_SYS_FUTEX_H

#include <stdint.h>

/* futex(addr, operation, value, timeout or number, addr2, bitset or op) */
long sys_futex(const uint64_t arg[6]);

/* set_robust_list(head, length); get_robust_list(tid or 0, &head, &length) */
long sys_set_robust_list(const uint64_t arg[6]);
long sys_get_robust_list(const uint64_t arg[6]);

#endif
