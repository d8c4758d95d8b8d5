// SPDX-License-Identifier: MIT
/*
 * What the file system needs of the rest of the kernel, on the build machine:
 * memory from malloc, threads from the C library, user addresses that are
 * this program's own. Locks check the written order (lib/lock.h) and user
 * copies that no spinlock is held, as the kernel's debug build does.
 */
#ifndef TESTS_HOST_SHIM_FS_H
#define TESTS_HOST_SHIM_FS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct process;

/* Each thread of the test is a process of its own, with descriptors and cwd. */
void shim_enter(int pid);
void shim_leave(void);

/* The next @n allocations succeed, the one after them fails; -1: none does. */
void shim_fail_after(long n);
/* Did it fail? */
bool shim_failed(void);

/* As if it had been adopted (mm/page.h): whole pages; NULL: nothing more. */
void shim_adopt(void *start, size_t pages);
/* References to page @n of it. */
unsigned shim_adopted_refs(size_t n);

/* How much memory page_free_count() tells of; starts at 1 << 20. */
void shim_set_pages(size_t free, size_t total);

/* What is in use: kernel objects and pages. */
unsigned shim_objects(void);
unsigned shim_pages(void);

/* User addresses in [start, end) fault; shim_bad_range(0, 0) undoes it. */
void shim_bad_range(const void *start, const void *end);

/* A signal for the calling thread, or process @pid: its sleep ends. */
void shim_signal(int pid);
/* The signal that was sent to the calling process last; 0 again after. */
int shim_sent_signal(void);

/* How many threads sleep in wait_sleep. */
unsigned shim_sleepers(void);

/* The next processes that /proc is asked for: @n pids, ascending. */
void shim_processes(const int *pids, unsigned n);

#endif
