// SPDX-License-Identifier: MIT
/*
 * The end of a process: what it gives back, in which order, and what its
 * parent and its children see. Called by exit_group, by signals and faults.
 *
 * Exit against wait. A process becomes a zombie under the tree lock, and from
 * that store on its parent may take it off the tree and free it, on another
 * CPU even while the thread below still runs on its kernel stack. So before
 * the store the process gave up everything (files, memory, its thread), the
 * thread gave up the process (thread->process = NULL), and after it this file
 * touches the process only if nobody else can have it.
 *
 * A parent in wait4 is on parent->child_exit before it looks at its children
 * under the tree lock; the zombie is published and the queue woken under that
 * lock. Either the parent's look comes later and finds the zombie, or its
 * being on the queue comes earlier and it is woken.
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
#include "fs/inode.h"
#include "lib/assert.h"
#include "mm/aspace.h"
#include "mm/user.h"
#include "proc/futex.h"
#include "proc/process.h"
#include "proc/signal.h"
#include "proc/timers.h"
#include "proc/tree.h"
#include "proc/wait_status.h"
#include "sched/sched.h"
#include "sched/thread.h"
#include "sched/wait.h"
#include "syscall/syscall.h"

/*
 * CLONE_CHILD_CLEARTID and set_tid_address: the word is cleared for others
 * who share the memory, so not if nobody does. No futex waiter can be there
 * to be woken (syscall/sys_futex.c).
 */
void process_clear_tid(struct process *p)
{
	uint64_t addr = thread_current()->clear_child_tid;
	const uint32_t zero = 0;

	thread_current()->clear_child_tid = 0;
	if (addr && __atomic_load_n(&p->aspace->refs, __ATOMIC_RELAXED) > 1)
		(void)copy_to_user(addr, &zero, sizeof(zero));
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

	if (p->exit_signal)
		signal_send(parent, p->exit_signal);
	/* Also if unwanted: a wait4 must see that no child is left. */
	wait_wake_all(&parent->child_exit);
	return unwanted;
}

static void hand_children_on(struct process *p)
{
	struct process *init = tree_init_process();
	struct process *child, *tmp;

	list_for_each_entry_safe(child, tmp, &p->children, struct process,
				 sibling) {
		list_del(&child->sibling);
		list_add_tail(&init->children, &child->sibling);
		child->parent = init;
		/* Process 1 waits for plain children. */
		child->exit_signal = SIGCHLD;
		if (child->state == PROCESS_ZOMBIE && tell_parent(child)) {
			tree_unlink(child);
			process_put(child);
		}
	}
}

/* The thread lets go of @p, and @p of the thread; both sides under locks. */
static void part_from_thread(struct process *p)
{
	struct thread *t = p->thread;

	p->utime_ns = t->utime_ns;
	p->stime_ns = t->stime_ns;
	p->voluntary = t->voluntary;
	p->involuntary = t->involuntary;
	/* Signals find the thread under this lock, and wake it under it. */
	spin_lock(&p->signal_lock);
	p->thread = NULL;
	p->pending = 0;
	spin_unlock(&p->signal_lock);
	t->process = NULL;
}

static void become_zombie(struct process *p, uint32_t status)
{
	bool unwanted;
	uint64_t daif;

	daif = spin_lock_irqsave(&process_tree_lock);
	sched_account(false);
	hand_children_on(p);
	part_from_thread(p);
	p->status = status;
	p->state = PROCESS_ZOMBIE;
	unwanted = tell_parent(p);
	if (unwanted)
		tree_unlink(p);
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

_Noreturn void process_exit(uint32_t status)
{
	struct process *p = process_current();

	/* A signal may bring us here with interrupts masked; now we sleep. */
	irq_restore(0);
	if (p->pid == PID_INIT)
		end_machine(status);
	timers_end(p);
	futex_exit_robust(thread_current());
	process_clear_tid(p);
	files_put(p->files);
	p->files = NULL;
	inode_put(p->cwd);
	p->cwd = NULL;
	process_change_aspace(p, NULL);
	process_vfork_release(p);
	/*
	 * Not to be preempted any more, by a parent that is told for instance:
	 * else thread and stack stay as long as others keep this CPU busy,
	 * while the process that they belonged to is gone and counts no more.
	 */
	weft_mask_all();
	become_zombie(p, status);
	thread_exit();
}
