// SPDX-License-Identifier: MIT
/* The parts of waittest. */
#ifndef TESTS_USER_WAITTEST_H
#define TESTS_USER_WAITTEST_H

#include <signal.h>

/* What a sleeper tells; in memory that all share. */
struct report {
	volatile int entered;	/* its call is next */
	volatile int done;
	volatile int handled;	/* signals */
	volatile long result;	/* of its call, or -errno */
	volatile long value;	/* that it read */
};

/* Memory that is shared with children from now on. */
void *shared_page(void);

/* Let SIGUSR1 run a handler that counts in @report. */
void handle_signals(struct report *report, int flags);

/* Wait until process or thread @pid, whose call is next by its word, sleeps. */
void await_sleep(int pid, const struct report *report);

void check_futexes(void);

#endif
