// SPDX-License-Identifier: MIT
/*
 * Resource limits: constant and the same for every process, but for that of
 * descriptors, which belongs to the table of them.
 */
#ifndef LOOM_PROC_LIMITS_H
#define LOOM_PROC_LIMITS_H

#include <stdint.h>

#define LIMIT_NONE	UINT64_MAX

/* Linux's numbers */
enum {
	RLIMIT_CPU, RLIMIT_FSIZE, RLIMIT_DATA, RLIMIT_STACK, RLIMIT_CORE,
	RLIMIT_RSS, RLIMIT_NPROC, RLIMIT_NOFILE, RLIMIT_MEMLOCK, RLIMIT_AS,
	RLIMIT_LOCKS, RLIMIT_SIGPENDING, RLIMIT_MSGQUEUE, RLIMIT_NICE,
	RLIMIT_RTPRIO, RLIMIT_RTTIME, LIMIT_COUNT
};

/* As in Linux's struct rlimit64 */
struct limit {
	uint64_t soft, hard;
};

struct process;

/* Of @p, which the caller holds; @resource is below LIMIT_COUNT. */
struct limit limit_of(struct process *p, unsigned resource);

#endif
