// SPDX-License-Identifier: MIT
/* CPU time of threads and processes; see cputime.h. */
#include "proc/cputime.h"

#include <weft/sysreg.h>

#include "dev/timer.h"
#include "proc/process.h"
#include "proc/tree.h"
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

bool cputime_thread(const struct process *p, uint32_t tid,
		    struct cputime *time)
{
	uint64_t daif = spin_lock_irqsave(&process_tree_lock);
	const struct thread *t = thread_find((int)tid);
	bool found = t && t->process == p;

	*time = (struct cputime){ .user_ns = 0 };
	if (found)
		*time = (struct cputime){
			.user_ns = timer_ticks_to_ns(t->utime),
			.system_ns = timer_ticks_to_ns(t->stime),
			.voluntary = t->voluntary,
			.involuntary = t->involuntary,
		};
	spin_unlock_irqrestore(&process_tree_lock, daif);
	return found;
}
