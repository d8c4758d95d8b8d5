// SPDX-License-Identifier: MIT
/*
 * Timers ring: by the interrupt of their timeout, or in the tick if they are
 * of CPU time. What goes on with a timer whose signal was taken, and when the
 * clock is set. timers_impl.h says what keeps this in order.
 */
#include "proc/timers_impl.h"

#include <stddef.h>

#include "proc/cputime.h"
#include "proc/process.h"
#include "proc/tree.h"
#include "sched/sched.h"
#include "sched/thread.h"
#include "signal/siginfo.h"
#include "signal/signal.h"

struct spinlock timers_lock = SPINLOCK_INIT(RANK_TIMERS, "timers");
struct list timers_everyone = LIST_INIT(timers_everyone);
unsigned timers_epoch;
struct mutex timers_setting;

void timers_init(void)
{
	mutex_init(&timers_setting, RANK_SET_TIMER, "set timer");
}

struct process_timers *timers_of(const struct process *p)
{
	return __atomic_load_n(&p->timers, __ATOMIC_ACQUIRE);
}

static bool is_cpu_time(const struct timer *t)
{
	return t->clock >= TIMER_CPU;
}

uint64_t timer_now(const struct timer *t)
{
	struct cputime time;

	if (t->clock == TIMER_THREAD) {
		(void)cputime_thread(t->process, t->tid, &time);
		return cputime_total(&time);
	}
	if (!is_cpu_time(t))
		return t->realtime ? clock_realtime() : clock_now();
	time = cputime_process(t->process);
	return t->clock == TIMER_USER ? time.user_ns : cputime_total(&time);
}

/* The first moment in step with @t after @now; *@missed lie before. */
static uint64_t next_moment(const struct timer *t, uint64_t now,
			    uint64_t *missed)
{
	*missed = 0;
	if (!t->interval_ns || t->when_ns > now)
		return t->when_ns;
	*missed = (now - t->when_ns) / t->interval_ns;
	return t->when_ns + (*missed + 1) * t->interval_ns;
}

/* Ask for the interrupt, if it is by one that this timer ends. */
void timer_start(struct timer *t)
{
	if (is_cpu_time(t) || t->event.notify == TIMER_SILENT)
		return;
	timeout_start(&t->timeout, t->realtime ?
		      clock_when_realtime(t->when_ns) : t->when_ns);
}

void timer_set_armed(struct timer *t, bool armed)
{
	if (is_cpu_time(t) && armed != t->armed)
		timers_of(t->process)->cpu_armed += armed ? 1u : -1u;
	t->armed = armed;
	t->waiting = false;
}

/* Make its signal pending. False: nobody will take it. */
static bool send(const struct timer *t)
{
	struct siginfo info = { .signo = t->event.sig, .code = SI_KERNEL };
	struct thread *only = NULL;
	bool sent;

	if (t->id >= 0) {
		info.code = SI_TIMER;
		info.timer.id = t->id;
		info.timer.value = t->event.value;
	}
	if (t->event.notify != TIMER_SIGNAL_THREAD)
		return signal_send_timer(t->process, NULL, &info);
	spin_lock_masked(&process_tree_lock);
	only = thread_find((int)t->event.tid);
	sent = only && only->process == t->process &&
	       signal_send_timer(t->process, only, &info);
	spin_unlock_masked(&process_tree_lock);
	return sent;
}

static void ring(struct timer *t, uint64_t now)
{
	uint64_t missed;

	if (!t->interval_ns) {
		timer_set_armed(t, false);
		(void)send(t);
		return;
	}
	t->waiting = send(t);
	if (t->waiting)
		return;
	/* Nothing holds it up, so not more often than the tick. */
	t->when_ns = next_moment(t, now + TICK_NS, &missed);
	timer_start(t);
}

void timer_expire(struct timeout *timeout)
{
	struct timer *t = container_of(timeout, struct timer, timeout);
	uint64_t daif = spin_lock_irqsave(&timers_lock);
	uint64_t now;

	if (t->armed && !t->waiting && !t->halted) {
		now = timer_now(t);
		if (now >= t->when_ns)
			ring(t, now);
		else		/* the clock was set back meanwhile */
			timer_start(t);
	}
	spin_unlock_irqrestore(&timers_lock, daif);
}

/* What is left of @t, and its interval. */
void timer_read(const struct timer *t, struct timer_value *value)
{
	uint64_t now, when, missed;

	*value = (struct timer_value){ 0, t->interval_ns };
	if (!t->armed)
		return;
	now = timer_now(t);
	when = next_moment(t, now, &missed);
	if (when > now)
		value->value_ns = when - now;
	else		/* it is set, and about to end */
		value->value_ns = t->event.notify == TIMER_SILENT ? 0 : 1;
}

/* A timer of CPU time that is @t's, in the tick of a thread that it counts. */
static void look_at(struct timer *t)
{
	uint64_t now;

	if (!is_cpu_time(t) || !t->armed || t->waiting ||
	    t->event.notify == TIMER_SILENT)
		return;
	now = timer_now(t);
	if (now >= t->when_ns)
		ring(t, now);
}

/*
 * The pointer is looked at under the lock: the process may be at its end, and
 * another of its threads about to free it.
 */
void timers_tick(void)
{
	struct process *p = process_current();
	struct process_timers *timers;
	struct timer *t;

	if (!p || !timers_of(p))
		return;
	spin_lock_masked(&timers_lock);
	timers = timers_of(p);
	if (timers && timers->cpu_armed) {
		look_at(&timers->itimer[ITIMER_VIRTUAL]);
		look_at(&timers->itimer[ITIMER_PROF]);
		list_for_each_entry(t, &timers->made, struct timer, link)
			look_at(t);
	}
	spin_unlock_masked(&timers_lock);
}

int timer_overrun(const struct timer *t)
{
	return t->overrun < INT32_MAX ? (int)t->overrun : INT32_MAX;
}

/* Its signal was taken. */
static void go_on(struct timer *t)
{
	if (!t->armed || !t->waiting)
		return;
	t->waiting = false;
	t->when_ns = next_moment(t, timer_now(t), &t->overrun);
	if (!t->halted)
		timer_start(t);
}

static int itimer_of(int sig)
{
	switch (sig) {
	case SIGALRM:
		return ITIMER_REAL;
	case SIGVTALRM:
		return ITIMER_VIRTUAL;
	case SIGPROF:
		return ITIMER_PROF;
	default:
		return -1;
	}
}

/* timers_lock. The timer that sent @info, or NULL. */
static struct timer *sender(struct process_timers *timers,
			    const struct siginfo *info)
{
	int which = itimer_of(info->signo);
	struct timer *t;

	if (info->code != SI_TIMER)
		return which < 0 ? NULL : &timers->itimer[which];
	list_for_each_entry(t, &timers->made, struct timer, link) {
		if (t->id == info->timer.id)
			return t;
	}
	return NULL;
}

void timers_signal_taken(struct siginfo *info)
{
	struct process_timers *timers = timers_of(process_current());
	struct timer *t;
	uint64_t daif;

	/* Who takes signals is not at its end: they stay. */
	if (!timers)
		return;
	daif = spin_lock_irqsave(&timers_lock);
	t = sender(timers, info);
	if (t)
		go_on(t);
	if (t && info->code == SI_TIMER)
		info->timer.overrun = timer_overrun(t);
	spin_unlock_irqrestore(&timers_lock, daif);
}

/* One that was set before the clock was, marked as seen; or NULL. */
static struct timer *next_outdated(void)
{
	struct process_timers *timers;
	struct timer *t;

	list_for_each_entry(timers, &timers_everyone, struct process_timers,
			    all) {
		list_for_each_entry(t, &timers->made, struct timer, link) {
			if (!t->realtime || t->epoch == timers_epoch)
				continue;
			t->epoch = timers_epoch;
			return t;
		}
	}
	return NULL;
}

void timers_clock_was_set(void)
{
	struct timer *t;
	uint64_t daif;

	mutex_lock(&timers_setting);
	daif = spin_lock_irqsave(&timers_lock);
	timers_epoch++;
	while ((t = next_outdated())) {
		t->halted = true;
		spin_unlock_irqrestore(&timers_lock, daif);
		timeout_stop(&t->timeout);
		daif = spin_lock_irqsave(&timers_lock);
		t->halted = false;
		if (t->armed && !t->waiting)
			timer_start(t);
	}
	spin_unlock_irqrestore(&timers_lock, daif);
	mutex_unlock(&timers_setting);
}
