/* SPDX-License-Identifier: MIT */
/*
 * What a program may ask of loom that Linux does not have. All else is the
 * system-call interface of Linux, in Linux's own headers.
 *
 * Allocations that fail on purpose, options of prctl(2). They are offered by a
 * debug build, and by any with `loom.fail` on the kernel command line;
 * otherwise, and on Linux, they are EINVAL:
 *
 *	prctl(LOOM_PR_FAIL_SET, first, count, 0, 0)
 *	prctl(LOOM_PR_FAIL_GET, address of a struct loom_fail, 0, 0, 0)
 *
 * SET begins anew: from now on the kernel counts the memory that it allocates
 * for the calling thread and for all threads and processes that come from it
 * afterwards. Allocation number @first, where 1 is the next one, fails as if
 * memory had run out, and so do the @count - 1 after it. With a @count of 0
 * they are only counted. What was begun before, by whomever, has ended: there
 * is one such experiment at a time. GET tells any process of the last one.
 * Who touches a page and is refused the memory for it is killed, whoever else
 * has more: nobody but those that the experiment is for feels it.
 */
#ifndef LOOM_ABI_H
#define LOOM_ABI_H

#include <stdint.h>

#define LOOM_PR_FAIL_SET 0x6c6f0001
#define LOOM_PR_FAIL_GET 0x6c6f0002

struct loom_fail {
	uint64_t seen;		/* allocations so far */
	uint64_t refused;	/* how many of them had to fail */
	char site[64];		/* FUNCTION+0xOFFSET behind the first such
				   call, or empty */
};

#endif
