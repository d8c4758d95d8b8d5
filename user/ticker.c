// SPDX-License-Identifier: MIT
/*
 * ticker: print a line every so often, to see that a background program
 * runs. The line goes out in one write, so that tickers do not mix.
 */
#include <err.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "lib/prog.h"

#define USAGE \
	"usage: ticker [MILLISECONDS [COUNT]]\n" \
	"Print a line every second, or every so many milliseconds, for\n" \
	"ever, or COUNT times.\n"

static void tick(long number)
{
	char line[64];
	int len = snprintf(line, sizeof(line), "ticker %d: %ld\n",
			   (int)getpid(), number);

	if (prog_write_all(STDOUT_FILENO, line, (size_t)len) != 0)
		err(1, "write error");
}

/* The times are absolute: a late tick does not make the next one late. */
static void wait_until(struct timespec *next, long ms)
{
	int error;

	next->tv_sec += ms / 1000;
	next->tv_nsec += ms % 1000 * 1000000;
	if (next->tv_nsec >= 1000000000) {
		next->tv_nsec -= 1000000000;
		next->tv_sec++;
	}
	do
		error = clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, next,
					NULL);
	while (error == EINTR);
	if (error != 0) {
		errno = error;
		err(1, "clock_nanosleep");
	}
}

int main(int argc, char **argv)
{
	long ms = 1000, count = 0, i;
	struct timespec next;

	prog_help(argc, argv, USAGE);
	if (argc > 3 || (argc > 1 && !prog_number(argv[1], 1, INT_MAX, &ms)) ||
	    (argc > 2 && !prog_number(argv[2], 1, LONG_MAX, &count)))
		prog_usage(USAGE);
	clock_gettime(CLOCK_MONOTONIC, &next);
	for (i = 1; count == 0 || i <= count; i++) {
		tick(i);
		if (i != count)
			wait_until(&next, ms);
	}
	return 0;
}
