// SPDX-License-Identifier: MIT
/* System calls on rights and groups: those of the one user that there is. */
#ifndef LOOM_SYSCALL_SYS_IDENT_H
#define LOOM_SYSCALL_SYS_IDENT_H

#include <stdint.h>

long sys_capget(const uint64_t arg[6]);
long sys_capset(const uint64_t arg[6]);
long sys_setgroups(const uint64_t arg[6]);
long sys_setfsuid(const uint64_t arg[6]);
long sys_setfsgid(const uint64_t arg[6]);
long sys_personality(const uint64_t arg[6]);

#endif
