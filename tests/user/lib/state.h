// SPDX-License-Identifier: MIT
/* Whether another process or thread runs, sleeps or is stopped. */
#ifndef TESTS_USER_LIB_STATE_H
#define TESTS_USER_LIB_STATE_H

#include <sys/types.h>

/* The letter of /proc/PID/stat ('R', 'S', 'T' ...); 0: no such process. */
char state_of(pid_t pid);

/* The same of a thread of this process. */
char state_of_thread(pid_t tid);

#endif
