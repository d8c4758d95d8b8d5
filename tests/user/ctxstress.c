// SPDX-License-Identifier: MIT
/*
 * ctxstress: many pattern checkers in every mode at once, among irritators
 * and burners, for some seconds. All checkers must find all their registers.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/child.h"
#include "lib/tap.h"

#define USAGE \
	"usage: ctxstress [CHECKERS [SECONDS]]\n" \
	"Run CHECKERS (8) pattern checkers together for SECONDS (5).\n"

#define MOST 64

static const char *const modes[] = { "spin", "yield", "sleep", "read" };

static pid_t start(const char *name, const char *a, const char *b, int out)
{
	char *argv[] = { NULL, (char *)a, (char *)b, NULL };

	return child_start(child_beside(name), argv, -1, out);
}

/* The output of checkers, which appears only if one of them fails. */
static void show(int fd)
{
	char block[4096];
	ssize_t n;

	while ((n = read(fd, block, sizeof(block))) > 0)
		fwrite(block, 1, (size_t)n, stdout);
}

static int stress(int checkers, const char *seconds)
{
	pid_t pid[MOST], irritator[2];
	int output[MOST], failed = 0;

	for (int i = 0; i < 2; i++)
		irritator[i] = start("irritator", NULL, NULL, -1);
	for (int i = 0; i < checkers; i++) {
		int end[2];

		/* What one checker prints fits into a pipe. */
		if (pipe2(end, O_CLOEXEC) != 0)
			tap_bail("pipe");
		pid[i] = start("pattern", modes[i % 4], seconds, end[1]);
		close(end[1]);
		output[i] = end[0];
	}
	for (int i = 0; i < checkers; i++) {
		int status = child_wait(pid[i]);

		if (status != 0) {
			tap_note("checker %d (%s): status %d", i,
				 modes[i % 4], status);
			show(output[i]);
			failed++;
		}
		close(output[i]);
	}
	for (int i = 0; i < 2; i++) {
		kill(irritator[i], SIGKILL);
		child_wait(irritator[i]);
	}
	return failed;
}

int main(int argc, char **argv)
{
	long checkers = argc > 1 ? strtol(argv[1], NULL, 10) : 8;
	const char *seconds = argc > 2 ? argv[2] : "5";

	if (argc > 3 || checkers < 1 || checkers > MOST ||
	    strtol(seconds, NULL, 10) < 1) {
		fputs(USAGE, stderr);
		return 2;
	}
	child_init(argv[0]);
	tap_equal(stress((int)checkers, seconds), 0,
		  "all registers of all checkers are kept");
	return tap_done();
}
