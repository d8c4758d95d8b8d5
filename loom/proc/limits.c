// SPDX-License-Identifier: MIT
/* Resource limits: what is true of every process. For system calls, /proc. */
#include "proc/limits.h"

#include "fs/file.h"
#include "lib/assert.h"
#include "mm/aspace.h"
#include "signal/signal.h"
#include "proc/tree.h"

/* 0 where the thing itself does not exist. */
static const struct limit limits[LIMIT_COUNT] = {
	[RLIMIT_CPU] = { LIMIT_NONE, LIMIT_NONE },
	[RLIMIT_FSIZE] = { LIMIT_NONE, LIMIT_NONE },
	[RLIMIT_DATA] = { LIMIT_NONE, LIMIT_NONE },
	[RLIMIT_STACK] = { ASPACE_STACK_SIZE, ASPACE_STACK_SIZE },
	[RLIMIT_CORE] = { 0, 0 },
	[RLIMIT_RSS] = { LIMIT_NONE, LIMIT_NONE },
	[RLIMIT_NPROC] = { TASK_MAX, TASK_MAX },
	[RLIMIT_MEMLOCK] = { LIMIT_NONE, LIMIT_NONE },
	[RLIMIT_AS] = { LIMIT_NONE, LIMIT_NONE },
	[RLIMIT_LOCKS] = { LIMIT_NONE, LIMIT_NONE },
	[RLIMIT_SIGPENDING] = { SIGNAL_MAX, SIGNAL_MAX },
	[RLIMIT_NICE] = { 40, 40 },
	[RLIMIT_RTTIME] = { LIMIT_NONE, LIMIT_NONE },
};

struct limit limit_of(unsigned resource, struct files *files)
{
	uint32_t soft = 0, hard = 0;

	assert(resource < LIMIT_COUNT);
	if (resource != RLIMIT_NOFILE)
		return limits[resource];
	if (files)
		files_get_limit(files, &soft, &hard);
	return (struct limit){ soft, hard };
}
