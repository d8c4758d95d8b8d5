// SPDX-License-Identifier: MIT
/*
 * The system calls about a program's memory; semantics and errors are Linux's
 * for anonymous private memory. What differs, and why:
 *
 * - Files. A mapping of a regular file, private or read-only shared, is
 *   anonymous memory into which the file's content is read when mmap is
 *   called: later writes to the file are not seen, what lies behind its end
 *   reads as zeros instead of raising SIGBUS, and MADV_DONTNEED gives zeros.
 *   A shared mapping that may be written is -ENODEV. /dev/zero maps as
 *   anonymous memory.
 * - MAP_SHARED|MAP_ANONYMOUS is private memory: there is no fork, so nobody
 *   could have a copy of it, and a vfork child has all of its parent's memory.
 * - Write and execute at once is -EACCES, in mmap as in mprotect (W^X).
 * - A mapping that may be written and is larger than all of the machine's
 *   memory is -ENOMEM, unless MAP_NORESERVE is given.
 * - MAP_GROWSDOWN is ignored: the stack has its full size from the start.
 * - There are no huge pages: MAP_HUGETLB is -EINVAL.
 *
 * Handlers take the arguments x0-x5 and return what goes to x0.
 */
#ifndef LOOM_SYSCALL_SYS_MM_H
#define LOOM_SYSCALL_SYS_MM_H

#include <stdint.h>

/* brk(addr): the new break, or the old one. */
long sys_brk(const uint64_t arg[6]);

/* mmap(addr, len, prot, flags, fd, offset) */
long sys_mmap(const uint64_t arg[6]);

/* munmap(addr, len) */
long sys_munmap(const uint64_t arg[6]);

/* mprotect(addr, len, prot) */
long sys_mprotect(const uint64_t arg[6]);

/* mremap(old, old_len, new_len, flags, new); not MREMAP_DONTUNMAP */
long sys_mremap(const uint64_t arg[6]);

/*
 * madvise(addr, len, advice): MADV_DONTNEED and MADV_FREE give the pages back
 * at once, hints about use succeed; what would change what a program can
 * observe is -EINVAL.
 */
long sys_madvise(const uint64_t arg[6]);

#endif
