// SPDX-License-Identifier: MIT
/* What /proc tells of a process's signals. */
#include "lib/lock.h"
#include "proc/process.h"
#include "sched/thread.h"
#include "signal/internal.h"

static void look_at_thread(const struct process *p, int tid,
			   struct signal_sets *sets)
{
	const struct thread *t;

	list_for_each_entry(t, &p->threads, struct thread, sibling) {
		if ((int)t->tid != tid)
			continue;
		sets->pending = signal_queue_set(&t->signal.pending);
		sets->blocked = t->signal.blocked;
	}
}

void signal_inspect(struct process *p, int tid, struct signal_sets *sets)
{
	const struct signal_process *s = &p->signals;
	uint64_t daif = spin_lock_irqsave(&p->signal_lock);

	*sets = (struct signal_sets){ .shared = signal_queue_set(&s->pending) };
	look_at_thread(p, tid, sets);
	for (int sig = 1; sig <= SIGNAL_MAX; sig++) {
		uint64_t handler = signal_action(s, sig)->handler;

		if (handler == SIG_IGN)
			sets->ignored |= signal_bit(sig);
		else if (handler != SIG_DFL)
			sets->caught |= signal_bit(sig);
	}
	spin_unlock_irqrestore(&p->signal_lock, daif);
}
