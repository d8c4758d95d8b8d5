// SPDX-License-Identifier: MIT
/*
 * burner: use the CPU, and nothing else. Each round depends on the one
 * before and the result is printed, so that no compiler can leave it out.
 */
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <time.h>

#include "lib/prog.h"

#define USAGE \
	"usage: burner [SECONDS]\n" \
	"Compute for ever, or for so many seconds of real time.\n"

#define ROUNDS 100000

/* One block of a xorshift generator; state must not be zero. */
static uint64_t burn(uint64_t state)
{
	for (int i = 0; i < ROUNDS; i++) {
		state ^= state << 13;
		state ^= state >> 7;
		state ^= state << 17;
	}
	return state;
}

static long elapsed(const struct timespec *start)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec - start->tv_sec -
	       (now.tv_nsec < start->tv_nsec ? 1 : 0);
}

int main(int argc, char **argv)
{
	uint64_t state = 0x9e3779b97f4a7c15, blocks = 0;
	struct timespec start;
	long seconds = 0;

	prog_help(argc, argv, USAGE);
	if (argc > 2 ||
	    (argc > 1 && !prog_number(argv[1], 1, INT_MAX, &seconds)))
		prog_usage(USAGE);
	clock_gettime(CLOCK_MONOTONIC, &start);
	do {
		state = burn(state);
		blocks++;
	} while (state != 0 && (seconds == 0 || elapsed(&start) < seconds));
	printf("burner: %llu blocks, state %016llx\n",
	       (unsigned long long)blocks, (unsigned long long)state);
	prog_exit(0);
}
