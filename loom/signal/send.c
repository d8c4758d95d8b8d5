// SPDX-License-Identifier: MIT
/*
 * Raising signals: who gets one, and whom it wakes (signal.h).
 *
 * Signal against sleep. The sleeper (sched/wait.c) becomes BLOCKED with
 * kill_wakeups under its run queue's lock, then asks signal_pending(). The
 * sender stores the signal into a pending set, tells the sleeper to look
 * (signal_tell), then looks at its state under that lock (sched_wake_signal).
 * Whose hold comes first decides: the sender's, then its stores are seen by the
 * look that follows the sleeper's hold; the sleeper's, then the sender finds it
 * BLOCKED and wakes it. So signal_pending needs neither lock nor barrier of its
 * own.
 *
 * Threads stay there while the sender has them: a thread leaves its process
 * under signal_lock (proc/exit.c), the sender finds and wakes it under that.
 *
 * A thread that runs in user mode or is about to needs no wake-up: the sender
 * has told it to look (signal_tell; task.work), and it does so on its next
 * way out of the kernel, one timer period from now at the latest.
 *
 * One of several. A signal for a process may be taken by any thread that does
 * not block it. One is woken, the first that can: the main thread if it does
 * not block it. Another that looks before may take it; then the one that was
 * woken finds nothing, and its system call is made again (call.c). The one
 * that was chosen may block the signal, or end, before it takes it: it wakes
 * the others then (signal_wake_others), as they may have been passed over.
 */
#include <stddef.h>

#include "lib/errno.h"
#include "lib/lock.h"
#include "proc/process.h"
#include "proc/tree.h"
#include "sched/sched.h"
#include "sched/thread.h"
#include "signal/internal.h"
#include "trace/trace.h"

bool signal_is_dropped(const struct process *p, const struct thread *only,
		       uint64_t bit)
{
	const struct thread *t = only ? only :
		list_first_entry(&p->threads, struct thread, sibling);

	if (list_empty(&p->threads))
		return true;
	return p->signals.harmless & bit &&
	       !((t->signal.blocked | t->signal.withheld) & bit);
}

static bool is_eligible(const struct thread *t, int sig)
{
	if (sig == SIGKILL)
		return true;
	return !(t->signal.blocked & signal_bit(sig)) && !t->must_end &&
	       !t->signal.parked;
}

/* signal_lock. Does it end @p, unless somebody thinks of it otherwise? */
static bool is_deadly(const struct process *p, int sig)
{
	return signal_action(&p->signals, sig)->handler == SIG_DFL &&
	       signal_default(sig) == SIGNAL_ENDS;
}

void signal_wake(struct process *p, struct thread *only, int sig)
{
	bool deadly = is_deadly(p, sig);
	struct thread *t;

	list_for_each_entry(t, &p->threads, struct thread, sibling) {
		if ((only && t != only) || !is_eligible(t, sig))
			continue;
		if (deadly)
			sched_hurry(t);
		sched_wake_signal(t);
		if (sig != SIGKILL)
			return;
	}
}

void signal_wake_others(struct process *p, const struct thread *except)
{
	uint64_t shared = signal_queue_set(&p->signals.pending) &
			  ~p->signals.harmless;
	struct thread *t;

	if (!shared)
		return;
	list_for_each_entry(t, &p->threads, struct thread, sibling) {
		if (t != except && shared & ~t->signal.blocked)
			sched_wake_signal(t);
	}
}

void signal_drop(struct process *p, uint64_t set)
{
	struct thread *t;

	signal_queue_drop(&p->signals.pending, set);
	list_for_each_entry(t, &p->threads, struct thread, sibling)
		signal_queue_drop(&t->signal.pending, set);
}

/* What raise_locked has to say besides errors. */
enum { RAISED, FOR_NOBODY };

/* signal_lock. @only NULL: for the process. */
static int raise_locked(struct process *p, struct thread *only,
			const struct siginfo *info)
{
	int err;

	if (list_empty(&p->threads))
		return FOR_NOBODY;
	trace(TRACE_SIGNAL_SEND, (uint64_t)p->pid << 32 |
	      (only ? only->tid : 0), (uint64_t)info->signo);
	stop_prepare(p, info->signo);
	if (signal_is_dropped(p, only, signal_bit(info->signo)))
		return FOR_NOBODY;
	err = signal_queue_add(only ? &only->signal.pending :
			       &p->signals.pending, info);
	if (err)
		return err;
	if (only)
		signal_tell(p, only);
	else
		signal_tell_all(p);
	signal_wake(p, only, info->signo);
	return RAISED;
}

int signal_send_info(struct process *p, const struct siginfo *info)
{
	uint64_t daif = spin_lock_irqsave(&p->signal_lock);
	int err = raise_locked(p, NULL, info);

	spin_unlock_irqrestore(&p->signal_lock, daif);
	return err < 0 ? err : 0;
}

bool signal_send_timer(struct process *p, struct thread *only,
		       const struct siginfo *info)
{
	uint64_t daif = spin_lock_irqsave(&p->signal_lock);
	int err = raise_locked(p, only, info);

	spin_unlock_irqrestore(&p->signal_lock, daif);
	return err == RAISED;
}

void signal_send(struct process *p, int sig)
{
	const struct siginfo info = { .signo = sig, .code = SI_KERNEL };

	(void)signal_send_info(p, &info);
}

int signal_send_thread(struct thread *t, const struct siginfo *info)
{
	struct process *p = t->process;
	uint64_t daif = spin_lock_irqsave(&p->signal_lock);
	int err = raise_locked(p, t, info);

	spin_unlock_irqrestore(&p->signal_lock, daif);
	return err < 0 ? err : 0;
}

int signal_send_group_info(int pgid, const struct siginfo *info)
{
	uint64_t daif = spin_lock_irqsave(&process_tree_lock);
	const struct list *group = tree_group(pgid);
	struct process *p;
	int err = group ? 0 : -ESRCH;
	bool sent = false;

	/* As on Linux one that got it is success. */
	if (group && info->signo) {
		list_for_each_entry(p, group, struct process, group_member) {
			err = signal_send_info(p, info);
			sent |= !err;
		}
	}
	spin_unlock_irqrestore(&process_tree_lock, daif);
	return sent ? 0 : err;
}

int signal_send_group(int pgid, int sig)
{
	const struct siginfo info = { .signo = sig, .code = SI_KERNEL };

	return signal_send_group_info(pgid, &info);
}
