// SPDX-License-Identifier: MIT
/* Watching several wait queues at once: nothing lost, nothing taken away. */
#include "boot_test.h"

#include "lib/errno.h"
#include "sched/clock.h"
#include "sched/sched.h"
#include "sched/thread.h"

enum { QUEUES = 3, ROUNDS = 3000, MOST_BUSY = 50 };

static struct waitq queue[QUEUES] = {
	WAITQ_INIT("watched", queue[0]),
	WAITQ_INIT("watched", queue[1]),
	WAITQ_INIT("watched", queue[2]),
};
static bool go[QUEUES];		/* atomic */

struct set {
	struct watch watch;
	struct watcher watcher[QUEUES];
};

static void set_add(struct set *set)
{
	watch_init(&set->watch);
	for (unsigned i = 0; i < QUEUES; i++)
		watcher_add(&set->watcher[i], &set->watch, &queue[i]);
}

static void set_remove(struct set *set)
{
	for (unsigned i = 0; i < QUEUES; i++)
		watcher_remove(&set->watcher[i]);
}

/* The number of one that is true, QUEUES if none is. */
static unsigned which(void)
{
	unsigned i = 0;

	while (i < QUEUES && !__atomic_load_n(&go[i], __ATOMIC_ACQUIRE))
		i++;
	return i;
}

/* Until one of the conditions is true: its number, or QUEUES at @deadline. */
static unsigned watch_for(uint64_t deadline)
{
	struct set set;
	unsigned found;
	int err = 0;

	set_add(&set);
	for (;;) {
		watch_begin(&set.watch);
		found = which();
		if (found < QUEUES || err)
			break;
		err = watch_sleep(&set.watch, deadline);
	}
	set_remove(&set);
	return found;
}

static int test_deadline(void)
{
	uint64_t start;
	unsigned ms;

	for (ms = 1; ms < 40; ms += 7) {
		start = clock_now();
		CHECK_NUM(watch_for(start + ms * BOOT_MS), ==, QUEUES);
		CHECK_NUM(clock_now() - start, >=, ms * BOOT_MS);
		CHECK_NUM(clock_now() - start, <, (ms + 1000) * BOOT_MS);
	}
	CHECK_NUM(watch_for(0), ==, QUEUES);
	for (unsigned i = 0; i < QUEUES; i++)
		CHECK(list_empty(&queue[i].watchers));
	return BOOT_PASS;
}

/* A queue that is woken all the time hides neither deadline nor the rest. */
static int test_busy(void)
{
	struct watch watch;
	struct watcher watcher;
	unsigned rounds = 0;
	int err = 0;

	watch_init(&watch);
	watcher_add(&watcher, &watch, &queue[0]);
	while (!err && rounds < MOST_BUSY) {
		watch_begin(&watch);
		wait_wake_all(&queue[0]);
		err = watch_sleep(&watch, rounds == MOST_BUSY / 2 ? 0 :
				  WAIT_FOREVER);
		rounds++;
	}
	watcher_remove(&watcher);
	CHECK(err == -ETIMEDOUT);
	CHECK_NUM(rounds, ==, MOST_BUSY / 2 + 1);
	return BOOT_PASS;
}

static unsigned waiter_woken, watchers_woken;	/* atomic */

static void wait_once(void *arg)
{
	struct waiter w;

	(void)arg;
	wait_prepare(&queue[0], &w, WAIT_UNINTERRUPTIBLE);
	wait_sleep(&w, WAIT_FOREVER);
	wait_finish(&w);
	__atomic_add_fetch(&waiter_woken, 1, __ATOMIC_SEQ_CST);
}

static void watch_once(void *arg)
{
	struct set set;

	(void)arg;
	set_add(&set);
	watch_begin(&set.watch);
	(void)watch_sleep(&set.watch, WAIT_FOREVER);
	set_remove(&set);
	__atomic_add_fetch(&watchers_woken, 1, __ATOMIC_SEQ_CST);
}

/* Watchers before, between and behind the waiters: one waiter is woken. */
static int test_wake_one(void)
{
	static void (*const role[])(void *) = {
		watch_once, wait_once, watch_once, wait_once, watch_once,
	};
	static struct worker worker[5];

	waiter_woken = 0;
	watchers_woken = 0;
	for (unsigned i = 0; i < 5; i++) {
		CHECK(worker_start(&worker[i], "role", role[i], NULL,
				   BOOT_PRIO_MIDDLE));
		WAIT_FOR(worker[i].thread->state == THREAD_BLOCKED);
	}
	wait_wake_one(&queue[0]);
	WAIT_FOR(watchers_woken == 3 && waiter_woken == 1);
	boot_sleep_ms(5);
	CHECK_NUM(waiter_woken, ==, 1);
	wait_wake_one(&queue[0]);
	for (unsigned i = 0; i < 5; i++)
		CHECK(worker_join(&worker[i]));
	CHECK_NUM(waiter_woken, ==, 2);
	return BOOT_PASS;
}

/*
 * The storm of test_wait.c for a watch: a timeout makes one of the conditions
 * true and wakes its queue, at a moment that moves over the whole way into
 * the sleep and out of it.
 */
static struct timeout storm;
static unsigned storm_queue;
static uint64_t storm_lost, storm_slept;

static void storm_wakes(struct timeout *timeout)
{
	(void)timeout;
	__atomic_store_n(&go[storm_queue], true, __ATOMIC_RELEASE);
	wait_wake_one(&queue[storm_queue]);
}

static void weather_storm(void *arg)
{
	uint64_t jitter = 54321;

	(void)arg;
	timeout_init(&storm, storm_wakes);
	for (unsigned i = 0; i < ROUNDS; i++) {
		uint64_t before = thread_current()->voluntary;

		jitter = jitter * 6364136223846793005u + 1442695040888963407u;
		storm_queue = i % QUEUES;
		timeout_start(&storm, clock_deadline((jitter >> 33) % 120000));
		if (watch_for(clock_deadline(1000 * BOOT_MS)) != storm_queue)
			storm_lost++;
		if (thread_current()->voluntary != before)
			storm_slept++;
		timeout_stop(&storm);
		go[storm_queue] = false;
	}
}

static int test_storm(void)
{
	static struct worker worker;

	storm_lost = 0;
	storm_slept = 0;
	CHECK(worker_start(&worker, "storm", weather_storm, NULL,
			   BOOT_PRIO_MIDDLE));
	CHECK(worker_join(&worker));
	boot_note("%llu of %u rounds slept", (unsigned long long)storm_slept,
		  (unsigned)ROUNDS);
	CHECK_NUM(storm_lost, ==, 0);
	/* Both sides of the race were hit. */
	CHECK_NUM(storm_slept, >, ROUNDS / 100);
	CHECK_NUM(storm_slept, <, ROUNDS);
	return BOOT_PASS;
}

const struct boot_test watch_tests[] = {
	{ "watch.deadline",
	  "who watches queues wakes at its deadline, not before",
	  test_deadline },
	{ "watch.busy",
	  "wake-ups that change nothing keep no deadline from passing",
	  test_busy },
	{ "watch.wake_one",
	  "wake_one wakes one waiter and every watcher",
	  test_wake_one },
	{ "watch.storm",
	  "no wake-up of a watched queue is lost",
	  test_storm },
	{ NULL, NULL, NULL },
};
