// SPDX-License-Identifier: MIT
/*
 * ops: what operations of the kernel cost, in instructions, on a machine whose
 * counter counts them. Started by ./bench on loom and, the same binary, on
 * Linux; it prints lines for bench_count.py:
 *
 *	calibration NOPS TICKS
 *	op NAME rounds N each N loop N batches N...	a batch of N rounds
 *	rest NAME N...				what a batch left to be done
 *	traced NAME TICKS			while it was traced
 *	flat WHAT COUNT COST
 *	memory WHAT BYTES
 *	failed WHAT: ERROR
 *	end
 *
 *	ops NAME...		these operations
 *	ops flat N		with N processes
 *	ops descriptors N	with N descriptors
 *	ops memory
 */
#include <sched.h>
#include <sys/syscall.h>

#include "bench.h"
#include "sys.h"

int run(int argc, char **argv);

static const struct operation *const lists[] = {
	sched_operations, wait_operations, memory_operations, fork_operations,
	ipc_operations,
};

static const struct operation *find(const char *name)
{
	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++)
		for (const struct operation *op = lists[i]; op->name; op++)
			if (same(op->name, name))
				return op;
	die("no such operation", 0);
}

static void run_operation(const struct operation *op)
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
static void run_apart(const struct operation *op)
{
	long pid = fork_child();

	if (pid == 0) {
		run_operation(op);
		sys1(SYS_exit_group, 0);
	}
	if (wait_child(pid) != 0)
		sys1(SYS_exit_group, 1);
}

static uint64_t least_of(void (*loop)(void))
{
	uint64_t least = UINT64_MAX;

	for (int i = 0; i < 5; i++) {
		uint64_t start = bench_now(), took;

		loop();
		took = bench_now() - start;
		least = took < least ? took : least;
	}
	return least;
}

/* That a tick of the counter is an instruction. */
static void calibrate(void)
{
	uint64_t ticks = least_of(loop_nops) - least_of(loop_no_nops);

	put("calibration ");
	put_number(LOOP_NOPS);
	put(" ");
	put_number(ticks);
	put("\n");
}

/* One CPU; on Linux no slice ends in the middle. loom has only SCHED_OTHER. */
static void alone(void)
{
	unsigned long set = 1;
	int priority = 50;

	sys3(SYS_sched_setaffinity, 0, sizeof(set), &set);
	sys3(SYS_sched_setscheduler, 0, SCHED_FIFO, &priority);
}

int run(int argc, char **argv)
{
	long count = argc == 3 ? to_number(argv[2]) : 0;

	alone();
	calibrate();
	if (argc == 3 && same(argv[1], "flat"))
		flat_processes(count);
	else if (argc == 3 && same(argv[1], "descriptors"))
		flat_descriptors(count);
	else if (argc == 2 && same(argv[1], "memory"))
		memory_of_tasks();
	else
		for (int i = 1; i < argc; i++)
			run_apart(find(argv[i]));
	put("end\n");
	return 0;
}
