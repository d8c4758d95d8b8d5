// SPDX-License-Identifier: MIT
/* System calls on the machine as a whole, and the limits of a process. */
#ifndef LOOM_SYSCALL_SYS_SYSTEM_H
#define LOOM_SYSCALL_SYS_SYSTEM_H

#include <stdint.h>

long sys_uname(const uint64_t arg[6]);
long sys_sethostname(const uint64_t arg[6]);
long sys_setdomainname(const uint64_t arg[6]);
long sys_syslog(const uint64_t arg[6]);
long sys_sysinfo(const uint64_t arg[6]);
long sys_getrlimit(const uint64_t arg[6]);
long sys_setrlimit(const uint64_t arg[6]);
long sys_prlimit64(const uint64_t arg[6]);
long sys_getrandom(const uint64_t arg[6]);
long sys_reboot(const uint64_t arg[6]);

#endif
