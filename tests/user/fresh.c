// SPDX-License-Identifier: MIT
/*
 * fresh: what a new program finds in registers and memory while and after
 * others have filled theirs. It runs irritator beside, `zeroed --dirty'
 * before, and each time zeroed, which must find nothing of them.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "lib/child.h"
#include "lib/tap.h"

#define ROUNDS 5

static pid_t start(const char *name, const char *option, int out)
{
	char *argv[] = { NULL, (char *)option, NULL };

	return child_start(child_beside(name), argv, -1, out);
}

/* Run zeroed; show what it prints only if it fails. */
static void check_zeroed(int round)
{
	char block[4096];
	ssize_t n, used = 0;
	int end[2];
	pid_t pid;

	if (pipe2(end, O_CLOEXEC) != 0)
		tap_bail("pipe");
	pid = start("zeroed", NULL, end[1]);
	close(end[1]);
	while ((n = read(end[0], block + used,
			 sizeof(block) - (size_t)used)) > 0)
		used += n;
	close(end[0]);
	if (!tap_equal(child_wait(pid), 0, "round %d: nothing is found",
		       round))
		fwrite(block, 1, (size_t)used, stdout);
}

int main(int argc, char **argv)
{
	pid_t irritator;

	(void)argc;
	child_init(argv[0]);
	irritator = start("irritator", NULL, -1);
	/* Let it be switched to and from a few times. */
	child_sleep(100);
	for (int round = 1; round <= ROUNDS; round++) {
		tap_equal(child_wait(start("zeroed", "--dirty", -1)), 0,
			  "round %d: traces are left", round);
		check_zeroed(round);
	}
	kill(irritator, SIGKILL);
	tap_equal(child_wait(irritator), -SIGKILL, "irritator was there");
	return tap_done();
}
