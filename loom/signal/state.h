// SPDX-License-Identifier: MIT
/*
 * The signal state of a thread and of a process: members of struct thread and
 * struct process, which own it. Only the files of signal/ look inside, and
 * trap.c, which says what a fault was; all others use signal.h.
 *
 * The lock is the process's signal_lock. "Atomic" is written under it and also
 * read without, by the threads of the process, in signal_pending().
 */
#ifndef LOOM_SIGNAL_STATE_H
#define LOOM_SIGNAL_STATE_H

#include <stdbool.h>
#include <stdint.h>

#include "sched/wait.h"
#include "signal/queue.h"

#define SIGNAL_MAX	64

/* struct sigaction of Linux on arm64, as rt_sigaction has it */
struct signal_action {
	uint64_t handler, flags, restorer, mask;
};

/* sigaltstack(2): flags are 0, SS_DISABLE or with SS_AUTODISARM */
struct signal_stack {
	uint64_t sp, size;
	uint32_t flags;
};

/* What becomes of a system call that a signal interrupted (-EINTR). */
enum signal_restart {
	RESTART_ALWAYS,		/* unless a handler without SA_RESTART runs */
	RESTART_SURELY,		/* whatever handlers run: fork knows no EINTR */
	RESTART_UNHANDLED,	/* unless a handler runs */
	RESTART_NEVER,
};

/* What is out of the ordinary with a thread's system call (call.c). */
enum {
	CALL_SAVED_MASK = 1,	/* it set a temporary mask */
	CALL_INTERRUPTED = 2,	/* it returned -EINTR */
	CALL_WANTS_DEADLINE = 4,	/* it said signal_restart_at */
	CALL_REWOUND = 8,	/* pc is at its SVC, deadline is valid */
	CALL_RESTARTED = 16,	/* the call that runs found it so */
};

struct signal_thread {
	/* lock; the thread itself reads without */
	uint64_t blocked;	/* bit n-1: signal n */
	uint64_t withheld;	/* blocked, but for rt_sigtimedwait's sleep */

	/* lock */
	struct signal_queue pending;	/* for this thread alone; set atomic */
	bool parked;			/* stopped, see stop.c */

	/* the thread only: what its system call leaves to the way out */
	uint64_t saved_mask;	/* to put back, if CALL_SAVED_MASK */
	uint64_t deadline;	/* of a call that is made again */
	uint8_t restart;	/* enum signal_restart, if CALL_INTERRUPTED */
	uint8_t call;		/* CALL_ bits; 0 for nearly every call */

	/* the thread only */
	struct signal_stack stack;
	uint64_t fault_address, fault_esr;	/* of a forced signal */
};

enum signal_stop {
	STOP_NONE,
	STOP_BEGUN,		/* its threads are to park */
	STOP_DONE,		/* they have */
};

struct signal_process {
	/* lock */
	struct signal_queue pending;	/* for any thread; set atomic */
	/* Whose action is not as at first, all zeros: signal_action. */
	uint64_t changed;
	uint64_t harmless;	/* would do nothing; atomic */
	uint64_t deadly;	/* would end the process; atomic */
	bool is_unkillable;	/* process 1: only what has a handler counts */

	/* lock; stop.c */
	uint32_t stop;		/* enum signal_stop; atomic */
	int stop_signal;
	bool stop_taken;	/* off the queue, and not revoked by SIGCONT */
	unsigned parked;	/* threads */
	int stop_report;	/* for wait4: by this signal; 0: none */
	bool continue_report;	/* for wait4 */
	int tell;		/* CLD_ code that the parent is to get; or 0 */
	struct waitq resume;	/* where threads park */

	/* lock; of the signals in changed, else not even set */
	struct signal_action action[SIGNAL_MAX];
};

#endif
