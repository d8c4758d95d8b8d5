// SPDX-License-Identifier: MIT
/*
 * Timers made, set, read and freed; see timers.h. Called by
 * syscall/sys_timer.c, execve and exit. timers_impl.h says what keeps this in
 * order.
 */
#include "proc/timers_impl.h"

#include <stddef.h>

#include "lib/errno.h"
#include "mm/kmem.h"
#include "proc/process.h"
#include "sched/thread.h"
#include "signal/signal.h"

static void init_timer(struct timer *t, enum timer_clock clock,
		       const struct timer_event *event, int id)
{
	t->process = process_current();
	t->event = *event;
	t->clock = clock;
	t->tid = thread_current()->tid;
	t->id = id;
	timeout_init(&t->timeout, timer_expire);
	list_init(&t->link);
}

/*
 * Setting; all with timers_setting held and without timers_lock.
 */

/* From then on only who has timers_setting starts it again. */
static void stop(struct timer *t)
{
	uint64_t daif = spin_lock_irqsave(&timers_lock);

	timer_set_armed(t, false);
	spin_unlock_irqrestore(&timers_lock, daif);
	timeout_stop(&t->timeout);
}

static void set(struct timer *t, bool absolute,
		const struct timer_value *value, struct timer_value *old)
{
	uint64_t daif = spin_lock_irqsave(&timers_lock);

	timer_read(t, old);
	spin_unlock_irqrestore(&timers_lock, daif);
	stop(t);

	daif = spin_lock_irqsave(&timers_lock);
	t->interval_ns = value->interval_ns;
	t->realtime = t->clock == TIMER_REALTIME && absolute;
	t->overrun = 0;
	t->epoch = timers_epoch;
	t->when_ns = value->value_ns;
	if (!absolute && __builtin_add_overflow(timer_now(t), value->value_ns,
						&t->when_ns))
		t->when_ns = UINT64_MAX;
	if (value->value_ns) {
		timer_set_armed(t, true);
		timer_start(t);
	}
	spin_unlock_irqrestore(&timers_lock, daif);
}

/* The caller's timers, made if there are none; NULL: no memory. */
static struct process_timers *need_timers(void)
{
	static const int sig[] = { SIGALRM, SIGVTALRM, SIGPROF };
	static const enum timer_clock clock[] = {
		TIMER_MONOTONIC, TIMER_USER, TIMER_CPU,
	};
	struct process *p = process_current();
	struct process_timers *timers = timers_of(p);
	struct timer_event event = { .notify = TIMER_SIGNAL };
	uint64_t daif;

	if (timers)
		return timers;
	timers = kzalloc(sizeof(*timers));
	if (!timers)
		return NULL;
	for (unsigned i = 0; i < ITIMER_COUNT; i++) {
		event.sig = sig[i];
		init_timer(&timers->itimer[i], clock[i], &event, -1);
	}
	list_init(&timers->made);
	daif = spin_lock_irqsave(&timers_lock);
	list_add_tail(&timers_everyone, &timers->all);
	spin_unlock_irqrestore(&timers_lock, daif);
	/* Release: the tick and other threads see it whole. */
	__atomic_store_n(&p->timers, timers, __ATOMIC_RELEASE);
	return timers;
}

/* The calling process's timer @id, or NULL. */
static struct timer *find(int id)
{
	struct process_timers *timers = timers_of(process_current());
	struct timer *t;

	if (!timers)
		return NULL;
	list_for_each_entry(t, &timers->made, struct timer, link) {
		if (t->id == id)
			return t;
	}
	return NULL;
}

static void destroy(struct process_timers *timers, struct timer *t)
{
	uint64_t daif;

	stop(t);
	daif = spin_lock_irqsave(&timers_lock);
	list_del(&t->link);
	timers->count--;
	spin_unlock_irqrestore(&timers_lock, daif);
	kfree(t);
}

static void destroy_made(struct process_timers *timers)
{
	while (!list_empty(&timers->made))
		destroy(timers, list_first_entry(&timers->made, struct timer,
						 link));
}

void timers_get_itimer(enum itimer which, struct timer_value *now)
{
	struct process_timers *timers = timers_of(process_current());
	uint64_t daif;

	*now = (struct timer_value){ 0, 0 };
	if (!timers)
		return;
	daif = spin_lock_irqsave(&timers_lock);
	timer_read(&timers->itimer[which], now);
	spin_unlock_irqrestore(&timers_lock, daif);
}

int timers_set_itimer(enum itimer which, const struct timer_value *value,
		      struct timer_value *old)
{
	struct process_timers *timers;

	mutex_lock(&timers_setting);
	timers = need_timers();
	if (timers)
		set(&timers->itimer[which], false, value, old);
	mutex_unlock(&timers_setting);
	return timers ? 0 : -ENOMEM;
}

/* The next number that is free; they wrap long after anyone has so many. */
static int draw_id(struct process_timers *timers)
{
	int id;

	do {
		id = timers->next_id;
		timers->next_id = id == INT32_MAX ? 0 : id + 1;
	} while (find(id));
	return id;
}

static int create(enum timer_clock clock, const struct timer_event *event)
{
	struct process_timers *timers = need_timers();
	struct timer *t;
	uint64_t daif;

	if (!timers || timers->count == TIMERS_MAX)
		return -EAGAIN;
	t = kzalloc(sizeof(*t));
	if (!t)
		return -EAGAIN;
	init_timer(t, clock, event, draw_id(timers));
	if (!event->has_value)
		t->event.value = (uint64_t)t->id;
	daif = spin_lock_irqsave(&timers_lock);
	list_add_tail(&timers->made, &t->link);
	timers->count++;
	spin_unlock_irqrestore(&timers_lock, daif);
	return t->id;
}

int timers_create(enum timer_clock clock, const struct timer_event *event)
{
	int id;

	mutex_lock(&timers_setting);
	id = create(clock, event);
	mutex_unlock(&timers_setting);
	return id;
}

int timers_set(int id, bool absolute, const struct timer_value *value,
	       struct timer_value *old)
{
	struct timer *t;

	mutex_lock(&timers_setting);
	t = find(id);
	if (t)
		set(t, absolute, value, old);
	mutex_unlock(&timers_setting);
	return t ? 0 : -EINVAL;
}

int timers_get(int id, struct timer_value *now)
{
	struct timer *t;
	uint64_t daif;

	mutex_lock(&timers_setting);
	t = find(id);
	if (t) {
		daif = spin_lock_irqsave(&timers_lock);
		timer_read(t, now);
		spin_unlock_irqrestore(&timers_lock, daif);
	}
	mutex_unlock(&timers_setting);
	return t ? 0 : -EINVAL;
}

int timers_overrun(int id)
{
	const struct timer *t;
	uint64_t daif;
	int n = -EINVAL;

	mutex_lock(&timers_setting);
	t = find(id);
	if (t) {
		daif = spin_lock_irqsave(&timers_lock);
		n = timer_overrun(t);
		spin_unlock_irqrestore(&timers_lock, daif);
	}
	mutex_unlock(&timers_setting);
	return n;
}

int timers_delete(int id)
{
	struct timer *t;

	mutex_lock(&timers_setting);
	t = find(id);
	if (t)
		destroy(timers_of(process_current()), t);
	mutex_unlock(&timers_setting);
	return t ? 0 : -EINVAL;
}

void timers_exec(struct process *p)
{
	struct process_timers *timers = timers_of(p);

	if (!timers)
		return;
	mutex_lock(&timers_setting);
	destroy_made(timers);
	mutex_unlock(&timers_setting);
}

void timers_end(struct process *p)
{
	struct process_timers *timers = timers_of(p);
	uint64_t daif;

	if (!timers)
		return;
	mutex_lock(&timers_setting);
	destroy_made(timers);
	for (unsigned i = 0; i < ITIMER_COUNT; i++)
		stop(&timers->itimer[i]);
	daif = spin_lock_irqsave(&timers_lock);
	list_del(&timers->all);
	__atomic_store_n(&p->timers, NULL, __ATOMIC_RELAXED);
	spin_unlock_irqrestore(&timers_lock, daif);
	mutex_unlock(&timers_setting);
	kfree(timers);
}
