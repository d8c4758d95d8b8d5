// SPDX-License-Identifier: MIT
/*
 * The process tree: who is on it, under which number, with which threads,
 * children, group and session. Called by the files of proc/, all under the
 * tree lock (tree.h).
 */
#include "proc/tree.h"

#include "lib/assert.h"
#include "lib/errno.h"
#include "sched/thread.h"
#include "signal/signal.h"

struct spinlock process_tree_lock = SPINLOCK_INIT(RANK_TREE, "processes");
struct list process_all = LIST_INIT(process_all);

/* Tree lock. */
static unsigned process_total;
static unsigned births;
static unsigned task_total;		/* threads, and zombies */

unsigned process_births(void)
{
	return __atomic_load_n(&births, __ATOMIC_RELAXED);
}

unsigned process_count(void)
{
	return __atomic_load_n(&process_total, __ATOMIC_RELAXED);
}

/*
 * A free number always exists: a thread takes one, a process up to three (its
 * own, and those of a group and a session whose leaders are gone).
 */
_Static_assert(3 * TASK_MAX < NUMBER_MAX - NUMBER_LOW, "a free number exists");

/* Tree lock; signal_lock if others can see @p. */
static void enter_thread(struct process *p, struct thread *t,
			 struct number *number)
{
	number->thread = t;
	t->number = number;
	t->tid = (uint32_t)number->value;
	list_add_tail(&p->threads, &t->sibling);
	p->nthreads++;
	__atomic_add_fetch(&p->running, 1, __ATOMIC_RELAXED);
	task_total++;
}

void tree_set_group(struct process *p, struct number *group)
{
	struct number *old = p->group;

	assert(spin_held(&process_tree_lock));
	list_del(&p->group_member);
	list_add_tail(&group->group, &p->group_member);
	p->group = group;
	p->pgid = group->value;
	if (old)
		number_drop(old);
}

void tree_set_session(struct process *p, struct number *session)
{
	struct number *old = p->session;

	assert(spin_held(&process_tree_lock));
	list_del(&p->session_member);
	list_add_tail(&session->session, &p->session_member);
	p->session = session;
	p->sid = session->value;
	if (old)
		number_drop(old);
}

/* Tree lock. What forbids that one more is entered: -EINTR, -EAGAIN, or 0. */
static int may_enter(void)
{
	/* Signals for all who are there, it among them, have been sent. */
	if (signal_pending())
		return -EINTR;
	return task_total >= TASK_MAX ? -EAGAIN : 0;
}

void tree_note_news(struct process *child)
{
	struct list *at, *news = &child->parent->news;

	assert(spin_held(&process_tree_lock));
	if (!list_empty(&child->news_member))
		return;
	/* Those who came first mostly end first: few steps from the end. */
	for (at = news->prev; at != news; at = at->prev) {
		const struct process *other =
			container_of(at, struct process, news_member);

		if (other->birth < child->birth)
			break;
	}
	list_add_after(at, &child->news_member);
}

void tree_adopt(struct process *parent, struct process *child)
{
	assert(spin_held(&process_tree_lock));
	assert(list_empty(&child->sibling));
	child->parent = parent;
	__atomic_store_n(&child->ppid, parent->pid, __ATOMIC_RELAXED);
	child->birth = parent->children_ever++;
	list_add_tail(&parent->children, &child->sibling);
	if (list_empty(&child->news_member))
		return;
	list_del(&child->news_member);
	tree_note_news(child);
}

int process_publish(struct process *p, struct thread *first,
		    struct process *parent)
{
	uint64_t daif = spin_lock_irqsave(&process_tree_lock);
	int err = may_enter();

	if (err) {
		spin_unlock_irqrestore(&process_tree_lock, daif);
		return err;
	}
	number_enter(p->number);
	p->number->process = p;
	p->pid = p->number->value;
	tree_set_group(p, parent ? parent->group : number_find(0));
	tree_set_session(p, parent ? parent->session : number_find(0));
	if (parent)
		tree_adopt(parent, p);
	enter_thread(p, first, p->number);
	list_add_tail(&process_all, &p->all);
	process_total++;
	births++;
	spin_unlock_irqrestore(&process_tree_lock, daif);
	return 0;
}

int process_add_thread(struct thread *t, struct number *number)
{
	struct process *p = process_current();
	uint64_t daif = spin_lock_irqsave(&process_tree_lock);
	int err;

	spin_lock_masked(&p->signal_lock);
	err = p->ending != PROCESS_RUNS ? -EINTR : may_enter();
	if (!err) {
		number_enter(number);
		enter_thread(p, t, number);
	}
	spin_unlock_masked(&p->signal_lock);
	spin_unlock_irqrestore(&process_tree_lock, daif);
	return err;
}

void tree_remove_thread(struct process *p, struct thread *t)
{
	assert(spin_held(&process_tree_lock) && spin_held(&p->signal_lock));
	p->utime += t->utime;
	p->stime += t->stime;
	p->voluntary += t->voluntary;
	p->involuntary += t->involuntary;
	list_del(&t->sibling);
	p->nthreads--;
	/* A zombie still counts: it was one of these. */
	if (p->nthreads)
		task_total--;
	t->number->thread = NULL;
	number_drop(t->number);
	t->number = NULL;
	t->process = NULL;
}

void tree_unlink(struct process *p)
{
	assert(spin_held(&process_tree_lock));
	assert(p->nthreads == 0);
	list_del(&p->all);
	list_del(&p->sibling);
	list_del(&p->news_member);
	list_del(&p->group_member);
	list_del(&p->session_member);
	/* They may be one and the same, so each is dropped once at its end. */
	p->number->process = NULL;
	if (p->group != p->number)
		number_drop(p->group);
	if (p->session != p->number && p->session != p->group)
		number_drop(p->session);
	number_drop(p->number);
	p->number = NULL;
	p->parent = NULL;
	process_total--;
	task_total--;
}

struct process *tree_find(int pid)
{
	const struct number *n = number_find(pid);

	assert(spin_held(&process_tree_lock));
	return n ? n->process : NULL;
}

struct thread *thread_find(int tid)
{
	const struct number *n = number_find(tid);

	assert(spin_held(&process_tree_lock));
	return n ? n->thread : NULL;
}

struct list *tree_group(int pgid)
{
	struct number *n = number_find(pgid);

	assert(spin_held(&process_tree_lock));
	return n && !list_empty(&n->group) ? &n->group : NULL;
}

struct process *tree_init_process(void)
{
	return tree_find(PID_INIT);
}
