// SPDX-License-Identifier: MIT
/* A socket's descriptor as an argument of a system call. */
#ifndef LOOM_SYSCALL_SOCKET_ARG_H
#define LOOM_SYSCALL_SOCKET_ARG_H

#include <stdint.h>

struct file;

enum { AF_UNIX = 1 };

/* Its file, counted. 0, -EBADF, -ENOTSOCK. */
int socket_arg(uint64_t fd, struct file **out);

#endif
