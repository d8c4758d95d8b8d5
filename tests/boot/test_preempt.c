// SPDX-License-Identifier: MIT
/* Preemption of kernel code, and how soon a woken thread runs. */
#include <weft/sysreg.h>

#include "boot_test.h"
#include "sched/clock.h"
#include "sched/sched.h"
#include "sched/thread.h"

#define BURNERS 10

static struct waitq ringing = WAITQ_INIT("ringing", ringing);

static bool stop;
static uint64_t burnt;		/* changes whenever a burner runs */

static void burn(void *arg)
{
	(void)arg;
	while (!__atomic_load_n(&stop, __ATOMIC_RELAXED)) {
		__atomic_store_n(&burnt, burnt + 1, __ATOMIC_RELAXED);
		boot_pause();
	}
}

static void stop_burners(void *arg)
{
	(void)arg;
	__atomic_store_n(&stop, true, __ATOMIC_RELAXED);
}

/* The second can only run if the timer takes the CPU from the first. */
static int test_spinner(void)
{
	static struct worker spinner, stopper;

	stop = false;
	CHECK(worker_start(&spinner, "spinner", burn, NULL, BOOT_PRIO_MIDDLE));
	CHECK(worker_start(&stopper, "stopper", stop_burners, NULL,
			   BOOT_PRIO_MIDDLE));
	CHECK(worker_join(&spinner));
	CHECK(worker_join(&stopper));
	return BOOT_PASS;
}

/* A thread of high priority that notes when it runs. */
static bool high_ran;

static void note_run(void *arg)
{
	(void)arg;
	__atomic_store_n(&high_ran, true, __ATOMIC_RELAXED);
}

static bool ran_while_disabled, ran_while_locked, ran_after;
static struct worker high_worker;

static void disable_and_start(void *arg)
{
	(void)arg;
	preempt_disable();
	worker_go(&high_worker);
	boot_spin_us(3 * TICK_NS / 1000);
	ran_while_disabled = __atomic_load_n(&high_ran, __ATOMIC_RELAXED);
	preempt_enable();
	ran_after = __atomic_load_n(&high_ran, __ATOMIC_RELAXED);
}

static int test_disable(void)
{
	static struct worker worker;

	high_ran = false;
	CHECK(worker_create(&high_worker, "high", note_run, NULL,
			    BOOT_PRIO_HIGH));
	CHECK(worker_start(&worker, "disabler", disable_and_start, NULL,
			   BOOT_PRIO_MIDDLE));
	CHECK(worker_join(&worker));
	CHECK(worker_join(&high_worker));
	CHECK(!ran_while_disabled);
	CHECK(ran_after);
	return BOOT_PASS;
}

static void lock_and_start(void *arg)
{
	static struct spinlock lock;

	(void)arg;
	spin_init(&lock, RANK_FDTABLE, "test-preempt");
	spin_lock(&lock);
	worker_go(&high_worker);
	boot_spin_us(3 * TICK_NS / 1000);
	ran_while_locked = __atomic_load_n(&high_ran, __ATOMIC_RELAXED);
	spin_unlock(&lock);
	ran_after = __atomic_load_n(&high_ran, __ATOMIC_RELAXED);
}

static int test_lock(void)
{
	static struct worker worker;

	high_ran = false;
	CHECK(worker_create(&high_worker, "high", note_run, NULL,
			    BOOT_PRIO_HIGH));
	CHECK(worker_start(&worker, "locker", lock_and_start, NULL,
			   BOOT_PRIO_MIDDLE));
	CHECK(worker_join(&worker));
	CHECK(worker_join(&high_worker));
	CHECK(!ran_while_locked);
	CHECK(ran_after);
	return BOOT_PASS;
}

/* A request that came while interrupts were masked is not lost. */
static void mask_and_start(void *arg)
{
	(void)arg;
	weft_mask_all();
	worker_go(&high_worker);
	ran_while_locked = __atomic_load_n(&high_ran, __ATOMIC_RELAXED);
	weft_unmask_all();
	boot_spin_us(2 * TICK_NS / 1000);
	ran_after = __atomic_load_n(&high_ran, __ATOMIC_RELAXED);
}

static int test_masked(void)
{
	static struct worker worker;

	high_ran = false;
	CHECK(worker_create(&high_worker, "high", note_run, NULL,
			    BOOT_PRIO_HIGH));
	CHECK(worker_start(&worker, "masker", mask_and_start, NULL,
			   BOOT_PRIO_MIDDLE));
	CHECK(worker_join(&worker));
	CHECK(worker_join(&high_worker));
	CHECK(!ran_while_locked);
	CHECK(ran_after);
	return BOOT_PASS;
}

/*
 * A thread of the burners' own priority that sleeps and wakes. Its delay is
 * counted from the interrupt that wakes it, and a delay in which no burner
 * ran is not the scheduler's: the host stopped the machine.
 */
#define WAKES 40

struct sleep {
	struct timeout timeout;
	bool rings;
	uint64_t rang_ns, burnt;
};

static uint64_t worst_ns, sum_ns;

static void ring(struct timeout *timeout)
{
	struct sleep *sleep = container_of(timeout, struct sleep, timeout);

	sleep->rang_ns = clock_now();
	sleep->burnt = burnt;
	__atomic_store_n(&sleep->rings, true, __ATOMIC_RELEASE);
	wait_wake_all(&ringing);
}

static void sleep_for(struct sleep *sleep, uint64_t ns)
{
	struct waiter w;

	sleep->rings = false;
	timeout_start(&sleep->timeout, clock_deadline(ns));
	for (;;) {
		wait_prepare(&ringing, &w, WAIT_UNINTERRUPTIBLE);
		if (__atomic_load_n(&sleep->rings, __ATOMIC_ACQUIRE))
			break;
		wait_sleep(&w, WAIT_FOREVER);
	}
	wait_finish(&w);
	timeout_stop(&sleep->timeout);
}

static void wake_often(void *arg)
{
	struct sleep sleep = { .rings = false };
	uint64_t late;
	unsigned i;

	(void)arg;
	worst_ns = 0;
	sum_ns = 0;
	timeout_init(&sleep.timeout, ring);
	for (i = 0; i < WAKES; i++) {
		sleep_for(&sleep, (7 + i % 5) * BOOT_MS);
		late = clock_now() - sleep.rang_ns;
		sum_ns += late;
		if (late > worst_ns && burnt != sleep.burnt)
			worst_ns = late;
		/* As much as a shell does for a key. */
		boot_spin_us(200);
	}
}

static int test_latency(void)
{
	static struct worker burners[BURNERS], sleeper;
	unsigned i;

	stop = false;
	for (i = 0; i < BURNERS; i++)
		CHECK(worker_start(&burners[i], "burner", burn, NULL,
				   BOOT_PRIO_MIDDLE));
	CHECK(worker_start(&sleeper, "sleeper", wake_often, NULL,
			   BOOT_PRIO_MIDDLE));
	CHECK(worker_join(&sleeper));
	__atomic_store_n(&stop, true, __ATOMIC_RELAXED);
	for (i = 0; i < BURNERS; i++)
		CHECK(worker_join(&burners[i]));
	boot_note("woken among %u burners: mean %llu us; worst, with a "
		  "burner before: %llu us", BURNERS,
		  (unsigned long long)(sum_ns / WAKES / 1000),
		  (unsigned long long)(worst_ns / 1000));
	CHECK_NUM(worst_ns, <, 2 * TICK_NS);
	return BOOT_PASS;
}

const struct boot_test preempt_tests[] = {
	{ "preempt.spinner", "a spinning kernel thread starves nobody",
	  test_spinner },
	{ "preempt.disable", "preempt_disable holds, preempt_enable switches",
	  test_disable },
	{ "preempt.lock", "the holder of a spinlock is not switched away",
	  test_lock },
	{ "preempt.masked", "a switch asked for under a mask comes after it",
	  test_masked },
	{ "preempt.latency",
	  "among ten burners a woken thread runs within two timer periods",
	  test_latency },
	{ NULL, NULL, NULL },
};
