// SPDX-License-Identifier: MIT
/*
 * What a pending signal does: handler, default, nothing. And faults, which
 * are signals that cannot wait. Called on the way to user mode (loom/trap.c),
 * by those who sleep, and by the trap hooks.
 */
#include <stddef.h>

#include <weft/frame.h>

#include "lib/assert.h"
#include "lib/errno.h"
#include "lib/lock.h"
#include "lib/log.h"
#include "proc/process.h"
#include "proc/timers.h"
#include "proc/wait_status.h"
#include "sched/thread.h"
#include "sched/wait.h"
#include "signal/internal.h"
#include "trace/trace.h"

static uint64_t load(const uint64_t *set)
{
	return __atomic_load_n(set, __ATOMIC_RELAXED);
}

static uint64_t all_pending(const struct process *p, const struct thread *t)
{
	return signal_queue_set(&p->signals.pending) |
	       signal_queue_set(&t->signal.pending);
}

uint64_t signal_actionable(const struct process *p, const struct thread *t)
{
	return all_pending(p, t) & ~t->signal.blocked &
	       ~load(&p->signals.harmless);
}

bool signal_look(void)
{
	const struct thread *self = thread_current();
	const struct process *p = self->process;

	return p && (thread_must_end() || stop_is_wanted(p) ||
		     signal_actionable(p, self));
}

bool signal_pending(void)
{
	return thread_has_work(thread_current(), WORK_SIGNAL) && signal_look();
}

bool signal_is_deadly(void)
{
	const struct thread *self = thread_current();
	const struct process *p = self->process;
	uint64_t deadly;

	if (!p)
		return false;
	deadly = signal_actionable(p, self) & load(&p->signals.deadly);
	/* While it is stopped, others than KILL wait until it goes on. */
	if (stop_is_wanted(p))
		deadly &= SIGNAL_BIT(SIGKILL);
	return thread_must_end() || deadly;
}

void signal_tell(const struct process *p, struct thread *t)
{
	if (signal_actionable(p, t))
		thread_add_work(t, WORK_SIGNAL);
}

void signal_tell_all(struct process *p)
{
	struct thread *t;

	list_for_each_entry(t, &p->threads, struct thread, sibling)
		signal_tell(p, t);
}

bool signal_is_told(void)
{
	struct thread *self = thread_current();
	struct process *p = self->process;
	uint64_t daif;
	bool told;

	if (!p)
		return true;
	daif = spin_lock_irqsave(&p->signal_lock);
	told = !signal_look() || thread_has_work(self, WORK_SIGNAL);
	spin_unlock_irqrestore(&p->signal_lock, daif);
	return told;
}

void signal_take(struct process *p, struct thread *t, int sig,
		 struct siginfo *info)
{
	bool own = signal_queue_set(&t->signal.pending) & signal_bit(sig);

	signal_queue_take(own ? &t->signal.pending : &p->signals.pending, sig,
			  info);
}

/*
 * What this thread acts on next, with the action as it is now: what it has of
 * its own goes before what the process has. False: nothing.
 */
static bool take_next(struct siginfo *info, struct signal_action *action)
{
	struct process *p = process_current();
	struct thread *self = thread_current();
	uint64_t daif = spin_lock_irqsave(&p->signal_lock);
	uint64_t set = signal_actionable(p, self);
	uint64_t own = set & signal_queue_set(&self->signal.pending);
	int sig = signal_first(own ? own : set);

	if (set & SIGNAL_BIT(SIGKILL))
		sig = SIGKILL;
	if (sig) {
		signal_take(p, self, sig, info);
		*action = *signal_action(&p->signals, sig);
		if (action->handler == SIG_DFL &&
		    signal_default(sig) == SIGNAL_STOPS)
			p->signals.stop_taken = true;
		if (action->handler > SIG_IGN &&
		    action->flags & SA_RESETHAND) {
			signal_change_action(&p->signals, sig)->handler =
				SIG_DFL;
			signal_update(p);
		}
	}
	spin_unlock_irqrestore(&p->signal_lock, daif);
	if (sig)
		timers_signal_taken(info);
	return sig;
}

static void run_handler(struct weft_frame *frame, const struct siginfo *info,
			const struct signal_action *action)
{
	struct signal_thread *s = &thread_current()->signal;
	uint64_t blocked = s->blocked | action->mask;

	call_meets_handler(frame, action->flags);
	if (handler_enter(frame, info, action, call_mask())) {
		/* As Linux: a handler of SIGSEGV is not tried again. */
		if (info->signo == SIGSEGV)
			process_exit(wait_status_signal(SIGSEGV));
		signal_force_plain(SIGSEGV);
		return;
	}
	call_mask_done();
	if (!(action->flags & SA_NODEFER))
		blocked |= signal_bit(info->signo);
	signal_set_blocked(blocked);
	if (s->stack.flags & SS_AUTODISARM)
		s->stack = (struct signal_stack){ .flags = SS_DISABLE };
}

void signal_act(struct weft_frame *frame)
{
	struct signal_action action;
	struct siginfo info;

	if (thread_must_end())
		process_exit_thread(0);
	if (stop_is_wanted(process_current()) &&
	    !(all_pending(process_current(), thread_current()) &
	      SIGNAL_BIT(SIGKILL))) {
		stop_park();
		return;
	}
	if (!take_next(&info, &action))
		return;
	if (action.handler > SIG_IGN)
		run_handler(frame, &info, &action);
	else if (action.handler == SIG_IGN)
		return;
	else if (signal_default(info.signo) == SIGNAL_STOPS)
		stop_begin(info.signo);
	else if (signal_default(info.signo) == SIGNAL_ENDS)
		process_exit(wait_status_signal(info.signo));
}

/* Faults */

/*
 * Pending for this thread, whatever the program wants: blocked or ignored,
 * it has its default action. True if it will end the program.
 */
static bool force(const struct siginfo *info)
{
	struct process *p = process_current();
	struct thread *self = thread_current();
	uint64_t bit = signal_bit(info->signo);
	uint64_t daif = spin_lock_irqsave(&p->signal_lock);
	struct signal_action *action =
		signal_change_action(&p->signals, info->signo);
	bool deadly;

	trace(TRACE_SIGNAL_SEND, (uint64_t)p->pid << 32 | self->tid,
	      (uint64_t)info->signo);
	if (self->signal.blocked & bit || action->handler == SIG_IGN) {
		action->handler = SIG_DFL;
		self->signal.blocked &= ~bit;
	}
	deadly = action->handler == SIG_DFL;
	/* Process 1, too. */
	if (deadly)
		p->signals.is_unkillable = false;
	signal_update(p);
	(void)signal_queue_add(&self->signal.pending, info);
	/* The action may have changed for the others, too. */
	signal_tell_all(p);
	spin_unlock_irqrestore(&p->signal_lock, daif);
	return deadly;
}

static void report(const struct weft_frame *frame, int sig, uint64_t addr,
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
}

void signal_force(struct weft_frame *frame, int sig, int code, uint64_t addr,
		  const char *what)
{
	const struct siginfo info = {
		.signo = sig,
		.code = code,
		.addr = addr,
	};

	if (force(&info))
		report(frame, sig, addr, what);
}

void signal_force_plain(int sig)
{
	const struct siginfo info = { .signo = sig, .code = SI_KERNEL };

	(void)force(&info);
}

void signal_force_kill(struct weft_frame *frame, uint64_t addr,
		       const char *what)
{
	report(frame, SIGKILL, addr, what);
	process_exit(wait_status_signal(SIGKILL));
}

/* Waiting for signals */

static int take_of(uint64_t set, struct siginfo *info)
{
	struct process *p = process_current();
	struct thread *self = thread_current();
	uint64_t daif = spin_lock_irqsave(&p->signal_lock);
	uint64_t own = set & signal_queue_set(&self->signal.pending);
	uint64_t any = set & all_pending(p, self);
	int sig = signal_first(own ? own : any);

	if (sig)
		signal_take(p, self, sig, info);
	spin_unlock_irqrestore(&p->signal_lock, daif);
	if (sig)
		timers_signal_taken(info);
	return sig;
}

/*
 * For the time of the sleep @set is not blocked, so that senders wake this
 * thread for it; withheld says that it is not to be lost if it is ignored.
 */
static void withhold(uint64_t set, bool begin)
{
	struct process *p = process_current();
	struct signal_thread *s = &thread_current()->signal;
	uint64_t daif = spin_lock_irqsave(&p->signal_lock);

	if (begin) {
		s->withheld = s->blocked & set;
		s->blocked &= ~set;
		signal_tell(p, thread_current());
	} else {
		s->blocked |= s->withheld;
		s->withheld = 0;
	}
	spin_unlock_irqrestore(&p->signal_lock, daif);
}

long signal_take_wait(uint64_t set, uint64_t deadline_ns, struct siginfo *info)
{
	struct waitq nobody;
	struct waiter w;
	int err = 0, sig;

	set &= ~SIGNAL_ONLY_KERNEL;
	sig = take_of(set, info);
	if (sig)
		return sig;
	waitq_init(&nobody, "sigtimedwait");
	withhold(set, true);
	for (;;) {
		wait_prepare(&nobody, &w, WAIT_INTERRUPTIBLE);
		sig = take_of(set, info);
		if (sig || err)
			break;
		err = wait_sleep(&w, deadline_ns);
	}
	wait_finish(&w);
	withhold(set, false);
	if (sig)
		return sig;
	return err == -ETIMEDOUT ? -EAGAIN : err;
}

long signal_suspend(void)
{
	return wait_until(WAIT_FOREVER);
}
