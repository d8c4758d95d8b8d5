// SPDX-License-Identifier: MIT
/*
 * irritator: fill all registers with rubbish and give the CPU away in every
 * manner there is, for ever, or for a number of seconds. What a kernel
 * forgets to save for pattern is then found to be this program's.
 */
#define _GNU_SOURCE
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "pattern.h"

#define SPIN_ROUNDS 200000

static struct timespec nap = { 0, 200000 };

static void irritate(uint64_t generation)
{
	struct pattern_regs want, got;
	unsigned int op = OP_SVC;

	pattern_fill(&want, (uint64_t)getpid(), generation);
	switch (generation % 8) {
	case 0:
		want.x[8] = SYS_nanosleep;
		want.x[0] = (uint64_t)(uintptr_t)&nap;
		want.x[1] = 0;
		break;
	case 1:
	case 2:
		want.x[8] = SYS_sched_yield;
		break;
	default:
		op = OP_SPIN_X0;
		want.x[0] = SPIN_ROUNDS;
	}
	pattern_window(&want, &got, op);
}

int main(int argc, char **argv)
{
	long seconds = argc > 1 ? strtol(argv[1], NULL, 10) : 0;
	struct timespec start, now;

	clock_gettime(CLOCK_MONOTONIC, &start);
	for (uint64_t generation = 0;; generation++) {
		irritate(generation);
		clock_gettime(CLOCK_MONOTONIC, &now);
		if (seconds > 0 && now.tv_sec - start.tv_sec >= seconds)
			return 0;
	}
}
