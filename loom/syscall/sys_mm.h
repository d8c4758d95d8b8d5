// SPDX-License-Identifier: MIT
/*
 * The system calls about a program's memory; semantics and errors are Linux's.
 * What differs, and why:
 *
 * - Write and execute at once is -EACCES, in mmap as in mprotect (W^X).
 * - What takes memory and is larger than all of the machine's is -ENOMEM,
 *   unless MAP_NORESERVE is given: Linux's default, without swap.
 * - Nothing is ever paged out. So mlock and its like fetch pages and that is
 *   all; MADV_DONTNEED takes locked ones away, too; MCL_FUTURE fetches
 *   nothing.
 * - There are no huge pages: MAP_HUGETLB is -EINVAL.
 * - Stores through a shared mapping do not change a file's times.
 *
 * Handlers take the arguments x0-x5 and return what goes to x0. mmap and what
 * changes mappings is in sys_mm.c, advice and questions in sys_madvise.c.
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
 * at once, hints about use succeed; what else would change what a program can
 * observe is -EINVAL.
 */
long sys_madvise(const uint64_t arg[6]);

/* msync(addr, len, flags): memory and file are the same pages. */
long sys_msync(const uint64_t arg[6]);

/* mincore(addr, len, vec) */
long sys_mincore(const uint64_t arg[6]);

/* mlock(addr, len), mlock2(addr, len, flags), munlock(addr, len) */
long sys_mlock(const uint64_t arg[6]);
long sys_mlock2(const uint64_t arg[6]);
long sys_munlock(const uint64_t arg[6]);

/* mlockall(flags), munlockall() */
long sys_mlockall(const uint64_t arg[6]);
long sys_munlockall(const uint64_t arg[6]);

#endif
