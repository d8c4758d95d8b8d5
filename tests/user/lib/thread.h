// SPDX-License-Identifier: MIT
/*
 * Threads without a thread library: clone(2) as the kernel has it. What runs
 * in one uses nothing of the C library that has state (errno, buffers): system
 * calls by raw_call.
 */
#ifndef TESTS_USER_LIB_THREAD_H
#define TESTS_USER_LIB_THREAD_H

#include <sched.h>
#include <stdbool.h>
#include <stdint.h>

#ifndef CLONE_CLEAR_SIGHAND
#define CLONE_CLEAR_SIGHAND 0x100000000ull
#endif

/* What a thread of the caller's process needs. */
#define THREAD_FLAGS (CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | \
		      CLONE_THREAD | CLONE_SYSVSEM)

/* A system call: its result or -errno. */
long raw_call(long number, long a, long b, long c, long d, long e, long f);

struct thread {
	int (*fn)(void *arg);
	void *arg;
	int tid;		/* CLONE_PARENT_SETTID */
	volatile int alive;	/* the tid; zeroed when it has ended */
	char *stack;
};

/*
 * Start @fn(@arg), whose result is exit(2)'s; with more flags than
 * THREAD_FLAGS, PARENT_SETTID, CHILD_SETTID and CHILD_CLEARTID in @flags, and
 * @tls. Its number, or -errno.
 */
int thread_start_with(struct thread *t, uint64_t flags, void *tls,
		      int (*fn)(void *arg), void *arg);
int thread_start(struct thread *t, int (*fn)(void *arg), void *arg);

/* Wait for its end by its futex word; false: 30 s have passed. */
bool thread_join(struct thread *t);

/* clone(2) itself: the child calls @fn(@arg) on @stack, then exit(2). */
long raw_clone(uint64_t flags, void *stack, int *ptid, void *tls, int *ctid,
	       int (*fn)(void *arg), void *arg);

/*
 * Until the thread @tid of this process, which has set @entered before it made
 * its last call, sleeps, or has set @done after it; false: 10 s have passed.
 */
bool thread_settled(int tid, const volatile int *entered,
		    const volatile int *done);

/* In a thread: sleep so many milliseconds. */
void raw_sleep(long ms);

#endif
