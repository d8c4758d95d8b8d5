// SPDX-License-Identifier: MIT
/*
 * Child processes of the checkers. A checker starts its own program again,
 * with arguments that say which part to play, or another program that lies
 * beside it.
 */
#ifndef TESTS_USER_LIB_CHILD_H
#define TESTS_USER_LIB_CHILD_H

#include <sys/types.h>

/* Must be called first, with main's argv[0]. */
void child_init(const char *argv0);

/* The path of this program, and of the program @name beside it. */
const char *child_self(void);
const char *child_beside(const char *name);

/*
 * Start @path with @argv (whose [0] is replaced by @path). @in and @out
 * become its standard input and output; -1 leaves this program's. Ends this
 * program if it cannot.
 */
pid_t child_start(const char *path, char **argv, int in, int out);

/* The same for this program, with up to three arguments; NULL ends them. */
pid_t child_again(const char *a, const char *b, const char *c, int in,
		  int out);

/*
 * Wait for it. The result is its exit status, or the negative number of the
 * signal that ended it. -1000 and below is -1000 - errno of waitpid.
 */
int child_wait(pid_t pid);

/*
 * The same, but it is killed after @ms milliseconds; CHILD_LATE says that it
 * was.
 */
#define CHILD_LATE (-999)
int child_wait_ms(pid_t pid, long ms);

/* Sleep for so many milliseconds. */
void child_sleep(long ms);

/*
 * The caller, and who it starts from now on, share the CPU that it is on: for
 * checks of what happens when one gives way to another.
 */
void child_share_cpu(void);

#endif
