// SPDX-License-Identifier: MIT
/*
 * The numbers that name processes, threads, groups and sessions: one space, as
 * Linux has it. A number is taken as long as it names any of them: a signal to
 * a group whose leader has long ended must not reach a newcomer.
 *
 * Everything here is found by its number through a hash table, members of a
 * group or session through the list of their number, and the next free number
 * through a bit map: no cost grows with the number of processes. Pure
 * bookkeeping; the caller holds the tree lock (proc/tree.h) for all but
 * number_alloc and the freeing of a number that was never entered.
 */
#ifndef LOOM_PROC_NUMBER_H
#define LOOM_PROC_NUMBER_H

#include "lib/list.h"

struct process;
struct thread;

#define NUMBER_MIN	1
#define NUMBER_MAX	32767	/* Linux's default for pid_max, less one */
/* Where it begins again after the last, as Linux: daemons stay below. */
#define NUMBER_LOW	300

struct number {
	int value;		/* 0: not entered yet */
	struct list chain;	/* of the hash table */
	struct process *process;	/* whose pid it is, zombies too */
	struct thread *thread;	/* whose tid it is; the main thread's, too */
	struct list group;	/* struct process, group_member: its pgid */
	struct list session;	/* struct process, session_member: its sid */
};

/* A number that names nothing and has no value yet; NULL: no memory. */
struct number *number_alloc(void);
/* For one that was never entered. NULL is allowed. */
void number_free(struct number *n);

/*
 * Draw a value that is free, above the last one drawn, and enter @n under it.
 * The caller makes sure that some are (proc/tree.h).
 */
void number_enter(struct number *n);

/* @n names one thing less: if that was the last, it is free, and gone. */
void number_drop(struct number *n);

/*
 * NULL if nothing has it. 0 always exists: the group and the session of
 * process 1 before its setsid, as on Linux.
 */
struct number *number_find(int value);

/* The smallest one above @value that names a process; NULL: none. */
struct number *number_next_process(int value);

/* The last one drawn. */
int number_last(void);

/* How many are taken. */
unsigned number_count(void);

#endif
