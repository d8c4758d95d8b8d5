// SPDX-License-Identifier: MIT
/*
 * Allocations that fail on purpose, for one tree of processes: the kernel's
 * side of what include/loom/abi.h offers to tests.
 */
#ifndef LOOM_MM_FAIL_H
#define LOOM_MM_FAIL_H

#include <stdint.h>

/*
 * How often the calling thread has been refused an allocation on purpose. If
 * it is more often after something that found no memory than before, memory
 * is not short, and nobody else has to go for it.
 */
uint32_t fail_refusals(void);

/*
 * The two options of prctl(2). -EINVAL if this kernel does not offer them;
 * fail_prctl_get -EFAULT for a bad address.
 */
long fail_prctl_set(uint64_t first, uint64_t count);
long fail_prctl_get(uint64_t addr);

#endif
