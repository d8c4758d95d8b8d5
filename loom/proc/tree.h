// SPDX-License-Identifier: MIT
/*
 * The inside of the process tree, for the files of proc/ only. Everybody else
 * uses process.h.
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
#include "proc/process.h"

#define PID_INIT	1
#define PID_MAX		32767	/* Linux's default for pid_max, less one */
#define PROCESS_MAX	1024	/* on the tree, zombies too */

/* RANK_TREE; always taken with interrupts masked (^C looks for a group). */
extern struct spinlock process_tree_lock;

/* Every process, in the order of their pids (struct process, all). */
extern struct list process_all;

/* A blank process with one reference, on no list; NULL: no memory. */
struct process *process_alloc(void);

/*
 * Give @p, whose thread is made but not started, a number and a place under
 * @parent (NULL: it is process 1). 0, or -EAGAIN: too many processes.
 */
int process_publish(struct process *p, struct process *parent);

/* With the tree lock held: */
struct process *tree_find(int pid);
struct process *tree_init_process(void);

/* Take @p off; its reference is the caller's now. */
void tree_unlink(struct process *p);

/*
 * The calling process, which is in no vfork any more: its parent may go on
 * (clone.c). Does nothing if nobody waits.
 */
void process_vfork_release(struct process *p);

/*
 * The calling process leaves its memory (exit, execve): zero the word that
 * CLONE_CHILD_CLEARTID or set_tid_address named.
 */
void process_clear_tid(struct process *p);

/*
 * Put an address space, or none (NULL), under the calling process and let go
 * of the one it had.
 */
void process_change_aspace(struct process *p, struct aspace *as);

#endif
