// SPDX-License-Identifier: MIT
/* A program's struct iovec array as an argument of a system call. */
#ifndef LOOM_SYSCALL_IOV_ARG_H
#define LOOM_SYSCALL_IOV_ARG_H

#include <stdint.h>

struct io_vector;

#define IOV_MAX 1024

/*
 * A checked copy of the @count (at most IOV_MAX) pieces at @addr, cut to what
 * one call moves; kfree it. 0; -EFAULT, -EINVAL, -ENOMEM.
 */
int iov_arg_get(struct io_vector **out, uint64_t addr, uint64_t count);

#endif
