// SPDX-License-Identifier: MIT
/*
 * Births: clone(2) and clone3(2), of processes and of threads. A child is made
 * in full before anyone can find it; then it gets its number and its place
 * under the tree lock (process_publish, process_add_thread), which is when the
 * birth can still be refused, and then it is started, by its maker only.
 *
 * A process has its parent's memory, descriptors and directory or copies of
 * them, as the flags say. A thread uses what its process has; it takes no
 * reference of its own (exit.c counts its threads instead).
 *
 * Birth against kill. A signal for a group, or for a process that is to end,
 * reaches all who are there under the tree lock or signal_lock. A child that
 * is entered afterwards would escape it: so nothing is entered for a parent
 * that has a signal to act on. It gets -EINTR, acts, and calls again
 * (RESTART_SURELY).
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
#include "mm/page.h"
#include "mm/user.h"
#include "proc/clone_flags.h"
#include "proc/fpstate.h"
#include "proc/keys.h"
#include "proc/own_files.h"
#include "proc/process.h"
#include "proc/tree.h"
#include "sched/thread.h"
#include "sched/wait.h"
#include "signal/signal.h"
#include "syscall/syscall.h"

/*
 * A child's first steps: its frame is its parent's with x0 = 0. @arg: where in
 * its own memory it writes its number (CLONE_CHILD_SETTID), or NULL. A bad
 * address is not an error, as in Linux: the child exists already.
 */
static void child_start(void *arg)
{
	struct thread *self = thread_current();
	struct weft_frame *frame = thread_user_frame(self);

	if (arg)
		(void)copy_to_user((uintptr_t)arg, &self->tid,
				   sizeof(self->tid));
	weft_mask_all();
	weft_hook_user_exit(frame);
	weft_enter_user(frame);
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

static struct thread *make_thread(const struct weft_frame *frame,
				  const struct clone_wish *wish,
				  struct process *process)
{
	uint64_t settid = wish->flags & CLONE_CHILD_SETTID ? wish->ctid : 0;
	struct thread *t = thread_create(thread_current()->name, child_start,
					 (void *)(uintptr_t)settid, process);

	if (!t)
		return NULL;
	copy_registers(t, frame, wish);
	if (wish->flags & CLONE_CHILD_CLEARTID)
		t->clear_child_tid = wish->ctid;
	return t;
}

/* The child's number into the parent's memory. */
static void tell_tid(const struct clone_wish *wish, uint32_t tid)
{
	if (wish->flags & CLONE_PARENT_SETTID)
		(void)copy_to_user(wish->ptid, &tid, sizeof(tid));
}

/* Another thread of the calling process. */
static long clone_thread(const struct weft_frame *frame,
			 const struct clone_wish *wish)
{
	struct number *number = number_alloc();
	struct thread *t = NULL;
	uint32_t tid;
	int err = -ENOMEM;

	if (number)
		t = make_thread(frame, wish, process_current());
	if (t) {
		signal_inherit_thread(t, true);
		err = process_add_thread(t, number);
	}
	if (err) {
		if (t)
			thread_discard(t);
		number_free(number);
		return err;
	}
	/* Once it is started it may be gone. */
	tid = t->tid;
	tell_tid(wish, tid);
	thread_start(t);
	return tid;
}

/* Give back a child that nobody else has seen. */
static void discard(struct process *child)
{
	if (child->files)
		files_put(child->files);
	if (child->fs)
		fs_context_put(child->fs);
	if (child->aspace)
		aspace_put(child->aspace);
	child->files = NULL;
	child->fs = NULL;
	child->aspace = NULL;
	process_put(child);
}

/*
 * What @child, which goes on at @pc, shares with its parent, or has a copy of:
 * 0 or -ENOMEM.
 */
static int give_objects(struct process *child, uint64_t flags, uint64_t pc)
{
	const struct process *parent = process_current();

	child->files = parent->files;
	if (flags & CLONE_FILES)
		files_get(child->files);
	else
		child->files = files_copy(parent->files);
	child->fs = parent->fs;
	if (flags & CLONE_FS)
		fs_context_get(child->fs);
	else
		child->fs = fs_context_copy(parent->fs);
	child->aspace = parent->aspace;
	if (flags & CLONE_VM)
		aspace_get(child->aspace);
	else
		child->aspace = aspace_fork(parent->aspace, pc);
	return child->files && child->fs && child->aspace ? 0 : -ENOMEM;
}

/* Its main thread is in *@first. NULL: no memory. */
static struct process *make_process(const struct weft_frame *frame,
				    const struct clone_wish *wish,
				    struct thread **first)
{
	struct process *child = process_alloc();
	struct thread *t = NULL;

	if (!child)
		return NULL;
	child->exit_signal = wish->exit_signal;
	memcpy(child->name, thread_current()->name, sizeof(child->name));
	if (!give_objects(child, wish->flags, frame->pc))
		t = make_thread(frame, wish, child);
	if (!t) {
		discard(child);
		return NULL;
	}
	signal_inherit(child, t, wish->flags & CLONE_CLEAR_SIGHAND);
	*first = t;
	return child;
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

/* A process of its own. */
static long clone_process(const struct weft_frame *frame,
			  const struct clone_wish *wish)
{
	struct thread *t;
	struct process *child = make_process(frame, wish, &t);
	long pid;
	int err;

	if (!child)
		return -ENOMEM;
	err = process_publish(child, t, process_current());
	if (err) {
		thread_discard(t);
		discard(child);
		return err;
	}
	/* It has not run yet, so nobody has waited for it. */
	pid = child->pid;
	if (wish->flags & CLONE_VFORK)
		process_get(child);
	tell_tid(wish, t->tid);
	thread_start(t);
	if (wish->flags & CLONE_VFORK) {
		wait_for_child(child);
		process_put(child);
	}
	return pid;
}

long process_clone(const struct weft_frame *frame,
		   const struct clone_wish *wish)
{
	/* The new one may share them. */
	own_files_forget();
	switch (clone_judge(wish->flags)) {
	case CLONE_IS_THREAD:
		return page_is_short() ? -EAGAIN : clone_thread(frame, wish);
	case CLONE_IS_PROCESS:
		return page_is_short() ? -ENOMEM : clone_process(frame, wish);
	case CLONE_IS_OTHER:
		return syscall_part_missing(PART_CLONE_FLAGS);
	default:
		return -EINVAL;
	}
}
