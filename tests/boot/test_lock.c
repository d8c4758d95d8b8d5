// SPDX-License-Identifier: MIT
/* Spinlocks, and that the lock checker fires at every rule. */
#include <weft/arch.h>
#include <weft/sysreg.h>

#include "boot_test.h"
#include "dev/timer.h"
#include "lib/assert.h"
#include "lib/ksyms.h"
#include "lib/lock.h"
#include "lib/lockstat.h"
#include "lib/string.h"
#include "sched/clock.h"
#include "sched/cpu.h"
#include "sched/mutex.h"
#include "sched/sched.h"
#include "sched/thread.h"

static struct spinlock lows[2], high;
static struct mutex mutex, mutex2;

static void init_locks(void)
{
	spin_init(&lows[0], RANK_FDTABLE, "test-low");
	spin_init(&lows[1], RANK_FDTABLE, "test-low2");
	spin_init(&high, RANK_TTY, "test-high");
	mutex_init(&mutex, RANK_DIR, "test-mutex");
	mutex_init(&mutex2, RANK_INODE, "test-mutex2");
}

static int test_counts(void)
{
	struct thread *self = thread_current();
	uint64_t daif, inner;

	init_locks();
	spin_lock(&lows[0]);
	CHECK_NUM(self->preempt, ==, 1);
	CHECK_NUM(weft_read_daif(), ==, 0);
	daif = spin_lock_irqsave(&high);
	CHECK_NUM(self->preempt, ==, 1);
	CHECK_NUM(weft_read_daif(), ==, WEFT_PSTATE_DAIF);
	CHECK(spin_held(&lows[0]) && spin_held(&high));
	spin_unlock_irqrestore(&high, daif);
	CHECK_NUM(weft_read_daif(), ==, 0);
	spin_unlock(&lows[0]);
	CHECK_NUM(self->preempt, ==, 0);

	weft_mask_irq();
	inner = spin_lock_irqsave(&high);
	spin_unlock_irqrestore(&high, inner);
	daif = weft_read_daif();
	weft_unmask_all();
	CHECK_NUM(daif, ==, WEFT_PSTATE_I | WEFT_PSTATE_F);
	CHECK_NUM(lows[0].next, ==, lows[0].owner);
	CHECK_NUM(high.next, ==, high.owner);
	return BOOT_PASS;
}

/* Tickets are 16 bits: over their end. */
static int test_tickets(void)
{
	uint32_t i;

	init_locks();
	for (i = 0; i < 0x10010; i++) {
		spin_lock(&lows[0]);
		spin_unlock(&lows[0]);
	}
	CHECK_NUM(lows[0].next, ==, 0x10);
	CHECK_NUM(lows[0].owner, ==, 0x10);
	return BOOT_PASS;
}

static void out_of_order(void *arg)
{
	(void)arg;
	spin_lock_irqsave(&high);
	spin_lock(&lows[0]);
}

static void same_rank(void *arg)
{
	(void)arg;
	spin_lock(&lows[0]);
	spin_lock(&lows[1]);
}

static void twice(void *arg)
{
	(void)arg;
	spin_lock(&lows[0]);
	spin_lock_nested(&lows[0]);
}

static void not_held(void *arg)
{
	(void)arg;
	spin_unlock(&lows[0]);
}

static void irqs_enabled(void *arg)
{
	(void)arg;
	spin_lock(&high);
}

static void sleeps(void *arg)
{
	(void)arg;
	spin_lock(&lows[0]);
	boot_sleep_ms(1);
}

static void mutex_in_spin(void *arg)
{
	(void)arg;
	spin_lock(&lows[0]);
	mutex_lock(&mutex);
}

static void mutex_out_of_order(void *arg)
{
	(void)arg;
	mutex_lock(&mutex2);
	mutex_lock(&mutex);
}

static void mutex_twice(void *arg)
{
	(void)arg;
	mutex_lock(&mutex);
	mutex_lock(&mutex);
}

static void mutex_not_held(void *arg)
{
	(void)arg;
	mutex_unlock(&mutex);
}

static void uninitialized(void *arg)
{
	static struct spinlock lock;

	(void)arg;
	spin_lock(&lock);
}

static void plain_assert(void *arg)
{
	assert(arg == NULL);
}

static const struct {
	void (*fn)(void *arg);
	const char *text;
} crimes[] = {
	{ out_of_order, "test-low (rank" },
	{ out_of_order, "out of order" },
	{ same_rank, "another of its rank" },
	{ twice, "taken twice" },
	{ not_held, "does not hold it" },
	{ irqs_enabled, "interrupts enabled" },
	{ sleeps, "spinlock held" },
	{ mutex_in_spin, "a sleeping lock taken with a spinlock held" },
	{ mutex_out_of_order, "out of order" },
	{ mutex_twice, "taken twice" },
	{ mutex_not_held, "does not hold it" },
	{ uninitialized, "before it was initialized" },
	{ plain_assert, "assertion failed: arg == " },
};

static int test_checker(void)
{
	size_t i;

	if (!LOOM_DEBUG)
		return BOOT_SKIP;
	for (i = 0; i < sizeof(crimes) / sizeof(crimes[0]); i++) {
		init_locks();
		CHECK(boot_expect_failure(crimes[i].fn, &lows[0],
					  crimes[i].text));
	}
	return BOOT_PASS;
}

/* What the rules allow. */
static int test_allowed(void)
{
	uint64_t daif;

	init_locks();
	mutex_lock(&mutex);
	mutex_lock(&mutex2);
	spin_lock(&lows[0]);
	spin_lock_nested(&lows[1]);
	daif = spin_lock_irqsave(&high);
	spin_unlock(&lows[0]);
	spin_unlock_irqrestore(&high, daif);
	spin_unlock(&lows[1]);
	mutex_unlock(&mutex);
	CHECK(mutex_held(&mutex2) && !mutex_held(&mutex));
	mutex_unlock(&mutex2);
#if LOOM_DEBUG
	CHECK_NUM(thread_current()->held.count, ==, 0);
#endif
	CHECK_NUM(thread_current()->mutexes, ==, 0);
	return BOOT_PASS;
}

/* What was counted since @before. */
static struct lockstat counted;

static const struct lockstat_rank *count_rank(unsigned rank)
{
	memset(&counted, 0, sizeof(counted));
	lock_stat_sum(&counted);
	return &counted.rank[rank];
}

static void spin_ms(unsigned ms)
{
	boot_spin_us(ms * 1000);
}

/* Nobody else has a lock of the rank that init_locks gives to lows[0]. */
static int test_stats(void)
{
	uint64_t before, daif, longest;
	struct ksym sym;

	if (!LOOM_DEBUG)
		return BOOT_SKIP;
	init_locks();
	before = count_rank(RANK_FDTABLE)->taken;
	for (unsigned i = 0; i < 7; i++) {
		spin_lock(&lows[0]);
		spin_unlock(&lows[0]);
	}
	CHECK_NUM(count_rank(RANK_FDTABLE)->taken, ==, before + 7);

	spin_lock(&lows[0]);
	spin_ms(30);
	spin_unlock(&lows[0]);
	CHECK_NUM(timer_ticks_to_ns(count_rank(RANK_FDTABLE)->hold), >=,
		  30 * BOOT_MS);

	/* Sleeping locks, too, asleep or not. */
	mutex_lock(&mutex2);
	boot_sleep_ms(20);
	mutex_unlock(&mutex2);
	CHECK_NUM(timer_ticks_to_ns(count_rank(RANK_INODE)->hold), >=,
		  20 * BOOT_MS);

	/* Longer than anybody did before. */
	longest = timer_ticks_to_ns(counted.masked.ticks) + 10 * BOOT_MS;
	daif = spin_lock_irqsave(&high);
	boot_spin_us((unsigned)(longest / 1000));
	spin_unlock_irqrestore(&high, daif);
	count_rank(RANK_TTY);
	CHECK_NUM(timer_ticks_to_ns(counted.masked.ticks), >=,
		  longest / 1000 * 1000);
	CHECK(ksym_lookup(counted.masked.where, &sym));
	CHECK(!strcmp(sym.name, "test_stats"));
	return BOOT_PASS;
}

static void hold_mutex(void *arg)
{
	(void)arg;
	mutex_lock(&mutex);
	boot_sleep_ms(20);
	mutex_unlock(&mutex);
}

static void hold_spin(void *arg)
{
	uint64_t deadline = clock_deadline(5000 * BOOT_MS);
	bool *held = arg;

	spin_lock(&lows[0]);
	__atomic_store_n(held, true, __ATOMIC_RELEASE);
	/* Until the other one has a ticket, too. */
	while (__atomic_load_n(&lows[0].next, __ATOMIC_RELAXED) != 2 &&
	       clock_now() < deadline)
		weft_yield_hint();
	spin_ms(5);
	spin_unlock(&lows[0]);
}

/* Waits are counted: for a mutex, and on two CPUs for a spinlock. */
static int test_contended(void)
{
	static struct worker worker;
	static bool held;
	uint64_t before;

	if (!LOOM_DEBUG)
		return BOOT_SKIP;
	init_locks();
	before = count_rank(RANK_DIR)->contended;
	CHECK(worker_start(&worker, "holder", hold_mutex, NULL,
			   BOOT_PRIO_MIDDLE));
	WAIT_FOR(mutex.owner);
	mutex_lock(&mutex);
	mutex_unlock(&mutex);
	CHECK(worker_join(&worker));
	CHECK_NUM(count_rank(RANK_DIR)->contended, ==, before + 1);
	CHECK_NUM(timer_ticks_to_ns(counted.rank[RANK_DIR].wait), >=,
		  BOOT_MS);

	if (!(cpu_online() & 2))
		return BOOT_PASS;
	held = false;
	sched_set_affinity(thread_current(), 1);
	before = count_rank(RANK_FDTABLE)->contended;
	CHECK(worker_create(&worker, "holder", hold_spin, &held,
			    BOOT_PRIO_MIDDLE));
	sched_set_affinity(worker.thread, 2);
	worker_go(&worker);
	while (!__atomic_load_n(&held, __ATOMIC_ACQUIRE))
		weft_yield_hint();
	spin_lock(&lows[0]);
	spin_unlock(&lows[0]);
	CHECK(worker_join(&worker));
	sched_set_affinity(thread_current(), UINT64_MAX);
	CHECK_NUM(count_rank(RANK_FDTABLE)->contended, ==, before + 1);
	CHECK_NUM(timer_ticks_to_ns(counted.rank[RANK_FDTABLE].wait), >=,
		  BOOT_MS);
	return BOOT_PASS;
}

const struct boot_test lock_tests[] = {
	{ "lock.counts", "one kind counts, the other gives DAIF back",
	  test_counts },
	{ "lock.tickets", "tickets wrap around", test_tickets },
	{ "lock.allowed", "nested, crosswise released locks in order pass",
	  test_allowed },
	{ "lock.stats", "acquisitions, holds and masked interrupts are counted",
	  test_stats },
	{ "lock.contended", "who waits for a lock is counted",
	  test_contended },
	{ "lock.checker", "the checker stops every broken rule", test_checker },
	{ NULL, NULL, NULL },
};
