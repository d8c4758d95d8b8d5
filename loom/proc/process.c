// SPDX-License-Identifier: MIT
/*
 * Processes: references, look-ups, and copies for those who report (/proc,
 * getrusage). Births are in clone.c, ends in exit.c, the tree in tree.c.
 */
#include "proc/process.h"

#include <stddef.h>

#include <weft/sysreg.h>

#include "dev/irq.h"
#include "dev/timer.h"
#include "fs/file.h"
#include "fs/fs_context.h"
#include "lib/assert.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "mm/aspace.h"
#include "mm/kmem.h"
#include "mm/kvm.h"
#include "proc/tree.h"
#include "sched/clock.h"
#include "sched/sched.h"
#include "sched/thread.h"
#include "signal/signal.h"
#include "trace/trace.h"

struct process *process_current(void)
{
	return thread_current()->process;
}

struct process *process_alloc(void)
{
	struct process *p = kmalloc(sizeof(*p));

	if (!p)
		return NULL;
	/* Its actions are as at first, though they hold anything. */
	memset(p, 0, offsetof(struct process, signals.action));
	p->number = number_alloc();
	if (!p->number) {
		kfree(p);
		return NULL;
	}
	p->state = PROCESS_LIVE;
	p->refs = 1;
	p->start_ns = clock_now();
	list_init(&p->children);
	list_init(&p->sibling);
	list_init(&p->news);
	list_init(&p->news_member);
	list_init(&p->all);
	list_init(&p->group_member);
	list_init(&p->session_member);
	list_init(&p->threads);
	spin_init(&p->signal_lock, RANK_SIGNAL, "signals");
	signal_init_process(p);
	waitq_init(&p->child_exit, "child exit");
	waitq_init(&p->thread_exit, "thread exit");
	waitq_init(&p->vfork_done, "vfork");
	return p;
}

int thread_visit(int tid, void (*fn)(struct thread *t, void *arg), void *arg)
{
	uint64_t daif = spin_lock_irqsave(&process_tree_lock);
	struct thread *t = tid ? thread_find(tid) : thread_current();

	if (t)
		fn(t, arg);
	spin_unlock_irqrestore(&process_tree_lock, daif);
	return t ? 0 : -ESRCH;
}

void process_get(struct process *p)
{
	__atomic_add_fetch(&p->refs, 1, __ATOMIC_RELAXED);
}

void process_put(struct process *p)
{
	/*
	 * Release: what this holder did to *p happens before the free.
	 * Acquire: the one who frees sees what all others did.
	 */
	if (__atomic_sub_fetch(&p->refs, 1, __ATOMIC_ACQ_REL))
		return;
	assert(list_empty(&p->threads));
	assert(!p->aspace && !p->files && !p->fs);
	number_free(p->number);		/* it was never on the tree */
	kfree(p);
}

struct process *process_find(int pid)
{
	uint64_t daif = spin_lock_irqsave(&process_tree_lock);
	struct process *p = tree_find(pid);

	if (p)
		process_get(p);
	spin_unlock_irqrestore(&process_tree_lock, daif);
	return p;
}

struct process *process_next(int pid)
{
	uint64_t daif = spin_lock_irqsave(&process_tree_lock);
	const struct number *n = number_next_process(pid);
	struct process *p = n ? n->process : NULL;

	if (p)
		process_get(p);
	spin_unlock_irqrestore(&process_tree_lock, daif);
	return p;
}

struct aspace *process_aspace(struct process *p)
{
	uint64_t daif = spin_lock_irqsave(&process_tree_lock);
	struct aspace *as = p->aspace;

	if (as)
		aspace_get(as);
	spin_unlock_irqrestore(&process_tree_lock, daif);
	return as;
}

struct files *process_files(struct process *p)
{
	uint64_t daif = spin_lock_irqsave(&process_tree_lock);
	struct files *files = p->files;

	if (files)
		files_get(files);
	spin_unlock_irqrestore(&process_tree_lock, daif);
	return files;
}

struct fs_context *process_fs(struct process *p)
{
	uint64_t daif = spin_lock_irqsave(&process_tree_lock);
	struct fs_context *fs = p->fs;

	if (fs)
		fs_context_get(fs);
	spin_unlock_irqrestore(&process_tree_lock, daif);
	return fs;
}

void process_for_each(void (*fn)(struct process *p, void *arg), void *arg)
{
	uint64_t daif = spin_lock_irqsave(&process_tree_lock);
	struct process *p;

	list_for_each_entry(p, &process_all, struct process, all)
		fn(p, arg);
	spin_unlock_irqrestore(&process_tree_lock, daif);
}

/* Tree lock. R if any thread is, else as the first sleeps. */
static char state_letter(const struct process *p)
{
	const struct thread *t;

	if (p->state == PROCESS_ZOMBIE)
		return 'Z';
	if (signal_is_stopped(p))
		return 'T';
	list_for_each_entry(t, &p->threads, struct thread, sibling) {
		if (t->state != THREAD_BLOCKED)
			return 'R';
	}
	t = list_first_entry(&p->threads, struct thread, sibling);
	return thread_heeds_signals(t) ? 'S' : 'D';
}

/*
 * What the threads that are left add. None can go away meanwhile: they leave
 * the list under the lock that is held here. Their counters belong to the
 * scheduler and may move while they are read; each is one aligned word.
 */
static void add_threads(struct process_info *info, const struct process *p,
			uint64_t *utime, uint64_t *stime)
{
	const struct thread *t;

	list_for_each_entry(t, &p->threads, struct thread, sibling) {
		*utime += t->utime;
		*stime += t->stime;
		info->voluntary += t->voluntary;
		info->involuntary += t->involuntary;
	}
	if (list_empty(&p->threads))
		return;
	t = list_first_entry(&p->threads, struct thread, sibling);
	info->nice = (int)t->base_prio - PRIO_USER;
	sched_where(t, &info->cpu, &info->affinity);
}

int process_getppid(void)
{
	return __atomic_load_n(&process_current()->ppid, __ATOMIC_RELAXED);
}

void process_info(struct process *p, struct process_info *info)
{
	uint64_t daif = spin_lock_irqsave(&process_tree_lock);
	uint64_t utime = p->utime, stime = p->stime;

	*info = (struct process_info){
		.pid = p->pid,
		.ppid = p->parent ? p->parent->pid : 0,
		.pgid = p->pgid,
		.sid = p->sid,
		.state = state_letter(p),
		.child_utime_ns = timer_ticks_to_ns(p->child_utime),
		.child_stime_ns = timer_ticks_to_ns(p->child_stime),
		.voluntary = p->voluntary,
		.involuntary = p->involuntary,
		.start_ns = p->start_ns,
		.nthreads = p->nthreads,
	};
	add_threads(info, p, &utime, &stime);
	info->utime_ns = timer_ticks_to_ns(utime);
	info->stime_ns = timer_ticks_to_ns(stime);
	memcpy(info->name, p->name, sizeof(info->name));
	info->name[sizeof(info->name) - 1] = '\0';
	spin_unlock_irqrestore(&process_tree_lock, daif);
}

void process_set_name(const char *name)
{
	struct thread *self = thread_current();
	struct process *p = self->process;
	uint64_t daif = spin_lock_irqsave(&process_tree_lock);

	strlcpy(self->name, name, sizeof(self->name));
	if ((int)self->tid == p->pid)
		strlcpy(p->name, name, sizeof(p->name));
	trace_name(self);
	spin_unlock_irqrestore(&process_tree_lock, daif);
}

void process_change_aspace(struct process *p, struct aspace *as)
{
	struct thread *t = thread_current();
	struct aspace *old = p->aspace;
	uint64_t daif = irq_save();

	/*
	 * Out of TTBR0 before the last reference goes: the CPU may walk the
	 * tables of whatever root is there at any time. aspace_put invalidates
	 * what such walks left.
	 */
	weft_task_set_space(&t->task, as ? &as->space : kvm_empty_space());
	/* Others who look at the pointer count it under this lock. */
	spin_lock_masked(&process_tree_lock);
	p->aspace = as;
	spin_unlock_masked(&process_tree_lock);
	irq_restore(daif);
	if (old)
		aspace_put(old);
}
