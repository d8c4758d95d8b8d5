// SPDX-License-Identifier: MIT
/* System calls on signals. */
#ifndef LOOM_SYSCALL_SYS_SIGNAL_H
#define LOOM_SYSCALL_SYS_SIGNAL_H

#include <stdint.h>

long sys_kill(const uint64_t arg[6]);
long sys_tkill(const uint64_t arg[6]);
long sys_tgkill(const uint64_t arg[6]);
long sys_rt_sigaction(const uint64_t arg[6]);
long sys_rt_sigprocmask(const uint64_t arg[6]);
long sys_rt_sigpending(const uint64_t arg[6]);
long sys_rt_sigsuspend(const uint64_t arg[6]);
long sys_rt_sigtimedwait(const uint64_t arg[6]);
long sys_rt_sigqueueinfo(const uint64_t arg[6]);
long sys_rt_tgsigqueueinfo(const uint64_t arg[6]);
long sys_rt_sigreturn(const uint64_t arg[6]);
long sys_sigaltstack(const uint64_t arg[6]);

#endif
