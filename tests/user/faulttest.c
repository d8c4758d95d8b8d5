// SPDX-License-Identifier: MIT
/*
 * faulttest: run every kind of fault that faults.c knows, in a process of
 * its own, and check the signal that ends it. With arguments, only those
 * kinds.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "lib/child.h"
#include "lib/tap.h"

static void check_kind(const char *kind, int sig)
{
	char *argv[] = { NULL, (char *)kind, NULL };
	pid_t pid = child_start(child_beside("faults"), argv, -1, -1);

	tap_equal(child_wait(pid), -sig, "%s %s", kind,
		  sig != 0 ? "dies by the right signal" : "lives");
}

static int wanted(int argc, char **argv, const char *kind)
{
	for (int i = 1; i < argc; i++)
		if (strcmp(argv[i], kind) == 0)
			return 1;
	return argc == 1;
}

int main(int argc, char **argv)
{
	struct rlimit no_core = { 0, 0 };
	char *list[] = { NULL, "--list", NULL };
	char kind[64];
	int end[2], sig;
	pid_t pid;
	FILE *in;

	child_init(argv[0]);
	/* Linux would write thirty core files. */
	setrlimit(RLIMIT_CORE, &no_core);
	if (pipe2(end, O_CLOEXEC) != 0)
		tap_bail("pipe");
	pid = child_start(child_beside("faults"), list, -1, end[1]);
	close(end[1]);
	in = fdopen(end[0], "r");
	while (in != NULL && fscanf(in, "%63s %d", kind, &sig) == 2)
		if (wanted(argc, argv, kind))
			check_kind(kind, sig);
	tap_equal(child_wait(pid), 0, "the list of kinds is complete");
	return tap_done();
}
