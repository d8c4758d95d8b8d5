// SPDX-License-Identifier: MIT
/*
 * Allocations that fail on purpose, for one tree of processes: the kernel's
 * side of what include/loom/abi.h offers to tests.
 */
#ifndef LOOM_MM_FAIL_H
#define LOOM_MM_FAIL_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Has the caller been refused an allocation on purpose? Then memory is not
 * short, and nobody else has to go for it.
 */
bool fail_is_why(void);

/*
 * The two options of prctl(2). -EINVAL if this kernel does not offer them;
 * fail_prctl_get -EFAULT for a bad address.
 */
long fail_prctl_set(uint64_t first, uint64_t count);
long fail_prctl_get(uint64_t addr);

#endif
