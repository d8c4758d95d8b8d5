// SPDX-License-Identifier: MIT
/*
 * Copies between the kernel and the running program's memory. All may fault
 * pages in, so may sleep: no spinlock held, interrupts enabled. A bad address
 * is -EFAULT, never a kernel fault.
 */
#ifndef LOOM_MM_USER_H
#define LOOM_MM_USER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* True if [addr, addr + len) lies in the user half (no tag, no wrap). */
bool user_range_ok(uint64_t addr, size_t len);

int copy_from_user(void *dst, uint64_t src, size_t len);
int copy_to_user(uint64_t dst, const void *src, size_t len);
int clear_user(uint64_t dst, size_t len);

/*
 * A structure that grows from version to version of the ABI: the caller's has
 * @size bytes, ours @known. What the caller's has not is zero; what ours has
 * not must be zero, else -E2BIG, as for more than a page.
 */
int struct_from_user(void *dst, size_t known, uint64_t src, uint64_t size);

/*
 * As far as it goes: how many of @len bytes were copied (short only at a bad
 * address). For read and write, which report partial counts.
 */
size_t copy_from_user_partial(void *dst, uint64_t src, size_t len);
size_t copy_to_user_partial(uint64_t dst, const void *src, size_t len);

/* A string with its NUL into @dst: its length, -EFAULT or -ENAMETOOLONG. */
long string_from_user(char *dst, uint64_t src, size_t size);

#endif
