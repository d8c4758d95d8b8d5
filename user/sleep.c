// SPDX-License-Identifier: MIT
/*
 * sleep: wait for a number of seconds, which may have a fraction.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lib/prog.h"

#define USAGE "usage: sleep SECONDS\nWait; 0.25 is a quarter of a second.\n"

/* Digits, then optionally a point and up to nine digits. */
static bool parse_time(const char *text, struct timespec *out)
{
	const char *point = strchr(text, '.');
	char whole[24];
	long scale = 100000000, seconds = 0, nanos = 0;
	size_t len = point != NULL ? (size_t)(point - text) : strlen(text);

	if (len >= sizeof(whole) || (len == 0 && point == NULL))
		return false;
	memcpy(whole, text, len);
	whole[len] = '\0';
	if (len > 0 && !prog_number(whole, 0, 1L << 40, &seconds))
		return false;
	for (text = point; text != NULL && *++text != '\0'; scale /= 10) {
		if (*text < '0' || *text > '9')
			return false;
		nanos += (*text - '0') * scale;
	}
	if (point != NULL && point[1] == '\0' && len == 0)
		return false;
	out->tv_sec = seconds;
	out->tv_nsec = nanos;
	return true;
}

int main(int argc, char **argv)
{
	struct timespec left;

	prog_help(argc, argv, USAGE);
	if (argc != 2 || !parse_time(argv[1], &left))
		prog_usage(USAGE);
	while (nanosleep(&left, &left) != 0)
		if (errno != EINTR)
			return 1;
	return 0;
}
