// SPDX-License-Identifier: MIT
/*
 * What does not depend on how many there are: a call and a yield beside so
 * many processes, a call with so many descriptors; and what each of them
 * takes of the memory.
 */
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>

#include "bench.h"
#include "sys.h"

enum {
	MOST = 4096,
	TASKS = 64,
	STACK = 4096,
};

static long pids[MOST];

static void report(const char *what, long count, uint64_t cost)
{
	put("flat ");
	put(what);
	put(" ");
	put_number((uint64_t)count);
	put(" ");
	put_number(cost);
	put("\n");
}

static long sleeper(void)
{
	long pid = fork_child();

	if (pid == 0)
		loop_pause();
	return pid;
}

/* The caller is one of @count. */
void flat_processes(long count)
{
	struct bench null = { .each = 1, .sides = 1 };
	struct bench yield = { .each = 1, .sides = (uint64_t)count };

	if (count > MOST)
		die("too many processes", count);
	bench_add(&null, SYS_getppid, 0, 0, 0);
	bench_add(&yield, SYS_sched_yield, 0, 0, 0);

	for (long i = 0; i < count - 1; i++)
		pids[i] = sleeper();
	for (int i = 0; i < 4; i++)
		sys0(SYS_sched_yield);
	report("null-asleep", count, bench_round(&null));
	bench_end(pids, count - 1);

	for (long i = 0; i < count - 1; i++)
		pids[i] = bench_partner(&yield);
	report("yield", count, bench_round(&yield) / (uint64_t)count);
	report("null-ready", count, bench_round(&null));
	bench_end(pids, count - 1);
}

void flat_descriptors(long count)
{
	struct rlimit limit = { (rlim_t)count + 8, (rlim_t)count + 8 };
	struct bench b = { .each = 1, .sides = 1 };
	static uint64_t one = 1;
	long fd = must("eventfd", sys2(SYS_eventfd2, 0, 0)), last = fd;

	must("prlimit", sys(SYS_prlimit64, 0, RLIMIT_NOFILE, (long)&limit, 0,
			    0, 0));
	for (long i = 1; i < count; i++)
		last = must("dup", sys1(SYS_dup, fd));
	bench_add(&b, SYS_write, last, (long)&one, sizeof(one));
	bench_add(&b, SYS_read, last, (long)&one, sizeof(one));
	report("descriptors", count, bench_round(&b));
}

/* The number in the line "MemFree: N kB" of /proc/meminfo, in bytes. */
static long free_bytes(void)
{
	static const char mark[] = "MemFree:";
	static char text[4096];
	long fd = must("/proc/meminfo", sys(SYS_openat, AT_FDCWD,
					    (long)"/proc/meminfo", O_RDONLY,
					    0, 0, 0));
	long size = must("read", sys3(SYS_read, fd, text, sizeof(text) - 1));
	long at = 0, found = 0;

	sys1(SYS_close, fd);
	text[size] = '\0';
	while (text[at] != '\0' && mark[found] != '\0')
		found = text[at++] == mark[found] ? found + 1 : 0;
	while (text[at] == ' ')
		at++;
	return to_number(text + at) * 1024;
}

static void sleep_a_little(void)
{
	struct timespec time = { 0, 50000000 };

	sys2(SYS_nanosleep, &time, NULL);
}

static long settled(void)
{
	free_bytes();		/* what reading it takes is taken now */
	sleep_a_little();
	return free_bytes();
}

static void report_memory(const char *what, long bytes)
{
	put("memory ");
	put(what);
	put(" ");
	put_number((uint64_t)bytes);
	put("\n");
}

static void wait_for_ever(void *arg)
{
	(void)arg;
	loop_pause();
}

void memory_of_tasks(void)
{
	static char stacks[TASKS + 1][STACK] __attribute__((aligned(4096)));
	long before;

	for (int i = 0; i <= TASKS; i++)
		stacks[i][0] = 1;	/* not memory of the thread's */
	pids[0] = sleeper();
	before = settled();
	for (int i = 1; i <= TASKS; i++)
		pids[i] = sleeper();
	report_memory("process", (before - settled()) / TASKS);
	bench_end(pids, TASKS + 1);

	must("clone", start_thread(stacks[1], wait_for_ever, NULL));
	before = settled();
	for (int i = 1; i <= TASKS; i++)
		must("clone", start_thread(stacks[i] + STACK, wait_for_ever,
					   NULL));
	report_memory("thread", (before - settled()) / TASKS);
}
