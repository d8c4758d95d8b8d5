// SPDX-License-Identifier: MIT
/* Processes and threads as /proc lists them; see inspect.h. */
#include "proc/inspect.h"

#include "dev/timer.h"
#include "lib/string.h"
#include "proc/process.h"
#include "proc/tree.h"
#include "sched/look.h"
#include "sched/sched.h"
#include "sched/thread.h"
#include "signal/signal.h"

bool inspect_process_exists(int pid)
{
	struct process *p = pid > 0 ? process_find(pid) : NULL;

	if (p)
		process_put(p);
	return p;
}

int inspect_next_process(int pid)
{
	struct process *p = process_next(pid);
	int next = p ? p->pid : -1;

	if (p)
		process_put(p);
	return next;
}

/* The thread @tid of process @pid; NULL. The tree lock is held. */
static struct thread *find(int pid, int tid)
{
	struct thread *t = tid > 0 ? thread_find(tid) : NULL;

	return t && t->process && t->process->pid == pid ? t : NULL;
}

int inspect_own_thread(void)
{
	return (int)thread_current()->tid;
}

bool inspect_thread_exists(int pid, int tid)
{
	uint64_t daif = spin_lock_irqsave(&process_tree_lock);
	bool exists = find(pid, tid);

	spin_unlock_irqrestore(&process_tree_lock, daif);
	return exists;
}

int inspect_next_thread(int pid, int tid)
{
	uint64_t daif = spin_lock_irqsave(&process_tree_lock);
	struct process *p = tree_find(pid);
	const struct thread *t;
	int next = -1;

	if (p) {
		list_for_each_entry(t, &p->threads, struct thread, sibling) {
			int n = (int)t->tid;

			if (n > tid && (next < 0 || n < next))
				next = n;
		}
	}
	spin_unlock_irqrestore(&process_tree_lock, daif);
	return next;
}

static char state_letter(const struct thread *t)
{
	if (signal_is_stopped(t->process))
		return 'T';
	if (t->state != THREAD_BLOCKED)
		return 'R';
	return thread_heeds_signals(t) ? 'S' : 'D';
}

static bool inspect_thread(int pid, int tid, struct process_info *info)
{
	uint64_t daif = spin_lock_irqsave(&process_tree_lock);
	const struct thread *t = find(pid, tid);

	if (t) {
		info->state = state_letter(t);
		info->utime_ns = timer_ticks_to_ns(t->utime);
		info->stime_ns = timer_ticks_to_ns(t->stime);
		info->voluntary = t->voluntary;
		info->involuntary = t->involuntary;
		info->nice = (int)t->base_prio - PRIO_USER;
		sched_where(t, &info->cpu, &info->affinity);
		memcpy(info->name, t->name, sizeof(info->name));
		info->name[sizeof(info->name) - 1] = '\0';
	}
	spin_unlock_irqrestore(&process_tree_lock, daif);
	return t;
}

bool inspect(int pid, int tid, struct process_info *info)
{
	struct process *p = pid > 0 ? process_find(pid) : NULL;

	if (!p)
		return false;
	process_info(p, info);
	process_put(p);
	return tid <= 0 || inspect_thread(pid, tid, info);
}

bool inspect_look(int pid, int tid, struct look *look)
{
	uint64_t daif = spin_lock_irqsave(&process_tree_lock);
	const struct thread *t = find(pid, tid);

	if (t)
		look_at_thread(t, look);
	spin_unlock_irqrestore(&process_tree_lock, daif);
	return t;
}

static void count(struct thread *t, void *arg)
{
	struct inspect_load *load = arg;
	/* Its run queue's lock guards the state: this is a sample. */
	enum thread_state state = __atomic_load_n(&t->state, __ATOMIC_RELAXED);

	if (t->base_prio == PRIO_IDLE)
		return;
	load->running += state == THREAD_READY;
	/* A kernel thread that has nothing to do keeps nobody waiting. */
	if (!t->process)
		return;
	load->threads++;
	load->blocked += state == THREAD_BLOCKED && !thread_heeds_signals(t);
}

void inspect_load(struct inspect_load *load)
{
	*load = (struct inspect_load){ 0, 0, 0 };
	thread_for_each(count, load);
}
