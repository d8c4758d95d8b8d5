// SPDX-License-Identifier: MIT
/* Between the files of livetest. */
#ifndef TESTS_USER_LIVETEST_H
#define TESTS_USER_LIVETEST_H

#include <stddef.h>

/* All of @path, NUL-terminated, cut to @size: its length, or -1. */
long read_text(const char *path, char *text, size_t size);

/* /proc/loom/threads and what it says of one thread, and its own files. */
void test_threads(void);

#endif
