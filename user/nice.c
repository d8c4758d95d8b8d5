// SPDX-License-Identifier: MIT
/*
 * nice: run a program at another priority.
 */
#include <err.h>
#include <errno.h>
#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

#include "lib/prog.h"

#define USAGE \
	"usage: nice [-n ADJUSTMENT] [PROGRAM [ARGUMENT...]]\n" \
	"Run a program with its niceness raised by 10, or by ADJUSTMENT\n" \
	"(-40 to 40); without a program, print the present niceness.\n"

int main(int argc, char **argv)
{
	long adjustment = 10;
	int option, now;

	prog_help(argc, argv, USAGE);
	while ((option = getopt(argc, argv, "+n:")) != -1)
		if (option != 'n' || !prog_number(optarg, -40, 40, &adjustment))
			prog_usage(USAGE);
	errno = 0;
	now = getpriority(PRIO_PROCESS, 0);
	if (now == -1 && errno != 0)
		err(1, "getpriority");
	if (optind == argc) {
		printf("%d\n", now);
		prog_exit(0);
	}
	if (setpriority(PRIO_PROCESS, 0, now + (int)adjustment) != 0)
		err(126, "setpriority");
	execvp(argv[optind], argv + optind);
	err(errno == ENOENT ? 127 : 126, "%s", argv[optind]);
}
