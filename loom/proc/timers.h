// SPDX-License-Identifier: MIT
/*
 * The timers of a process: the three of setitimer(2), and those that it makes
 * with timer_create(2). Each sends a signal when its clock has reached a
 * moment, and again every interval, if it has one.
 *
 * A timer whose signal is pending does not go on: it is set for the first
 * interval that is still to come when the signal is taken, and what was missed
 * is its overrun. So the shortest interval costs no more than the program
 * takes signals.
 *
 * Real time is looked at by an interrupt at the moment; CPU time by the tick,
 * so up to a tick late, and only while the process runs.
 *
 * struct process has a pointer to all this, made when it is first needed.
 * timers_lock (RANK_TIMERS) guards it, but for who may set or free a timer:
 * that is one thread at a time, by a mutex. The calls are about the calling
 * process and may sleep, unless said.
 */
#ifndef LOOM_PROC_TIMERS_H
#define LOOM_PROC_TIMERS_H

#include <stdbool.h>
#include <stdint.h>

struct process;
struct siginfo;

/* Once, before the first program. */
void timers_init(void);

enum timer_clock {
	TIMER_MONOTONIC,
	TIMER_REALTIME,
	TIMER_CPU,		/* CPU time of the process */
	TIMER_USER,		/* its part in user mode */
	TIMER_THREAD,		/* CPU time of the thread that made the timer */
};

enum timer_notify {
	TIMER_SIGNAL,		/* to the process */
	TIMER_SIGNAL_THREAD,	/* to one of its threads */
	TIMER_SILENT,		/* who wants to know has to ask */
};

/* value 0: not set; interval 0: once. */
struct timer_value {
	uint64_t value_ns, interval_ns;
};

/* ITIMER_REAL, _VIRTUAL and _PROF, with Linux's numbers. */
enum itimer {
	ITIMER_REAL,
	ITIMER_VIRTUAL,
	ITIMER_PROF,
	ITIMER_COUNT,
};

/* What is left until @which rings; zeros if it is not set. */
void timers_get_itimer(enum itimer which, struct timer_value *now);

/* Set it, after the same: 0 or -ENOMEM. */
int timers_set_itimer(enum itimer which, const struct timer_value *value,
		      struct timer_value *old);

struct timer_event {
	enum timer_notify notify;
	int sig;
	uint32_t tid;		/* for TIMER_SIGNAL_THREAD */
	bool has_value;		/* else the timer's number is the value */
	uint64_t value;		/* goes with the signal */
};

#define TIMERS_MAX 1024		/* that one process may make */

/*
 * A timer's number, or -EAGAIN: too many, or no memory. TIMER_SILENT ones of
 * CPU time work as all.
 */
int timers_create(enum timer_clock clock, const struct timer_event *event);

/*
 * As timer_settime(2) and its like: 0 (the overrun for the last one), or
 * -EINVAL: no such timer.
 */
int timers_set(int id, bool absolute, const struct timer_value *value,
	       struct timer_value *old);
int timers_get(int id, struct timer_value *now);
int timers_overrun(int id);
int timers_delete(int id);

/* execve: those that timer_create made go. The end of @p: all go. */
void timers_exec(struct process *p);
void timers_end(struct process *p);

/* From the tick, DAIF masked: CPU time of the running process. */
void timers_tick(void);

/*
 * The calling process took a signal off what is pending: a timer that sent it
 * goes on, and @info is told the overrun. No lock of RANK_TIMERS or above.
 */
void timers_signal_taken(struct siginfo *info);

/* The real-time clock was set: timers for a moment of it are set anew. */
void timers_clock_was_set(void);

#endif
