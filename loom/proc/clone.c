// SPDX-License-Identifier: MIT
/*
 * Births: clone(2) and clone3(2) in the pattern of vfork and posix_spawn. The
 * child is a process of its own that borrows its parent's memory until it
 * execs or ends; so long the parent waits.
 *
 * Vfork against kill. The wait is on the child: vfork_done and vfork_finished
 * are the child's, and the parent has a counted reference to it. So the parent
 * may be killed while it waits (its wait ends, it drops its reference and
 * exits): the child never had a pointer to it that could dangle. The memory
 * they share is counted too, the child's reference keeps it. And the child may
 * be killed, end and be waited for by process 1: the parent's reference keeps
 * the queue that it sleeps on.
 */
#include <weft/frame.h>
#include <weft/sysreg.h>
#include <weft/trap.h>

#include "fs/file.h"
#include "fs/fs_context.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "mm/aspace.h"
#include "mm/user.h"
#include "proc/clone_flags.h"
#include "proc/fpstate.h"
#include "proc/keys.h"
#include "proc/process.h"
#include "proc/tree.h"
#include "sched/thread.h"
#include "sched/wait.h"
#include "signal/signal.h"
#include "syscall/syscall.h"

/* A child's first steps: its frame is its parent's with x0 = 0. */
static void child_start(void *arg)
{
	struct weft_frame *frame = thread_user_frame(thread_current());

	(void)arg;
	weft_mask_all();
	weft_hook_user_exit(frame);
	weft_enter_user(frame);
}

/* Give back a child that nobody else has seen, and its thread if it has one. */
static void discard(struct process *child, struct thread *t)
{
	if (t)
		thread_discard(t);
	if (child->files)
		files_put(child->files);
	if (child->fs)
		fs_context_put(child->fs);
	aspace_put(child->aspace);
	child->files = NULL;
	child->fs = NULL;
	child->aspace = NULL;
	process_put(child);
}

/* The same registers as the caller, but for what clone changes. */
static void copy_registers(struct thread *t, const struct weft_frame *frame,
			   const struct clone_wish *wish)
{
	struct weft_frame *own = thread_user_frame(t);

	*own = *frame;
	weft_frame_set_result(own, 0);
	if (wish->stack)
		own->sp = wish->stack;
	weft_task_set_tls(&t->task, wish->flags & CLONE_SETTLS ?
			  wish->tls : weft_read_tpidr_el0());
	fpstate_copy(t);
	keys_inherit(t);
}

/* Its main thread is in *@main_thread. */
static struct process *make_child(const struct weft_frame *frame,
				  const struct clone_wish *wish,
				  struct thread **main_thread)
{
	struct process *parent = process_current();
	struct process *child = process_alloc();
	struct thread *t;

	if (!child)
		return NULL;
	child->exit_signal = wish->exit_signal;
	aspace_get(parent->aspace);
	child->aspace = parent->aspace;
	memcpy(child->name, thread_current()->name, sizeof(child->name));
	child->fs = fs_context_copy(parent->fs);
	child->files = files_copy(parent->files);
	t = thread_create(child->name, child_start, NULL, child);
	if (!child->fs || !child->files || !t) {
		discard(child, t);
		return NULL;
	}
	signal_inherit(child, t, wish->flags & CLONE_CLEAR_SIGHAND);
	copy_registers(t, frame, wish);
	if (wish->flags & CLONE_CHILD_CLEARTID)
		t->clear_child_tid = wish->ctid;
	*main_thread = t;
	return child;
}

/*
 * The child's number into the memory that both have. A bad address is not an
 * error, as in Linux: the child exists already.
 */
static void tell_tid(const struct clone_wish *wish, int pid)
{
	if (wish->flags & CLONE_PARENT_SETTID)
		(void)copy_to_user(wish->ptid, &pid, sizeof(pid));
	if (wish->flags & CLONE_CHILD_SETTID)
		(void)copy_to_user(wish->ctid, &pid, sizeof(pid));
}

/* Until @child execs or ends, or a signal ends the caller. */
static void wait_for_child(struct process *child)
{
	struct waiter w;
	int err = 0;

	for (;;) {
		wait_prepare(&child->vfork_done, &w, WAIT_KILLABLE);
		if (err || __atomic_load_n(&child->vfork_finished,
					   __ATOMIC_ACQUIRE))
			break;
		err = wait_sleep(&w, WAIT_FOREVER);
	}
	wait_finish(&w);
}

void process_vfork_release(struct process *p)
{
	/* Release: the parent sees all that was done to its memory. */
	__atomic_store_n(&p->vfork_finished, true, __ATOMIC_RELEASE);
	wait_wake_all(&p->vfork_done);
}

static long refuse(enum clone_verdict verdict)
{
	switch (verdict) {
	case CLONE_IS_FORK:
		return syscall_part_missing(PART_CLONE_FORK);
	case CLONE_IS_THREAD:
		return syscall_part_missing(PART_CLONE_THREAD);
	case CLONE_IS_OTHER:
		return syscall_part_missing(PART_CLONE_FLAGS);
	default:
		return -EINVAL;
	}
}

long process_clone(struct weft_frame *frame, uint64_t flags, uint64_t stack,
		   uint64_t ptid, uint64_t tls, uint64_t ctid, int exit_signal)
{
	struct clone_wish wish = { flags, stack, ptid, tls, ctid, exit_signal };
	enum clone_verdict verdict = clone_judge(flags, exit_signal);
	struct process *child;
	struct thread *t;
	long pid;
	int err;

	if (verdict != CLONE_IS_VFORK)
		return refuse(verdict);
	child = make_child(frame, &wish, &t);
	if (!child)
		return -ENOMEM;
	process_get(child);
	err = process_publish(child, t, process_current());
	if (err) {
		process_put(child);
		discard(child, t);
		return err;
	}
	pid = child->pid;
	tell_tid(&wish, (int)pid);
	thread_start(t);
	wait_for_child(child);
	process_put(child);
	return pid;
}
