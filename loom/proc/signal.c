// SPDX-License-Identifier: MIT
/*
 * Signals of a process: raising, looking, acting (signal.h).
 *
 * Signal against sleep. The sleeper (sched/wait.c) becomes BLOCKED with
 * kill_wakeups under its run queue's lock, then asks signal_pending(). The
 * sender stores the signal into pending, then looks at the sleeper's state
 * under that lock (sched_wake_signal). Whose hold comes first decides: the
 * sender's, then its store is seen by the look that follows the sleeper's
 * hold; the sleeper's, then the sender finds it BLOCKED and wakes it. So
 * signal_pending needs neither lock nor barrier of its own.
 *
 * The thread stays there while the sender has it: a process gives its thread
 * up under signal_lock (exit.c), the sender finds and wakes it under that.
 *
 * A thread that runs in user mode or is about to needs no wake-up: it acts on
 * the signal on its next way out of the kernel, one timer period from now at
 * the latest.
 *
 * No program has handlers, so every signal that is neither blocked nor
 * harmless ends the process: an interruptible sleep is a killable one.
 */
#include "proc/signal.h"

#include <weft/frame.h>

#include "lib/errno.h"
#include "lib/log.h"
#include "proc/process.h"
#include "proc/tree.h"
#include "proc/wait_status.h"
#include "sched/sched.h"
#include "sched/thread.h"

static uint64_t harmless(const struct process *p)
{
	return signal_harmless(p->ignored, p->pid == PID_INIT);
}

/* signal_lock, or the thread itself. What @t of @p would act on. */
static uint64_t deadly(const struct process *p, const struct thread *t)
{
	return __atomic_load_n(&p->pending, __ATOMIC_RELAXED) & ~t->blocked &
	       ~harmless(p);
}

/* signal_lock. The first thread that @bit would end is to do it. */
static void wake_one(const struct process *p, uint64_t bit)
{
	struct thread *t;

	list_for_each_entry(t, &p->threads, struct thread, sibling) {
		if (deadly(p, t) & bit) {
			sched_wake_signal(t);
			return;
		}
	}
}

/* signal_lock. Blocked by every thread? */
static bool is_blocked(const struct process *p, uint64_t bit)
{
	const struct thread *t;

	list_for_each_entry(t, &p->threads, struct thread, sibling) {
		if (!(t->blocked & bit))
			return false;
	}
	return true;
}

static void set_pending(struct process *p, uint64_t set)
{
	__atomic_store_n(&p->pending, set, __ATOMIC_RELAXED);
}

void signal_send(struct process *p, int sig)
{
	uint64_t bit = signal_bit(sig);
	uint64_t daif = spin_lock_irqsave(&p->signal_lock);

	/* A blocked signal is kept: it may have an effect when unblocked. */
	if (!p->nthreads || (harmless(p) & bit && !is_blocked(p, bit))) {
		spin_unlock_irqrestore(&p->signal_lock, daif);
		return;
	}
	set_pending(p, p->pending | bit);
	wake_one(p, bit);
	spin_unlock_irqrestore(&p->signal_lock, daif);
}

int signal_send_group(int pgid, int sig)
{
	uint64_t daif = spin_lock_irqsave(&process_tree_lock);
	const struct list *group = tree_group(pgid);
	struct process *p;

	if (group && sig) {
		list_for_each_entry(p, group, struct process, group_member)
			signal_send(p, sig);
	}
	spin_unlock_irqrestore(&process_tree_lock, daif);
	return group ? 0 : -ESRCH;
}

bool signal_pending(void)
{
	const struct thread *self = thread_current();
	const struct process *p = self->process;

	return p && (thread_must_end() || deadly(p, self));
}

/* Take the signal to act on next. */
static int take(struct process *p)
{
	uint64_t daif = spin_lock_irqsave(&p->signal_lock);
	int sig = signal_first(deadly(p, thread_current()));

	if (sig)
		set_pending(p, p->pending & ~signal_bit(sig));
	spin_unlock_irqrestore(&p->signal_lock, daif);
	return sig;
}

void signal_act(struct weft_frame *frame)
{
	int sig;

	(void)frame;
	if (thread_must_end())
		process_exit_thread(0);
	sig = take(process_current());
	if (sig)
		process_exit(wait_status_signal(sig));
}

void signal_fault(struct weft_frame *frame, int sig, uint64_t addr,
		  const char *what)
{
	const struct process *p = process_current();
	uint64_t pc = weft_frame_fault_pc(frame);

	if (sig == SIGSEGV || sig == SIGBUS)
		klog("%s (pid %d): %s at pc %#llx: %s, address %#llx\n",
		     p->name, p->pid, signal_name(sig),
		     (unsigned long long)pc, what, (unsigned long long)addr);
	else
		klog("%s (pid %d): %s at pc %#llx: %s\n", p->name, p->pid,
		     signal_name(sig), (unsigned long long)pc, what);
	process_exit(wait_status_signal(sig));
}

bool signal_is_ignored(int sig)
{
	return process_current()->ignored & signal_bit(sig);
}

int signal_set_ignored(int sig, bool ignored)
{
	struct process *p = process_current();
	uint64_t daif;

	if (sig < 1 || sig > SIGNAL_MAX || sig == SIGKILL || sig == SIGSTOP)
		return -EINVAL;
	daif = spin_lock_irqsave(&p->signal_lock);
	if (ignored)
		p->ignored |= signal_bit(sig);
	else
		p->ignored &= ~signal_bit(sig);
	/* POSIX: a pending signal is discarded even if it is blocked. */
	if (harmless(p) & signal_bit(sig))
		set_pending(p, p->pending & ~signal_bit(sig));
	spin_unlock_irqrestore(&p->signal_lock, daif);
	return 0;
}

void signal_set_reap_children(bool reap)
{
	struct process *p = process_current();
	uint64_t daif = spin_lock_irqsave(&p->signal_lock);

	p->reap_children = reap;
	spin_unlock_irqrestore(&p->signal_lock, daif);
}

uint64_t signal_blocked(void)
{
	return thread_current()->blocked;
}

void signal_set_blocked(uint64_t set)
{
	struct process *p = process_current();
	uint64_t daif = spin_lock_irqsave(&p->signal_lock);

	thread_current()->blocked =
		set & ~(signal_bit(SIGKILL) | signal_bit(SIGSTOP));
	/* What was kept because it was blocked, and does nothing, is done. */
	set_pending(p, p->pending & (thread_current()->blocked |
				     ~harmless(p)));
	spin_unlock_irqrestore(&p->signal_lock, daif);
}

uint64_t signal_waiting(void)
{
	const struct process *p = process_current();

	return __atomic_load_n(&p->pending, __ATOMIC_RELAXED) &
	       thread_current()->blocked;
}

bool signal_children_unwanted(struct process *parent)
{
	uint64_t daif = spin_lock_irqsave(&parent->signal_lock);
	bool unwanted = parent->reap_children ||
			parent->ignored & signal_bit(SIGCHLD);

	spin_unlock_irqrestore(&parent->signal_lock, daif);
	return unwanted;
}

void signal_inherit_thread(struct thread *t, bool own_stack)
{
	(void)own_stack;
	t->blocked = thread_current()->blocked;
}

/* There are no handlers to clear. */
void signal_inherit(struct process *child, struct thread *t, bool clear)
{
	struct process *parent = process_current();
	uint64_t daif = spin_lock_irqsave(&parent->signal_lock);

	(void)clear;
	/* The child is nobody else's yet: its lock is not needed. */
	t->blocked = thread_current()->blocked;
	child->ignored = parent->ignored;
	child->reap_children = parent->reap_children;
	spin_unlock_irqrestore(&parent->signal_lock, daif);
}
