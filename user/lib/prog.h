// SPDX-License-Identifier: MIT
/*
 * What every small program needs: --help, usage errors, numbers, the end of
 * standard output. Messages follow <err.h>: "NAME: what: why" on stderr.
 *
 * Exit statuses of all programs here: 0 done, 1 the work failed, 2 the
 * command line was wrong.
 */
#ifndef USER_LIB_PROG_H
#define USER_LIB_PROG_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/*
 * If the only argument is --help, print @usage (which ends in a newline) to
 * stdout and exit with 0.
 */
void prog_help(int argc, char **argv, const char *usage);

/* Print @usage to stderr and exit with 2. */
_Noreturn void prog_usage(const char *usage);

/*
 * Read the whole of @text as a decimal number in [@min, @max] into *@out.
 * Returns false, with *@out untouched, for anything else.
 */
bool prog_number(const char *text, long min, long max, long *out);

/* Exit with @status, or with 1 and a message if stdout cannot be written. */
_Noreturn void prog_exit(int status);

/* Write all @len bytes; returns 0, or -1 with errno. */
int prog_write_all(int fd, const void *data, size_t len);

/* Copy @in to @out until end of file; -1 a read failed, -2 a write failed. */
int prog_copy_fd(int in, int out);

#endif
