// SPDX-License-Identifier: MIT
/*
 * waittest: what sleeps in read(2) and futex(2), and all that ends such a
 * sleep: eventfds and pipes between processes of one thread, for which loom
 * has a short way, beside calls for which it has none, and everything that
 * makes it leave the short one. Twice, and nothing is lost.
 */
#define _GNU_SOURCE
#include "waittest.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "lib/child.h"
#include "lib/counts.h"
#include "lib/rng.h"
#include "lib/state.h"
#include "lib/tap.h"
#include "lib/thread.h"

enum {
	PAGE = 4096,
	LATE = 30000,		/* ms: what takes longer has gone wrong */
};

/* An eventfd, or a pipe through which words of 8 bytes go. */
struct channel {
	const char *name;
	int in, out;
};

static struct report *report;	/* of the only sleeper, or the first */

void *shared_page(void)
{
	void *p = mmap(NULL, PAGE, PROT_READ | PROT_WRITE,
		       MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		tap_bail("mmap: %s", strerror(errno));
	return p;
}

static struct report *counted;

static void count_signal(int sig)
{
	(void)sig;
	counted->handled++;
}

void handle_signals(struct report *r, int flags)
{
	struct sigaction act = {
		.sa_handler = count_signal, .sa_flags = flags,
	};

	counted = r;
	sigaction(SIGUSR1, &act, NULL);
}

void await_sleep(int pid, const struct report *r)
{
	for (int i = 0; i < LATE; i++) {
		if (r->done || (r->entered && state_of(pid) == 'S'))
			return;
		raw_sleep(1);
	}
	tap_bail("%d does not sleep", pid);
}

static struct channel channel(bool is_event, int flags)
{
	struct channel c = { .name = is_event ? "eventfd" : "pipe" };
	int fd[2];

	if (is_event) {
		c.in = eventfd(0, flags & O_NONBLOCK ? EFD_NONBLOCK : 0);
		c.out = c.in;
	} else if (pipe2(fd, flags) == 0) {
		c.in = fd[0];
		c.out = fd[1];
	} else {
		c.in = -1;
	}
	if (c.in < 0)
		tap_bail("%s: %s", c.name, strerror(errno));
	return c;
}

static void drop(struct channel c)
{
	close(c.in);
	if (c.out != c.in)
		close(c.out);
}

static long put(struct channel c, uint64_t value)
{
	long n = write(c.out, &value, sizeof(value));

	return n < 0 ? -errno : n;
}

static long put_generally(struct channel c, uint64_t value)
{
	struct iovec v = { &value, sizeof(value) };
	long n = writev(c.out, &v, 1);

	return n < 0 ? -errno : n;
}

static long get(struct channel c, void *to)
{
	long n = read(c.in, to, sizeof(uint64_t));

	return n < 0 ? -errno : n;
}

static long get_generally(struct channel c, void *to)
{
	struct iovec v = { to, sizeof(uint64_t) };
	long n = readv(c.in, &v, 1);

	return n < 0 ? -errno : n;
}

/* The short way is there from the first call on such a file on. */
static void warm_up(void)
{
	struct channel c = channel(true, 0);
	uint64_t value;

	(void)put(c, 1);
	(void)get(c, &value);
	drop(c);
}

typedef long get_fn(struct channel c, void *to);

/* Start a process that reads once by @fn, and wait until it sleeps. */
static pid_t sleeper(struct channel c, struct report *r, get_fn *fn, int flags,
		     int nice_by)
{
	pid_t pid;

	memset(r, 0, sizeof(*r));
	pid = fork();
	if (pid == 0) {
		uint64_t value = 0;

		handle_signals(r, flags);
		if (nice_by)
			setpriority(PRIO_PROCESS, 0, nice_by);
		if (c.out != c.in)
			close(c.out);
		warm_up();
		r->entered = 1;
		r->result = fn(c, &value);
		r->value = (long)value;
		r->done = 1;
		_exit(0);
	}
	await_sleep(pid, r);
	/* A fork shares the descriptors, for all that it knows beforehand. */
	warm_up();
	return pid;
}

static void check_end(pid_t pid, long result, long value, const char *name,
		      const char *what)
{
	int status = child_wait_ms(pid, LATE);

	tap_ok(status == 0 && report->result == result &&
	       report->value == value, "%s: %s (%d, %ld, %ld)", name, what,
	       status, report->result, report->value);
}

static void check_wakers(bool is_event)
{
	struct channel c = channel(is_event, 0);
	get_fn *fn[] = { get, get_generally };
	pid_t pid;

	for (unsigned i = 0; i < 2; i++) {
		const char *how = i ? "that reads generally" : "that reads";

		pid = sleeper(c, report, fn[i], 0, 0);
		tap_equal(put(c, 7), 8, "%s: a write wakes one %s", c.name,
			  how);
		check_end(pid, 8, 7, c.name, "it has it");
		pid = sleeper(c, report, fn[i], 0, 0);
		tap_equal(put_generally(c, 8), 8, "%s: writev wakes one %s",
			  c.name, how);
		check_end(pid, 8, 8, c.name, "it has it");
		for (int nice_by = -5; nice_by <= 5; nice_by += 10) {
			pid = sleeper(c, report, fn[i], 0, nice_by);
			tap_equal(put(c, 9), 8, "%s: or one %s urgent", c.name,
				  nice_by < 0 ? "more" : "less");
			check_end(pid, 8, 9, c.name, "it has it");
		}
	}
	drop(c);
}

static void check_signals(bool is_event)
{
	struct channel c = channel(is_event, 0);
	uint64_t value;
	int status;
	pid_t pid;

	pid = sleeper(c, report, get, 0, 0);
	kill(pid, SIGUSR1);
	check_end(pid, -EINTR, 0, c.name, "a signal ends a read");
	tap_equal(report->handled, 1, "it was handled");
	pid = sleeper(c, report, get, SA_RESTART, 0);
	kill(pid, SIGUSR1);
	while (!report->handled)
		raw_sleep(1);
	await_sleep(pid, report);
	tap_ok(!report->done, "%s: SA_RESTART: it reads again", c.name);
	tap_equal(put(c, 5), 8, "it is woken");
	check_end(pid, 8, 5, c.name, "and has it");
	pid = sleeper(c, report, get, 0, 0);
	kill(pid, SIGSTOP);
	waitpid(pid, &status, WUNTRACED);
	tap_equal(put(c, 6), 8, "%s: a write to one that is stopped", c.name);
	raw_sleep(5);
	tap_ok(!report->done, "it stays so");
	kill(pid, SIGCONT);
	check_end(pid, 8, 6, c.name, "continued it has it");
	pid = sleeper(c, report, get, 0, 0);
	kill(pid, SIGSTOP);
	waitpid(pid, &status, WUNTRACED);
	kill(pid, SIGCONT);
	raw_sleep(5);
	tap_equal(put(c, 61), 8, "%s: a write to one that was", c.name);
	check_end(pid, 8, 61, c.name, "it has it");
	pid = sleeper(c, report, get, 0, 0);
	kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
	tap_ok(WIFSIGNALED(status), "%s: who reads can be killed", c.name);
	tap_equal(put(c, 3), 8, "nobody is there");
	tap_ok(get(c, &value) == 8 && value == 3, "so it is still there");
	/* Both at once: what was written is not lost. */
	pid = sleeper(c, report, get, 0, 0);
	kill(pid, SIGSTOP);
	waitpid(pid, &status, WUNTRACED);
	kill(pid, SIGUSR1);
	tap_equal(put(c, 4), 8, "%s: a signal and a write", c.name);
	kill(pid, SIGCONT);
	status = child_wait_ms(pid, LATE);
	if (report->result == 8)
		tap_ok(report->value == 4, "it has it");
	else
		tap_ok(report->result == -EINTR && get(c, &value) == 8 &&
		       value == 4, "it has not, it is still there");
	drop(c);
}

static void check_ends(void)
{
	struct channel c = channel(false, 0);
	pid_t pid = sleeper(c, report, get, 0, 0);
	uint64_t value;

	close(c.out);
	check_end(pid, 0, 0, c.name, "the last writer goes: the end");
	tap_equal(get(c, &value), 0, "for all");
	close(c.in);
	c = channel(false, 0);
	close(c.in);
	signal(SIGPIPE, SIG_IGN);
	tap_equal(put(c, 1), -EPIPE, "without readers there is no writing");
	signal(SIGPIPE, SIG_DFL);
	tap_equal(get(c, &value), -EBADF, "nor reading what is closed");
	close(c.out);
}

/* Two sleep, and there is one thing to take at a time. */
static void check_several(bool is_event)
{
	struct channel c = channel(is_event, 0);
	struct report *r = report;
	pid_t a = sleeper(c, &r[0], get, 0, 0);
	pid_t b = sleeper(c, &r[1], get, 0, 0);

	tap_equal(put(c, 1), 8, "%s: a write to two", c.name);
	while (!r[0].done && !r[1].done)
		raw_sleep(1);
	raw_sleep(5);
	tap_equal(r[0].done + r[1].done, 1, "one of them has it");
	tap_equal(put(c, 2), 8, "another write");
	tap_ok(child_wait_ms(a, LATE) == 0 && child_wait_ms(b, LATE) == 0 &&
	       r[0].value + r[1].value == 3, "now the other has that");
	drop(c);
}

/* Start a process that polls, and wait until it sleeps. */
static pid_t poller(struct channel c, struct report *r)
{
	pid_t pid;

	memset(r, 0, sizeof(*r));
	pid = fork();
	if (pid == 0) {
		struct pollfd p = { .fd = c.in, .events = POLLIN };

		r->entered = 1;
		_exit(poll(&p, 1, -1) == 1 ? 0 : 1);
	}
	await_sleep(pid, r);
	warm_up();
	return pid;
}

static void check_poll(bool is_event)
{
	struct channel c = channel(is_event, 0);
	pid_t watcher = poller(c, &report[1]), pid;
	uint64_t value;

	tap_equal(put(c, 1), 8, "%s: a write to one that polls", c.name);
	tap_equal(child_wait_ms(watcher, LATE), 0, "it is told");
	tap_equal(get(c, &value), 8, "and took nothing");
	watcher = poller(c, &report[1]);
	pid = sleeper(c, &report[0], get, 0, 0);
	tap_equal(put(c, 1), 8, "%s: a write to one that polls and one that"
		  " reads", c.name);
	check_end(pid, 8, 1, c.name, "who reads has it");
	put(c, 1);
	tap_equal(child_wait_ms(watcher, LATE), 0, "who polls was told");
	drop(c);
}

/* Memory */

static char *pages(unsigned n, int prot)
{
	char *p = mmap(NULL, n * PAGE, prot, MAP_PRIVATE | MAP_ANONYMOUS, -1,
		       0);

	if (p == MAP_FAILED)
		tap_bail("mmap: %s", strerror(errno));
	return p;
}

static void check_buffers(bool is_event)
{
	struct channel c = channel(is_event, O_NONBLOCK);
	char *fresh = pages(2, PROT_READ | PROT_WRITE);
	char *none = pages(1, PROT_NONE), *cow = pages(1, PROT_READ |
						       PROT_WRITE);
	uint64_t value;
	pid_t pid;

	warm_up();
	tap_equal(get(c, &value), -EAGAIN, "%s: nothing is there", c.name);
	put(c, 0x11);
	tap_ok(get(c, fresh) == 8 && fresh[0] == 0x11,
	       "%s: into a page that is not there yet", c.name);
	put(c, 0x22);
	tap_ok(get(c, fresh + PAGE - 3) == 8 && fresh[PAGE - 3] == 0x22 &&
	       fresh[PAGE] == 0, "into two, the second is not");
	*cow = 1;
	pid = fork();
	if (pid == 0) {
		raw_sleep(20);
		_exit(*cow == 1 ? 0 : 1);
	}
	put(c, 0x33);
	tap_ok(get(c, cow) == 8 && *cow == 0x33, "into one that is shared");
	tap_equal(child_wait_ms(pid, LATE), 0, "not so that the other sees it");
	put(c, 0x44);
	tap_equal(get(c, none), -EFAULT, "into one that is closed");
	mprotect(fresh, PAGE, PROT_READ);
	while (get(c, &value) == 8)
		;
	put(c, 0x44);
	tap_equal(get(c, fresh), -EFAULT, "into one that is read-only");
	while (get(c, &value) == 8)
		;
	put(c, 0x44);
	tap_equal(get(c, (void *)(UINT64_C(1) << 63)), -EFAULT,
		  "into the kernel's memory");
	while (get(c, &value) == 8)
		;
	tap_equal(write(c.out, none, 8), -1, "%s: from a page that is closed",
		  c.name);
	tap_equal(get(c, &value), -EAGAIN, "nothing was written");
	munmap(fresh, 2 * PAGE);
	fresh = pages(1, PROT_READ | PROT_WRITE);
	tap_ok(write(c.out, fresh, 8) == 8, "from a page that is not there");
	value = 1;
	(void)get(c, &value);
	put(c, 0x55);
	tap_ok(get(c, &value) == 8 && value == 0x55, "then all is as before");
	munmap(fresh, PAGE);
	munmap(cow, PAGE);
	munmap(none, PAGE);
	drop(c);
}

/* A sleeper whose buffer is not there, or never. */
static long get_fresh(struct channel c, void *to)
{
	char *p = pages(1, PROT_READ | PROT_WRITE);
	long n = get(c, p);

	memcpy(to, p, 8);
	return n;
}

static long get_nowhere(struct channel c, void *to)
{
	(void)to;
	return get(c, pages(1, PROT_NONE));
}

static void check_sleepers_buffers(bool is_event)
{
	struct channel c = channel(is_event, 0);
	pid_t pid = sleeper(c, report, get_fresh, 0, 0);

	put(c, 12);
	check_end(pid, 8, 12, c.name, "who sleeps has no page for it yet");
	pid = sleeper(c, report, get_nowhere, 0, 0);
	put(c, 13);
	check_end(pid, -EFAULT, 0, c.name, "and one will never have");
	drop(c);
}

static void check_event(void)
{
	struct channel c = channel(true, O_NONBLOCK);
	int fd = eventfd(0, EFD_SEMAPHORE);
	struct channel s = { .in = fd, .out = fd };
	uint64_t value;

	tap_equal(put(c, UINT64_MAX - 1), 8, "the most that fits");
	tap_equal(put(c, 1), -EAGAIN, "no more does");
	tap_equal(put(c, UINT64_MAX), -EINVAL, "nor is this a number");
	tap_ok(get(c, &value) == 8 && value == UINT64_MAX - 1, "it is read");
	tap_equal(put(c, 0), 8, "nothing is written");
	tap_equal(get(c, &value), -EAGAIN, "and is not read");
	tap_equal(read(c.in, &value, 7), -1, "7 bytes are too few");
	drop(c);
	put(s, 2);
	tap_ok(get(s, &value) == 8 && value == 1, "a semaphore: one");
	tap_ok(get(s, &value) == 8 && value == 1, "and one");
	close(fd);
}

/* Bytes of all sizes, which pass the ends of pages and of the ring. */
static void check_bytes(void)
{
	struct channel c = channel(false, 0);
	unsigned char data[300], back[300];
	uint8_t written = 0, seen = 0;
	bool right = true;
	size_t inside = 0;
	struct rng rng;

	rng_seed(&rng, 5, 0);
	for (unsigned i = 0; i < 20000 && right; i++) {
		size_t n = 1 + rng_below(&rng, i % 8 ? 64 : 300);
		ssize_t got;

		if (inside + n < 60000 && (inside < 300 ||
					   rng_below(&rng, 2))) {
			for (size_t k = 0; k < n; k++)
				data[k] = written++;
			right = write(c.out, data, n) == (ssize_t)n;
			inside += n;
			continue;
		}
		got = read(c.in, back, n);
		right = got == (ssize_t)(n < inside ? n : inside);
		for (ssize_t k = 0; k < got; k++)
			right = right && back[k] == seen++;
		inside -= (size_t)got;
	}
	tap_ok(right, "a pipe gives bytes of all sizes as they came");
	drop(c);
}

/* Descriptors that change hands */

static int close_it(void *arg)
{
	const struct channel *c = arg;

	close(c->in);
	return 0;
}

/* It lives on as long as somebody reads from it. */
static int close_then_put(void *arg)
{
	const struct channel *c = arg;

	raw_sleep(30);
	close(c->in);
	return put(*c, 9) != 8;
}

static void check_descriptors(void)
{
	struct channel c = channel(false, 0), e = channel(true, 0);
	static char stack[16384] __attribute__((aligned(16)));
	uint64_t value;
	long pid;

	warm_up();
	put(e, 5);
	dup2(e.in, c.in);
	tap_ok(get(c, &value) == 8 && value == 5,
	       "a descriptor of a pipe becomes one of an eventfd");
	pid = raw_clone(CLONE_FILES | CLONE_VM | SIGCHLD,
			stack + sizeof(stack), NULL, NULL, NULL, close_it, &c);
	tap_ok(pid > 0, "a process shares the descriptors");
	child_wait_ms((pid_t)pid, LATE);
	tap_equal(get(c, &value), -EBADF, "and has closed one");
	close(c.out);
	c = channel(false, 0);
	warm_up();
	pid = raw_clone(CLONE_FILES | CLONE_VM | SIGCHLD,
			stack + sizeof(stack), NULL, NULL, NULL,
			close_then_put, &c);
	tap_ok(get(c, &value) == 8 && value == 9,
	       "what is closed meanwhile is read from nevertheless");
	tap_equal(child_wait_ms((pid_t)pid, LATE), 0, "and written to");
	close(c.out);
	drop(e);
}

/*
 * Processes in a ring pass tokens on, each time by other calls, while signals
 * come.
 */
enum { RING = 4, ROUNDS = 400 };

static void take_turn(struct rng *rng, struct channel from, struct channel to)
{
	struct pollfd p = { .fd = from.in, .events = POLLIN };
	uint64_t value;
	long n;

	do {
		switch (rng_below(rng, 4)) {
		case 0:
			n = poll(&p, 1, LATE) == 1 ? get(from, &value) : -EINTR;
			break;
		case 1:
			n = get_generally(from, &value);
			break;
		default:
			n = get(from, &value);
		}
	} while (n == -EINTR);
	if (n != 8 || value != 1)
		_exit(3);
	if (!rng_below(rng, 8))
		sched_yield();
	n = rng_below(rng, 4) ? put(to, 1) : put_generally(to, 1);
	if (n != 8)
		_exit(4);
}

static void ring_member(unsigned i, const struct channel *c)
{
	struct itimerval each = { { 0, 3000 + i * 100 }, { 0, 3000 } };
	struct sigaction act = {
		.sa_handler = count_signal,
		.sa_flags = i % 2 ? SA_RESTART : 0,
	};
	struct rng rng;

	counted = &report[i];
	rng_seed(&rng, 9, i);
	sigaction(SIGALRM, &act, NULL);
	setitimer(ITIMER_REAL, &each, NULL);
	for (unsigned k = 0; k < ROUNDS; k++)
		take_turn(&rng, c[i], c[(i + 1) % RING]);
	_exit(0);
}

static void check_ring(bool is_event, unsigned tokens)
{
	struct channel c[RING];
	pid_t pid[RING];
	int bad = 0;
	uint64_t value;

	for (unsigned i = 0; i < RING; i++)
		c[i] = channel(is_event, 0);
	for (unsigned i = 0; i < RING; i++) {
		pid[i] = fork();
		if (pid[i] == 0)
			ring_member(i, c);
	}
	for (unsigned i = 0; i < tokens; i++)
		put(c[i], 1);
	for (unsigned i = 0; i < RING; i++)
		bad += child_wait_ms(pid[i], LATE * 3) != 0;
	tap_equal(bad, 0, "%s: %u tokens go round a ring", c[0].name, tokens);
	for (unsigned i = 0; i < tokens; i++)
		if (get(c[i], &value) != 8)
			bad++;
	tap_equal(bad, 0, "and are there in the end");
	for (unsigned i = 0; i < RING; i++)
		drop(c[i]);
}

static void round_of_all(void)
{
	report = shared_page();
	for (int is_event = 0; is_event < 2; is_event++) {
		check_wakers(is_event);
		check_signals(is_event);
		check_several(is_event);
		check_poll(is_event);
		check_buffers(is_event);
		check_sleepers_buffers(is_event);
		/* Two tokens of an eventfd could become one. */
		check_ring(is_event, 1);
		if (!is_event)
			check_ring(is_event, 3);
	}
	check_ends();
	check_event();
	check_bytes();
	check_descriptors();
	check_futexes();
	munmap(report, PAGE);
}

static int again(void)
{
	pid_t pid = fork();

	if (pid == 0) {
		if (!freopen("/dev/null", "w", stdout))
			_exit(2);
		round_of_all();
		_exit(tap_failed() != 0);
	}
	return child_wait(pid);
}

int main(int argc, char **argv)
{
	struct counts before;

	(void)argc;
	child_init(argv[0]);
	round_of_all();
	tap_equal(again(), 0, "the same in a child");
	counts_take(&before);
	counts_take(&before);
	tap_equal(again(), 0, "and in another");
	counts_check(&before);
	return tap_done();
}
