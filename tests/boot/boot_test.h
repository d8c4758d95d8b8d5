// SPDX-License-Identifier: MIT
/*
 * Tests that run inside the kernel. Each has a name, a sentence that it
 * proves, and a function that runs in a kernel thread of high priority with
 * interrupts on. To add one: put it in a table of its file and, if the file is
 * new, name that table in table.c and the file in meson.build.
 *
 * Before and after each test the number of free pages, threads and processes
 * is compared: a test leaves nothing behind.
 */
#ifndef TESTS_BOOT_BOOT_TEST_H
#define TESTS_BOOT_BOOT_TEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sched/wait.h"

enum boot_result {
	BOOT_PASS,
	BOOT_FAIL,
	BOOT_SKIP,
};

struct boot_test {
	const char *name;
	const char *sentence;
	int (*fn)(void);	/* enum boot_result */
};

/* A file's table ends with an entry whose name is NULL. */
extern const struct boot_test *const boot_test_tables[];

/* A line of comment in the output. */
void boot_note(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* Report a failure: BOOT_FAIL. */
int boot_fail(const char *file, int line, const char *what);
int boot_fail_values(const char *file, int line, const char *what,
		     uint64_t left, uint64_t right);

#define CHECK(x)							\
	do {								\
		if (!(x))						\
			return boot_fail(__FILE__, __LINE__, #x);	\
	} while (0)

/* @a @op @b, both unsigned numbers; a failure prints them. */
#define CHECK_NUM(a, op, b)						\
	do {								\
		uint64_t left_ = (a), right_ = (b);			\
									\
		if (!(left_ op right_))					\
			return boot_fail_values(__FILE__, __LINE__,	\
						#a " " #op " " #b,	\
						left_, right_);		\
	} while (0)

/*
 * A thread of a test. The worker is static, or outlives the join; every one
 * that was started is joined.
 */
struct worker {
	void (*fn)(void *arg);
	void *arg;
	struct thread *thread;	/* valid until it is joined */
	bool done;
	uint64_t runtime_ns;	/* filled at its end */
};

/* Priorities of a test: the runner's is above all. */
enum {
	BOOT_PRIO_RUNNER = 1,
	BOOT_PRIO_HIGH = 10,
	BOOT_PRIO_MIDDLE = 20,
	BOOT_PRIO_LOW = 30,
};

/* False: no memory. worker_create leaves it to worker_go to start it. */
bool worker_create(struct worker *worker, const char *name,
		   void (*fn)(void *arg), void *arg, unsigned prio);
void worker_go(struct worker *worker);
bool worker_start(struct worker *worker, const char *name,
		  void (*fn)(void *arg), void *arg, unsigned prio);

/* Wait until it has ended; false if it does not within ten seconds. */
bool worker_join(struct worker *worker);

/* Has it ended? */
bool worker_done(const struct worker *worker);

#define BOOT_MS UINT64_C(1000000)

/*
 * Sleep until @x, looking every millisecond; fail after five seconds. The host
 * may stop the whole machine for any time, so no test relies on what others
 * have done after a sleep.
 */
#define WAIT_FOR(x)							\
	do {								\
		unsigned tries_ = 0;					\
									\
		while (!(x)) {						\
			if (++tries_ > 5000)				\
				return boot_fail(__FILE__, __LINE__,	\
						 "in time: " #x);	\
			boot_sleep_ms(1);				\
		}							\
	} while (0)

/* Let the others run for this long. */
void boot_sleep_ms(unsigned ms);

/*
 * One turn of a busy loop. Not the YIELD instruction: QEMU leaves its fast
 * path at each, takes its big lock, and keeps the timer's thread from it.
 */
static inline void boot_pause(void)
{
	__asm__ volatile("" ::: "memory");
}

/*
 * Change this CPU's policy for FP state (enum weft_fp_policy); returns the old
 * one. A kernel thread in the place of a program cannot trap: it needs
 * WEFT_FP_EAGER, or has to do what a trap does.
 */
uint64_t boot_fp_policy(uint64_t policy);

/* Keep the CPU busy, preemptible, for this much time of the clock. */
void boot_spin_us(unsigned us);

/*
 * Run @fn(@arg) in a thread in which a failed assertion or lock check is
 * expected: it ends the thread instead of the kernel. True if it failed with a
 * message that contains @text. Only in debug builds.
 */
bool boot_expect_failure(void (*fn)(void *arg), void *arg, const char *text);

#endif
