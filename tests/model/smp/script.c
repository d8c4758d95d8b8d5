// SPDX-License-Identifier: MIT
/*
 * What the threads do. Each scenario has up to four, and the reaper and an
 * idle thread a CPU besides. Before the start line (go) all happens in one
 * order: who has no start line sleeps already when the others begin.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../search.h"
#include "lib/errno.h"
#include "model.h"
#include "sched/clock.h"
#include "sched/ipi.h"
#include "sched/sched.h"

void model_atomic(const char *what, const char *place);

/* Variables of the scenarios */
enum { COND, OTHER, HOLDS, NEVER, CALLED };

#define CPU(n)	(UINT64_C(1) << (n))
#define DEADLINE UINT64_C(1000000)

static uint64_t look(unsigned v)
{
	model_atomic("reads", "&the condition");
	return world->var[v];
}

static void put(unsigned v, uint64_t value)
{
	model_atomic("writes", "&the condition");
	world->var[v] = value;
}

/* One of what is there. */
static bool consume(unsigned v)
{
	model_atomic("tries to take one of", "&the condition");
	if (!world->var[v])
		return false;
	world->var[v]--;
	return true;
}

static void add(unsigned v)
{
	model_atomic("adds to", "&the condition");
	world->var[v]++;
}

static struct thread *role(unsigned n)
{
	return &world->pool[n + 1];
}

static unsigned my_number(void)
{
	return (unsigned)(thread_current() - world->pool) - 1;
}

static void go(void)
{
	point(WAIT_GO, NULL);
}

/* The script has ended. */
static void rest(void)
{
	unsigned n = my_number();

	world->done |= UINT64_C(1) << n;
	while (scenario->role[n].sleeps) {
		sched_prepare_block(false);
		sched_switch();
	}
	machine_use_cpu(&world->var[NEVER]);
}

static void end(void)
{
	world->done |= UINT64_C(1) << my_number();
	thread_exit();
}

static void program(void *arg)
{
	(void)arg;
	go();
	rest();
}

/* ---- condition and wait queue ---- */

static int await(unsigned v, uint64_t deadline, enum wait_mode mode)
{
	struct waiter w;
	int err = 0;

	for (;;) {
		wait_prepare(&world->queue[0], &w, mode);
		if (consume(v) || err)
			break;
		err = wait_sleep(&w, deadline);
	}
	wait_finish(&w);
	return err;
}

static void sleeper(void *arg)
{
	(void)arg;
	go();
	await(COND, WAIT_FOREVER, WAIT_UNINTERRUPTIBLE);
	rest();
}

/* It sleeps when the others begin. */
static void asleep(void *arg)
{
	(void)arg;
	await(COND, WAIT_FOREVER, WAIT_UNINTERRUPTIBLE);
	rest();
}

static void asleep_ends(void *arg)
{
	(void)arg;
	await(COND, WAIT_FOREVER, WAIT_UNINTERRUPTIBLE);
	end();
}

static void waker(void *arg)
{
	(void)arg;
	go();
	add(COND);
	wait_wake_one(&world->queue[0]);
	rest();
}

static void waker_twice(void *arg)
{
	(void)arg;
	go();
	add(COND);
	wait_wake_one(&world->queue[0]);
	add(COND);
	wait_wake_one(&world->queue[0]);
	rest();
}

static void waker_of_all(void *arg)
{
	(void)arg;
	go();
	add(COND);
	add(COND);
	wait_wake_all(&world->queue[0]);
	rest();
}

/* The thread itself, by nothing but its name. */
static void direct_sleeper(void *arg)
{
	(void)arg;
	go();
	for (;;) {
		sched_prepare_block(false);
		if (look(COND))
			break;
		sched_switch();
	}
	sched_cancel_block();
	rest();
}

static void direct_waker(void *arg)
{
	(void)arg;
	go();
	put(COND, 1);
	sched_wake(role(0));
	rest();
}

static void watcher(void *arg)
{
	struct watch watch;
	struct watcher on[2];

	(void)arg;
	watch_init(&watch);
	watcher_add(&on[0], &watch, &world->queue[0]);
	watcher_add(&on[1], &watch, &world->queue[1]);
	go();
	for (;;) {
		watch_begin(&watch);
		if (look(COND) && look(OTHER))
			break;
		watch_sleep(&watch, WAIT_FOREVER);
	}
	watcher_remove(&on[0]);
	watcher_remove(&on[1]);
	rest();
}

static void other_waker(void *arg)
{
	(void)arg;
	go();
	put(OTHER, 1);
	wait_wake_one(&world->queue[1]);
	rest();
}

/* ---- signals and deadlines ---- */

static void interruptible(void *arg)
{
	(void)arg;
	go();
	await(COND, WAIT_FOREVER, WAIT_INTERRUPTIBLE);
	rest();
}

static void sender(void *arg)
{
	(void)arg;
	go();
	model_atomic("raises", "&a signal");
	world->signal[1] = true;
	sched_wake_signal(role(0));
	rest();
}

static void user(void *arg)
{
	(void)arg;
	go();
	machine_use_cpu(&world->acted[my_number() + 1]);
	rest();
}

/* What lay below on the stack is gone. */
static __attribute__((noinline)) void clear_stack(void)
{
	volatile uint64_t words[64];
	unsigned i;

	for (i = 0; i < 64; i++)
		words[i] = 0;
	(void)words[0];
}

static void wait_in_time(void)
{
	int err = await(COND, DEADLINE, WAIT_UNINTERRUPTIBLE);

	clear_stack();
	if (err == -ETIMEDOUT && world->now < DEADLINE)
		violation("%s is too early", running_name());
	rest();
}

static void timed(void *arg)
{
	(void)arg;
	go();
	wait_in_time();
}

static void timed_asleep(void *arg)
{
	(void)arg;
	wait_in_time();
}

/* ---- who moves whom ---- */

static void move_to_1(void *arg)
{
	(void)arg;
	go();
	sched_set_affinity(role(0), CPU(1));
	rest();
}

static void move_and_wake(void *arg)
{
	(void)arg;
	go();
	sched_set_affinity(role(0), CPU(1));
	add(COND);
	wait_wake_one(&world->queue[0]);
	rest();
}

static void add_2(void *arg)
{
	(void)arg;
	go();
	sched_set_affinity(role(0), CPU(0) | CPU(2));
	rest();
}

static void moves_itself(void *arg)
{
	uint64_t here = CPU(thread_current()->cpu - cpus);

	(void)arg;
	go();
	sched_set_affinity(thread_current(), CPU(0) | CPU(1));
	sched_set_affinity(thread_current(), (CPU(0) | CPU(1)) & ~here);
	if (cpu_current()->weft.index == (uint64_t)__builtin_ctzll(here))
		violation("%s is still on the CPU that it left",
			  running_name());
	rest();
}

static void yields(void *arg)
{
	(void)arg;
	go();
	sched_yield();
	rest();
}

static void starter(void *arg)
{
	(void)arg;
	go();
	thread_start(role(2 + my_number()));
	rest();
}

static void started(void *arg)
{
	(void)arg;
	rest();
}

static void prio_changer(void *arg)
{
	(void)arg;
	go();
	sched_set_prio(role(0), 10);
	sched_set_prio(role(0), 30);
	rest();
}

/* ---- ends ---- */

static void ends(void *arg)
{
	(void)arg;
	go();
	end();
}

/* ---- locks and calls ---- */

static void locker(void *arg)
{
	(void)arg;
	go();
	mutex_lock(&world->mutex);
	if (world->var[HOLDS])
		violation("two have the mutex");
	put(HOLDS, 1);
	put(HOLDS, 0);
	mutex_unlock(&world->mutex);
	rest();
}

static void note_call(void *arg)
{
	uint64_t *called = arg;

	model_atomic("notes", "&the call");
	*called = 1;
}

static void caller(void *arg)
{
	uint64_t *called = &world->var[CALLED + my_number()];

	(void)arg;
	go();
	ipi_call(UINT64_MAX, note_call, called);
	if (!*called)
		violation("%s goes on before it was called elsewhere",
			  running_name());
	rest();
}

/* ---- scenarios ---- */

#define SLEEPS	.sleeps = true
#define OPEN	.open = true

const struct scenario scenarios[] = {
	{ .name = "sleep", .text = "a condition, one sleeper, one waker",
	  .cpus = 2,
	  .role = { { "sleeper", sleeper, CPU(0), SLEEPS },
		    { "waker", waker, CPU(1), SLEEPS } } },
	{ .name = "sleep-direct", .text = "the same without a wait queue",
	  .cpus = 2,
	  .role = { { "sleeper", direct_sleeper, CPU(0), SLEEPS },
		    { "waker", direct_waker, CPU(1), SLEEPS } } },
	{ .name = "wakers", .text = "one sleeper, two wakers", .cpus = 3,
	  .role = { { "sleeper", direct_sleeper, CPU(0), SLEEPS },
		    { "waker", direct_waker, CPU(1) },
		    { "waker", direct_waker, CPU(2) } } },
	{ .name = "sleepers", .text = "two sleepers, each woken once",
	  .cpus = 2,
	  .role = { { "sleeper", sleeper, CPU(0), SLEEPS },
		    { "sleeper", asleep, CPU(0), SLEEPS },
		    { "waker", waker_twice, CPU(1) } } },
	{ .name = "sleepers-all", .text = "two sleepers, woken at once",
	  .cpus = 2,
	  .role = { { "sleeper", sleeper, CPU(0), SLEEPS },
		    { "sleeper", asleep, 0, SLEEPS },
		    { "waker", waker_of_all, CPU(1), SLEEPS } } },
	{ .name = "watch", .text = "a watch of two queues", .cpus = 3,
	  .role = { { "watcher", watcher, CPU(0) },
		    { "waker", waker, CPU(1) },
		    { "waker", other_waker, CPU(2) } } },
	{ .name = "place", .text = "a sleeper is woken onto another CPU",
	  .cpus = 2,
	  .role = { { "sleeper", sleeper, 0, SLEEPS },
		    { "waker", waker, 0, SLEEPS } } },
	{ .name = "place-3", .text = "two sleepers, two wakers, one idle CPU",
	  .cpus = 3, .large = true,
	  .role = { { "waker", waker, CPU(0) },
		    { "waker", waker, CPU(1) },
		    { "sleeper", asleep, 0, SLEEPS },
		    { "sleeper", asleep, 0, SLEEPS } } },
	{ .name = "pull", .text = "a CPU becomes idle while one waits",
	  .cpus = 2, .quiet = 2,
	  .role = { { "waits", program, 0 },
		    { "program", program, CPU(0), .prio = 10 },
		    { "leaves", program, CPU(1), SLEEPS } } },
	{ .name = "pull-woken", .text = "the same, with a waker", .cpus = 2,
	  .quiet = 2, .large = true,
	  .role = { { "waker", waker_twice, CPU(0), SLEEPS },
		    { "sleeper", asleep, 0, SLEEPS },
		    { "sleeper", sleeper, 0, SLEEPS } } },
	{ .name = "starved", .text = "one waits for another CPU than that "
			     "which becomes idle", .cpus = 2, .quiet = 2,
	  .role = { { "waits", program, CPU(0), OPEN },
		    { "program", program, CPU(0), .prio = 10 },
		    { "leaves", program, CPU(1), SLEEPS } } },
	{ .name = "call-idle", .text = "one that waits may run on another "
			       "CPU, too, which is idle", .cpus = 3,
	  .affinity = true, .quiet = 4,
	  .role = { { "waits", program, CPU(0) },
		    { "program", program, CPU(0), .prio = 10 },
		    { "mover", add_2, CPU(1), SLEEPS } } },
	{ .name = "yield", .text = "two that yield, and an idle CPU",
	  .cpus = 2,
	  .role = { { "first", yields, 0, SLEEPS },
		    { "second", yields, 0, SLEEPS } } },
	{ .name = "start", .text = "two CPUs start a thread each", .cpus = 2,
	  .role = { { "parent", starter, CPU(0), SLEEPS },
		    { "parent", starter, CPU(1), SLEEPS },
		    { "child", started, 0, .is_new = true, SLEEPS },
		    { "child", started, 0, .is_new = true, SLEEPS } } },
	{ .name = "exit", .text = "two end at once, and are buried",
	  .cpus = 2,
	  .role = { { "first", ends, CPU(0) },
		    { "second", ends, CPU(1) } } },
	{ .name = "exit-woken", .text = "one that is woken ends elsewhere",
	  .cpus = 2,
	  .role = { { "waker", waker, CPU(0) },
		    { "dies", asleep_ends, 0 } } },
	{ .name = "signal", .text = "a sleep ends by a signal or a wake-up",
	  .cpus = 2,
	  .role = { { "sleeper", interruptible, CPU(0) },
		    { "sender", sender, CPU(1) } } },
	{ .name = "signal-wake", .text = "a sleep ends by a signal and a "
				 "wake-up", .cpus = 3,
	  .role = { { "sleeper", interruptible, CPU(0) },
		    { "sender", sender, CPU(1) },
		    { "waker", waker, CPU(2) } } },
	{ .name = "signal-user", .text = "a signal to a program that runs",
	  .cpus = 2,
	  .role = { { "program", user, CPU(0) },
		    { "sender", sender, CPU(1) } } },
	{ .name = "timeout", .text = "a deadline passes, or a wake-up comes",
	  .cpus = 2, .times = 1,
	  .role = { { "sleeper", timed, CPU(0) },
		    { "waker", waker, CPU(1) } } },
	{ .name = "timeout-moved", .text = "a deadline passes on the CPU that "
				   "its thread has left", .cpus = 2,
	  .affinity = true, .times = 1,
	  .role = { { "sleeper", timed_asleep, CPU(0), OPEN },
		    { "mover", move_and_wake, CPU(1), OPEN } } },
	{ .name = "affinity-run", .text = "a running program has to move",
	  .cpus = 2, .affinity = true,
	  .role = { { "program", program, CPU(0) },
		    { "mover", move_to_1, CPU(1), SLEEPS } } },
	{ .name = "affinity-sleep", .text = "one that sleeps has to move",
	  .cpus = 2, .affinity = true,
	  .role = { { "sleeper", sleeper, CPU(0) },
		    { "mover", move_and_wake, CPU(1), .prio = 10, SLEEPS } } },
	{ .name = "affinity-sleep-3", .text = "one that sleeps has to move, "
				      "while it is woken", .cpus = 3,
	  .affinity = true, .large = true,
	  .role = { { "sleeper", sleeper, CPU(0) },
		    { "mover", move_to_1, CPU(1), .prio = 10, SLEEPS },
		    { "waker", waker, CPU(2) } } },
	{ .name = "affinity-wake", .text = "one that is woken onto another CPU "
				   "has to move", .cpus = 3, .affinity = true,
	  .role = { { "sleeper", asleep, 0, OPEN },
		    { "mover", move_to_1, CPU(1), .prio = 10 },
		    { "waker", waker, CPU(0) } } },
	{ .name = "affinity-pull", .text = "one that waits and is pulled has "
				   "to move", .cpus = 3, .affinity = true,
	  .quiet = 2,
	  .role = { { "waits", program, 0 },
		    { "program", program, CPU(0), .prio = 10 },
		    { "mover", move_to_1, CPU(1), SLEEPS },
		    { "leaves", program, CPU(2), SLEEPS } } },
	{ .name = "affinity-self", .text = "two change places", .cpus = 2,
	  .affinity = true,
	  .role = { { "first", moves_itself, CPU(0), SLEEPS },
		    { "second", moves_itself, CPU(1), SLEEPS } } },
	{ .name = "priority", .text = "a priority changes under a wake-up",
	  .cpus = 3,
	  .role = { { "sleeper", sleeper, CPU(0) },
		    { "changer", prio_changer, CPU(1) },
		    { "waker", waker, CPU(2) } } },
	{ .name = "mutex", .text = "two take a mutex", .cpus = 2,
	  .role = { { "first", locker, CPU(0), SLEEPS },
		    { "second", locker, CPU(1), SLEEPS } } },
	{ .name = "mutex-3", .text = "three take a mutex", .cpus = 2,
	  .role = { { "first", locker, CPU(0), SLEEPS },
		    { "second", locker, CPU(1), SLEEPS },
		    { "third", locker, CPU(1), SLEEPS } } },
	{ .name = "call", .text = "two CPUs call each other", .cpus = 2,
	  .role = { { "first", caller, CPU(0), SLEEPS },
		    { "second", caller, CPU(1), SLEEPS } } },
	{ .name = NULL },
};

unsigned script_threads(void)
{
	unsigned n = 0;

	while (n < 4 && scenario->role[n].name)
		n++;
	return n;
}

/* As in an interrupt on the first CPU, which is idle. */
void script_setup(void)
{
	struct context idle = world->contexts[THREADS];
	struct thread *thread;
	unsigned i;

	waitq_init(&world->queue[0], "queue");
	waitq_init(&world->queue[1], "second queue");
	mutex_init(&world->mutex, RANK_INODE, "mutex");
	current = 0;
	for (i = 0; i < script_threads(); i++) {
		const struct role *each = &scenario->role[i];

		thread = thread_create(each->name, each->body, NULL, NULL);
		if (each->affinity)
			thread->affinity = each->affinity;
		if (each->prio)
			sched_set_prio(thread, each->prio);
		if (!each->is_new)
			thread_start(thread);
	}
	current = -1;
	world->contexts[THREADS].wait = idle.wait;
	world->contexts[THREADS].what = idle.what;
	world->cpu[0].pending |= 1;
}
