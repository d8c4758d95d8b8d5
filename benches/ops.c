// SPDX-License-Identifier: MIT
/*
 * ops: what operations of the kernel cost, in instructions, on a machine whose
 * counter counts them. Started by ./bench on loom and, the same binary, on
 * Linux; it prints lines for bench_count.py:
 *
 *	calibration NOPS TICKS
 *	op NAME each N loop N batches N...	a batch of N operations
 *	traced NAME TICKS			while it was traced
 *	flat WHAT COUNT COST
 *	memory WHAT BYTES
 *	end
 *
 *	ops NAME...		these operations
 *	ops flat N		with N processes
 *	ops descriptors N	with N descriptors
 *	ops memory
 */
#define _GNU_SOURCE
#include <inttypes.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench.h"

static const struct operation *const lists[] = {
	sched_operations, wait_operations, memory_operations,
};

static const struct operation *find(const char *name)
{
	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++)
		for (const struct operation *op = lists[i]; op->name; op++)
			if (strcmp(op->name, name) == 0)
				return op;
	fprintf(stderr, "ops: no operation is called %s\n", name);
	exit(2);
}

static void run(const struct operation *op)
{
	struct bench b = { .count = 0 };

	if (op->run) {
		op->run(op->name);
		return;
	}
	op->prepare(&b);
	bench_measure(op->name, &b);
}

/* A process of its own, so that it leaves nothing to the next. */
static pid_t apart(void)
{
	pid_t pid = fork();
	int status;

	if (pid < 0)
		bench_die("fork");
	if (pid > 0 && (waitpid(pid, &status, 0) != pid || status != 0))
		exit(1);
	return pid;
}

/* That a tick of the counter is an instruction. */
static void calibrate(void)
{
	uint64_t without = UINT64_MAX, with = UINT64_MAX, start, took;

	for (int i = 0; i < 5; i++) {
		start = bench_now();
		took = bench_now() - start;
		without = took < without ? took : without;
		start = bench_now();
		__asm__ volatile(".rept 1000\n\tnop\n\t.endr");
		took = bench_now() - start;
		with = took < with ? took : with;
	}
	printf("calibration 1000 %" PRIu64 "\n", with - without);
	fflush(stdout);
}

/* One CPU; on Linux no slice ends in the middle. */
static void alone(void)
{
	struct sched_param first = { .sched_priority = 50 };
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(0, &set);
	sched_setaffinity(0, sizeof(set), &set);
	sched_setscheduler(0, SCHED_FIFO, &first);
}

int main(int argc, char **argv)
{
	long count = argc == 3 ? atol(argv[2]) : 0;

	alone();
	calibrate();
	if (argc == 3 && strcmp(argv[1], "flat") == 0) {
		flat_processes(count);
	} else if (argc == 3 && strcmp(argv[1], "descriptors") == 0) {
		flat_descriptors(count);
	} else if (argc == 2 && strcmp(argv[1], "memory") == 0) {
		memory_of_tasks();
	} else {
		for (int i = 1; i < argc; i++) {
			const struct operation *op = find(argv[i]);

			if (apart() == 0) {
				run(op);
				_exit(0);
			}
		}
	}
	puts("end");
	return 0;
}
