// SPDX-License-Identifier: MIT
/*
 * waittest: private futexes: waiters in the short call beside those of every
 * other form, and all wakers.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <limits.h>
#include <linux/futex.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "lib/child.h"
#include "lib/rng.h"
#include "lib/tap.h"
#include "lib/thread.h"
#include "waittest.h"

enum {
	PAGE = 4096,
	WORDS = 300,		/* more than loom's table has rows */
	PLAYERS = 4,
	TURNS = 600,
	LATE = 10000,
};

static uint32_t words[WORDS];

static long futex(volatile void *addr, int op, uint32_t value,
		  const void *timeout, volatile void *addr2, uint32_t value3)
{
	return raw_call(SYS_futex, (long)addr, op, value, (long)timeout,
			(long)addr2, value3);
}

static long wake(uint32_t *word, int n)
{
	return futex(word, FUTEX_WAKE_PRIVATE, (uint32_t)n, NULL, NULL, 0);
}

static long wait_plainly(uint32_t *word, uint32_t value)
{
	return futex(word, FUTEX_WAIT_PRIVATE, value, NULL, NULL, 0);
}

/* One that waits for a word to be other than 0. */
struct waiter {
	struct thread thread;
	struct report report;
	uint32_t *word;
	int form;
};

enum { PLAIN, BITSET, TIMED };

static long wait_in_form(uint32_t *word, uint32_t value, int form)
{
	struct timespec time = { LATE / 1000, 0 };

	if (form == BITSET)
		return futex(word, FUTEX_WAIT_BITSET_PRIVATE, value, NULL,
			     NULL, FUTEX_BITSET_MATCH_ANY);
	if (form == TIMED)
		return futex(word, FUTEX_WAIT_PRIVATE, value, &time, NULL, 0);
	return wait_plainly(word, value);
}

static int waiter_main(void *arg)
{
	struct waiter *w = arg;

	w->report.entered = 1;
	w->report.result = wait_in_form(w->word, 0, w->form);
	w->report.done = 1;
	return 0;
}

static void start(struct waiter *w, uint32_t *word, int form)
{
	memset(w, 0, sizeof(*w));
	w->word = word;
	w->form = form;
	if (thread_start(&w->thread, waiter_main, w) < 0)
		tap_bail("no thread");
	if (!thread_settled(w->thread.tid, &w->report.entered,
			    &w->report.done))
		tap_bail("a waiter does not sleep");
}

static long end(struct waiter *w)
{
	return thread_join(&w->thread) ? w->report.result : -ETIME;
}

static void check_wakers(void)
{
	static const char *const form[] = { "plain", "with bits", "with time" };
	struct waiter w;

	for (int i = PLAIN; i <= TIMED; i++) {
		start(&w, words, i);
		tap_equal(wake(words, 1), 1, "a futex: one that waits, %s",
			  form[i]);
		tap_equal(end(&w), 0, "it is woken");
		start(&w, words, i);
		tap_equal(futex(words, FUTEX_WAKE_BITSET_PRIVATE, 1, NULL,
				NULL, 4), 1, "by bits, %s", form[i]);
		tap_equal(end(&w), 0, "it is woken");
		start(&w, words, i);
		tap_equal(wake(words, INT_MAX), 1, "all, %s", form[i]);
		tap_equal(end(&w), 0, "it is woken");
		start(&w, words, i);
		tap_equal(wake(words, 0), 1, "none is one, %s", form[i]);
		tap_equal(end(&w), 0, "it is woken");
		start(&w, words, i);
		tap_equal(futex(words, FUTEX_REQUEUE_PRIVATE, 0, (void *)1L,
				&words[1], 0), 1, "it is moved, %s", form[i]);
		tap_equal(wake(words, 1), 0, "and not woken where it was");
		tap_equal(wake(&words[1], 1), 1, "but where it is");
		tap_equal(end(&w), 0, "it is woken");
		start(&w, words, i);
		tap_equal(futex(&words[2], FUTEX_WAKE_OP_PRIVATE, 1,
				(void *)1L, words,
				FUTEX_OP(FUTEX_OP_SET, 0, FUTEX_OP_CMP_EQ, 0)),
			  1, "by WAKE_OP, %s", form[i]);
		tap_equal(end(&w), 0, "it is woken");
	}
}

static void check_order(void)
{
	struct waiter w[3];

	for (int i = 0; i < 3; i++)
		start(&w[i], words, i == 1 ? BITSET : PLAIN);
	for (int i = 0; i < 3; i++) {
		tap_equal(wake(words, 1), 1, "of three the next");
		tap_equal(end(&w[i]), 0, "in the order of their coming");
	}
	for (int i = 0; i < 3; i++)
		start(&w[i], words, PLAIN);
	tap_equal(wake(words, 2), 2, "two of three");
	tap_equal(end(&w[0]) + end(&w[1]), 0, "the first two");
	tap_equal(wake(words, INT_MAX), 1, "the rest");
	tap_equal(end(&w[2]), 0, "the last");
}

static void check_words(void)
{
	char *fresh = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	static struct waiter w[40];
	long woken = 0, result = 0;

	words[5] = 1;
	tap_equal(wait_plainly(&words[5], 0), -EAGAIN, "another value");
	words[5] = 0;
	tap_equal(wait_plainly((void *)((char *)words + 2), 0), -EINVAL,
		  "not a multiple of 4");
	tap_equal(wait_plainly((void *)(UINT64_C(1) << 63), 0), -EFAULT,
		  "in the kernel's memory");
	mprotect(fresh + PAGE, PAGE, PROT_NONE);
	tap_equal(wait_plainly((void *)(fresh + PAGE), 0), -EFAULT,
		  "in a page that is closed");
	tap_equal(wait_plainly((void *)fresh, 1), -EAGAIN,
		  "in one that is not there, and 0");
	munmap(fresh, PAGE);
	tap_equal(wait_plainly((void *)fresh, 0), -EFAULT, "or not at all");
	tap_equal(wake((void *)fresh, 1), 0, "where nobody can wait");
	munmap(fresh + PAGE, PAGE);
	for (int i = 0; i < 40; i++)
		start(&w[i], &words[7 * i], PLAIN);
	for (int i = 0; i < WORDS; i++)
		if (i % 7 || i >= 280)
			woken += wake(&words[i], 1);
	tap_equal(woken, 0, "nobody waits for these words");
	for (int i = 39; i >= 0; i--) {
		woken += wake(&words[7 * i], 1);
		result |= end(&w[i]);
	}
	tap_ok(woken == 40 && result == 0, "40 wait for others, each for its");
}

static void check_signals(void)
{
	struct waiter w;

	handle_signals(&w.report, 0);
	start(&w, words, PLAIN);
	raw_call(SYS_tgkill, getpid(), w.thread.tid, SIGUSR1, 0, 0, 0);
	tap_equal(end(&w), -EINTR, "a signal ends a wait");
	tap_equal(w.report.handled, 1, "it was handled");
	handle_signals(&w.report, SA_RESTART);
	start(&w, words, PLAIN);
	raw_call(SYS_tgkill, getpid(), w.thread.tid, SIGUSR1, 0, 0, 0);
	while (!w.report.handled)
		raw_sleep(1);
	w.report.entered = 1;
	thread_settled(w.thread.tid, &w.report.entered, &w.report.done);
	tap_ok(!w.report.done, "SA_RESTART: it waits again");
	tap_equal(wake(words, 1), 1, "is woken");
	tap_equal(end(&w), 0, "and that is all");
}

/* A process ends while its threads wait. */
static void check_ends(void)
{
	int status;

	for (int killed = 0; killed < 2; killed++) {
		pid_t pid = fork();

		if (pid == 0) {
			static struct waiter w[3];

			for (int i = 0; i < 3; i++)
				start(&w[i], &words[i / 2], PLAIN);
			if (killed)
				raise(SIGKILL);
			_exit(5);
		}
		status = child_wait_ms(pid, LATE);
		tap_equal(status, killed ? -SIGKILL : 5,
			  "a process ends, and who waits in it");
	}
}

/*
 * A turn goes round; whose it is waits for it in all forms, whoever had it
 * tells in all forms.
 */
static uint32_t turn;

static long tell(struct rng *rng)
{
	if (rng_below(rng, 3))
		return wake(&turn, INT_MAX);
	return futex(&turn, FUTEX_WAKE_BITSET_PRIVATE, INT_MAX, NULL, NULL,
		     FUTEX_BITSET_MATCH_ANY);
}

static int player(void *arg)
{
	uint32_t me = (uint32_t)(uintptr_t)arg;
	struct rng rng;

	rng_seed(&rng, 3, me);
	for (int i = 0; i < TURNS; i++) {
		for (;;) {
			uint32_t now = __atomic_load_n(&turn,
						       __ATOMIC_ACQUIRE);
			int form = (int)rng_below(&rng, 5);

			if (now % PLAYERS == me)
				break;
			wait_in_form(&turn, now, form > TIMED ? PLAIN : form);
		}
		__atomic_add_fetch(&turn, 1, __ATOMIC_RELEASE);
		tell(&rng);
	}
	return 0;
}

static void check_turns(void)
{
	struct thread t[PLAYERS];
	bool ended = true;

	turn = 0;
	for (uintptr_t i = 0; i < PLAYERS; i++)
		thread_start(&t[i], player, (void *)i);
	for (int i = 0; i < PLAYERS; i++)
		ended = thread_join(&t[i]) && ended;
	tap_ok(ended && turn == PLAYERS * TURNS, "a turn goes round (%u)",
	       turn);
}

void check_futexes(void)
{
	check_wakers();
	check_order();
	check_words();
	check_signals();
	check_ends();
	check_turns();
}
