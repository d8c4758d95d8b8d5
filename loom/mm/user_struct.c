// SPDX-License-Identifier: MIT
/*
 * Structs of programs that may be of a later or an earlier kind than ours
 * (clone_args, open_how); see mm/user.h. Called by system calls.
 */
#include "mm/user.h"

#include "lib/errno.h"
#include "lib/string.h"
#include "mm/layout.h"

static int expect_zeros(uint64_t src, uint64_t end)
{
	uint64_t words[8];
	size_t i, n;

	for (; src < end; src += n) {
		n = end - src < sizeof(words) ? end - src : sizeof(words);
		memset(words, 0, sizeof(words));
		if (copy_from_user(words, src, n))
			return -EFAULT;
		for (i = 0; i < sizeof(words) / sizeof(*words); i++)
			if (words[i])
				return -E2BIG;
	}
	return 0;
}

int struct_from_user(void *dst, size_t known, uint64_t src, uint64_t size)
{
	size_t n = size < known ? (size_t)size : known;

	if (size > PAGE_SIZE)
		return -E2BIG;
	memset(dst, 0, known);
	if (!user_range_ok(src, (size_t)size) || copy_from_user(dst, src, n))
		return -EFAULT;
	return expect_zeros(src + n, src + size);
}
