// SPDX-License-Identifier: MIT
/* CPU time of threads and processes; see cputime.h. */
#include "proc/cputime.h"

#include <weft/sysreg.h>

#include "proc/process.h"
#include "sched/sched.h"
#include "sched/thread.h"

void cputime_account(void)
{
	uint64_t daif = weft_read_daif();

	weft_mask_all();
	sched_account(false);
	weft_write_daif(daif);
}

struct cputime cputime_process(struct process *p)
{
	struct process_info info;

	process_info(p, &info);
	return (struct cputime){
		.user_ns = info.utime_ns,
		.system_ns = info.stime_ns,
		.voluntary = info.voluntary,
		.involuntary = info.involuntary,
	};
}

struct search {
	const struct process *process;
	uint32_t tid;
	struct cputime time;
	bool found;
};

static void match(struct thread *thread, void *arg)
{
	struct search *search = arg;

	if (thread->tid != search->tid || thread->process != search->process)
		return;
	search->found = true;
	search->time = (struct cputime){
		.user_ns = thread->utime_ns,
		.system_ns = thread->stime_ns,
		.voluntary = thread->voluntary,
		.involuntary = thread->involuntary,
	};
}

bool cputime_thread(const struct process *p, uint32_t tid,
		    struct cputime *time)
{
	struct search search = { .process = p, .tid = tid };

	thread_for_each(match, &search);
	*time = search.time;
	return search.found;
}
