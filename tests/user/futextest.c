// SPDX-License-Identifier: MIT
/*
 * futextest: futex(2) by itself, without a thread library: its errors, its
 * timeouts, waiters in other threads and processes, and robust lists as no
 * library would make them. And membarrier(2).
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <linux/membarrier.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "lib/counts.h"
#include "lib/tap.h"
#include "lib/thread.h"

#define PAGE 4096
#define MS 1000000L
#define PRIVATE FUTEX_PRIVATE_FLAG

static uint32_t word, other;

static long futex(volatile void *addr, int op, uint32_t value,
		  const void *timeout, volatile void *addr2, uint32_t value3)
{
	return raw_call(SYS_futex, (long)addr, op, value, (long)timeout,
			(long)addr2, value3);
}

static long now_ns(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return ts.tv_sec * 1000 * MS + ts.tv_nsec;
}

static struct timespec spec(long ns)
{
	return (struct timespec){ ns / (1000 * MS), ns % (1000 * MS) };
}

static void check_errors(void)
{
	char *none = mmap(NULL, PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS,
			  -1, 0);
	struct timespec bad = { 0, 1000 * MS };

	word = 5;
	tap_equal(futex(&word, FUTEX_WAIT, 4, NULL, NULL, 0), -EAGAIN,
		  "the word is another");
	tap_equal(futex((char *)&word + 1, FUTEX_WAIT, 4, NULL, NULL, 0),
		  -EINVAL, "the address is odd");
	tap_equal(futex((char *)&word + 2, FUTEX_WAKE, 1, NULL, NULL, 0),
		  -EINVAL, "also to wake");
	tap_equal(futex(&word, FUTEX_WAIT_BITSET, 5, NULL, NULL, 0), -EINVAL,
		  "no bits to wait for");
	tap_equal(futex(&word, FUTEX_WAKE_BITSET, 1, NULL, NULL, 0), -EINVAL,
		  "no bits to wake");
	tap_equal(futex(&word, FUTEX_WAIT, 5, &bad, NULL, 0), -EINVAL,
		  "too many nanoseconds");
	tap_equal(futex(&word, FUTEX_WAIT, 5, (void *)8, NULL, 0), -EFAULT,
		  "no timeout there");
	tap_equal(futex(none, FUTEX_WAIT, 0, NULL, NULL, 0), -EFAULT,
		  "no access to the word");
	tap_equal(futex(none, FUTEX_WAIT | PRIVATE, 0, NULL, NULL, 0), -EFAULT,
		  "no access to a private word");
	tap_equal(futex(NULL, FUTEX_WAIT | PRIVATE, 0, NULL, NULL, 0), -EFAULT,
		  "no word");
	tap_equal(futex((void *)(1ul << 56), FUTEX_WAIT, 0, NULL, NULL, 0),
		  -EFAULT, "a word that nobody has");
	tap_equal(futex((void *)-4096, FUTEX_WAKE, 1, NULL, NULL, 0), -EFAULT,
		  "a word of the kernel's");
	tap_equal(futex(&word, 42, 0, NULL, NULL, 0), -ENOSYS,
		  "no such operation");
	tap_equal(futex(&word, FUTEX_WAKE | FUTEX_CLOCK_REALTIME, 1, NULL,
			NULL, 0), -ENOSYS, "waking has no clock");
	tap_equal(futex(&word, FUTEX_CMP_REQUEUE, 1, (void *)1, &other, 4),
		  -EAGAIN, "requeue: the word is another");
	tap_equal(futex(&word, FUTEX_CMP_REQUEUE, -1, (void *)1, &other, 5),
		  -EINVAL, "requeue: a negative number");
	tap_equal(futex(&word, FUTEX_CMP_REQUEUE | PRIVATE, 1, (void *)1,
			none, 5), 0,
		  "requeue to a word that is not looked at");
	tap_equal(futex(&word, FUTEX_WAKE_OP | PRIVATE, 1, (void *)1, none,
			FUTEX_OP(FUTEX_OP_ADD, 1, FUTEX_OP_CMP_EQ, 0)),
		  -EFAULT, "no word to change");
	munmap(none, PAGE);
}

static void check_page_that_comes(void)
{
	uint32_t *fresh = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE,
			       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	/* Never touched: it is fetched while the call has it in its hands. */
	tap_equal(futex(fresh, FUTEX_WAIT | PRIVATE, 1, NULL, NULL, 0),
		  -EAGAIN, "a page that nobody has touched");
	tap_equal(futex(&word, FUTEX_WAKE_OP | PRIVATE, 1, (void *)1,
			fresh + PAGE / 4,
			FUTEX_OP(FUTEX_OP_ADD, 3, FUTEX_OP_CMP_EQ, 0)), 0,
		  "one to be changed");
	tap_equal(fresh[PAGE / 4], 3, "is changed");
	mprotect(fresh, PAGE, PROT_READ);
	tap_equal(futex(&word, FUTEX_WAKE_OP | PRIVATE, 1, (void *)1, fresh,
			FUTEX_OP(FUTEX_OP_ADD, 3, FUTEX_OP_CMP_EQ, 0)),
		  -EFAULT, "a read-only one is not");
	tap_equal(futex(fresh, FUTEX_WAIT | PRIVATE, 1, NULL, NULL, 0),
		  -EAGAIN, "but can be looked at");
	munmap(fresh, 2 * PAGE);
}

static void check_timeouts(void)
{
	struct timespec ts = spec(15 * MS);
	long start = now_ns(CLOCK_MONOTONIC);

	word = 0;
	tap_equal(futex(&word, FUTEX_WAIT, 0, &ts, NULL, 0), -ETIMEDOUT,
		  "time is up");
	tap_ok(now_ns(CLOCK_MONOTONIC) - start >= 15 * MS, "and not before");
	ts = spec(now_ns(CLOCK_MONOTONIC) + 15 * MS);
	tap_equal(futex(&word, FUTEX_WAIT_BITSET, 0, &ts, NULL, 1), -ETIMEDOUT,
		  "a moment has come");
	tap_ok(now_ns(CLOCK_MONOTONIC) >= ts.tv_sec * 1000 * MS + ts.tv_nsec,
	       "and not before");
	ts = spec(now_ns(CLOCK_REALTIME) + 15 * MS);
	tap_equal(futex(&word, FUTEX_WAIT_BITSET | FUTEX_CLOCK_REALTIME, 0,
			&ts, NULL, 1), -ETIMEDOUT, "a moment of real time");
	tap_ok(now_ns(CLOCK_REALTIME) >= ts.tv_sec * 1000 * MS + ts.tv_nsec,
	       "and not before");
	ts = spec(0);
	tap_equal(futex(&word, FUTEX_WAIT_BITSET, 0, &ts, NULL, 1), -ETIMEDOUT,
		  "one that has passed");
}

/* Threads that wait */

static int wait_for_word(void *arg)
{
	return futex(arg, FUTEX_WAIT, 0, NULL, NULL, 0) == 0;
}

static int wait_for_bit(void *arg)
{
	return futex(&word, FUTEX_WAIT_BITSET, 0, NULL, NULL,
		     (uint32_t)(long)arg) == 0;
}

static void start(struct thread *t, int (*fn)(void *), void *arg)
{
	if (thread_start(t, fn, arg) < 0)
		tap_bail("clone");
	raw_sleep(10);		/* so that it waits, in most cases */
}

/* Wake until @n have been; each call as @op says. */
static void wake(volatile uint32_t *addr, int op, uint32_t bits, long n)
{
	while (n > 0)
		n -= futex(addr, op, (uint32_t)n, NULL, NULL, bits);
}

static void check_threads(void)
{
	struct thread t[4];

	word = other = 0;
	for (int i = 0; i < 4; i++)
		start(&t[i], wait_for_word, &word);
	tap_equal(futex(&word, FUTEX_WAKE, 1, NULL, NULL, 0), 1, "one wakes");
	tap_ok(thread_join(&t[0]), "the one that waited longest");
	tap_equal(futex(&word, FUTEX_REQUEUE, 1, (void *)1, &other, 0), 2,
		  "one wakes, one moves");
	tap_ok(thread_join(&t[1]), "the next");
	tap_equal(futex(&other, FUTEX_WAKE, 9, NULL, NULL, 0), 1,
		  "it waits for the other word now");
	tap_ok(thread_join(&t[2]), "and wakes there");
	tap_equal(futex(&other, FUTEX_WAKE_OP, 9, (void *)9, &word,
			FUTEX_OP(FUTEX_OP_OR, 4, FUTEX_OP_CMP_EQ, 0)), 1,
		  "the last by what the word was");
	tap_equal(word, 4, "which is changed");
	tap_ok(thread_join(&t[3]), "and it wakes");
	word = 0;
	start(&t[0], wait_for_bit, (void *)1L);
	start(&t[1], wait_for_bit, (void *)2L);
	tap_equal(futex(&word, FUTEX_WAKE_BITSET, 9, NULL, NULL, 4), 0,
		  "nobody waits for this bit");
	wake(&word, FUTEX_WAKE_BITSET, 2, 1);
	tap_ok(thread_join(&t[1]), "the one that does wakes");
	wake(&word, FUTEX_WAKE, 0, 1);
	tap_ok(thread_join(&t[0]), "and any for all bits");
}

/* Another process, through memory that both have */

static void check_processes(const char *name, int flags)
{
	volatile uint32_t *shared = mmap(NULL, PAGE, PROT_READ | PROT_WRITE,
					 flags | MAP_ANONYMOUS, -1, 0);
	struct timespec ts = spec(30 * MS);
	long woken;
	pid_t pid;
	int status;

	pid = fork();
	if (pid == 0)
		_exit(futex(shared, FUTEX_WAIT, 0, NULL, NULL, 0) != 0);
	nanosleep(&ts, NULL);
	woken = futex(shared, FUTEX_WAKE | PRIVATE, 1, NULL, NULL, 0);
	tap_equal(woken, 0, "%s: nobody waits for it as a private word", name);
	for (int i = 0; i < 100 && !woken; i++) {
		woken = futex(shared, FUTEX_WAKE, 1, NULL, NULL, 0);
		if (!(flags & MAP_SHARED))
			break;
		raw_sleep(10);	/* it has not come to its wait yet */
	}
	if (!woken)
		kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
	tap_equal(woken, flags & MAP_SHARED ? 1 : 0,
		  "%s: who waits in another process", name);
	tap_equal(status, flags & MAP_SHARED ? 0 : SIGKILL, "%s: its end",
		  name);
	munmap((void *)shared, PAGE);
}

/* Robust lists */

struct robust {
	void *next;
	long offset;
	void *pending;
};

/* Entries whose words come behind them. */
struct entry {
	struct entry *next;
	uint32_t word;
};

#define OFFSET ((long)offsetof(struct entry, word))

/* A thread of its own lets @list be its, and ends. */
static int end_with_list(void *arg)
{
	if (arg)
		raw_call(SYS_set_robust_list, (long)arg, sizeof(struct robust),
			 0, 0, 0, 0);
	return 0;
}

static int lock_and_end(void *arg)
{
	struct robust *list = arg;
	struct entry *e;
	uint32_t tid = (uint32_t)raw_call(SYS_gettid, 0, 0, 0, 0, 0, 0);

	for (e = list->next; e && e != (void *)list; e = e->next)
		e->word |= tid;
	if (list->pending)
		((struct entry *)list->pending)->word |= tid;
	return end_with_list(list);
}

static void run(int (*fn)(void *), void *arg)
{
	struct thread t;

	if (thread_start(&t, fn, arg) < 0)
		tap_bail("clone");
	if (!thread_join(&t))
		tap_bail("a thread does not end");
}

static void check_robust(void)
{
	struct robust list = { NULL, OFFSET, NULL };
	struct entry e[4] = { { NULL, 0 } };

	e[0].next = &e[1];
	e[1].next = &e[2];
	e[2].next = (struct entry *)&list;
	list.next = &e[0];
	list.pending = &e[3];
	e[1].word = FUTEX_WAITERS;
	run(lock_and_end, &list);
	tap_equal(e[0].word, FUTEX_OWNER_DIED, "its owner has died");
	tap_equal(e[1].word, FUTEX_OWNER_DIED | FUTEX_WAITERS,
		  "and who waits is remembered");
	tap_equal(e[3].word, FUTEX_OWNER_DIED, "also the one in between");
	e[0].word = 0x1234567;
	run(end_with_list, &list);
	tap_equal(e[0].word, 0x1234567, "what is another's is left alone");
}

static void check_hostile(void)
{
	struct robust list = { NULL, OFFSET, NULL };
	struct entry loop = { &loop, 0 };
	char *edge = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	munmap(edge + PAGE, PAGE);
	list.next = &loop;
	run(end_with_list, &list);
	tap_ok(true, "a list without end");
	list.next = (void *)0xffffff8000000000;
	run(end_with_list, &list);
	list.next = &loop;
	list.offset = (long)0xffffff8000000000;
	run(end_with_list, &list);
	list.offset = 1;
	run(end_with_list, &list);
	list.pending = (void *)~0ul;
	run(end_with_list, &list);
	run(end_with_list, edge + PAGE - 8);
	run(end_with_list, (void *)0xffffff8000000000);
	run(end_with_list, (void *)1);
	tap_ok(true, "lists that lead nowhere");
	tap_equal(raw_call(SYS_set_robust_list, (long)&list, 23, 0, 0, 0, 0),
		  -EINVAL, "a head of another size");
	munmap(edge, PAGE);
}

static void check_get_list(void)
{
	long head = 1, size = 0;

	raw_call(SYS_set_robust_list, 4096, sizeof(struct robust), 0, 0, 0, 0);
	tap_equal(raw_call(SYS_get_robust_list, 0, (long)&head, (long)&size, 0,
			   0, 0), 0, "get_robust_list");
	tap_ok(head == 4096 && size == sizeof(struct robust),
	       "tells what was set");
	tap_equal(raw_call(SYS_get_robust_list, getpid(), (long)&head,
			   (long)&size, 0, 0, 0), 0, "also by number");
	tap_equal(raw_call(SYS_get_robust_list, 0x3fffffff, (long)&head,
			   (long)&size, 0, 0, 0), -ESRCH, "no such thread");
	raw_call(SYS_set_robust_list, 0, sizeof(struct robust), 0, 0, 0, 0);
}

static long membarrier(int command, unsigned flags)
{
	return raw_call(SYS_membarrier, command, flags, 0, 0, 0, 0);
}

static void check_membarrier(void)
{
	long known = membarrier(MEMBARRIER_CMD_QUERY, 0);

	tap_ok(known > 0 && known & MEMBARRIER_CMD_PRIVATE_EXPEDITED &&
	       known & MEMBARRIER_CMD_PRIVATE_EXPEDITED_SYNC_CORE,
	       "membarrier has what libraries use");
	tap_equal(membarrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0), -EPERM,
		  "not for who has not registered");
	tap_equal(membarrier(MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED, 0), 0,
		  "registered");
	tap_equal(membarrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0), 0,
		  "and done");
	tap_equal(membarrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED_SYNC_CORE, 0),
		  -EPERM, "for code it is another registration");
	tap_equal(membarrier(
		MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_SYNC_CORE, 0), 0,
		  "registered");
	tap_equal(membarrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED_SYNC_CORE, 0), 0,
		  "and done");
	tap_equal(membarrier(MEMBARRIER_CMD_GLOBAL, 0), 0, "for all");
	tap_equal(membarrier(MEMBARRIER_CMD_GLOBAL_EXPEDITED, 0), 0,
		  "for all, at once");
	tap_equal(membarrier(MEMBARRIER_CMD_QUERY, 1), -EINVAL,
		  "no such flag");
	tap_equal(membarrier(1 << 30, 0), -EINVAL, "no such command");
}

static void check_all(void)
{
	check_errors();
	check_page_that_comes();
	check_timeouts();
	check_threads();
	check_processes("shared", MAP_SHARED);
	check_processes("private", MAP_PRIVATE);
	check_robust();
	check_hostile();
	check_get_list();
}

int main(void)
{
	struct counts before;

	check_membarrier();
	counts_take(&before);
	check_all();
	counts_take(&before);
	check_all();
	counts_check(&before);
	return tap_done();
}
