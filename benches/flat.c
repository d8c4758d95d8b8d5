// SPDX-License-Identifier: MIT
/*
 * What does not depend on how many there are: a call and a yield beside so
 * many processes, a call with so many descriptors; and what each of them
 * takes of the memory.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "bench.h"

enum {
	TASKS = 64,
	STACK = 65536,
};

static void report(const char *what, long count, uint64_t cost)
{
	printf("flat %s %ld %" PRIu64 "\n", what, count, cost);
	fflush(stdout);
}

static pid_t sleeper(void)
{
	pid_t pid = fork();

	if (pid < 0)
		bench_die("fork");
	if (pid > 0)
		return pid;
	loop_pause();
}

/* The caller is one of @count. */
void flat_processes(long count)
{
	struct bench null = { .each = 1, .sides = 1 };
	struct bench yield = { .each = 1, .sides = (uint64_t)count };
	pid_t *pid = calloc((size_t)count, sizeof(*pid));

	if (pid == NULL)
		bench_die("calloc");
	bench_add(&null, SYS_getppid, 0, 0, 0);
	bench_add(&yield, SYS_sched_yield, 0, 0, 0);

	for (long i = 0; i < count - 1; i++)
		pid[i] = sleeper();
	for (int i = 0; i < 4; i++)
		sched_yield();
	report("null-asleep", count, bench_round(&null));
	bench_end(pid, count - 1);

	for (long i = 0; i < count - 1; i++)
		pid[i] = bench_partner(&yield);
	report("yield", count, bench_round(&yield) / (uint64_t)count);
	report("null-ready", count, bench_round(&null));
	bench_end(pid, count - 1);
	free(pid);
}

void flat_descriptors(long count)
{
	struct rlimit limit = { (rlim_t)count + 8, (rlim_t)count + 8 };
	struct bench b = { .each = 1, .sides = 1 };
	int fd = eventfd(0, 0), last = fd;
	uint64_t one = 1;

	setrlimit(RLIMIT_NOFILE, &limit);
	for (long i = 1; i < count && last >= 0; i++)
		last = dup(fd);
	if (last < 0)
		bench_die("dup");
	bench_add(&b, SYS_write, (uint64_t)last, (uint64_t)&one, sizeof(one));
	bench_add(&b, SYS_read, (uint64_t)last, (uint64_t)&one, sizeof(one));
	report("descriptors", count, bench_round(&b));
}

static long free_kib(void)
{
	char line[128];
	long kib = -1;
	FILE *file;

	sync();
	file = fopen("/proc/meminfo", "r");
	if (file == NULL)
		bench_die("/proc/meminfo");
	while (fgets(line, sizeof(line), file) != NULL)
		if (strncmp(line, "MemFree:", 8) == 0)
			kib = atol(line + 8);
	fclose(file);
	return kib;
}

static void *waiting(void *arg)
{
	(void)arg;
	loop_pause();
}

static void start_thread(void)
{
	pthread_attr_t attr;
	pthread_t thread;

	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, STACK);
	errno = pthread_create(&thread, &attr, waiting, NULL);
	if (errno)
		bench_die("pthread_create");
}

static void settle(void)
{
	usleep(50000);
}

void memory_of_tasks(void)
{
	long before, after;
	pid_t pid[TASKS];

	pid[0] = sleeper();
	free_kib();
	settle();
	before = free_kib();
	for (int i = 1; i < TASKS; i++)
		pid[i] = sleeper();
	settle();
	after = free_kib();
	printf("memory process %ld\n", (before - after) * 1024 / (TASKS - 1));
	bench_end(pid, TASKS);

	start_thread();
	settle();
	before = free_kib();
	for (int i = 0; i < TASKS; i++)
		start_thread();
	settle();
	after = free_kib();
	printf("memory thread %ld\n", (before - after) * 1024 / TASKS);
	fflush(stdout);
}
