// SPDX-License-Identifier: MIT
/* System calls on processes: birth, program, end, family, names. */
#ifndef LOOM_SYSCALL_SYS_PROC_H
#define LOOM_SYSCALL_SYS_PROC_H

#include <stdint.h>

long sys_exit(const uint64_t arg[6]);
long sys_exit_group(const uint64_t arg[6]);
long sys_set_tid_address(const uint64_t arg[6]);
long sys_rseq(const uint64_t arg[6]);
long sys_clone(const uint64_t arg[6]);
long sys_clone3(const uint64_t arg[6]);
long sys_execve(const uint64_t arg[6]);
long sys_execveat(const uint64_t arg[6]);
long sys_wait4(const uint64_t arg[6]);
long sys_waitid(const uint64_t arg[6]);
long sys_getpid(const uint64_t arg[6]);
long sys_getppid(const uint64_t arg[6]);
long sys_gettid(const uint64_t arg[6]);
long sys_getuid(const uint64_t arg[6]);
long sys_geteuid(const uint64_t arg[6]);
long sys_getgid(const uint64_t arg[6]);
long sys_getegid(const uint64_t arg[6]);
long sys_setuid(const uint64_t arg[6]);
long sys_setgid(const uint64_t arg[6]);
long sys_setreuid(const uint64_t arg[6]);
long sys_setregid(const uint64_t arg[6]);
long sys_setresuid(const uint64_t arg[6]);
long sys_setresgid(const uint64_t arg[6]);
long sys_getresuid(const uint64_t arg[6]);
long sys_getresgid(const uint64_t arg[6]);
long sys_setfsuid(const uint64_t arg[6]);
long sys_setfsgid(const uint64_t arg[6]);
long sys_getgroups(const uint64_t arg[6]);
long sys_setgroups(const uint64_t arg[6]);
long sys_setpgid(const uint64_t arg[6]);
long sys_getpgid(const uint64_t arg[6]);
long sys_setsid(const uint64_t arg[6]);
long sys_getsid(const uint64_t arg[6]);
long sys_prctl(const uint64_t arg[6]);

#endif
