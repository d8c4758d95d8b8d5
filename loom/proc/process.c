// SPDX-License-Identifier: MIT
/*
 * The table of processes: numbers, references, look-ups, and copies for those
 * who report (/proc, getrusage). Births are in clone.c, ends in exit.c.
 */
#include "proc/process.h"

#include <weft/sysreg.h>

#include "dev/irq.h"
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

struct spinlock process_tree_lock = SPINLOCK_INIT(RANK_TREE, "processes");
struct list process_all = LIST_INIT(process_all);

/* Tree lock. */
static unsigned live_count;
static int next_pid = PID_INIT;

struct process *process_current(void)
{
	return thread_current()->process;
}

struct process *process_alloc(void)
{
	struct process *p = kzalloc(sizeof(*p));

	if (!p)
		return NULL;
	p->state = PROCESS_LIVE;
	p->refs = 1;
	p->start_ns = clock_now();
	list_init(&p->children);
	list_init(&p->sibling);
	list_init(&p->all);
	spin_init(&p->signal_lock, RANK_SIGNAL, "signals");
	waitq_init(&p->child_exit, "child exit");
	waitq_init(&p->vfork_done, "vfork");
	return p;
}

/*
 * A number also stays taken while it names a group or a session, else a
 * signal to the old group would reach a newcomer.
 */
static bool number_in_use(int number)
{
	struct process *p;

	list_for_each_entry(p, &process_all, struct process, all) {
		if (p->pid == number || p->pgid == number || p->sid == number)
			return true;
	}
	return false;
}

static int draw_pid(void)
{
	int pid;

	/* Ends: PROCESS_MAX processes cannot use up three times PID_MAX. */
	_Static_assert(3 * PROCESS_MAX < PID_MAX - PID_INIT,
		       "a free number exists");
	do {
		pid = next_pid;
		next_pid = pid == PID_MAX ? PID_INIT + 1 : pid + 1;
	} while (number_in_use(pid));
	return pid;
}

static void insert_by_pid(struct process *p)
{
	struct list *after = process_all.prev;

	/* From the end: numbers rise, so this is one step nearly always. */
	while (after != &process_all &&
	       container_of(after, struct process, all)->pid > p->pid)
		after = after->prev;
	list_add_after(after, &p->all);
}

int process_publish(struct process *p, struct process *parent)
{
	uint64_t daif = spin_lock_irqsave(&process_tree_lock);

	if (live_count >= PROCESS_MAX) {
		spin_unlock_irqrestore(&process_tree_lock, daif);
		return -EAGAIN;
	}
	p->pid = draw_pid();
	p->thread->tid = (uint32_t)p->pid;
	p->parent = parent;
	if (parent) {
		p->pgid = parent->pgid;
		p->sid = parent->sid;
		list_add_tail(&parent->children, &p->sibling);
	}
	insert_by_pid(p);
	live_count++;
	spin_unlock_irqrestore(&process_tree_lock, daif);
	return 0;
}

void tree_unlink(struct process *p)
{
	assert(spin_held(&process_tree_lock));
	list_del(&p->all);
	list_del(&p->sibling);
	p->parent = NULL;
	live_count--;
}

struct process *tree_find(int pid)
{
	struct process *p;

	assert(spin_held(&process_tree_lock));
	list_for_each_entry(p, &process_all, struct process, all) {
		if (p->pid == pid)
			return p;
	}
	return NULL;
}

struct process *tree_init_process(void)
{
	return tree_find(PID_INIT);
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
	if (__atomic_sub_fetch(&p->refs, 1, __ATOMIC_ACQ_REL) == 0) {
		assert(!p->thread && !p->aspace && !p->files);
		kfree(p);
	}
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
	struct process *p, *found = NULL;

	list_for_each_entry(p, &process_all, struct process, all) {
		if (p->pid > pid) {
			found = p;
			process_get(p);
			break;
		}
	}
	spin_unlock_irqrestore(&process_tree_lock, daif);
	return found;
}

unsigned process_count(void)
{
	return __atomic_load_n(&live_count, __ATOMIC_RELAXED);
}

void process_for_each(void (*fn)(struct process *p, void *arg), void *arg)
{
	uint64_t daif = spin_lock_irqsave(&process_tree_lock);
	struct process *p;

	list_for_each_entry(p, &process_all, struct process, all)
		fn(p, arg);
	spin_unlock_irqrestore(&process_tree_lock, daif);
}

static char state_letter(const struct process *p)
{
	if (p->state == PROCESS_ZOMBIE)
		return 'Z';
	if (p->thread->state != THREAD_BLOCKED)
		return 'R';
	return p->thread->kill_wakeups ? 'S' : 'D';
}

/*
 * The thread cannot go away meanwhile: it gives up p->thread under the lock
 * that is held here. Its counters belong to the scheduler and may move while
 * they are read; each is one aligned word.
 */
void process_info(struct process *p, struct process_info *info)
{
	uint64_t daif = spin_lock_irqsave(&process_tree_lock);
	const struct thread *t = p->thread;

	*info = (struct process_info){
		.pid = p->pid,
		.ppid = p->parent ? p->parent->pid : 0,
		.pgid = p->pgid,
		.sid = p->sid,
		.state = state_letter(p),
		.utime_ns = t ? t->utime_ns : p->utime_ns,
		.stime_ns = t ? t->stime_ns : p->stime_ns,
		.child_utime_ns = p->child_utime_ns,
		.child_stime_ns = p->child_stime_ns,
		.voluntary = t ? t->voluntary : p->voluntary,
		.involuntary = t ? t->involuntary : p->involuntary,
		.start_ns = p->start_ns,
		.nice = t ? (int)t->base_prio - PRIO_USER : 0,
	};
	memcpy(info->name, p->name, sizeof(info->name));
	info->name[sizeof(info->name) - 1] = '\0';
	spin_unlock_irqrestore(&process_tree_lock, daif);
}

void process_set_name(const char *name)
{
	struct process *p = process_current();
	uint64_t daif = spin_lock_irqsave(&process_tree_lock);

	strlcpy(p->name, name, sizeof(p->name));
	strlcpy(p->thread->name, name, sizeof(p->thread->name));
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
	p->aspace = as;
	irq_restore(daif);
	if (old)
		aspace_put(old);
}
