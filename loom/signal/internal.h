// SPDX-License-Identifier: MIT
/* What the files of signal/ have from each other; everybody else: signal.h. */
#ifndef LOOM_SIGNAL_INTERNAL_H
#define LOOM_SIGNAL_INTERNAL_H

#include <stdbool.h>
#include <stdint.h>

#include "signal/signal.h"

/*
 * What @t, a thread of @p, would act on. The signal_lock is held, or @t is the
 * running thread.
 */
uint64_t signal_actionable(const struct process *p, const struct thread *t);

/*
 * signal_lock. Wake a thread of @p that would act on @sig: @only, if not NULL,
 * else any; for KILL all.
 */
void signal_wake(struct process *p, struct thread *only, int sig);

/*
 * signal_lock. Threads of @p other than @except may have to act on what is
 * pending for the process: wake them.
 */
void signal_wake_others(struct process *p, const struct thread *except);

/*
 * signal_lock. What is pending, blocked or ignored has changed: @t, a thread of
 * @p, is told to look if it would act; or each of @p's.
 */
void signal_tell(const struct process *p, struct thread *t);
void signal_tell_all(struct process *p);

/* signal_lock. Take @sig off what is pending, of @t first. */
void signal_take(struct process *p, struct thread *t, int sig,
		 struct siginfo *info);

/*
 * signal_lock. Is the signal of @bit dropped when it is raised for @p, or for
 * its thread @only? Blocked, it is kept: it may have an effect when unblocked.
 * For a process its main thread decides, as on Linux.
 */
bool signal_is_dropped(const struct process *p, const struct thread *only,
		       uint64_t bit);

/* signal_lock. Forget @set, wherever it is pending in @p. */
void signal_drop(struct process *p, uint64_t set);

/* signal_lock. What is done with @sig. */
const struct signal_action *signal_action(const struct signal_process *s,
					  int sig);

/* The same, to be changed; signal_update comes after it. */
struct signal_action *signal_change_action(struct signal_process *s, int sig);

/* signal_lock. The actions have changed: what follows from them. */
void signal_update(struct process *p);

/* signal_lock. @sig is raised in @p: SIGCONT revokes stops, stops SIGCONT. */
void stop_prepare(struct process *p, int sig);

/* Must the threads of @p park? No lock needed. */
bool stop_is_wanted(const struct process *p);

/* @sig, whose default is to stop, was taken by the running thread. */
void stop_begin(int sig);

/* Wait until the process is continued, or must end. No lock held. */
void stop_park(void);

/*
 * Make @frame, the running thread's, enter @action's handler for @info; the
 * handler returns to the mask @mask. 0, or -EFAULT: the stack is not there, and
 * @frame is as it was.
 */
int handler_enter(struct weft_frame *frame, const struct siginfo *info,
		  const struct signal_action *action, uint64_t mask);

/* A handler with @flags is about to run: what the system call returns. */
void call_meets_handler(struct weft_frame *frame, uint64_t flags);

/* The mask that a handler returns to; it is in its frame now. */
uint64_t call_mask(void);
void call_mask_done(void);

#endif
