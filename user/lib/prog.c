// SPDX-License-Identifier: MIT
/*
 * Help, usage, numbers and output for the small programs; see prog.h.
 */
#define _GNU_SOURCE
#include "prog.h"

#include <err.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void prog_help(int argc, char **argv, const char *usage)
{
	if (argc != 2 || strcmp(argv[1], "--help") != 0)
		return;
	fputs(usage, stdout);
	prog_exit(0);
}

void prog_usage(const char *usage)
{
	fputs(usage, stderr);
	exit(2);
}

bool prog_number(const char *text, long min, long max, long *out)
{
	char *end;
	long value;

	if (*text == '\0' || *text == ' ' || *text == '+')
		return false;
	errno = 0;
	value = strtol(text, &end, 10);
	if (errno != 0 || *end != '\0' || value < min || value > max)
		return false;
	*out = value;
	return true;
}

void prog_exit(int status)
{
	if (fflush(stdout) != 0 || ferror(stdout)) {
		warn("write error");
		/* exit() would try, and fail, to write the rest once more. */
		_exit(1);
	}
	exit(status);
}

int prog_write_all(int fd, const void *data, size_t len)
{
	const char *at = data;

	while (len > 0) {
		ssize_t n = write(fd, at, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		at += n;
		len -= (size_t)n;
	}
	return 0;
}

int prog_copy_fd(int in, int out)
{
	static char block[64 * 1024];

	for (;;) {
		ssize_t n = read(in, block, sizeof(block));

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		if (n == 0)
			return 0;
		if (prog_write_all(out, block, (size_t)n) != 0)
			return -2;
	}
}
