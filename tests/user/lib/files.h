// SPDX-License-Identifier: MIT
/*
 * Files of checkers: small ones that are made, and looked at as a whole.
 */
#ifndef TESTS_USER_LIB_FILES_H
#define TESTS_USER_LIB_FILES_H

#include <errno.h>
#include <stdbool.h>

/* The call failed, and with this error. */
#define FAILS(call, error) \
	(errno = 0, (call) == -1 && errno == (error))

/* Make @name anew with @text in it: a descriptor, or the checker ends. */
int file_make(const char *name, const char *text);

/* Is @text the whole of @name? At most 255 bytes. */
bool file_holds(const char *name, const char *text);

#endif
