// SPDX-License-Identifier: MIT
/* Sleeping locks: exclusion, fairness, and no inversion of priorities. */
#include <weft/sysreg.h>

#include "boot_test.h"
#include "sched/clock.h"
#include "sched/mutex.h"
#include "sched/sched.h"
#include "sched/thread.h"

#define THREADS 4
#define ROUNDS 300

static struct mutex mutex;
static unsigned inside, worst_inside;
static uint64_t shared;

static void contend(void *arg)
{
	uint64_t copy;
	unsigned i;

	(void)arg;
	for (i = 0; i < ROUNDS; i++) {
		mutex_lock(&mutex);
		inside++;
		if (inside > worst_inside)
			worst_inside = inside;
		copy = shared;
		sched_yield();
		shared = copy + 1;
		inside--;
		mutex_unlock(&mutex);
	}
}

static int test_contention(void)
{
	static struct worker workers[THREADS];
	unsigned i;

	mutex_init(&mutex, RANK_INODE, "test");
	shared = 0;
	inside = 0;
	worst_inside = 0;
	for (i = 0; i < THREADS; i++)
		CHECK(worker_start(&workers[i], "contender", contend, NULL,
				   BOOT_PRIO_MIDDLE));
	for (i = 0; i < THREADS; i++)
		CHECK(worker_join(&workers[i]));
	CHECK_NUM(shared, ==, THREADS * ROUNDS);
	CHECK_NUM(worst_inside, ==, 1);
	CHECK_NUM(mutex.owner, ==, 0);
	CHECK(list_empty(&mutex.queue.waiters));
	return BOOT_PASS;
}

static unsigned got[THREADS], ngot;

static void get_once(void *arg)
{
	mutex_lock(&mutex);
	got[ngot++] = (unsigned)(uintptr_t)arg;
	mutex_unlock(&mutex);
}

/* Who asks first gets it first, whatever the owner does afterwards. */
static int test_order(void)
{
	static struct worker workers[THREADS];
	unsigned i;

	mutex_init(&mutex, RANK_INODE, "test");
	ngot = 0;
	mutex_lock(&mutex);
	for (i = 0; i < THREADS; i++) {
		CHECK(worker_start(&workers[i], "asker", get_once,
				   (void *)(uintptr_t)i, BOOT_PRIO_MIDDLE));
		WAIT_FOR(workers[i].thread->state == THREAD_BLOCKED);
	}
	mutex_unlock(&mutex);
	mutex_lock(&mutex);
	CHECK_NUM(ngot, ==, THREADS);
	mutex_unlock(&mutex);
	for (i = 0; i < THREADS; i++) {
		CHECK(worker_join(&workers[i]));
		CHECK_NUM(got[i], ==, i);
	}
	return BOOT_PASS;
}

/* A low thread holds the mutex, middle ones burn, a high one wants it. */
static bool held, stop;
static uint64_t waited_ns;

static void hold(void *arg)
{
	(void)arg;
	mutex_lock(&mutex);
	__atomic_store_n(&held, true, __ATOMIC_RELEASE);
	boot_spin_us(20000);
	mutex_unlock(&mutex);
}

static void burn(void *arg)
{
	(void)arg;
	while (!__atomic_load_n(&stop, __ATOMIC_RELAXED))
		boot_pause();
}

static void want(void *arg)
{
	uint64_t start = clock_now();

	(void)arg;
	mutex_lock(&mutex);
	waited_ns = clock_now() - start;
	mutex_unlock(&mutex);
}

static int test_inversion(void)
{
	static struct worker holder, burners[3], wanter;
	unsigned i;

	mutex_init(&mutex, RANK_INODE, "test");
	held = false;
	stop = false;
	CHECK(worker_start(&holder, "holder", hold, NULL, BOOT_PRIO_LOW));
	WAIT_FOR(__atomic_load_n(&held, __ATOMIC_ACQUIRE));
	for (i = 0; i < 3; i++)
		CHECK(worker_start(&burners[i], "burner", burn, NULL,
				   BOOT_PRIO_MIDDLE));
	boot_sleep_ms(30);
	CHECK_NUM(mutex.owner, ==, (uintptr_t)holder.thread);
	CHECK(worker_start(&wanter, "wanter", want, NULL, BOOT_PRIO_HIGH));
	/* While the others still burn. */
	WAIT_FOR(worker_done(&wanter));
	__atomic_store_n(&stop, true, __ATOMIC_RELAXED);
	CHECK(worker_join(&wanter));
	CHECK(worker_join(&holder));
	for (i = 0; i < 3; i++)
		CHECK(worker_join(&burners[i]));
	boot_note("waited %llu us", (unsigned long long)(waited_ns / 1000));
	return BOOT_PASS;
}

static uint8_t prio_after;
static bool boosted_after;

static void note_after(void *arg)
{
	hold(arg);
	prio_after = thread_current()->prio;
	boosted_after = thread_current()->boosted;
}

static int test_prio_back(void)
{
	static struct worker holder, wanter;

	mutex_init(&mutex, RANK_INODE, "test");
	held = false;
	CHECK(worker_start(&holder, "holder", note_after, NULL,
			   BOOT_PRIO_LOW));
	WAIT_FOR(__atomic_load_n(&held, __ATOMIC_ACQUIRE));
	CHECK(worker_start(&wanter, "wanter", want, NULL, BOOT_PRIO_HIGH));
	CHECK(worker_join(&wanter));
	CHECK(worker_join(&holder));
	CHECK_NUM(prio_after, ==, BOOT_PRIO_LOW);
	CHECK(!boosted_after);
	return BOOT_PASS;
}

const struct boot_test mutex_tests[] = {
	{ "mutex.contention", "one at a time is inside, over switches",
	  test_contention },
	{ "mutex.order", "who asks first gets it first", test_order },
	{ "mutex.inversion",
	  "a preempted owner does not keep a better thread waiting",
	  test_inversion },
	{ "mutex.prio_back", "the owner's priority is its own again afterwards",
	  test_prio_back },
	{ NULL, NULL, NULL },
};
