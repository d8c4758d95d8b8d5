// SPDX-License-Identifier: MIT
/* What weft's functions return when they fail: Linux's numbers, negated. */
#ifndef WEFT_ERRNO_H
#define WEFT_ERRNO_H

enum {
	WEFT_ENOENT = -2,
	WEFT_EAGAIN = -11,
	WEFT_ENOMEM = -12,
	WEFT_EFAULT = -14,
	WEFT_EEXIST = -17,
	WEFT_EINVAL = -22,
	WEFT_ENAMETOOLONG = -36,
};

#endif
