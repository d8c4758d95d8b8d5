// SPDX-License-Identifier: MIT
/*
 * notiftest: notifications: what signals and waits give, rights and badges,
 * who is woken, timeouts, signals of processes, poll and select, timers, bad
 * input. Twice, and nothing is lost. Linux has no notifications.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <loom/ipc.h>

#include "lib/child.h"
#include "lib/counts.h"
#include "lib/state.h"
#include "lib/tap.h"
#include "lib/thread.h"

#define MS UINT64_C(1000000)

static uint64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 * MS + (uint64_t)t.tv_nsec;
}

/* The word, or -errno. */
static long take_for(int fd, uint64_t timeout)
{
	uint64_t bits = 0;
	long err = loom_wait(fd, timeout, &bits);

	return err ? err : (long)bits;
}

static long take(int fd)
{
	return take_for(fd, 0);
}

static int make(void)
{
	long fd = loom_notification(LOOM_CLOEXEC);

	if (fd < 0)
		tap_bail("no notification: %ld", fd);
	return (int)fd;
}

static int narrow(int fd, uint64_t rights, uint64_t badge)
{
	long copy = loom_dup(fd, rights, badge, LOOM_CLOEXEC);

	if (copy < 0)
		tap_bail("loom_dup: %ld", copy);
	return (int)copy;
}

static void test_word(void)
{
	int fd = make();
	uint64_t start;

	tap_equal(take(fd), -EAGAIN, "a new one has no bits");
	tap_equal(loom_signal(fd, 5), 0, "signal 5");
	tap_equal(loom_signal(fd, 18), 0, "signal 18");
	tap_equal(take(fd), 23, "both are taken at once");
	tap_equal(take(fd), -EAGAIN, "and are gone");
	tap_equal(loom_signal(fd, 0), -EINVAL, "no bits are no signal");
	loom_signal(fd, UINT64_C(1) << 63);
	tap_ok((uint64_t)take(fd) == UINT64_C(1) << 63, "the highest bit");
	loom_signal(fd, 1);
	tap_equal(take_for(fd, LOOM_FOREVER), 1,
		  "a wait takes what is there");
	start = now();
	tap_equal(take_for(fd, 20 * MS), -ETIMEDOUT, "a wait that ends");
	tap_ok(now() - start >= 20 * MS, "not before its time");
	close(fd);
}

static void test_files(void)
{
	int fd = make(), copy;
	struct stat st;
	char byte = 0;

	tap_equal(fcntl(fd, F_GETFD), FD_CLOEXEC, "close on exec");
	tap_equal(fcntl(fd, F_GETFL), O_RDWR, "for waiting and signalling");
	tap_equal(read(fd, &byte, 1) < 0 ? -errno : 0, -EINVAL, "no read");
	tap_equal(write(fd, &byte, 1) < 0 ? -errno : 0, -EINVAL, "no write");
	tap_ok(fstat(fd, &st) == 0, "it has a status");
	copy = dup(fd);
	loom_signal(copy, 4);
	tap_equal(take(fd), 4, "dup names the same one");
	tap_equal(fcntl(copy, F_SETFL, O_NONBLOCK), 0, "set O_NONBLOCK");
	tap_equal(take_for(fd, LOOM_FOREVER), -EAGAIN, "then nobody waits");
	close(copy);
	tap_equal(loom_notification(1), -EINVAL, "flags that are not known");
	close(fd);
	fd = (int)loom_notification(LOOM_NONBLOCK);
	tap_equal(fcntl(fd, F_GETFD), 0, "not closed on exec");
	tap_equal(fcntl(fd, F_GETFL), O_RDWR | O_NONBLOCK, "made so");
	close(fd);
}

static void test_rights(void)
{
	int fd = make();
	int only_wait = narrow(fd, LOOM_RIGHT_RECV, 0);
	int only_signal = narrow(fd, LOOM_RIGHT_SEND, 0);

	tap_equal(fcntl(only_wait, F_GETFL), O_RDONLY, "wait-only");
	tap_equal(fcntl(only_signal, F_GETFL), O_WRONLY, "signal-only");
	tap_equal(loom_signal(only_wait, 1), -EPERM, "it does not signal");
	tap_equal(take(only_signal), -EPERM, "it does not wait");
	tap_equal(loom_signal(only_signal, 6), 0, "it signals");
	tap_equal(take(only_wait), 6, "it waits");
	tap_equal(loom_dup(only_wait, LOOM_RIGHT_SEND, 0, 0), -EPERM,
		  "no right comes back");
	tap_equal(loom_dup(only_signal, 3, 0, 0), -EPERM, "nor both");
	tap_equal(loom_dup(fd, 0, 0, 0), -EINVAL, "no rights at all");
	tap_equal(loom_dup(fd, 4, 0, 0), -EINVAL, "an unknown right");
	tap_equal(loom_dup(fd, 1, 0, 1), -EINVAL, "an unknown flag");
	tap_equal(loom_dup(0, 1, 0, 0), -EINVAL, "of something else");
	tap_equal(loom_dup(999, 1, 0, 0), -EBADF, "of nothing");
	close(fd);
	close(only_wait);
	close(only_signal);
}

static void test_badges(void)
{
	int fd = make();
	int badged = narrow(fd, LOOM_RIGHT_SEND, 0x30);
	int both = narrow(fd, LOOM_RIGHT_SEND | LOOM_RIGHT_RECV, 0x40);
	int again;

	tap_equal(loom_signal(badged, 0xf), 0, "signal with a badge");
	tap_equal(take(fd), 0x30, "has the bits of the badge");
	tap_equal(loom_signal(badged, 0), 0, "none are needed");
	tap_equal(take(both), 0x30, "a badge does not matter to who waits");
	tap_equal(loom_dup(badged, LOOM_RIGHT_SEND, 0x50, 0), -EPERM,
		  "a badge cannot be changed");
	again = narrow(badged, LOOM_RIGHT_SEND, 0);
	loom_signal(again, 1);
	tap_equal(take(fd), 0x30, "it is inherited");
	close(again);
	again = dup(badged);
	loom_signal(again, 1);
	tap_equal(take(fd), 0x30, "by dup as well");
	close(again);
	close(badged);
	close(both);
	close(fd);
}

/* A thread that waits; done counts those who came back. */
struct waiter {
	struct thread thread;
	int fd;
	int nice;
	uint64_t timeout;
	volatile long result;
	volatile int entered, done;
};

static int wait_once(void *arg)
{
	struct waiter *w = arg;

	if (w->nice)
		raw_call(SYS_setpriority, PRIO_PROCESS, 0, w->nice, 0, 0, 0);
	w->entered = 1;
	w->result = take_for(w->fd, w->timeout);
	w->done = 1;
	return 0;
}

static void start_waiter(struct waiter *w, int fd, int nice)
{
	*w = (struct waiter){ .fd = fd, .nice = nice,
			      .timeout = LOOM_FOREVER };
	if (thread_start(&w->thread, wait_once, w) < 0)
		tap_bail("no thread");
	if (!thread_settled(w->thread.tid, &w->entered, &w->done))
		tap_bail("a thread does not wait");
}

static void test_wakes(void)
{
	int fd = make();
	struct waiter w[3];

	start_waiter(&w[0], fd, 0);
	tap_equal(w[0].result, 0, "a thread waits");
	loom_signal(fd, 9);
	tap_ok(thread_join(&w[0].thread), "and is woken");
	tap_equal(w[0].result, 9, "with the bits");
	tap_equal(take(fd), -EAGAIN, "which nobody else gets");

	/* By priority, then in the order in which they came. */
	start_waiter(&w[0], fd, 5);
	start_waiter(&w[1], fd, 0);
	start_waiter(&w[2], fd, 0);
	loom_signal(fd, 1);
	loom_signal(fd, 2);
	loom_signal(fd, 4);
	loom_signal(fd, 8);
	for (int i = 0; i < 3; i++)
		tap_ok(thread_join(&w[i].thread), "waiter %d wakes", i);
	tap_equal(w[1].result, 1, "the first of the best priority");
	tap_equal(w[2].result, 2, "then the second");
	tap_equal(w[0].result, 4, "then the one of a worse priority");
	tap_equal(take(fd), 8, "the rest stays");
	close(fd);
}

static volatile int caught;

static void handler(int sig)
{
	(void)sig;
	caught++;
}

static void on_signal(int flags)
{
	struct sigaction sa = { .sa_handler = handler, .sa_flags = flags };

	sigaction(SIGUSR1, &sa, NULL);
	caught = 0;
}

struct sender {
	struct thread thread;
	int tid;
	int fd;
};

/* A signal of the process, later one of the notification. */
static int disturb(void *arg)
{
	struct sender *s = arg;

	raw_sleep(20);
	state_await_sleep_of(&s->tid);
	raw_call(SYS_tgkill, raw_call(SYS_getpid, 0, 0, 0, 0, 0, 0), s->tid,
		 SIGUSR1, 0, 0, 0);
	/* Bits that come before it was heard would be the wait's result. */
	while (!caught)
		raw_sleep(1);
	raw_sleep(20);
	loom_signal(s->fd, 3);
	return 0;
}

static long disturbed(int fd, int flags, uint64_t timeout)
{
	struct sender s = { .tid = (int)syscall(SYS_gettid), .fd = fd };
	long result;

	on_signal(flags);
	if (thread_start(&s.thread, disturb, &s) < 0)
		tap_bail("no thread");
	result = take_for(fd, timeout);
	thread_join(&s.thread);
	return result;
}

static void test_signals(void)
{
	int fd = make();

	tap_equal(disturbed(fd, 0, LOOM_FOREVER), -EINTR,
		  "a handler ends a wait");
	tap_equal(caught, 1, "it ran");
	tap_equal(take(fd), 3, "the bits that came later stay");
	tap_equal(disturbed(fd, SA_RESTART, LOOM_FOREVER), 3,
		  "with SA_RESTART it goes on");
	tap_equal(disturbed(fd, SA_RESTART, 10000 * MS), -EINTR,
		  "but not a wait with a timeout");
	take(fd);
	close(fd);
}

/* Stopped and continued: no handler, so the wait goes on, to its end. */
static void test_stop(void)
{
	int fd = make(), status = 0;
	uint64_t start = now();
	pid_t pid = fork();

	if (pid == 0)
		_exit(take_for(fd, 300 * MS) == -ETIMEDOUT ? 0 : 1);
	child_sleep(50);
	kill(pid, SIGSTOP);
	child_sleep(50);
	kill(pid, SIGCONT);
	waitpid(pid, &status, 0);
	tap_equal(status, 0, "a stop does not end a wait");
	start = now() - start;
	tap_ok(start >= 300 * MS, "nor make it shorter");
	tap_ok(start < 3000 * MS, "nor begin it again");
	close(fd);
}

static void test_kill(void)
{
	int fd = make();
	pid_t pid = fork();

	if (pid == 0) {
		take_for(fd, LOOM_FOREVER);
		_exit(0);
	}
	child_sleep(30);
	kill(pid, SIGKILL);
	tap_equal(child_wait_ms(pid, 5000), -SIGKILL,
		  "who waits can be killed");
	loom_signal(fd, 7);
	tap_equal(take(fd), 7, "and takes no bits along");
	close(fd);
}

static short state(int fd, int ms)
{
	struct pollfd p = { .fd = fd, .events = POLLIN | POLLOUT };

	return poll(&p, 1, ms) < 0 ? -1 : p.revents;
}

static int signal_later(void *arg)
{
	raw_sleep(30);
	loom_signal(*(int *)arg, 2);
	return 0;
}

static void test_poll(void)
{
	int fd = make();
	int only_wait = narrow(fd, LOOM_RIGHT_RECV, 0);
	struct timeval limit = { 5, 0 };
	struct thread t;
	fd_set set;

	tap_equal(state(fd, 0), POLLOUT, "poll: it can be signalled");
	tap_equal(state(only_wait, 0), 0, "by whom it permits");
	loom_signal(fd, 1);
	tap_equal(state(only_wait, 0), POLLIN, "poll: it was");
	take(fd);
	tap_equal(state(only_wait, 20), 0, "poll waits");
	for (int i = 0; i < 2; i++) {
		uint64_t start = now();

		thread_start(&t, signal_later, &fd);
		tap_equal(state(only_wait, 20000), POLLIN,
			  "poll is woken, time %d", i);
		/* At the end of its time it would look as well. */
		tap_ok(now() - start < 15000 * MS, "by the signal");
		thread_join(&t);
		tap_equal(take(only_wait), 2, "and takes nothing");
	}
	FD_ZERO(&set);
	FD_SET(only_wait, &set);
	thread_start(&t, signal_later, &fd);
	tap_equal(select(only_wait + 1, &set, NULL, NULL, &limit), 1,
		  "select is woken");
	thread_join(&t);
	take(fd);
	close(only_wait);
	close(fd);
}

static void test_timer(void)
{
	int fd = make();
	int only_wait = narrow(fd, LOOM_RIGHT_RECV, 0);
	int only_signal = narrow(fd, LOOM_RIGHT_SEND, 0);
	uint64_t start = now();
	bool good = true;

	tap_equal(loom_bind_timer(fd, CLOCK_MONOTONIC, 0, 200 * MS, 0, 5), 0,
		  "bind a timer");
	tap_equal(take(fd), -EAGAIN, "not at once");
	tap_equal(take_for(fd, 5000 * MS), 5, "it signals");
	tap_ok(now() - start >= 200 * MS, "not before its time");
	tap_equal(take_for(fd, 40 * MS), -ETIMEDOUT, "once");

	start = now();
	loom_bind_timer(fd, CLOCK_MONOTONIC, LOOM_TIMER_ABSTIME,
			start + 20 * MS, 10 * MS, 2);
	for (int i = 0; i < 5; i++)
		good = take_for(fd, 5000 * MS) == 2 && good;
	tap_ok(good, "a periodic one signals again and again");
	tap_ok(now() - start >= 60 * MS, "in its time");
	/* It is not taken for a while: then it has nothing new to say. */
	child_sleep(60);
	tap_equal(take(fd), 2, "what was missed is one");
	tap_equal(take_for(fd, 5000 * MS), 2, "and it goes on");
	tap_equal(loom_bind_timer(fd, CLOCK_MONOTONIC, 0, 0, 0, 0), 0,
		  "unbind");
	take(fd);
	tap_equal(take_for(fd, 40 * MS), -ETIMEDOUT, "then it is quiet");

	loom_bind_timer(fd, CLOCK_MONOTONIC, 0, 1, 1, 2);
	good = true;
	for (int i = 0; i < 100; i++)
		good = take_for(fd, 5000 * MS) == 2 && good;
	tap_ok(good, "every nanosecond, and others still run");
	loom_bind_timer(fd, CLOCK_BOOTTIME, 0, 10000 * MS, 0, 8);
	take(fd);
	tap_equal(take_for(fd, 20 * MS), -ETIMEDOUT, "a new one replaces it");

	tap_equal(loom_bind_timer(only_wait, 1, 0, 1, 0, 1), -EPERM,
		  "a wait-only one binds nothing");
	tap_equal(loom_bind_timer(only_signal, 1, 0, 1, 0, 1), -EPERM,
		  "nor a signal-only one");
	tap_equal(loom_bind_timer(fd, 1, 0, 1, 0, 0), -EINVAL, "no bits");
	tap_equal(loom_bind_timer(fd, 1, 2, 1, 0, 1), -EINVAL, "a flag");
	tap_equal(loom_bind_timer(fd, 77, 0, 1, 0, 1), -EINVAL, "a clock");
	tap_equal(loom_bind_timer(fd, CLOCK_REALTIME, 1, 1, 0, 1), -EINVAL,
		  "no time of day");
	tap_equal(loom_bind_timer(fd, CLOCK_REALTIME, 0, 1, UINT64_MAX, 1), 0,
		  "the longest interval");
	tap_equal(take_for(fd, 5000 * MS), 1, "begins");
	tap_equal(take_for(fd, 20 * MS), -ETIMEDOUT, "and is long");
	close(only_wait);
	close(only_signal);
	/* With a timer that is armed. */
	loom_bind_timer(fd, 1, 0, 10 * MS, MS, 1);
	close(fd);
}

enum { UART_IRQ = 33, FREE_IRQ = 32 + 90, TIMER_IRQ = 27 };

/* What lines do is tested in the kernel, by tests/boot/test_ipc.c. */
static void test_irq(void)
{
	int fd = make(), other = make();
	int only_wait = narrow(fd, LOOM_RIGHT_RECV, 0);

	tap_equal(loom_ack_irq(fd), -ENXIO, "no interrupt to acknowledge");
	tap_equal(loom_bind_irq(fd, TIMER_IRQ, 0, 1), -EINVAL,
		  "not one of each CPU");
	tap_equal(loom_bind_irq(fd, 5000, 0, 1), -EINVAL, "no such line");
	tap_equal(loom_bind_irq(fd, UINT64_C(1) << 32 | FREE_IRQ, 0, 1),
		  -EINVAL, "nor such a one");
	tap_equal(loom_bind_irq(fd, UART_IRQ, 0, 1), -EBUSY, "a driver's");
	tap_equal(loom_bind_irq(fd, FREE_IRQ, 0, 0), -EINVAL, "no bits");
	tap_equal(loom_bind_irq(fd, FREE_IRQ, 2, 1), -EINVAL, "a flag");
	tap_equal(loom_bind_irq(only_wait, FREE_IRQ, 0, 1), -EPERM,
		  "not with a wait-only one");
	tap_equal(loom_bind_irq(fd, FREE_IRQ, LOOM_IRQ_EDGE, 1), 0,
		  "one that is free");
	tap_equal(loom_bind_irq(other, FREE_IRQ, 0, 1), -EBUSY, "not twice");
	tap_equal(loom_ack_irq(only_wait), 0, "who waits acknowledges");
	tap_equal(loom_bind_irq(fd, 0, 0, 0), 0, "unbind");
	tap_equal(loom_bind_irq(other, FREE_IRQ, 0, 1), 0, "then another may");
	close(only_wait);
	close(other);
	tap_equal(loom_bind_irq(fd, FREE_IRQ, 0, 1), 0,
		  "also after the end of that one");
	close(fd);
}

static void test_bad(void)
{
	int null = open("/dev/null", O_RDWR), path = open("/", O_PATH);
	int ep = (int)loom_endpoint(0);

	tap_equal(loom_signal(null, 1), -EINVAL, "signal what is none");
	tap_equal(loom_signal(path, 1), -EINVAL, "or a path");
	tap_equal(loom_signal(ep, 1), -EINVAL, "or an endpoint");
	tap_equal(loom_signal(-1, 1), -EBADF, "or nothing");
	tap_equal(take(null), -EINVAL, "wait for what is none");
	tap_equal(take(999), -EBADF, "or nothing");
	tap_equal(loom_bind_timer(null, 1, 0, 1, 0, 1), -EINVAL, "bind it");
	tap_equal(loom_bind_irq(ep, FREE_IRQ, 0, 1), -EINVAL, "or that");
	tap_equal(loom_ack_irq(-5), -EBADF, "acknowledge nothing");
	tap_equal(syscall(LOOM_SYS_ACK_IRQ + 1) < 0 ? errno : 0, ENOSYS,
		  "the number after the last");
	tap_equal(syscall(LOOM_CALL_FIRST - 1) < 0 ? errno : 0, ENOSYS,
		  "and before the first");
	close(null);
	close(path);
	close(ep);
}

/* The file that /proc shows is no way to more rights. */
static void test_proc(void)
{
	int fd = make(), again;
	char path[64];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	again = open(path, O_RDWR);
	tap_equal(again < 0 ? errno : 0, ENXIO, "no other by its path");
	again = open(path, O_PATH);
	tap_ok(again >= 0, "O_PATH");
	tap_equal(loom_signal(again, 1), -EINVAL, "which does not signal");
	close(fd);
	close(again);
}

static void all(void)
{
	test_word();
	test_files();
	test_rights();
	test_badges();
	test_wakes();
	test_signals();
	test_stop();
	test_kill();
	test_poll();
	test_timer();
	test_irq();
	test_bad();
	test_proc();
}

int main(int argc, char **argv)
{
	struct counts before;

	(void)argc;
	child_init(argv[0]);
	if (loom_notification(1) == -ENOSYS)
		tap_bail("this kernel has no notifications");
	all();
	counts_take(&before);
	all();
	counts_check(&before);
	return tap_done();
}
