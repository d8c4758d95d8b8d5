// SPDX-License-Identifier: MIT
/*
 * The inside of timers, for proc/timers.c, which lets them ring, and
 * proc/timers_set.c, which makes, sets and frees them.
 *
 * A timer of real time has a timeout (sched/clock.h). It is started
 *
 *	by who sets the timer, which was stopped before;
 *	by the timeout's function, which was taken off its queue;
 *	by who takes the signal, after which that function does not touch it;
 *
 * so by one at a time, and each under timers_lock. It is stopped without that
 * lock, for its function may be waiting for it; only with timers_setting held,
 * so that nobody else sets or frees the timer meanwhile, and after `armed` was
 * cleared or `halted` set, so that neither of the others starts it again.
 *
 * p->timers is stored once while the process lives, with timers_setting held,
 * and read by its own threads. The last of them that is not at its end takes
 * it away, under timers_lock: the ticks of the others may still look, and do
 * it under that lock. A timer's function finds the process alive: who ends it
 * stops the timer first.
 */
#ifndef LOOM_PROC_TIMERS_IMPL_H
#define LOOM_PROC_TIMERS_IMPL_H

#include "lib/list.h"
#include "lib/lock.h"
#include "proc/timers.h"
#include "sched/clock.h"
#include "sched/mutex.h"

struct timer {
	/* Since it was made. */
	struct process *process;
	struct timer_event event;
	enum timer_clock clock;
	uint32_t tid;		/* whose time it is about: TIMER_THREAD */
	int id;			/* of timer_create; -1: an itimer */

	struct timeout timeout;	/* as said above */

	/* timers_lock */
	struct list link;	/* process_timers.made */
	bool armed;
	bool waiting;		/* armed, and its signal is not taken yet */
	bool halted;		/* nobody may start the timeout */
	bool realtime;		/* when_ns is one of clock_realtime() */
	uint64_t when_ns;
	uint64_t interval_ns;
	uint64_t overrun;	/* missed before the last signal was taken */
	unsigned epoch;		/* of the real-time clock, when it was set */
};

struct process_timers {
	struct timer itimer[ITIMER_COUNT];

	/* timers_lock */
	struct list made;	/* struct timer, link: by timer_create */
	unsigned count;		/* of them */
	int next_id;
	struct list all;	/* on everyone */
	unsigned cpu_armed;	/* armed timers of CPU time */
};

extern struct spinlock timers_lock;	/* RANK_TIMERS */
extern struct list timers_everyone;	/* process_timers.all; its lock */
extern unsigned timers_epoch;		/* real-time clock was set; its lock */

/* Who sets or frees a timer; RANK_SET_TIMER. */
extern struct mutex timers_setting;

/* Of a process whose thread calls, or that timers_setting keeps; or NULL. */
struct process_timers *timers_of(const struct process *p);

/* With timers_lock: */

/* What its clock reads now. */
uint64_t timer_now(const struct timer *t);

/* Ask for the interrupt, if it is by one that this timer ends. */
void timer_start(struct timer *t);

/* Not waiting for its signal to be taken either way. */
void timer_set_armed(struct timer *t, bool armed);

/* What is left of @t, and its interval. */
void timer_read(const struct timer *t, struct timer_value *value);

/* What the program is told of t->overrun. */
int timer_overrun(const struct timer *t);

/* The timeout's function. */
void timer_expire(struct timeout *timeout);

#endif
