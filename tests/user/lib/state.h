// SPDX-License-Identifier: MIT
/*
 * Whether another process or thread runs, sleeps or is stopped. Who is to be
 * woken or interrupted has to be asleep before: on a busy machine no time is
 * long enough to take that for granted.
 */
#ifndef TESTS_USER_LIB_STATE_H
#define TESTS_USER_LIB_STATE_H

#include <pthread.h>
#include <sys/types.h>

/* The letter of /proc/PID/stat ('R', 'S', 'T' ...); 0: no such process. */
char state_of(pid_t pid);

/* The same of a thread of this process. */
char state_of_thread(pid_t tid);

/* Until that process or thread sleeps, or is gone; at most some 10 s. */
void state_await_sleep(pid_t pid);

/*
 * The same of a thread that writes its number to @tid, which was 0, right
 * before the call that it is to sleep in.
 */
void state_await_sleep_of(const volatile int *tid);

/* Start such a thread, with @fn(@arg): it sleeps when this is back. */
pthread_t state_start_sleeper(void *(*fn)(void *), void *arg,
			      volatile int *tid);

#endif
