// SPDX-License-Identifier: MIT
/*
 * kill [-SIGNAL] PID...; see killcmd.h.
 */
#include "killcmd.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "prog.h"
#include "signame.h"

#define USAGE \
	"usage: kill [-SIGNAL] PID...\n" \
	"       kill -l\n" \
	"Send TERM, or the signal named or numbered, to processes; a\n" \
	"negative PID (after --, or after a signal) is a process group. In\n" \
	"the shell, %N is job N.\n"

static int kill_one(const char *which, int sig, const char *prefix,
		    pid_t (*job)(const char *which))
{
	long pid = 0;

	if (*which == '%' && job != NULL) {
		pid = job(which);
		if (pid == 0) {
			fprintf(stderr, "%s: %s: no such job\n", prefix,
				which);
			return 1;
		}
	} else if (!prog_number(which, INT_MIN, INT_MAX, &pid)) {
		fprintf(stderr, "%s: %s: not a process id\n", prefix, which);
		return 2;
	}
	if (kill((pid_t)pid, sig) != 0) {
		fprintf(stderr, "%s: %s: %s\n", prefix, which,
			strerror(errno));
		return 1;
	}
	/* A stopped process would not end before someone continues it. */
	if ((sig == SIGTERM || sig == SIGHUP) && job != NULL &&
	    job(which) != 0)
		kill((pid_t)pid, SIGCONT);
	return 0;
}

int kill_command(int argc, char **argv, const char *prefix,
		 pid_t (*job)(const char *which))
{
	int sig = SIGTERM, status = 0, i = 1;

	if (argc == 2 && strcmp(argv[1], "--help") == 0) {
		fputs(USAGE, stdout);
		return 0;
	}
	if (argc == 2 && strcmp(argv[1], "-l") == 0) {
		signame_print();
		return 0;
	}
	if (argc > 1 && argv[1][0] == '-' && strcmp(argv[1], "--") != 0) {
		sig = signame_number(argv[1] + 1);
		if (sig < 0) {
			fprintf(stderr, "%s: %s: no such signal\n", prefix,
				argv[1] + 1);
			return 2;
		}
		i++;
	}
	if (i < argc && strcmp(argv[i], "--") == 0)
		i++;
	if (i == argc) {
		fputs(USAGE, stderr);
		return 2;
	}
	for (; i < argc; i++) {
		int one = kill_one(argv[i], sig, prefix, job);

		if (one > status)
			status = one;
	}
	return status;
}
