// SPDX-License-Identifier: MIT
/* Who runs when: priorities, round robin, CPU time, idling. */
#include <weft/sysreg.h>

#include "boot_test.h"
#include "sched/clock.h"
#include "sched/sched.h"
#include "sched/thread.h"

static char order[32];
static unsigned nordered;

static void enter_order(void *arg)
{
	if (nordered < sizeof(order))
		order[nordered++] = *(const char *)arg;
}

static int test_priorities(void)
{
	static const char names[] = "cabd";
	static const unsigned prios[] = { 30, 10, 20, 39 };
	static struct worker workers[4];
	unsigned i;

	nordered = 0;
	for (i = 0; i < 4; i++)
		CHECK(worker_create(&workers[i], "order", enter_order,
				    (void *)(uintptr_t)&names[i], prios[i]));
	for (i = 0; i < 4; i++)
		worker_go(&workers[i]);
	for (i = 0; i < 4; i++)
		CHECK(worker_join(&workers[i]));
	CHECK_NUM(nordered, ==, 4);
	for (i = 0; i < 4; i++)
		CHECK_NUM(order[i], ==, 'a' + i);
	return BOOT_PASS;
}

/* The queued ones change places when their priorities do. */
static int test_set_prio(void)
{
	static const char names[] = "ba";
	static struct worker workers[2];
	unsigned i;

	nordered = 0;
	for (i = 0; i < 2; i++)
		CHECK(worker_start(&workers[i], "order", enter_order,
				   (void *)(uintptr_t)&names[i],
				   i ? BOOT_PRIO_LOW : BOOT_PRIO_HIGH));
	sched_set_prio(workers[0].thread, 35);
	sched_set_prio(workers[1].thread, 15);
	for (i = 0; i < 2; i++)
		CHECK(worker_join(&workers[i]));
	CHECK(order[0] == 'a' && order[1] == 'b');
	return BOOT_PASS;
}

static bool stop;

static void burn(void *arg)
{
	(void)arg;
	while (!__atomic_load_n(&stop, __ATOMIC_RELAXED))
		boot_pause();
}

static int burn_for(struct worker *workers, unsigned n, unsigned ms)
{
	unsigned i;

	stop = false;
	for (i = 0; i < n; i++)
		CHECK(worker_start(&workers[i], "burner", burn, NULL,
				   BOOT_PRIO_MIDDLE));
	boot_sleep_ms(ms);
	__atomic_store_n(&stop, true, __ATOMIC_RELAXED);
	for (i = 0; i < n; i++)
		CHECK(worker_join(&workers[i]));
	return BOOT_PASS;
}

static int test_round_robin(void)
{
	enum { BURNERS = 4, MS = 1200 };
	static struct worker workers[BURNERS];
	uint64_t sum = 0;
	unsigned i;

	if (burn_for(workers, BURNERS, MS) != BOOT_PASS)
		return BOOT_FAIL;
	for (i = 0; i < BURNERS; i++) {
		boot_note("burner %u: %llu us", i, (unsigned long long)
			  (workers[i].runtime_ns / 1000));
		sum += workers[i].runtime_ns;
	}
	/* Each within two slices of its share. */
	for (i = 0; i < BURNERS; i++) {
		CHECK_NUM(workers[i].runtime_ns + 2 * SLICE_NS, >=,
			  sum / BURNERS);
		CHECK_NUM(workers[i].runtime_ns, <=,
			  sum / BURNERS + 2 * SLICE_NS);
	}
	return BOOT_PASS;
}

static int test_cpu_time(void)
{
	enum { BURNERS = 3, MS = 600 };
	static struct worker workers[BURNERS];
	uint64_t idle = sched_idle_ns();
	uint64_t start = clock_now();
	uint64_t sum = 0, wall;
	unsigned i;

	if (burn_for(workers, BURNERS, MS) != BOOT_PASS)
		return BOOT_FAIL;
	wall = clock_now() - start;
	for (i = 0; i < BURNERS; i++)
		sum += workers[i].runtime_ns;
	boot_note("wall %llu us, burners %llu us, idle %llu us",
		  (unsigned long long)(wall / 1000),
		  (unsigned long long)(sum / 1000),
		  (unsigned long long)((sched_idle_ns() - idle) / 1000));
	CHECK_NUM(sum, <=, wall);
	CHECK_NUM(sum, >=, wall / 100 * 97);
	return BOOT_PASS;
}

/* Equal shares also for one that gives up the CPU just before each tick. */
static uint64_t dodger_ns;

static void dodge(void *arg)
{
	uint64_t slice_start;

	(void)arg;
	while (!__atomic_load_n(&stop, __ATOMIC_RELAXED)) {
		slice_start = clock_now();
		while (clock_now() - slice_start < TICK_NS * 8 / 10 &&
		       !__atomic_load_n(&stop, __ATOMIC_RELAXED))
			boot_pause();
		/* Long enough not to be over before it begins. */
		wait_until(clock_deadline(50000));
	}
}

static int test_dodger(void)
{
	enum { BURNERS = 4, MS = 2000 };
	static struct worker burners[BURNERS], dodger;
	uint64_t sum = 0;
	unsigned i;

	stop = false;
	for (i = 0; i < BURNERS; i++)
		CHECK(worker_start(&burners[i], "burner", burn, NULL,
				   BOOT_PRIO_MIDDLE));
	CHECK(worker_start(&dodger, "dodger", dodge, NULL, BOOT_PRIO_MIDDLE));
	boot_sleep_ms(MS);
	__atomic_store_n(&stop, true, __ATOMIC_RELAXED);
	for (i = 0; i < BURNERS; i++) {
		CHECK(worker_join(&burners[i]));
		sum += burners[i].runtime_ns;
	}
	CHECK(worker_join(&dodger));
	dodger_ns = dodger.runtime_ns;
	boot_note("dodger %llu us, burners' mean %llu us",
		  (unsigned long long)(dodger_ns / 1000),
		  (unsigned long long)(sum / BURNERS / 1000));
	CHECK_NUM(dodger_ns, <=, sum / BURNERS + 2 * SLICE_NS);
	return BOOT_PASS;
}

static int test_idle(void)
{
	uint64_t idle = sched_idle_ns();
	uint64_t switches = sched_switch_count();
	uint64_t start = clock_now();
	uint64_t wall;

	boot_sleep_ms(200);
	wall = clock_now() - start;
	CHECK_NUM(sched_idle_ns() - idle, >=, wall / 10 * 9);
	/* To idle and back, not at every tick. */
	CHECK_NUM(sched_switch_count() - switches, <=, 4);
	return BOOT_PASS;
}

static uint64_t yields_done;

static void yield_often(void *arg)
{
	(void)arg;
	for (yields_done = 0; yields_done < 1000; yields_done++)
		sched_yield();
}

/* With nobody else to run a yield comes back at once. */
static int test_yield_alone(void)
{
	static struct worker worker;
	uint64_t switches = sched_switch_count();

	CHECK(worker_start(&worker, "yielder", yield_often, NULL,
			   BOOT_PRIO_MIDDLE));
	CHECK(worker_join(&worker));
	CHECK_NUM(yields_done, ==, 1000);
	CHECK_NUM(sched_switch_count() - switches, <, 100);
	return BOOT_PASS;
}

const struct boot_test sched_tests[] = {
	{ "sched.priorities", "the highest priority runs first",
	  test_priorities },
	{ "sched.set_prio", "a new priority counts for a queued thread",
	  test_set_prio },
	{ "sched.round_robin", "equal threads get equal time",
	  test_round_robin },
	{ "sched.cpu_time", "CPU times add up to the time that passed",
	  test_cpu_time },
	{ "sched.dodger", "sleeping before each tick gains no CPU time",
	  test_dodger },
	{ "sched.idle", "a CPU without work idles, without switches",
	  test_idle },
	{ "sched.yield_alone", "a yield without others is no switch",
	  test_yield_alone },
	{ NULL, NULL, NULL },
};
