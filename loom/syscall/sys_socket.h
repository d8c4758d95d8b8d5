// SPDX-License-Identifier: MIT
/* System calls on sockets, which are connected pairs only. */
#ifndef LOOM_SYSCALL_SYS_SOCKET_H
#define LOOM_SYSCALL_SYS_SOCKET_H

#include <stdint.h>

/* socket(family, type, protocol): there is no family that can do it */
long sys_socket(const uint64_t arg[6]);

/* socketpair(family, type, protocol, int fd[2]) */
long sys_socketpair(const uint64_t arg[6]);

/* getsockname(fd, addr, len *), getpeername(fd, addr, len *) */
long sys_getsockname(const uint64_t arg[6]);
long sys_getpeername(const uint64_t arg[6]);

/* sendto(fd, buf, len, flags, addr, addr len) */
long sys_sendto(const uint64_t arg[6]);

/* recvfrom(fd, buf, len, flags, addr, addr len *) */
long sys_recvfrom(const uint64_t arg[6]);

/* setsockopt(fd, level, name, value, len), getsockopt(..., len *) */
long sys_setsockopt(const uint64_t arg[6]);
long sys_getsockopt(const uint64_t arg[6]);

/* shutdown(fd, how) */
long sys_shutdown(const uint64_t arg[6]);

/* sendmsg(fd, msghdr *, flags), recvmsg(fd, msghdr *, flags) */
long sys_sendmsg(const uint64_t arg[6]);
long sys_recvmsg(const uint64_t arg[6]);

#endif
