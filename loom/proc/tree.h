// SPDX-License-Identifier: MIT
/*
 * The inside of the process tree, for the files of proc/. Others use process.h,
 * but for those who look for numbers and groups under its lock: signal/, some
 * system calls, the job control of the terminal, mm/oom.c.
 *
 * A process is on the tree from process_publish until its parent has waited
 * for it (tree_unlink). While it is there the tree owns one reference. A
 * parent is never NULL but for process 1, and never a process that is not on
 * the tree: who ends hands its children on under the same hold of the lock.
 */
#ifndef LOOM_PROC_TREE_H
#define LOOM_PROC_TREE_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/lock.h"
#include "proc/number.h"
#include "proc/process.h"

#define PID_INIT	1
#define TASK_MAX	8000	/* threads and zombies, all in all */

/* RANK_TREE; always taken with interrupts masked (^C looks for a group). */
extern struct spinlock process_tree_lock;

/* Every process (struct process, all). */
extern struct list process_all;

/* A blank process with one reference, on no list; NULL: no memory. */
struct process *process_alloc(void);

/*
 * Give @p, whose main thread @first is made but not started, a number and a
 * place under @parent, the calling process (NULL: it is process 1). 0, -EAGAIN:
 * too many tasks; -EINTR: the caller has a signal to act on first.
 */
int process_publish(struct process *p, struct thread *first,
		    struct process *parent);

/*
 * Enter @t, made but not started, among the threads of the calling process,
 * under @number, which is its own from then on. 0, or as process_publish;
 * -EINTR also if the process ends, and so does the caller.
 */
int process_add_thread(struct thread *t, struct number *number);

/* With the tree lock held: */
struct process *tree_find(int pid);
struct process *tree_init_process(void);

/* The processes of a group (struct process, group_member); NULL: none. */
struct list *tree_group(int pgid);
/* @p, on the tree, goes to that group or session. */
void tree_set_group(struct process *p, struct number *group);
void tree_set_session(struct process *p, struct number *session);

/* @child, on no parent's list, is @parent's from now on, its last one. */
void tree_adopt(struct process *parent, struct process *child);

/*
 * @child may have something to tell to its parent's wait4: it ended, or was
 * stopped or continued. It stays on @parent->news, in the order of
 * @parent->children, until wait4 finds that it has nothing to say any more;
 * a stopped one until it goes on: what wait4 says of it changes without the
 * tree lock (signal/stop.c). So wait4 need not look at all children.
 */
void tree_note_news(struct process *child);

/* Take @p off; its reference is the caller's now. */
void tree_unlink(struct process *p);

/*
 * Take the calling thread out of its process @p, whose signal_lock is held as
 * well. What it used is added to what @p's dead threads used.
 */
void tree_remove_thread(struct process *p, struct thread *t);

/*
 * The calling process, which is in no vfork any more: its parent may go on
 * (clone.c). Does nothing if nobody waits.
 */
void process_vfork_release(struct process *p);

/*
 * The calling thread of @p is about to leave its memory (exit, execve): what
 * it promised to do there. Its robust list (proc/futex.h); and the word that
 * CLONE_CHILD_CLEARTID or set_tid_address named is zeroed, who waits for that
 * is woken. No lock held.
 */
void process_leave_memory(struct process *p);

/*
 * Put an address space, or none (NULL), under the calling process, which has
 * one thread, and let go of the one it had.
 */
void process_change_aspace(struct process *p, struct aspace *as);

/*
 * execve: end all other threads of the calling process and take its number.
 * 0, or -EAGAIN: another thread was faster, with execve or with the end of the
 * process; then the caller must end.
 */
int process_become_single(void);

#endif
