// SPDX-License-Identifier: MIT
/* System calls that copy from file to file within the kernel. */
#ifndef LOOM_SYSCALL_SYS_SENDFILE_H
#define LOOM_SYSCALL_SYS_SENDFILE_H

#include <stdint.h>

/* sendfile(out, in, off_t *, count) */
long sys_sendfile(const uint64_t arg[6]);

/* copy_file_range(in, off_t *, out, off_t *, len, flags) */
long sys_copy_file_range(const uint64_t arg[6]);

#endif
