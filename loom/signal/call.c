// SPDX-License-Identifier: MIT
/*
 * The system call that a signal interrupted: whether it is made again, and
 * with which mask its signals are handled. Called around each system call
 * (syscall/table.c) and on the way out.
 *
 * A call that is interrupted returns -EINTR. What the program sees is decided
 * on the way out, when it is known whether a handler runs:
 *
 *				no handler	SA_RESTART	without it
 *	RESTART_SURELY		again		again		again
 *	RESTART_ALWAYS		again		again		EINTR
 *	RESTART_UNHANDLED	again		EINTR		EINTR
 *	RESTART_NEVER		EINTR		EINTR		EINTR
 *
 * "Again" is: pc back to the SVC, x0 as it was. x8 and the other arguments
 * never changed. A handler that runs first finds that state in its frame, and
 * its return makes the call again.
 *
 * What is left of a timeout is not in those registers. Such a call leaves its
 * deadline (signal_restart_at). It belongs to the very next system call, which
 * is the same one, for no instruction of the program runs in between; unless a
 * signal comes in between and has a handler. Then the call is not made again
 * but has returned EINTR, as Linux does it: CALL_REWOUND tells.
 */
#include <weft/frame.h>

#include "lib/errno.h"
#include "sched/thread.h"
#include "signal/internal.h"

static struct signal_thread *state(void)
{
	return &thread_current()->signal;
}

static bool marked(unsigned bit)
{
	return state()->call & bit;
}

static void mark(unsigned bits)
{
	state()->call |= (uint8_t)bits;
}

static void unmark(unsigned bits)
{
	state()->call &= (uint8_t)~bits;
}

void signal_call_begins(void)
{
	state()->call = marked(CALL_REWOUND) ? CALL_RESTARTED : 0;
}

static void restore_mask(void)
{
	if (!marked(CALL_SAVED_MASK))
		return;
	unmark(CALL_SAVED_MASK);
	signal_set_blocked(state()->saved_mask);
}

void signal_call_ends(struct weft_frame *frame, enum signal_restart restart)
{
	/* sigreturn and execve: these registers are not a call's any more. */
	if (frame->number == WEFT_NO_SYSCALL)
		return;
	if (frame->x[0] != (uint64_t)-EINTR) {
		restore_mask();
		return;
	}
	if (restart != RESTART_NEVER)
		mark(CALL_INTERRUPTED);
	state()->restart = marked(CALL_WANTS_DEADLINE) ? RESTART_UNHANDLED :
						     (uint8_t)restart;
	/*
	 * Some look without having been told (signal_is_deadly): what they saw
	 * is acted upon before the program sees this result.
	 */
	thread_add_work(thread_current(), WORK_SIGNAL | WORK_CALL);
}

long signal_restart_at(uint64_t deadline_ns)
{
	mark(CALL_WANTS_DEADLINE);
	state()->deadline = deadline_ns;
	return -EINTR;
}

bool signal_restarted(uint64_t *deadline_ns)
{
	if (!marked(CALL_RESTARTED))
		return false;
	*deadline_ns = state()->deadline;
	return true;
}

static void rewind(struct weft_frame *frame)
{
	frame->x[0] = frame->orig_x0;
	frame->pc -= 4;
	frame->number = WEFT_NO_SYSCALL;
}

void call_meets_handler(struct weft_frame *frame, uint64_t flags)
{
	const struct signal_thread *s = state();

	if (marked(CALL_INTERRUPTED) &&
	    (s->restart == RESTART_SURELY ||
	     (s->restart == RESTART_ALWAYS && flags & SA_RESTART)))
		rewind(frame);
	unmark(CALL_INTERRUPTED);
	if (marked(CALL_REWOUND)) {
		frame->x[0] = (uint64_t)-EINTR;
		frame->pc += 4;
		unmark(CALL_REWOUND);
	}
}

uint64_t call_mask(void)
{
	const struct signal_thread *s = state();

	return marked(CALL_SAVED_MASK) ? s->saved_mask : s->blocked;
}

void call_mask_done(void)
{
	unmark(CALL_SAVED_MASK);
}

void signal_finish_call(struct weft_frame *frame)
{
	if (marked(CALL_INTERRUPTED)) {
		rewind(frame);
		unmark(CALL_INTERRUPTED);
		if (marked(CALL_WANTS_DEADLINE))
			mark(CALL_REWOUND);
	}
	restore_mask();
}

void signal_set_temporary_mask(uint64_t set)
{
	struct signal_thread *s = state();

	s->saved_mask = s->blocked;
	mark(CALL_SAVED_MASK);
	signal_set_blocked(set);
}
