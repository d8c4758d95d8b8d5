// SPDX-License-Identifier: MIT
/*
 * What a process does with each signal, what its threads block, and where
 * their handlers' stacks are; how these begin, and pass to children and over
 * execve. Called by the system calls, clone, execve and exit.
 */
#include <stddef.h>

#include "lib/errno.h"
#include "lib/lock.h"
#include "proc/process.h"
#include "sched/thread.h"
#include "signal/internal.h"

/*
 * Of SA_EXPOSE_TAGBITS and SA_UNSUPPORTED nothing is known here, as on Linux
 * before 5.11.
 */
#define KNOWN_FLAGS	(SA_NOCLDSTOP | SA_NOCLDWAIT | SA_SIGINFO |	\
			 SA_RESTORER | SA_ONSTACK | SA_RESTART |	\
			 SA_NODEFER | SA_RESETHAND)

static void store(uint64_t *set, uint64_t value)
{
	__atomic_store_n(set, value, __ATOMIC_RELAXED);
}

/* The lowest signal of @set, which is not empty. */
static int first_of(uint64_t set)
{
	return __builtin_ctzll(set) + 1;
}

const struct signal_action *signal_action(const struct signal_process *s,
					  int sig)
{
	static const struct signal_action first;

	return s->changed & signal_bit(sig) ? &s->action[sig - 1] : &first;
}

struct signal_action *signal_change_action(struct signal_process *s, int sig)
{
	struct signal_action *action = &s->action[sig - 1];

	if (!(s->changed & signal_bit(sig)))
		*action = (struct signal_action){ 0 };
	s->changed |= signal_bit(sig);
	return action;
}

void signal_update(struct process *p)
{
	struct signal_process *s = &p->signals;
	uint64_t left, ignored = 0, handled = 0, harmless;

	for (left = s->changed; left; left &= left - 1) {
		int sig = first_of(left);

		if (s->action[sig - 1].handler == SIG_IGN)
			ignored |= signal_bit(sig);
		else if (s->action[sig - 1].handler != SIG_DFL)
			handled |= signal_bit(sig);
	}
	harmless = s->is_unkillable ? UINT64_MAX : SIGNAL_NOTHING_SET;
	harmless = (harmless & ~handled) | ignored;
	store(&s->harmless, harmless);
	store(&s->deadly, ~(harmless | handled | SIGNAL_STOPS_SET));
}

void signal_get_action(int sig, struct signal_action *action)
{
	struct process *p = process_current();
	uint64_t daif = spin_lock_irqsave(&p->signal_lock);

	*action = *signal_action(&p->signals, sig);
	spin_unlock_irqrestore(&p->signal_lock, daif);
}

void signal_set_action(int sig, const struct signal_action *action)
{
	struct process *p = process_current();
	uint64_t daif = spin_lock_irqsave(&p->signal_lock);
	struct signal_action *slot = signal_change_action(&p->signals, sig);

	*slot = *action;
	slot->flags &= KNOWN_FLAGS;
	slot->mask &= ~SIGNAL_ONLY_KERNEL;
	signal_update(p);
	if (slot->handler == SIG_IGN ||
	    (slot->handler == SIG_DFL &&
	     signal_default(sig) == SIGNAL_NOTHING))
		signal_drop(p, signal_bit(sig));
	/* One that was ignored may wait: another thread had blocked it. */
	signal_tell_all(p);
	spin_unlock_irqrestore(&p->signal_lock, daif);
}

bool signal_is_ignored(int sig)
{
	struct signal_action action;

	signal_get_action(sig, &action);
	return action.handler == SIG_IGN;
}

uint64_t signal_blocked(void)
{
	return thread_current()->signal.blocked;
}

void signal_set_blocked(uint64_t set)
{
	struct process *p = process_current();
	struct thread *self = thread_current();
	uint64_t daif = spin_lock_irqsave(&p->signal_lock);
	uint64_t old = self->signal.blocked;
	uint64_t harmless = p->signals.harmless;

	set &= ~SIGNAL_ONLY_KERNEL;
	self->signal.blocked = set;
	/* What was kept because it was blocked, and does nothing, is done. */
	signal_queue_drop(&self->signal.pending, harmless & ~set);
	signal_queue_drop(&p->signals.pending, harmless & old & ~set);
	signal_tell(p, self);
	/* This thread may have been woken to take what it blocks now. */
	if (set & ~old & signal_queue_set(&p->signals.pending))
		signal_wake_others(p, self);
	spin_unlock_irqrestore(&p->signal_lock, daif);
}

uint64_t signal_waiting(void)
{
	const struct thread *self = thread_current();

	return (signal_queue_set(&self->signal.pending) |
		signal_queue_set(&self->process->signals.pending)) &
	       self->signal.blocked;
}

/* Alternate stacks */

static bool is_on(const struct signal_stack *stack, uint64_t sp)
{
	/* Disarmed while it is in use: who is there is not on it. */
	if (stack->flags & SS_AUTODISARM)
		return false;
	return sp > stack->sp && sp - stack->sp <= stack->size;
}

void signal_get_stack(struct signal_stack *stack, uint64_t sp)
{
	const struct signal_stack *own = &thread_current()->signal.stack;

	*stack = *own;
	stack->flags = own->flags & SS_AUTODISARM;
	if (!own->size)
		stack->flags |= SS_DISABLE;
	else if (is_on(own, sp))
		stack->flags |= SS_ONSTACK;
}

int signal_set_stack(const struct signal_stack *stack, uint64_t sp)
{
	struct signal_stack *own = &thread_current()->signal.stack;
	uint32_t mode = stack->flags & ~SS_AUTODISARM;

	if (is_on(own, sp))
		return -EPERM;
	if (mode != SS_DISABLE && mode != SS_ONSTACK && mode)
		return -EINVAL;
	if (mode == SS_DISABLE) {
		*own = (struct signal_stack){ .flags = stack->flags };
		return 0;
	}
	if (stack->size < SIGNAL_STACK_MIN)
		return -ENOMEM;
	*own = *stack;
	return 0;
}

/* Births, execve, ends */

void signal_init_process(struct process *p)
{
	signal_queue_init(&p->signals.pending);
	waitq_init(&p->signals.resume, "stopped");
	signal_update(p);
}

void signal_init_thread(struct thread *t)
{
	t->signal.stack.flags = SS_DISABLE;
	signal_queue_init(&t->signal.pending);
	/* It may be born into a process that has to stop, or has a signal. */
	t->task.work = WORK_SIGNAL;
}

void signal_make_unkillable(struct process *p)
{
	p->signals.is_unkillable = true;
	signal_update(p);
}

/* As execve and CLONE_CLEAR_SIGHAND want it. @all: flags and masks, too. */
static void forget_handlers(struct signal_process *s)
{
	uint64_t left;

	for (left = s->changed; left; left &= left - 1) {
		int sig = first_of(left);
		struct signal_action *action = &s->action[sig - 1];
		bool ignored = action->handler == SIG_IGN;

		*action = (struct signal_action){
			.handler = ignored ? SIG_IGN : SIG_DFL,
		};
		if (!ignored)
			s->changed &= ~signal_bit(sig);
	}
}

void signal_inherit_thread(struct thread *t, bool own_stack)
{
	const struct signal_thread *from = &thread_current()->signal;

	t->signal.blocked = from->blocked;
	if (!own_stack)
		t->signal.stack = from->stack;
}

void signal_inherit(struct process *child, struct thread *t, bool clear)
{
	struct process *parent = process_current();
	struct signal_process *s = &child->signals;
	uint64_t daif = spin_lock_irqsave(&parent->signal_lock), left;

	/* The child's lock is not needed. */
	s->changed = parent->signals.changed;
	for (left = s->changed; left; left &= left - 1) {
		int i = first_of(left) - 1;

		s->action[i] = parent->signals.action[i];
	}
	spin_unlock_irqrestore(&parent->signal_lock, daif);
	if (clear)
		forget_handlers(s);
	if (s->changed)
		signal_update(child);
	signal_inherit_thread(t, false);
}

void signal_exec(void)
{
	struct process *p = process_current();
	struct thread *self = thread_current();
	uint64_t daif = spin_lock_irqsave(&p->signal_lock);
	uint64_t drop;

	forget_handlers(&p->signals);
	signal_update(p);
	drop = p->signals.harmless & ~self->signal.blocked;
	signal_drop(p, drop);
	spin_unlock_irqrestore(&p->signal_lock, daif);
	self->signal.stack = (struct signal_stack){ .flags = SS_DISABLE };
	self->signal.call &= (uint8_t)~CALL_REWOUND;
}

void signal_thread_leaves(struct process *p, struct thread *t, bool last)
{
	signal_queue_drop(&t->signal.pending, UINT64_MAX);
	if (last)
		signal_queue_drop(&p->signals.pending, UINT64_MAX);
	else
		signal_wake_others(p, t);
}
