// SPDX-License-Identifier: MIT
/*
 * The ends of threads and processes: what they give back, in which order, and
 * what parents and children see. Called by exit, exit_group, execve, signals
 * and faults.
 *
 * Who must end. p->ending and each thread's must_end are written under
 * signal_lock, so of several exit_group, execve and deadly signals at once one
 * is first; the others find that they have lost, and their threads end as if
 * they had been told. A thread looks at its own must_end on its way to user
 * mode and before and after it sleeps (signal_pending is true then); that no
 * sleeper misses it is the argument of signals (signal/send.c), word for word.
 * A thread that clone makes meanwhile is not entered (process_add_thread looks
 * under the same lock).
 *
 * One thread's end, in three steps:
 *
 *	1 it leaves user memory (TTBR0 is the empty space from here on) and
 *	  takes one off p->running. Who gets to zero is alone with the
 *	  process's memory, files and directory: all others have taken this
 *	  step, so use none of them again, and no new thread comes from them.
 *	2 that one lets go of the three.
 *	3 it leaves p->threads, under the tree lock and signal_lock. Who leaves
 *	  it empty makes the zombie: by then the three are gone, for the one who
 *	  took step 2 left the list after it.
 *
 * Step 3 is the last moment in which a thread may touch its process, unless it
 * makes the zombie: the others may have gone, and the parent waited.
 *
 * execve of one of several (process_become_single). It marks the others and
 * waits until it is alone on p->threads; that they all come to step 3 is sure,
 * for each of them is woken and ends at the next look. Then its number is the
 * process's, whether the main thread was among the others or had ended before.
 * If one of them had taken a deadly signal off the queue, it turns EXECS into
 * EXITS, and the execve fails in a thread that must end as well.
 *
 * Exit against wait. A process becomes a zombie under the tree lock, and from
 * that store on its parent may take it off the tree and free it, on another
 * CPU even while the thread below still runs on its kernel stack. So before
 * the store the process gave up everything (files, memory, its threads), the
 * thread gave up the process (thread->process = NULL), and after it this file
 * touches the process only if nobody else can have it.
 *
 * A parent in wait4 is on parent->child_exit before it looks at its children
 * under the tree lock; the zombie is published and the queue woken under that
 * lock. Either the parent's look comes later and finds the zombie, or its
 * being on the queue comes earlier and it is woken. execve waits on
 * p->thread_exit for the others in the same way.
 *
 * Orphans. The children of a process that ends go to process 1, under the same
 * hold of the lock that makes it a zombie: nobody can see a child whose parent
 * is a zombie, and a child that ends at this moment takes the lock before (then
 * it is a zombie among those handed on, of which process 1 is told) or after
 * (then its parent is process 1).
 */
#include <weft/sysreg.h>

#include "dev/irq.h"
#include "dev/power.h"
#include "fs/file.h"
#include "fs/fs_context.h"
#include "ipc/endpoint.h"
#include "lib/assert.h"
#include "lib/errno.h"
#include "mm/aspace.h"
#include "mm/kvm.h"
#include "mm/user.h"
#include "proc/futex.h"
#include "proc/process.h"
#include "proc/timers.h"
#include "proc/tree.h"
#include "proc/wait_status.h"
#include "sched/sched.h"
#include "sched/thread.h"
#include "sched/wait.h"
#include "signal/signal.h"
#include "syscall/syscall.h"
#include "tty/session.h"
#include "trace/trace.h"

/* Does anybody else use the calling process's memory? */
static bool memory_is_shared(const struct process *p)
{
	return __atomic_load_n(&p->running, __ATOMIC_RELAXED) > 1 ||
	       __atomic_load_n(&p->aspace->refs, __ATOMIC_RELAXED) > 1;
}

void process_leave_memory(struct process *p)
{
	struct thread *self = thread_current();
	uint64_t addr = self->clear_child_tid;
	const uint32_t zero = 0;

	endpoint_leave();
	futex_exit_robust(self);
	self->clear_child_tid = 0;
	/* For others who share the memory, so not if nobody does. */
	if (!addr || !memory_is_shared(p))
		return;
	(void)copy_to_user(addr, &zero, sizeof(zero));
	futex_wake_addr(p->aspace, addr, 1);
}

/*
 * Tell the parent that @p is a zombie. True if nobody will wait for it: the
 * caller unlinks it.
 */
static bool tell_parent(struct process *p)
{
	struct process *parent = p->parent;
	bool unwanted = p->exit_signal == SIGCHLD &&
			signal_children_unwanted(parent);

	tree_note_news(p);
	signal_tell_end(p);
	/* Also if unwanted: a wait4 must see that no child is left. */
	wait_wake_all(&parent->child_exit);
	return unwanted;
}

static void hand_children_on(struct process *p)
{
	struct process *child, *tmp, *init;

	if (list_empty(&p->children))
		return;
	init = tree_init_process();
	list_for_each_entry_safe(child, tmp, &p->children, struct process,
				 sibling) {
		list_del(&child->sibling);
		tree_adopt(init, child);
		/* Process 1 waits for plain children. */
		child->exit_signal = SIGCHLD;
		if (child->state == PROCESS_ZOMBIE && tell_parent(child)) {
			tree_unlink(child);
			process_put(child);
		} else {
			signal_orphan_group(child, p, NULL);
		}
	}
}

/* The last thread has gone. Tree lock. True: the caller drops @p. */
static bool become_zombie(struct process *p)
{
	bool unwanted;

	assert(!p->aspace && !p->files && !p->fs);
	hand_children_on(p);
	p->state = PROCESS_ZOMBIE;
	signal_orphan_group(p, p->parent, p);
	unwanted = tell_parent(p);
	if (unwanted)
		tree_unlink(p);
	return unwanted;
}

/* Step 3. */
static void leave_process(struct process *p)
{
	struct thread *self = thread_current();
	bool unwanted = false, last;
	uint64_t daif;

	daif = spin_lock_irqsave(&process_tree_lock);
	sched_account(false);
	/* Signals find threads under this lock, and wake them under it. */
	spin_lock_masked(&p->signal_lock);
	tree_remove_thread(p, self);
	last = list_empty(&p->threads);
	signal_thread_leaves(p, self, last);
	spin_unlock_masked(&p->signal_lock);
	if (last) {
		unwanted = become_zombie(p);
	} else {
		signal_check_stop(p);
		wait_wake_all(&p->thread_exit);
	}
	spin_unlock_irqrestore(&process_tree_lock, daif);
	if (unwanted)
		process_put(p);
}

/* Process 1 ended, so the machine does. */
static _Noreturn void end_machine(uint32_t status)
{
	syscall_report_unimplemented();
	power_off_status(wait_status_shell(status));
}

/* Step 2. Others may look at the pointers under the tree lock. */
static void release_shared(struct process *p)
{
	struct files *files = p->files;
	struct fs_context *fs = p->fs;
	uint64_t daif;

	if (p->pid == PID_INIT)
		end_machine(p->status);
	timers_end(p);
	(void)session_leader_exit(p);
	daif = spin_lock_irqsave(&process_tree_lock);
	p->files = NULL;
	p->fs = NULL;
	spin_unlock_irqrestore(&process_tree_lock, daif);
	files_put(files);
	fs_context_put(fs);
	process_change_aspace(p, NULL);
	process_vfork_release(p);
}

/* Step 1. True if no other thread uses what the process has. */
static bool leave_shared(struct process *p)
{
	uint64_t daif;

	process_leave_memory(p);
	daif = irq_save();
	weft_task_set_space(&thread_current()->task, kvm_empty_space());
	irq_restore(daif);
	/*
	 * Release: what this thread did to the process's memory and files is
	 * over. Acquire: the last one sees that of all others.
	 */
	return __atomic_sub_fetch(&p->running, 1, __ATOMIC_ACQ_REL) == 0;
}

/* As on Linux the last one's counts, unless the process ends as a whole. */
static void note_status(struct process *p, uint32_t status)
{
	uint64_t daif = spin_lock_irqsave(&p->signal_lock);

	if (p->ending == PROCESS_RUNS)
		p->status = status;
	spin_unlock_irqrestore(&p->signal_lock, daif);
}

_Noreturn void process_exit_thread(uint32_t status)
{
	struct process *p = process_current();

	trace(TRACE_ENDED, status, 0);
	/* A signal may bring us here with interrupts masked; now we sleep. */
	irq_restore(0);
	note_status(p, status);
	if (leave_shared(p))
		release_shared(p);
	/*
	 * Not to be preempted any more, by a parent that is told for instance:
	 * else thread and stack stay as long as others keep this CPU busy,
	 * while the process that they belonged to is gone and counts no more.
	 */
	weft_mask_all();
	leave_process(p);
	thread_exit();
}

/* signal_lock. Tell all threads but the caller. */
static void end_others(struct process *p, enum process_ending ending)
{
	struct thread *self = thread_current(), *t;

	p->ending = ending;
	list_for_each_entry(t, &p->threads, struct thread, sibling) {
		if (t == self)
			continue;
		__atomic_store_n(&t->must_end, true, __ATOMIC_RELAXED);
		thread_add_work(t, WORK_SIGNAL);
		sched_hurry(t);
		sched_wake_signal(t);
	}
}

_Noreturn void process_exit(uint32_t status)
{
	struct process *p = process_current();
	uint64_t daif = spin_lock_irqsave(&p->signal_lock);

	/* A deadly signal is for the process, whatever program it has next. */
	if (p->ending == PROCESS_RUNS ||
	    (p->ending == PROCESS_EXECS &&
	     wait_status_code(status) == CLD_KILLED)) {
		p->status = status;
		end_others(p, PROCESS_EXITS);
	}
	spin_unlock_irqrestore(&p->signal_lock, daif);
	process_exit_thread(status);
}

/* Until the caller is its process's only thread. Short: the others end. */
static void wait_for_others(struct process *p)
{
	unsigned left;
	struct waiter w;
	uint64_t daif;

	for (;;) {
		wait_prepare(&p->thread_exit, &w, WAIT_UNINTERRUPTIBLE);
		daif = spin_lock_irqsave(&p->signal_lock);
		left = p->nthreads;
		spin_unlock_irqrestore(&p->signal_lock, daif);
		if (left == 1)
			break;
		wait_sleep(&w, WAIT_FOREVER);
	}
	wait_finish(&w);
}

/* Tree lock. The main thread has ended, and its number is the caller's now. */
static void take_number(struct process *p, struct thread *self)
{
	struct number *own = self->number;

	assert(!p->number->thread || p->number->thread == self);
	if (own == p->number)
		return;
	own->thread = NULL;
	number_drop(own);
	p->number->thread = self;
	self->number = p->number;
	self->tid = (uint32_t)p->pid;
	trace_thread(self, self);
}

/* The others have ended: 0, or -EAGAIN: a signal has ended the caller, too. */
static int go_on_alone(struct process *p)
{
	uint64_t daif = spin_lock_irqsave(&process_tree_lock);
	bool lost;

	spin_lock_masked(&p->signal_lock);
	lost = p->ending != PROCESS_EXECS;
	if (!lost) {
		p->ending = PROCESS_RUNS;
		take_number(p, thread_current());
	}
	spin_unlock_masked(&p->signal_lock);
	spin_unlock_irqrestore(&process_tree_lock, daif);
	return lost ? -EAGAIN : 0;
}

int process_become_single(void)
{
	struct process *p = process_current();
	uint64_t daif = spin_lock_irqsave(&p->signal_lock);
	bool lost = p->ending != PROCESS_RUNS;

	if (!lost)
		end_others(p, PROCESS_EXECS);
	spin_unlock_irqrestore(&p->signal_lock, daif);
	if (lost)
		return -EAGAIN;
	wait_for_others(p);
	return go_on_alone(p);
}
