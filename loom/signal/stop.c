// SPDX-License-Identifier: MIT
/*
 * Stopping and continuing processes: what SIGSTOP, SIGTSTP, SIGTTIN, SIGTTOU
 * and SIGCONT do beside running handlers, what parents are told, and the rule
 * of orphaned groups. Called by send.c, act.c, wait4 and the exit path.
 *
 * A process stops as a whole:
 *
 *	NONE -- a thread takes a stop signal (stop_begin) --> BEGUN
 *	BEGUN -- the last of its threads parks or leaves ----> DONE
 *	BEGUN, DONE -- SIGCONT is raised --------------------> NONE
 *
 * While it is not NONE, signal_pending() is true: sleeps end, and each thread
 * comes to stop_park() on its way out, where it sleeps. SIGKILL, and the end
 * of the process, get it out of there; other signals wait.
 *
 * A stop signal and SIGCONT revoke each other at the moment they are raised,
 * blocked, ignored or handled: so the last one that was raised counts. A stop
 * signal that a thread has taken, but not acted upon, is revoked by stop_taken.
 *
 * The parent gets SIGCHLD and is woken by a thread of the process: the last
 * that parks, and the first that goes on; for only they can take the tree lock
 * before signal_lock. What wait4 says changes with the state, under
 * signal_lock, so that it never reports what is not true any more.
 */
#include <stddef.h>

#include "dev/timer.h"
#include "lib/assert.h"
#include "lib/lock.h"
#include "proc/process.h"
#include "proc/tree.h"
#include "proc/wait_status.h"
#include "sched/sched.h"
#include "sched/thread.h"
#include "sched/wait.h"
#include "signal/internal.h"

#define NS_PER_TICK	10000000	/* si_utime: 1/100 s */

static void set_stop(struct process *p, enum signal_stop stop)
{
	__atomic_store_n(&p->signals.stop, stop, __ATOMIC_RELAXED);
}

static enum signal_stop get_stop(const struct process *p)
{
	return __atomic_load_n(&p->signals.stop, __ATOMIC_RELAXED);
}

bool stop_is_wanted(const struct process *p)
{
	return get_stop(p) != STOP_NONE;
}

bool signal_is_stopped(const struct process *p)
{
	return get_stop(p) == STOP_DONE;
}

static void go_on(struct process *p)
{
	struct signal_process *s = &p->signals;

	s->stop_taken = false;
	if (s->parked && s->stop != STOP_NONE) {
		s->tell = s->stop == STOP_DONE ? CLD_CONTINUED : CLD_STOPPED;
		s->stop_report = 0;
		s->continue_report = true;
	}
	set_stop(p, STOP_NONE);
	wait_wake_all(&s->resume);
}

void stop_prepare(struct process *p, int sig)
{
	if (sig == SIGCONT) {
		signal_drop(p, SIGNAL_STOPS_SET);
		go_on(p);
	} else if (signal_bit(sig) & SIGNAL_STOPS_SET) {
		signal_drop(p, signal_bit(SIGCONT));
	}
}

/* What the parent gets, the tree lock held. */

static uint64_t ticks_of(const struct process *p, bool user)
{
	uint64_t spent = user ? p->utime : p->stime;
	const struct thread *t;

	list_for_each_entry(t, &p->threads, struct thread, sibling)
		spent += user ? t->utime : t->stime;
	return timer_ticks_to_ns(spent) / NS_PER_TICK;
}

static struct siginfo child_info(const struct process *child, int code,
				 int status)
{
	return (struct siginfo){
		.signo = SIGCHLD,
		.code = code,
		.child = {
			.pid = child->pid,
			.status = status,
			.utime = ticks_of(child, true),
			.stime = ticks_of(child, false),
		},
	};
}

static uint64_t child_action_flags(struct process *parent, bool *ignored)
{
	uint64_t daif = spin_lock_irqsave(&parent->signal_lock);
	const struct signal_action *a =
		signal_action(&parent->signals, SIGCHLD);
	uint64_t flags = a->flags;

	*ignored = a->handler == SIG_IGN;
	spin_unlock_irqrestore(&parent->signal_lock, daif);
	return flags;
}

bool signal_children_unwanted(struct process *parent)
{
	bool ignored;
	uint64_t flags = child_action_flags(parent, &ignored);

	return ignored || flags & SA_NOCLDWAIT;
}

/*
 * Would @sig, of a child that ends, do nothing? Mostly SIGCHLD does not, as
 * nobody handles it.
 */
static bool is_unheard(struct process *parent, int sig)
{
	uint64_t bit = signal_bit(sig), daif;
	bool unheard;

	/* Whatever becomes of them, these end and begin stops. */
	if (bit & (SIGNAL_STOPS_SET | SIGNAL_BIT(SIGCONT)))
		return false;
	daif = spin_lock_irqsave(&parent->signal_lock);
	unheard = signal_is_dropped(parent, NULL, bit) ||
		  (sig == SIGCHLD &&
		   signal_action(&parent->signals, sig)->handler == SIG_IGN);
	spin_unlock_irqrestore(&parent->signal_lock, daif);
	return unheard;
}

void signal_tell_end(struct process *child)
{
	struct siginfo info;

	if (!child->exit_signal || is_unheard(child->parent,
					      child->exit_signal))
		return;
	info = child_info(child, wait_status_code(child->status),
			  wait_status_value(child->status));
	info.signo = child->exit_signal;
	(void)signal_send_info(child->parent, &info);
}

static void tell_change(struct process *child, int code)
{
	struct process *parent = child->parent;
	struct siginfo info;
	uint64_t flags;
	bool ignored;

	if (!parent)
		return;
	flags = child_action_flags(parent, &ignored);
	info = child_info(child, code, code == CLD_CONTINUED ? SIGCONT :
			  child->signals.stop_signal);
	if (!ignored && !(flags & SA_NOCLDSTOP))
		(void)signal_send_info(parent, &info);
	/* wait4 may ask for it though SIGCHLD is not wanted. */
	tree_note_news(child);
	wait_wake_all(&parent->child_exit);
}

/* signal_lock. True if this made it stopped: the parent is to be told. */
static bool all_parked(struct process *p)
{
	struct signal_process *s = &p->signals;

	if (s->stop != STOP_BEGUN || !p->nthreads || s->parked < p->nthreads)
		return false;
	set_stop(p, STOP_DONE);
	s->stop_report = s->stop_signal;
	s->continue_report = false;
	s->tell = 0;
	return true;
}

void signal_check_stop(struct process *p)
{
	bool stopped;

	assert(spin_held(&process_tree_lock));
	spin_lock_masked(&p->signal_lock);
	stopped = all_parked(p);
	spin_unlock_masked(&p->signal_lock);
	if (stopped)
		tell_change(p, CLD_STOPPED);
}

/* Not for SIGSTOP: a group that nobody can continue does not stop. */
static bool is_orphaned(void)
{
	const struct process *p = process_current();
	uint64_t daif = spin_lock_irqsave(&process_tree_lock);
	bool orphaned = signal_is_orphaned_group(p->pgid);

	spin_unlock_irqrestore(&process_tree_lock, daif);
	return orphaned;
}

void stop_begin(int sig)
{
	struct process *p = process_current();
	struct thread *self = thread_current(), *t;
	uint64_t daif;

	if (sig != SIGSTOP && is_orphaned())
		return;
	daif = spin_lock_irqsave(&p->signal_lock);
	if (p->signals.stop_taken && p->signals.stop == STOP_NONE) {
		p->signals.stop_signal = sig;
		set_stop(p, STOP_BEGUN);
		list_for_each_entry(t, &p->threads, struct thread, sibling) {
			thread_add_work(t, WORK_SIGNAL);
			if (t != self)
				sched_wake_signal(t);
		}
	}
	p->signals.stop_taken = false;
	spin_unlock_irqrestore(&p->signal_lock, daif);
}

/* Parked or not, in both books; signal_lock. */
static void set_parked(struct process *p, bool parked)
{
	thread_current()->signal.parked = parked;
	if (parked)
		p->signals.parked++;
	else
		p->signals.parked--;
}

static bool may_go_on(const struct process *p)
{
	return !stop_is_wanted(p) || thread_must_end() ||
	       signal_queue_set(&p->signals.pending) & signal_bit(SIGKILL) ||
	       signal_queue_set(&thread_current()->signal.pending) &
		       signal_bit(SIGKILL);
}

static void park(struct process *p)
{
	uint64_t daif = spin_lock_irqsave(&process_tree_lock);
	bool stopped;

	spin_lock_masked(&p->signal_lock);
	set_parked(p, true);
	stopped = all_parked(p);
	spin_unlock_masked(&p->signal_lock);
	if (stopped)
		tell_change(p, CLD_STOPPED);
	spin_unlock_irqrestore(&process_tree_lock, daif);
}

static void unpark(struct process *p)
{
	uint64_t daif = spin_lock_irqsave(&process_tree_lock);
	int tell;

	spin_lock_masked(&p->signal_lock);
	set_parked(p, false);
	tell = p->signals.tell;
	p->signals.tell = 0;
	spin_unlock_masked(&p->signal_lock);
	if (tell)
		tell_change(p, tell);
	spin_unlock_irqrestore(&process_tree_lock, daif);
}

void stop_park(void)
{
	struct process *p = process_current();
	struct waiter w;

	park(p);
	for (;;) {
		wait_prepare(&p->signals.resume, &w, WAIT_KILLABLE);
		if (may_go_on(p))
			break;
		(void)wait_sleep(&w, WAIT_FOREVER);
	}
	wait_finish(&w);
	unpark(p);
}

/* For wait4; the tree lock is held, @child lives. */

int signal_stop_report(struct process *child, bool take)
{
	uint64_t daif = spin_lock_irqsave(&child->signal_lock);
	int sig = child->signals.stop_report;

	if (take)
		child->signals.stop_report = 0;
	spin_unlock_irqrestore(&child->signal_lock, daif);
	return sig;
}

bool signal_continue_report(struct process *child, bool take)
{
	uint64_t daif = spin_lock_irqsave(&child->signal_lock);
	bool continued = child->signals.continue_report;

	if (take)
		child->signals.continue_report = false;
	spin_unlock_irqrestore(&child->signal_lock, daif);
	return continued;
}

/* Orphaned groups; the tree lock is held. */

/* Does @parent connect @p's group to the rest of its session? */
static bool connects(const struct process *parent, const struct process *p)
{
	return parent && parent->pgid != p->pgid && parent->sid == p->sid;
}

static bool is_orphaned_without(const struct list *group,
				const struct process *except)
{
	const struct process *p;

	list_for_each_entry(p, group, struct process, group_member) {
		if (p != except && p->state == PROCESS_LIVE && p->parent &&
		    p->parent->pid != PID_INIT && connects(p->parent, p))
			return false;
	}
	return true;
}

bool signal_is_orphaned_group(int pgid)
{
	const struct list *group = tree_group(pgid);

	assert(spin_held(&process_tree_lock));
	return !group || is_orphaned_without(group, NULL);
}

static bool has_stopped_member(const struct list *group)
{
	const struct process *p;

	list_for_each_entry(p, group, struct process, group_member) {
		if (signal_is_stopped(p))
			return true;
	}
	return false;
}

void signal_orphan_group(const struct process *p, const struct process *parent,
			 const struct process *except)
{
	const struct list *group = &p->group->group;
	struct process *member;

	assert(spin_held(&process_tree_lock));
	if (!connects(parent, p) || !is_orphaned_without(group, except) ||
	    !has_stopped_member(group))
		return;
	list_for_each_entry(member, group, struct process, group_member)
		signal_send(member, SIGHUP);
	list_for_each_entry(member, group, struct process, group_member)
		signal_send(member, SIGCONT);
}
