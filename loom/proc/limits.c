// SPDX-License-Identifier: MIT
/* Resource limits; see limits.h. For system calls and /proc. */
#include "proc/limits.h"

#include "fs/file.h"
#include "lib/assert.h"
#include "mm/aspace.h"
#include "proc/process.h"
#include "proc/tree.h"
#include "signal/signal.h"

/* 0 where the thing itself does not exist. */
static const struct limit limits[LIMIT_COUNT] = {
	[RLIMIT_CPU] = { LIMIT_NONE, LIMIT_NONE },
	[RLIMIT_FSIZE] = { LIMIT_NONE, LIMIT_NONE },
	[RLIMIT_DATA] = { LIMIT_NONE, LIMIT_NONE },
	[RLIMIT_STACK] = { ASPACE_STACK_SIZE, ASPACE_STACK_SIZE },
	[RLIMIT_CORE] = { 0, 0 },
	[RLIMIT_RSS] = { LIMIT_NONE, LIMIT_NONE },
	[RLIMIT_NPROC] = { TASK_MAX, TASK_MAX },
	[RLIMIT_NOFILE] = { FILES_SOFT, FILES_HARD },
	[RLIMIT_MEMLOCK] = { LIMIT_NONE, LIMIT_NONE },
	[RLIMIT_AS] = { LIMIT_NONE, LIMIT_NONE },
	[RLIMIT_LOCKS] = { LIMIT_NONE, LIMIT_NONE },
	[RLIMIT_SIGPENDING] = { SIGNAL_QUEUE_MAX, SIGNAL_QUEUE_MAX },
	[RLIMIT_NICE] = { 40, 40 },
	[RLIMIT_RTTIME] = { LIMIT_NONE, LIMIT_NONE },
};

/* A process that is ending has no table any more. */
static struct limit descriptors(struct process *p)
{
	struct files *files = process_files(p);
	uint32_t soft, hard;

	if (!files)
		return limits[RLIMIT_NOFILE];
	files_get_limit(files, &soft, &hard);
	files_put(files);
	return (struct limit){ soft, hard };
}

struct limit limit_of(struct process *p, unsigned resource)
{
	assert(resource < LIMIT_COUNT);
	if (resource == RLIMIT_NOFILE)
		return descriptors(p);
	return limits[resource];
}
