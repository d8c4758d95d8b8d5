// SPDX-License-Identifier: MIT
/* Spinlocks, and that the lock checker fires at every rule. */
#include <weft/arch.h>
#include <weft/sysreg.h>

#include "boot_test.h"
#include "lib/assert.h"
#include "lib/lock.h"
#include "sched/mutex.h"
#include "sched/thread.h"

static struct spinlock low, low2, high;
static struct mutex mutex, mutex2;

static void init_locks(void)
{
	spin_init(&low, RANK_FDTABLE, "test-low");
	spin_init(&low2, RANK_FDTABLE, "test-low2");
	spin_init(&high, RANK_TTY, "test-high");
	mutex_init(&mutex, RANK_DIR, "test-mutex");
	mutex_init(&mutex2, RANK_INODE, "test-mutex2");
}

static int test_counts(void)
{
	struct thread *self = thread_current();
	uint64_t daif, inner;

	init_locks();
	spin_lock(&low);
	CHECK_NUM(self->preempt, ==, 1);
	CHECK_NUM(weft_read_daif(), ==, 0);
	daif = spin_lock_irqsave(&high);
	CHECK_NUM(self->preempt, ==, 2);
	CHECK_NUM(weft_read_daif(), ==, WEFT_PSTATE_DAIF);
	CHECK(spin_held(&low) && spin_held(&high));
	spin_unlock_irqrestore(&high, daif);
	CHECK_NUM(weft_read_daif(), ==, 0);
	spin_unlock(&low);
	CHECK_NUM(self->preempt, ==, 0);

	weft_mask_irq();
	inner = spin_lock_irqsave(&high);
	spin_unlock_irqrestore(&high, inner);
	daif = weft_read_daif();
	weft_unmask_all();
	CHECK_NUM(daif, ==, WEFT_PSTATE_I | WEFT_PSTATE_F);
	CHECK_NUM(low.next, ==, low.owner);
	CHECK_NUM(high.next, ==, high.owner);
	return BOOT_PASS;
}

/* Tickets are 16 bits: over their end. */
static int test_tickets(void)
{
	uint32_t i;

	init_locks();
	for (i = 0; i < 0x10010; i++) {
		spin_lock(&low);
		spin_unlock(&low);
	}
	CHECK_NUM(low.next, ==, 0x10);
	CHECK_NUM(low.owner, ==, 0x10);
	return BOOT_PASS;
}

static void out_of_order(void *arg)
{
	(void)arg;
	spin_lock_irqsave(&high);
	spin_lock(&low);
}

static void same_rank(void *arg)
{
	(void)arg;
	spin_lock(&low);
	spin_lock(&low2);
}

static void twice(void *arg)
{
	(void)arg;
	spin_lock(&low);
	spin_lock_nested(&low);
}

static void not_held(void *arg)
{
	(void)arg;
	spin_unlock(&low);
}

static void irqs_enabled(void *arg)
{
	(void)arg;
	spin_lock(&high);
}

static void sleeps(void *arg)
{
	(void)arg;
	spin_lock(&low);
	boot_sleep_ms(1);
}

static void mutex_in_spin(void *arg)
{
	(void)arg;
	spin_lock(&low);
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
		CHECK(boot_expect_failure(crimes[i].fn, &low, crimes[i].text));
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
	spin_lock(&low);
	spin_lock_nested(&low2);
	daif = spin_lock_irqsave(&high);
	spin_unlock(&low);
	spin_unlock_irqrestore(&high, daif);
	spin_unlock(&low2);
	mutex_unlock(&mutex);
	CHECK(mutex_held(&mutex2) && !mutex_held(&mutex));
	mutex_unlock(&mutex2);
	CHECK_NUM(thread_current()->held.count, ==, 0);
	CHECK_NUM(thread_current()->mutexes, ==, 0);
	return BOOT_PASS;
}

const struct boot_test lock_tests[] = {
	{ "lock.counts", "locks raise the preemption count and give DAIF back",
	  test_counts },
	{ "lock.tickets", "tickets wrap around", test_tickets },
	{ "lock.allowed", "nested, crosswise released locks in order pass",
	  test_allowed },
	{ "lock.checker", "the checker stops every broken rule", test_checker },
	{ NULL, NULL, NULL },
};
