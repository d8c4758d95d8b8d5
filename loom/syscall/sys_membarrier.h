// SPDX-License-Identifier: MIT
/*
 * membarrier(2): a barrier on every CPU that runs one of the caller's threads,
 * as if each of them had executed it between two of its instructions.
 */
#ifndef LOOM_SYSCALL_SYS_MEMBARRIER_H
#define LOOM_SYSCALL_SYS_MEMBARRIER_H

#include <stdint.h>

/* membarrier(command, flags, cpu) */
long sys_membarrier(const uint64_t arg[6]);

#endif
