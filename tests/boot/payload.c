// SPDX-License-Identifier: MIT
/*
 * The kernel's payload when it is a test: run every boot test, print TAP on
 * the console, switch off. loom.test=PREFIX,... on the command line runs the
 * tests whose names begin so; test.crash=NAME stops the kernel instead
 * (crash.h).
 */
#include "boot/payload.h"

#include <stdarg.h>

#include "boot_test.h"
#include "crash.h"
#include "dev/host.h"
#include "dev/power.h"
#include "dev/uart.h"
#include "lib/cmdline.h"
#include "lib/panic.h"
#include "lib/printf.h"
#include "lib/string.h"
#include "mm/kvm.h"
#include "mm/page.h"
#include "mm/tables.h"
#include "proc/process.h"
#include "sched/clock.h"
#include "sched/sched.h"
#include "sched/thread.h"

/* As many threads as any test has at once: their stacks' page tables. */
#define WARM_UP_THREADS 40

/* What a test must leave as it was. */
struct counts {
	size_t pages;
	unsigned threads, processes;
};

static char prefixes[128];

static void say(const char *fmt, ...)
	__attribute__((format(printf, 1, 2)));
static void say(const char *fmt, ...)
{
	char text[256];
	va_list args;

	va_start(args, fmt);
	format_v(text, sizeof(text), fmt, args);
	va_end(args);
	uart_write_now(text, strlen(text));
}

static bool is_chosen(const struct boot_test *test)
{
	const char *at = prefixes, *comma;

	while ((comma = strchr(at, ','))) {
		if (!strncmp(test->name, at, (size_t)(comma - at)))
			return true;
		at = comma + 1;
	}
	return !strncmp(test->name, at, strlen(at));
}

static void get_counts(struct counts *counts)
{
	counts->pages = page_free_count() + kvm_spare_pages() +
			tables_spare();
	counts->threads = thread_count();
	counts->processes = process_count();
}

/* Threads that have ended may still wait for their burial: give them time. */
static bool same_counts(const struct counts *before)
{
	struct counts after;
	unsigned tries;

	for (tries = 0; tries < 200; tries++) {
		get_counts(&after);
		if (after.pages == before->pages &&
		    after.threads == before->threads &&
		    after.processes == before->processes)
			return true;
		boot_sleep_ms(10);
	}
	boot_note("left behind: pages %zu -> %zu, threads %u -> %u, "
		  "processes %u -> %u", before->pages, after.pages,
		  before->threads, after.threads, before->processes,
		  after.processes);
	return false;
}

static int run_test(const struct boot_test *test)
{
	struct counts before;
	int result;

	get_counts(&before);
	result = test->fn();
	if (!same_counts(&before))
		return BOOT_FAIL;
	return result;
}

/* Calls @fn for each chosen test. */
static void for_each_test(void (*fn)(const struct boot_test *test, void *arg),
			  void *arg)
{
	const struct boot_test *const *table;
	const struct boot_test *test;

	for (table = boot_test_tables; *table; table++)
		for (test = *table; test->name; test++)
			if (is_chosen(test))
				fn(test, arg);
}

struct tally {
	unsigned run, failed;
};

static void count_test(const struct boot_test *test, void *arg)
{
	(void)test;
	++*(unsigned *)arg;
}

static void report_test(const struct boot_test *test, void *arg)
{
	struct tally *tally = arg;
	uint64_t start = clock_now();
	int result = run_test(test);

	tally->run++;
	if (result == BOOT_FAIL)
		tally->failed++;
	say("%sok %u - %s: %s%s\n", result == BOOT_FAIL ? "not " : "",
	    tally->run, test->name, test->sentence,
	    result == BOOT_SKIP ? " # SKIP" : "");
	boot_note("%s took %llu ms", test->name,
		  (unsigned long long)((clock_now() - start) / BOOT_MS));
}

/* Page tables for stacks stay once they are there; make them before. */
static void warm_up(void)
{
	static struct thread *threads[WARM_UP_THREADS];
	unsigned i;

	for (i = 0; i < WARM_UP_THREADS; i++) {
		threads[i] = thread_create("warm-up", NULL, NULL, NULL);
		if (!threads[i])
			fatal("no memory for the boot tests");
	}
	for (i = 0; i < WARM_UP_THREADS; i++)
		thread_discard(threads[i]);
}

static _Noreturn void finish(const struct tally *tally)
{
	say("# %u passed or skipped, %u failed\n", tally->run - tally->failed,
	    tally->failed);
	uart_flush();
	/* Where no command line said so: the machine may still answer. */
	if (!host_present())
		host_init(host_probe());
	host_status(tally->failed ? "exit 1" : "exit 0");
	host_exit(tally->failed ? 1 : 0);
	power_off();
}

static void run_all(void *arg)
{
	struct tally tally = { 0, 0 };
	unsigned count = 0;

	char crash[32];

	(void)arg;
	if (cmdline_get(boot_cmdline(), "test.crash", crash, sizeof(crash)))
		crash_run(crash);
	warm_up();
	for_each_test(count_test, &count);
	say("1..%u\n", count);
	for_each_test(report_test, &tally);
	finish(&tally);
}

void boot_payload(void)
{
	struct thread *runner = thread_create("boot-tests", run_all, NULL,
					      NULL);

	if (!runner)
		fatal("no memory for the boot tests");
	cmdline_get(boot_cmdline(), "loom.test", prefixes, sizeof(prefixes));
	sched_set_prio(runner, BOOT_PRIO_RUNNER);
	thread_start(runner);
}
