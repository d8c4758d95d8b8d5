// SPDX-License-Identifier: MIT
/* Arrays of pieces from programs. Called by readv, recvmsg and the like. */
#include "syscall/iov_arg.h"

#include <stddef.h>

#include "fs/file.h"
#include "lib/assert.h"
#include "lib/errno.h"
#include "mm/kmem.h"
#include "mm/user.h"

/* Check the pieces, and cut them to what one call does in all. */
static int check(struct io_vector *iov, uint64_t n)
{
	uint64_t total = 0;

	for (uint64_t i = 0; i < n; i++) {
		if (iov[i].len > INT64_MAX - total)
			return -EINVAL;
		total += iov[i].len;
	}
	total = 0;
	for (uint64_t i = 0; i < n; i++) {
		if (!user_range_ok(iov[i].base, iov[i].len))
			return -EFAULT;
		if (iov[i].len > IO_MAX - total)
			iov[i].len = IO_MAX - total;
		total += iov[i].len;
	}
	return 0;
}

int iov_arg_get(struct io_vector **out, uint64_t addr, uint64_t count)
{
	size_t size = count * sizeof(struct io_vector);
	struct io_vector *iov;
	int err;

	assert(count <= IOV_MAX);
	/* An array of none is an object, too. */
	iov = kmalloc(size ? size : 1);
	if (!iov)
		return -ENOMEM;
	err = copy_from_user(iov, addr, size);
	if (!err)
		err = check(iov, count);
	if (err)
		kfree(iov);
	else
		*out = iov;
	return err;
}
