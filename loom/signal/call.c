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
 * but has returned EINTR, as Linux does it: is_rewound tells.
 */
#include <weft/frame.h>

#include "lib/errno.h"
#include "sched/thread.h"
#include "signal/internal.h"

static struct signal_thread *state(void)
{
	return &thread_current()->signal;
}

void signal_call_begins(void)
{
	struct signal_thread *s = state();

	s->is_restarted = s->is_rewound;
	s->is_rewound = false;
	s->wants_deadline = false;
}

void signal_call_ends(struct weft_frame *frame, enum signal_restart restart)
{
	struct signal_thread *s = state();

	/* sigreturn and execve: these registers are not a call's any more. */
	if (frame->number == WEFT_NO_SYSCALL)
		return;
	if (frame->x[0] == (uint64_t)-EINTR) {
		s->is_interrupted = restart != RESTART_NEVER;
		s->restart = s->wants_deadline ? RESTART_UNHANDLED : restart;
	} else if (s->has_saved_mask) {
		s->has_saved_mask = false;
		signal_set_blocked(s->saved_mask);
	}
}

long signal_restart_at(uint64_t deadline_ns)
{
	struct signal_thread *s = state();

	s->wants_deadline = true;
	s->deadline = deadline_ns;
	return -EINTR;
}

bool signal_restarted(uint64_t *deadline_ns)
{
	struct signal_thread *s = state();

	if (s->is_restarted)
		*deadline_ns = s->deadline;
	return s->is_restarted;
}

static void rewind(struct weft_frame *frame)
{
	frame->x[0] = frame->orig_x0;
	frame->pc -= 4;
	frame->number = WEFT_NO_SYSCALL;
}

void call_meets_handler(struct weft_frame *frame, uint64_t flags)
{
	struct signal_thread *s = state();

	if (s->is_interrupted &&
	    (s->restart == RESTART_SURELY ||
	     (s->restart == RESTART_ALWAYS && flags & SA_RESTART)))
		rewind(frame);
	s->is_interrupted = false;
	if (s->is_rewound) {
		frame->x[0] = (uint64_t)-EINTR;
		frame->pc += 4;
		s->is_rewound = false;
	}
}

uint64_t call_mask(void)
{
	const struct signal_thread *s = state();

	return s->has_saved_mask ? s->saved_mask : s->blocked;
}

void call_mask_done(void)
{
	state()->has_saved_mask = false;
}

bool signal_finish_call(struct weft_frame *frame)
{
	struct signal_thread *s = state();

	if (!s->is_interrupted && !s->has_saved_mask)
		return false;
	if (s->is_interrupted) {
		rewind(frame);
		s->is_rewound = s->wants_deadline;
		s->is_interrupted = false;
	}
	if (s->has_saved_mask) {
		s->has_saved_mask = false;
		signal_set_blocked(s->saved_mask);
	}
	return true;
}

void signal_set_temporary_mask(uint64_t set)
{
	struct signal_thread *s = state();

	s->saved_mask = s->blocked;
	s->has_saved_mask = true;
	signal_set_blocked(set);
}
