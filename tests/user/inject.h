// SPDX-License-Identifier: MIT
/*
 * What inject does while allocations fail: its scenarios (inject_files.c,
 * inject_memory.c, inject_tasks.c, inject_ipc.c), for inject.c to run.
 */
#ifndef TESTS_USER_INJECT_H
#define TESTS_USER_INJECT_H

#include <stdbool.h>
#include <stddef.h>

/* How a scenario ends; the exit status of the process that plays it. */
enum {
	INJECT_DONE = 0,	/* all went as without a failure */
	INJECT_WRONG = 3,	/* a wrong result, or an errno of no failure */
	INJECT_REFUSED = 10,	/* a call failed for want of memory */
	INJECT_ABSENT = 77,	/* the kernel does not have the call */
};

/* Runs in a process of its own, in an empty directory. */
struct inject_scenario {
	const char *name;
	void (*prepare)(void);	/* before allocations fail; or NULL */
	int (*run)(void);
};

extern const struct inject_scenario inject_files[], inject_memory[],
	inject_tasks[], inject_ipc[];	/* a name of NULL ends each */

/* What errno says of a call that failed. */
int inject_failed(void);

/* For a scenario: return what happened unless @condition holds. */
#define NEED(condition)							\
	do {								\
		if (!(condition))					\
			return inject_failed();				\
	} while (0)

/* The same of a transfer, which may also be done in part. */
#define NEED_ALL(call, wanted)						\
	do {								\
		long done_ = (call);					\
									\
		if (done_ > 0 && done_ < (wanted))			\
			return INJECT_REFUSED;				\
		if (done_ != (wanted))					\
			return inject_failed();				\
	} while (0)

/* The same of what can only be wrong. */
#define CHECK(condition)						\
	do {								\
		if (!(condition))					\
			return INJECT_WRONG;				\
	} while (0)

/* How a child of a scenario ended: an INJECT_ value. */
int inject_child(int status);

#endif
