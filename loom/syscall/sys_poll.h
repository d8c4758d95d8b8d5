// SPDX-License-Identifier: MIT
/* System calls that wait for descriptors, and eventfd. */
#ifndef LOOM_SYSCALL_SYS_POLL_H
#define LOOM_SYSCALL_SYS_POLL_H

#include <stdint.h>

/* ppoll(pollfd *, nfds, timespec *, sigset *, sigset size) */
long sys_ppoll(const uint64_t arg[6]);

/* pselect6(nfds, in, out, ex, timespec *, {sigset *, size} *) */
long sys_pselect6(const uint64_t arg[6]);

/* eventfd2(count, flags) */
long sys_eventfd2(const uint64_t arg[6]);

#endif
