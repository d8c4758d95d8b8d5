// SPDX-License-Identifier: MIT
/*
 * The kernel command line, as the boot loader wrote it: words separated by
 * blanks, each `key` or `key=value`. Double quotes keep blanks in a value
 * and are not part of it. A word `--` ends the kernel's options; what
 * follows belongs to the first program.
 *
 * Where a key is given twice the last one counts. None of these functions
 * changes or keeps @line; a NULL line is an empty one.
 */
#ifndef LOOM_LIB_CMDLINE_H
#define LOOM_LIB_CMDLINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * True when @key is on @line. Its value, "" for a bare word, goes to
 * @value[@size], NUL-terminated; one that does not fit is cut, never
 * overrun. @value may be NULL when @size is 0: ask for a flag only.
 */
bool cmdline_get(const char *line, const char *key, char *value, size_t size);

/*
 * True when @key has a value that is a whole number below 2^64, decimal or
 * 0x-hexadecimal; otherwise *@value is not written.
 */
bool cmdline_u64(const char *line, const char *key, uint64_t *value);

/* The text behind `--` and its blanks, "" when there is none. */
const char *cmdline_rest(const char *line);

#endif
