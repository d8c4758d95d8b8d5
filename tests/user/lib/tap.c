// SPDX-License-Identifier: MIT
/*
 * The result lines of the checkers; see tap.h. Each is flushed at once, so
 * that a checker that dies has said how far it got.
 */
#include "tap.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int count, failed;

static void print_line(bool passed, const char *format, va_list args)
{
	printf("%sok %d - ", passed ? "" : "not ", ++count);
	vprintf(format, args);
	if (!passed)
		failed++;
}

bool tap_ok(bool passed, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	print_line(passed, format, args);
	va_end(args);
	putchar('\n');
	fflush(stdout);
	return passed;
}

bool tap_equal(long got, long want, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	print_line(got == want, format, args);
	va_end(args);
	putchar('\n');
	if (got != want)
		printf("# got %ld (0x%lx), expected %ld (0x%lx)\n", got,
		       (unsigned long)got, want, (unsigned long)want);
	fflush(stdout);
	return got == want;
}

void tap_skip(const char *why, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	print_line(true, format, args);
	va_end(args);
	printf(" # SKIP %s\n", why);
	fflush(stdout);
}

void tap_note(const char *format, ...)
{
	va_list args;

	fputs("# ", stdout);
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	putchar('\n');
	fflush(stdout);
}

int tap_failed(void)
{
	return failed;
}

int tap_done(void)
{
	printf("1..%d\n", count);
	if (fflush(stdout) != 0)
		return 1;
	return failed == 0 ? 0 : 1;
}

void tap_bail(const char *format, ...)
{
	int error = errno;
	va_list args;

	fputs("Bail out! ", stdout);
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	printf(" (errno %d: %s)\n", error, strerror(error));
	fflush(stdout);
	exit(1);
}
