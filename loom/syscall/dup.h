// SPDX-License-Identifier: MIT
/*
 * Between the files with the system calls on descriptors.
 */
#ifndef LOOM_SYSCALL_DUP_H
#define LOOM_SYSCALL_DUP_H

#include <stdbool.h>

struct file;

/* The lowest free descriptor from @from on for @f: it, or -EMFILE. */
long dup_from(struct file *f, int from, bool cloexec);

#endif
