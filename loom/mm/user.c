// SPDX-License-Identifier: MIT
/*
 * Copies from and to the running program's memory (mm/user.h), for system
 * calls. weft/uaccess.h does the work; here is the check of the range, which
 * refuses tagged addresses and those of the kernel's half before any access.
 */
#include "mm/user.h"

#include <weft/uaccess.h>

#include "lib/errno.h"
#include "mm/layout.h"

bool user_range_ok(uint64_t addr, size_t len)
{
	return len <= USER_TOP && addr <= USER_TOP - len;
}

/* How much of @len bytes at @addr lies in the user half. */
static size_t user_part(uint64_t addr, size_t len)
{
	if (addr >= USER_TOP)
		return 0;
	return len < USER_TOP - addr ? len : USER_TOP - addr;
}

int copy_from_user(void *dst, uint64_t src, size_t len)
{
	if (!user_range_ok(src, len) || weft_copy_from_user(dst, src, len))
		return -EFAULT;
	return 0;
}

int copy_to_user(uint64_t dst, const void *src, size_t len)
{
	if (!user_range_ok(dst, len) || weft_copy_to_user(dst, src, len))
		return -EFAULT;
	return 0;
}

int clear_user(uint64_t dst, size_t len)
{
	if (!user_range_ok(dst, len) || weft_clear_user(dst, len))
		return -EFAULT;
	return 0;
}

size_t copy_from_user_partial(void *dst, uint64_t src, size_t len)
{
	size_t part = user_part(src, len);

	return part - weft_copy_from_user(dst, src, part);
}

size_t copy_to_user_partial(uint64_t dst, const void *src, size_t len)
{
	size_t part = user_part(dst, len);

	return part - weft_copy_to_user(dst, src, part);
}

long string_from_user(char *dst, uint64_t src, size_t size)
{
	size_t part = user_part(src, size);
	long len;

	if (size == 0)
		return -ENAMETOOLONG;
	if (part == 0)
		return -EFAULT;
	len = weft_string_from_user(dst, src, part);
	/* No NUL up to the end of the user half: the next byte is a fault. */
	if (len == -ENAMETOOLONG && part < size)
		return -EFAULT;
	return len;
}
