// SPDX-License-Identifier: MIT
/*
 * What the checkers print: "ok N - name" or "not ok N - name", then "1..N".
 * The names never hold a pid, an address or a time, so that two runs, and
 * Linux and loom, print the same; what a failure saw goes into "# " lines.
 */
#ifndef TESTS_USER_LIB_TAP_H
#define TESTS_USER_LIB_TAP_H

#include <stdbool.h>

/* Print one line for the check that @format names; returns @passed. */
bool tap_ok(bool passed, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Compare, and say both numbers if they differ. */
bool tap_equal(long got, long want, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* A check that cannot be made here; @why is part of the line. */
void tap_skip(const char *why, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* A comment, which a reader of the result may ignore. */
void tap_note(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* How many checks have failed. */
int tap_failed(void);

/* Print the plan; the exit status: 0 if nothing failed, else 1. */
int tap_done(void);

/* End the program as failed: what the checks need cannot be had. */
_Noreturn void tap_bail(const char *format, ...)
	__attribute__((format(printf, 1, 2)));

#endif
