// SPDX-License-Identifier: MIT
/* Threads come and go without leaving anything. */
#include "boot_test.h"
#include "mm/kvm.h"
#include "mm/page.h"
#include "sched/clock.h"
#include "sched/sched.h"
#include "sched/thread.h"

#define MANY 1000
#define BATCH 20

static unsigned ran;

static void count_run(void *arg)
{
	(void)arg;
	__atomic_fetch_add(&ran, 1, __ATOMIC_RELAXED);
}

static int test_many(void)
{
	static struct worker workers[BATCH];
	unsigned i, round;

	ran = 0;
	for (round = 0; round < MANY / BATCH; round++) {
		for (i = 0; i < BATCH; i++)
			CHECK(worker_start(&workers[i], "short", count_run,
					   NULL, BOOT_PRIO_MIDDLE));
		for (i = 0; i < BATCH; i++)
			CHECK(worker_join(&workers[i]));
	}
	CHECK_NUM(ran, ==, MANY);
	return BOOT_PASS;
}

static int test_buried(void)
{
	static struct worker worker;
	unsigned before = thread_count();

	CHECK(worker_start(&worker, "short", count_run, NULL,
			   BOOT_PRIO_MIDDLE));
	CHECK_NUM(thread_count(), ==, before + 1);
	CHECK(worker_join(&worker));
	/* It woke us before its end; let it get there. */
	WAIT_FOR(thread_count() == before);
	return BOOT_PASS;
}

static int test_discard(void)
{
	unsigned before = thread_count();
	struct thread *thread = thread_create("unborn", count_run, NULL, NULL);

	CHECK(thread);
	CHECK_NUM(thread_count(), ==, before + 1);
	CHECK(thread->state == THREAD_NEW);
	CHECK_NUM(thread->tid, ==, 0);
	thread_discard(thread);
	CHECK_NUM(thread_count(), ==, before);
	return BOOT_PASS;
}

static int test_no_memory(void)
{
	struct thread *thread = NULL;
	unsigned threads = thread_count();
	size_t pages;
	long n;

	kvm_stacks_give_back();
	pages = page_free_count();
	for (n = 0; n < 100 && !thread; n++) {
		page_fail_after(n);
		thread = thread_create("starved", count_run, NULL, NULL);
		page_fail_after(-1);
		if (!thread) {
			CHECK_NUM(page_free_count(), ==, pages);
			CHECK_NUM(thread_count(), ==, threads);
		}
	}
	CHECK(thread);
	CHECK_NUM(n, >, 1);
	thread_discard(thread);
	return BOOT_PASS;
}

static void count_named(struct thread *thread, void *arg)
{
	const char *name = thread->name;

	if (name[0] == 'i' && name[1] == 't' && name[2] == '\0')
		++*(unsigned *)arg;
}

static int test_for_each(void)
{
	struct thread *thread = thread_create("it", count_run, NULL, NULL);
	unsigned found = 0;

	CHECK(thread);
	thread_for_each(count_named, &found);
	CHECK_NUM(found, ==, 1);
	thread_discard(thread);
	found = 0;
	thread_for_each(count_named, &found);
	CHECK_NUM(found, ==, 0);
	return BOOT_PASS;
}

const struct boot_test thread_tests[] = {
	{ "thread.many", "1000 threads start, run and end, and leave nothing",
	  test_many },
	{ "thread.buried", "a thread that has ended is freed",
	  test_buried },
	{ "thread.discard", "a thread that never started is freed",
	  test_discard },
	{ "thread.no_memory", "creation fails cleanly at each allocation",
	  test_no_memory },
	{ "thread.for_each", "the list names each thread once",
	  test_for_each },
	{ NULL, NULL, NULL },
};
