// SPDX-License-Identifier: MIT
/*
 * Notifications: a word of bits that are set by whoever signals and taken,
 * all at once, by who waits. docs/ipc.md has what programs see.
 *
 * A signal of bits while somebody waits gives them to the first of the queue
 * and wakes it; the word stays 0 as long as anybody waits. So a waiter that
 * was woken has its bits, whatever else happens, and no two get the same.
 */
#ifndef LOOM_IPC_NOTIFICATION_H
#define LOOM_IPC_NOTIFICATION_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/list.h"
#include "lib/lock.h"
#include "sched/wait.h"

struct file;
struct file_ops;
struct note_timer;
struct bound_irq;

/* What is to be done beside: no fast path while any of these is set. */
enum {
	NOTE_WATCHED = 1,	/* signal: somebody may be on pollers */
	NOTE_STALLED = 2,	/* wait: the timer goes on when the word is
				   taken (bind.c) */
};

struct notification {
	/* The first cache line is all that signal and wait touch. */
	_Alignas(64) struct spinlock lock;	/* RANK_NOTIFICATION */

	/* lock */
	uint64_t word;
	struct list waiters;	/* struct thread, ipc.link */
	uint32_t slow;		/* NOTE_... */
	uint32_t files;		/* how many of it there are; atomic */

	struct waitq pollers;

	/* The lock of the inode; bind.c. */
	struct note_timer *timer;	/* or NULL */
	struct bound_irq *irq;		/* or NULL */
};

extern const struct file_ops notification_file_ops;

/* A new one with all rights: 0, -ENOMEM, -ENFILE. */
int notification_create(struct file **out);

/* OR @bits, which are not 0, into the word. Any context; never waits. */
void notification_signal(struct notification *n, uint64_t bits);

/* The same under its lock. */
void notification_signal_locked(struct notification *n, uint64_t bits);

/*
 * Take the word, when it is not 0: 0 and the word, -EINTR, -ETIMEDOUT; with
 * @waits false -EAGAIN if it is 0.
 */
int notification_wait(struct notification *n, bool waits, uint64_t deadline_ns,
		      uint64_t *word);

/* What is left of it after the calling thread slept in a leaf call. */
int notification_resume(struct notification *n, uint64_t *word);

#endif
