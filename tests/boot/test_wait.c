// SPDX-License-Identifier: MIT
/* Wait queues: order, timeouts, and that no wake-up is lost. */
#include <weft/sysreg.h>

#include "boot_test.h"
#include "lib/errno.h"
#include "sched/clock.h"
#include "sched/sched.h"
#include "sched/thread.h"

#define SLEEPERS 5

static struct waitq queue = WAITQ_INIT("test", queue);
static bool go;

/* Sleep until @condition or @deadline: what wait_sleep said. */
static int wait_for(const bool *condition, uint64_t deadline)
{
	struct waiter w;
	int err = 0;

	for (;;) {
		wait_prepare(&queue, &w, WAIT_INTERRUPTIBLE);
		if (__atomic_load_n(condition, __ATOMIC_ACQUIRE) || err)
			break;
		err = wait_sleep(&w, deadline);
	}
	wait_finish(&w);
	return err;
}

static unsigned woken[SLEEPERS], nwoken;

/* Each has a condition of its own only in its place in the queue. */
static void sleep_once(void *arg)
{
	struct waiter w;

	wait_prepare(&queue, &w, WAIT_UNINTERRUPTIBLE);
	wait_sleep(&w, WAIT_FOREVER);
	wait_finish(&w);
	woken[nwoken++] = (unsigned)(uintptr_t)arg;
}

static int start_sleepers(struct worker *workers)
{
	unsigned i;

	nwoken = 0;
	for (i = 0; i < SLEEPERS; i++) {
		CHECK(worker_start(&workers[i], "sleeper", sleep_once,
				   (void *)(uintptr_t)i, BOOT_PRIO_MIDDLE));
		WAIT_FOR(workers[i].thread->state == THREAD_BLOCKED);
	}
	return BOOT_PASS;
}

static int check_order(struct worker *workers)
{
	unsigned i;

	for (i = 0; i < SLEEPERS; i++)
		CHECK(worker_join(&workers[i]));
	CHECK_NUM(nwoken, ==, SLEEPERS);
	for (i = 0; i < SLEEPERS; i++)
		CHECK_NUM(woken[i], ==, i);
	return BOOT_PASS;
}

static int test_order_all(void)
{
	static struct worker workers[SLEEPERS];

	if (start_sleepers(workers) != BOOT_PASS)
		return BOOT_FAIL;
	wait_wake_all(&queue);
	return check_order(workers);
}

static int test_order_one(void)
{
	static struct worker workers[SLEEPERS];
	unsigned i;

	if (start_sleepers(workers) != BOOT_PASS)
		return BOOT_FAIL;
	for (i = 0; i < SLEEPERS; i++) {
		CHECK_NUM(nwoken, ==, i);
		wait_wake_one(&queue);
		WAIT_FOR(nwoken > i);
	}
	return check_order(workers);
}

static int test_timeout(void)
{
	uint64_t start = clock_now();
	bool never = false;
	unsigned ms;

	for (ms = 1; ms < 40; ms += 7) {
		start = clock_now();
		CHECK(wait_for(&never, start + ms * BOOT_MS) == -ETIMEDOUT);
		CHECK_NUM(clock_now() - start, >=, ms * BOOT_MS);
		CHECK_NUM(clock_now() - start, <, (ms + 1000) * BOOT_MS);
	}
	/* A deadline that has passed: no sleep. */
	CHECK(wait_for(&never, start) == -ETIMEDOUT);
	CHECK(wait_for(&never, 0) == -ETIMEDOUT);
	CHECK(list_empty(&queue.waiters));
	return BOOT_PASS;
}

static void set_go(void *arg)
{
	boot_sleep_ms((unsigned)(uintptr_t)arg);
	__atomic_store_n(&go, true, __ATOMIC_RELEASE);
	wait_wake_all(&queue);
}

static int test_before_timeout(void)
{
	static struct worker waker;
	uint64_t start = clock_now();

	go = false;
	CHECK(worker_start(&waker, "waker", set_go, (void *)20,
			   BOOT_PRIO_MIDDLE));
	CHECK(wait_for(&go, clock_deadline(5000 * BOOT_MS)) == 0);
	CHECK_NUM(clock_now() - start, <, 1000 * BOOT_MS);
	CHECK(worker_join(&waker));
	/* True beforehand: no sleep, whatever the deadline. */
	CHECK(wait_for(&go, 0) == 0);
	CHECK(wait_for(&go, WAIT_FOREVER) == 0);
	return BOOT_PASS;
}

/*
 * The storm: a timeout makes the condition true and wakes, at a moment that
 * moves over the whole way into the sleep and out of it.
 */
#define ROUNDS 4000

static struct timeout storm;

static void storm_wakes(struct timeout *timeout)
{
	(void)timeout;
	__atomic_store_n(&go, true, __ATOMIC_RELEASE);
	wait_wake_one(&queue);
}

static uint64_t storm_lost, storm_slept;

static void weather_storm(void *arg)
{
	uint64_t jitter = 12345;
	uint64_t before;
	unsigned i;

	(void)arg;
	timeout_init(&storm, storm_wakes);
	for (i = 0; i < ROUNDS; i++) {
		before = thread_current()->voluntary;
		jitter = jitter * 6364136223846793005u + 1442695040888963407u;
		go = false;
		timeout_start(&storm, clock_deadline((jitter >> 33) % 30000));
		if (wait_for(&go, clock_deadline(1000 * BOOT_MS)))
			storm_lost++;
		if (thread_current()->voluntary != before)
			storm_slept++;
		timeout_stop(&storm);
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
		  ROUNDS);
	CHECK_NUM(storm_lost, ==, 0);
	/* Both sides of the race were hit. */
	CHECK_NUM(storm_slept, >, ROUNDS / 100);
	CHECK_NUM(storm_slept, <, ROUNDS);
	return BOOT_PASS;
}

/* Two threads, a token, and wakes without any timer. */
static unsigned token;
static struct waitq token_queue = WAITQ_INIT("token", token_queue);

static void pass_token(void *arg)
{
	unsigned mine = (unsigned)(uintptr_t)arg;
	struct waiter w;
	unsigned i;

	for (i = 0; i < ROUNDS; i++) {
		for (;;) {
			wait_prepare(&token_queue, &w, WAIT_UNINTERRUPTIBLE);
			if (__atomic_load_n(&token, __ATOMIC_ACQUIRE) == mine)
				break;
			wait_sleep(&w, WAIT_FOREVER);
		}
		wait_finish(&w);
		__atomic_store_n(&token, !mine, __ATOMIC_RELEASE);
		wait_wake_one(&token_queue);
	}
}

static int test_token(void)
{
	static struct worker workers[2];
	unsigned i;

	token = 0;
	for (i = 0; i < 2; i++)
		CHECK(worker_start(&workers[i], "token", pass_token,
				   (void *)(uintptr_t)i, BOOT_PRIO_MIDDLE));
	for (i = 0; i < 2; i++)
		CHECK(worker_join(&workers[i]));
	return BOOT_PASS;
}

/* Preempted between wait_prepare and wait_sleep: not lost, looks again. */
static uint64_t gap_rounds;

static void wait_with_gap(void *arg)
{
	uint64_t deadline = clock_deadline(5000 * BOOT_MS);
	struct waiter w;
	int err = 0;

	(void)arg;
	for (gap_rounds = 0;; gap_rounds++) {
		wait_prepare(&queue, &w, WAIT_UNINTERRUPTIBLE);
		/* Over slices of others, marked BLOCKED. */
		boot_spin_us(70000);
		if (__atomic_load_n(&go, __ATOMIC_ACQUIRE) || err)
			break;
		err = wait_sleep(&w, deadline);
	}
	wait_finish(&w);
}

static void burn_until_go(void *arg)
{
	(void)arg;
	while (!__atomic_load_n(&go, __ATOMIC_ACQUIRE))
		boot_pause();
}

static int test_gap(void)
{
	static struct worker sleeper, burner;

	go = false;
	CHECK(worker_start(&sleeper, "gap", wait_with_gap, NULL,
			   BOOT_PRIO_MIDDLE));
	CHECK(worker_start(&burner, "burner", burn_until_go, NULL,
			   BOOT_PRIO_MIDDLE));
	boot_sleep_ms(300);
	/* No wake-up for this one: it must find out by looking. */
	__atomic_store_n(&go, true, __ATOMIC_RELEASE);
	CHECK(worker_join(&sleeper));
	CHECK(worker_join(&burner));
	return BOOT_PASS;
}

/* A waiter that was woken but needs nothing passes the wake-up on. */
static void take_and_leave(void *arg)
{
	struct worker *sleeper = arg;
	struct waiter w;

	wait_prepare(&queue, &w, WAIT_UNINTERRUPTIBLE);
	/* Behind us on the queue. (It is of higher priority: it runs now.) */
	worker_go(sleeper);
	wait_wake_one(&queue);		/* hits this very waiter */
	wait_finish(&w);
}

static int test_pass_on(void)
{
	static struct worker sleeper, leaver;

	nwoken = 0;
	CHECK(worker_create(&sleeper, "sleeper", sleep_once, (void *)0,
			    BOOT_PRIO_HIGH));
	CHECK(worker_start(&leaver, "leaver", take_and_leave, &sleeper,
			   BOOT_PRIO_MIDDLE));
	CHECK(worker_join(&leaver));
	CHECK(worker_join(&sleeper));
	CHECK_NUM(nwoken, ==, 1);
	return BOOT_PASS;
}

static unsigned rang[3], nrang;
static uint64_t rings_from;

static void ring(void *arg)
{
	unsigned ms = (unsigned)(uintptr_t)arg;

	wait_until(rings_from + ms * BOOT_MS);
	rang[nrang++] = ms;
}

static int test_until(void)
{
	static const unsigned spans[3] = { 60, 20, 40 };
	static struct worker workers[3];
	unsigned i;

	nrang = 0;
	rings_from = clock_deadline(1000 * BOOT_MS);
	for (i = 0; i < 3; i++)
		CHECK(worker_start(&workers[i], "ring", ring,
				   (void *)(uintptr_t)spans[i],
				   BOOT_PRIO_MIDDLE));
	for (i = 0; i < 3; i++)
		CHECK(worker_join(&workers[i]));
	CHECK(rang[0] == 20 && rang[1] == 40 && rang[2] == 60);
	return BOOT_PASS;
}

const struct boot_test wait_tests[] = {
	{ "wait.order_all", "wake_all: who waits longest runs first",
	  test_order_all },
	{ "wait.order_one", "wake_one wakes one, who waits longest",
	  test_order_one },
	{ "wait.timeout", "a wait ends at its deadline, not before",
	  test_timeout },
	{ "wait.before_timeout", "a wake-up ends a wait before its deadline",
	  test_before_timeout },
	{ "wait.storm", "no wake-up from an interrupt is lost", test_storm },
	{ "wait.token", "no wake-up from a thread is lost", test_token },
	{ "wait.gap", "preempted on the way to sleep, a thread looks again",
	  test_gap },
	{ "wait.pass_on", "a wake-up that its waiter has no use for goes on",
	  test_pass_on },
	{ "wait.until", "sleepers wake in the order of their deadlines",
	  test_until },
	{ NULL, NULL, NULL },
};
