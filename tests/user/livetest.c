// SPDX-License-Identifier: MIT
/*
 * livetest: do what /proc/loom counts a known number of times, and compare the
 * counters. Linux has no such files. What else happens meanwhile (a tick that
 * preempts, the kernel's own threads) is at most SLACK; so each is done often.
 */
#define _GNU_SOURCE
#include "livetest.h"

#include <fcntl.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/child.h"
#include "lib/tap.h"

enum {
	ROUNDS = 2000,
	SLACK = 500,
	FORKS = 24,
	CPUS = 8,
};

long read_text(const char *path, char *text, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	size_t len = 0;
	ssize_t n = 1;

	if (fd < 0)
		return -1;
	while (n > 0 && len < size - 1) {
		n = read(fd, text + len, size - 1 - len);
		if (n > 0)
			len += (size_t)n;
	}
	close(fd);
	text[len] = '\0';
	return n < 0 ? -1 : (long)len;
}

/* The line of @path that begins with @name and a blank; NULL: none. */
static const char *line_of(const char *path, const char *name)
{
	static char text[8192];
	size_t len = strlen(name);
	const char *line = text;

	if (read_text(path, text, sizeof(text)) < 0)
		tap_bail("%s cannot be read", path);
	for (; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (strncmp(line, name, len) == 0 && line[len] == ' ')
			return line + len;
	}
	return NULL;
}

/* A row of /proc/loom/cpus: the sum of all CPUs. */
static long sum(const char *name)
{
	const char *line = line_of("/proc/loom/cpus", name);
	long total = 0;
	char *end;

	if (!line)
		tap_bail("/proc/loom/cpus has no %s", name);
	while (*line != '\n') {
		total += strtol(line, &end, 10);
		line = end;
	}
	return total;
}

static long value(const char *path, const char *name)
{
	const char *line = line_of(path, name);

	return line ? strtol(line, NULL, 10) : -1;
}

static long asid(const char *name)
{
	return value("/proc/loom/asid", name);
}

static void check_near(long got, long want, const char *what)
{
	tap_note("%s: %ld of %ld", what, got, want);
	tap_ok(got >= want - SLACK && got <= want + SLACK, "%s", what);
}

static void stay_on(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	if (sched_setaffinity(0, sizeof(set), &set))
		tap_bail("CPU %d cannot be had", cpu);
}

static int cpus(void)
{
	return (int)sysconf(_SC_NPROCESSORS_ONLN);
}

/* Switches */

static long own_switches(void)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	return usage.ru_nvcsw + usage.ru_nivcsw;
}

static void yield_often(void)
{
	/* Live in both under each policy: every switch moves FP registers. */
	for (int i = 0; i < ROUNDS; i++) {
		__asm__ volatile("fmov d0, #1.0" : : : "v0");
		sched_yield();
	}
}

/* Two that yield to one another; the parent waits last. */
static void test_switches(void)
{
	long own, all, ctxt, saves, loads;
	pid_t child;

	stay_on(0);
	own = own_switches();
	ctxt = value("/proc/stat", "ctxt");
	all = sum("switches");
	saves = sum("fp_saves");
	loads = sum("fp_loads");
	child = fork();
	yield_often();
	if (child == 0)
		_exit(0);
	waitpid(child, NULL, 0);
	loads = sum("fp_loads") - loads;
	saves = sum("fp_saves") - saves;
	all = sum("switches") - all;
	ctxt = value("/proc/stat", "ctxt") - ctxt;
	own = own_switches() - own;
	tap_ok(own >= ROUNDS, "two processes yield to one another");
	check_near(all, 2 * ROUNDS, "their switches are counted by the CPU");
	check_near(ctxt, 2 * ROUNDS, "and in /proc/stat");
	check_near(saves, 2 * ROUNDS, "each saves FP registers");
	check_near(loads, 2 * ROUNDS, "and loads others");
}

/* Who is to be woken sleeps on another CPU, which then is idle. */
static void answer(int in, int out)
{
	char c;

	stay_on(1);
	while (read(in, &c, 1) == 1)
		if (write(out, &c, 1) != 1)
			break;
	_exit(0);
}

static void test_reschedule(void)
{
	int to[2], from[2];
	long sent, received;
	char c = 0;
	pid_t child;

	if (cpus() == 1) {
		tap_skip("one CPU", "a CPU that sleeps is sent interrupts");
		tap_skip("one CPU", "and receives them");
		return;
	}
	stay_on(0);
	if (pipe(to) || pipe(from))
		tap_bail("no pipes");
	child = fork();
	if (child == 0) {
		close(to[1]);
		answer(to[0], from[1]);
	}
	sent = sum("reschedule_sent");
	received = sum("reschedule_received");
	for (int i = 0; i < ROUNDS; i++)
		if (write(to[1], &c, 1) != 1 || read(from[0], &c, 1) != 1)
			tap_bail("no answer");
	close(to[1]);
	waitpid(child, NULL, 0);
	received = sum("reschedule_received") - received;
	sent = sum("reschedule_sent") - sent;
	tap_note("%ld sent, %ld received, %d rounds", sent, received, ROUNDS);
	/* Who is about to sleep anyway is not always sent one. */
	tap_ok(sent >= ROUNDS / 10 && sent <= 2 * ROUNDS + SLACK,
	       "a CPU that sleeps is sent interrupts");
	tap_ok(received >= sent / 2 && received <= sent,
	       "and receives them");
}

/* membarrier asks all other CPUs, and waits for each. */
static void test_calls_between_cpus(void)
{
	enum { GLOBAL = 1, CALLS = 100 };
	long sent = sum("call_sent"), received = sum("call_received");

	for (int i = 0; i < CALLS; i++)
		syscall(SYS_membarrier, GLOBAL, 0, 0);
	tap_equal(sum("call_sent") - sent, CALLS * (cpus() - 1),
		  "calls to other CPUs are counted where they begin");
	tap_equal(sum("call_received") - received, CALLS * (cpus() - 1),
		  "and where they end");
}

static void test_ticks(void)
{
	long before = sum("ticks"), timer, ticks, all;
	struct rusage usage;

	do
		getrusage(RUSAGE_SELF, &usage);
	while (sum("ticks") < before + 10);
	all = sum("interrupts");
	timer = sum("timer");
	ticks = sum("ticks");
	tap_ok(all + SLACK >= timer && timer + SLACK >= ticks,
	       "ticks are interrupts of the timer");
}

/* Memory */

static void test_broadcasts(void)
{
	long before = asid("tlb_user_broadcasts");
	char *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	/* One when the right to write is taken; one when it is used again. */
	for (int i = 0; i < ROUNDS; i++) {
		*(volatile char *)page = 1;
		mprotect(page, 4096, PROT_READ);
		mprotect(page, 4096, PROT_READ | PROT_WRITE);
	}
	munmap(page, 4096);
	check_near(asid("tlb_user_broadcasts") - before, 2 * ROUNDS,
		   "each change of a permission is an invalidation");
}

static void fork_often(void)
{
	for (int i = 0; i < FORKS; i++) {
		pid_t child = fork();

		if (child == 0)
			_exit(0);
		waitpid(child, NULL, 0);
	}
}

/*
 * A child has a space of its own, and so an ASID. Where there are few of them
 * (loom.asids) they run out.
 */
static void test_asids(void)
{
	long next = asid("next"), count = asid("asids");
	long rollovers = asid("rollovers");
	long flushes = sum("asid_flushes"), begun;

	if (count < 0) {
		tap_skip("one ASID for all", "processes take ASIDs");
		tap_skip("one ASID for all", "generations are flushed for");
		return;
	}
	fork_often();
	begun = asid("rollovers") - rollovers;
	flushes = sum("asid_flushes") - flushes;
	next = begun * (count - 1) + asid("next") - next;
	tap_note("%ld ASIDs, %ld generations, %ld flushes", next, begun,
		 flushes);
	/* Those that run at a rollover keep theirs. */
	tap_ok(next >= FORKS && asid("generation") == asid("rollovers") + 1,
	       "processes take ASIDs");
	tap_ok(begun >= (FORKS - 1) / count && flushes >= begun &&
	       flushes <= begun * cpus() + cpus(),
	       "generations are flushed for");
}

/* Calls that are not here */

static long missing(const char *name)
{
	static char text[4096];
	const char *line = text;
	char *end;

	if (read_text("/proc/loom/calls", text, sizeof(text)) < 0)
		tap_bail("/proc/loom/calls cannot be read");
	while (*line) {
		long count = strtol(line, &end, 10);
		size_t len = strcspn(end, "\n");

		if (len == strlen(name) + 1 &&
		    memcmp(end + 1, name, len - 1) == 0)
			return count;
		line = end + len + 1;
	}
	return 0;
}

static void test_calls(void)
{
	long whole = missing("vmsplice"), part = missing("socket");
	long beyond = missing("numbers above 511");

	for (int i = 0; i < 3; i++)
		syscall(SYS_vmsplice, 0, 0, 0, 0);
	for (int i = 0; i < 2; i++)
		socket(AF_INET, SOCK_STREAM, 0);
	syscall(5000);
	tap_equal(missing("vmsplice") - whole, 3, "a call that is not here");
	tap_equal(missing("socket") - part, 2, "a part of a call");
	tap_equal(missing("numbers above 511") - beyond, 1,
		  "a number that nobody knows");
}

int main(int argc, char **argv)
{
	cpu_set_t all;

	(void)argc;
	child_init(argv[0]);
	sched_getaffinity(0, sizeof(all), &all);
	test_switches();
	test_reschedule();
	test_calls_between_cpus();
	sched_setaffinity(0, sizeof(all), &all);
	test_ticks();
	test_broadcasts();
	test_asids();
	test_calls();
	test_threads();
	return tap_done();
}
