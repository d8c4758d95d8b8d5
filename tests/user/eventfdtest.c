// SPDX-License-Identifier: MIT
/*
 * eventfdtest: eventfd2: the counter, semaphores, what does not fit, what
 * waits and what ends a wait.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "lib/child.h"
#include "lib/counts.h"
#include "lib/state.h"
#include "lib/tap.h"

static long take(int fd)
{
	uint64_t value;
	long n = read(fd, &value, sizeof(value));

	if (n < 0)
		return -errno;
	return n == sizeof(value) ? (long)value : -1000;
}

static long add(int fd, uint64_t value)
{
	long n = write(fd, &value, sizeof(value));

	return n < 0 ? -errno : n;
}

static short state(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN | POLLOUT };

	return poll(&p, 1, 0) < 0 ? -1 : p.revents;
}

static void test_counter(void)
{
	int fd = eventfd(5, EFD_NONBLOCK | EFD_CLOEXEC);
	uint64_t value[2] = { 0, 0 };
	struct iovec halves[2] = {
		{ value, 4 }, { (char *)value + 4, 4 },
	};

	tap_equal(fcntl(fd, F_GETFD), FD_CLOEXEC, "close on exec");
	tap_equal(fcntl(fd, F_GETFL) & (O_ACCMODE | O_NONBLOCK),
		  O_RDWR | O_NONBLOCK, "for reading and writing, no waits");
	tap_equal(state(fd), POLLIN | POLLOUT, "5 can be read");
	tap_equal(take(fd), 5, "it is");
	tap_equal(take(fd), -EAGAIN, "then there is nothing");
	tap_equal(state(fd), POLLOUT, "nor to be read");
	tap_equal(add(fd, 0), 8, "0 is added");
	tap_equal(take(fd), -EAGAIN, "which is nothing");
	tap_equal(add(fd, 3), 8, "3 are added");
	tap_equal(add(fd, 4), 8, "and 4");
	tap_equal(read(fd, value, 16), 8, "a long read is of 8 bytes");
	tap_equal((long)value[0], 7, "together 7");
	tap_equal(add(fd, 9), 8, "9 are added");
	tap_equal(readv(fd, halves, 2), 8, "read in two halves");
	tap_equal((long)value[0], 9, "9");
	close(fd);
}

static void test_bounds(void)
{
	int fd = eventfd(0, EFD_NONBLOCK);
	uint64_t value;

	tap_equal(add(fd, UINT64_MAX), -EINVAL, "2^64-1 cannot be added");
	tap_equal(add(fd, UINT64_MAX - 1), 8, "one less can");
	tap_equal(state(fd), POLLIN, "then it cannot be written");
	tap_equal(add(fd, 1), -EAGAIN, "not one more");
	tap_equal(add(fd, 0), 8, "but nothing more");
	tap_equal(take(fd), (long)(UINT64_MAX - 1), "it is read");
	tap_ok(read(fd, &value, 7) == -1 && errno == EINVAL, "short reads");
	tap_ok(read(fd, &value, 0) == -1 && errno == EINVAL, "empty reads");
	tap_ok(write(fd, &value, 7) == -1 && errno == EINVAL, "short writes");
	tap_equal(syscall(SYS_eventfd2, 0, 0x10), -1, "no other flags");
	close(fd);
}

static void test_semaphore(void)
{
	int fd = eventfd(2, EFD_SEMAPHORE | EFD_NONBLOCK);

	tap_equal(take(fd), 1, "a semaphore gives one");
	tap_equal(add(fd, 1), 8, "one is added");
	tap_equal(take(fd), 1, "one");
	tap_equal(take(fd), 1, "one");
	tap_equal(take(fd), -EAGAIN, "none");
	close(fd);
}

/* One thread reads what another writes. */
struct pair {
	int fd;
	volatile int tid;	/* right before it waits */
	long got;
};

static void *read_one(void *arg)
{
	struct pair *pair = arg;

	pair->tid = gettid();
	pair->got = take(pair->fd);
	return NULL;
}

static void *write_one(void *arg)
{
	struct pair *pair = arg;

	pair->tid = gettid();
	pair->got = add(pair->fd, 7);
	return NULL;
}

static void test_waiting(void)
{
	struct pair pair = { .fd = eventfd(0, 0) };
	pthread_t thread;

	thread = state_start_sleeper(read_one, &pair, &pair.tid);
	tap_equal(add(pair.fd, 42), 8, "a reader waits");
	pthread_join(thread, NULL);
	tap_equal(pair.got, 42, "and gets it");
	tap_equal(add(pair.fd, UINT64_MAX - 3), 8, "nearly full");
	thread = state_start_sleeper(write_one, &pair, &pair.tid);
	tap_equal(take(pair.fd), (long)(UINT64_MAX - 3), "a writer waits");
	pthread_join(thread, NULL);
	tap_equal(pair.got, 8, "and goes on");
	tap_equal(take(pair.fd), 7, "with what it had");
	close(pair.fd);
}

static void on_signal(int sig)
{
	(void)sig;
}

static void test_interrupted(void)
{
	struct sigaction act = { .sa_handler = on_signal };
	struct pair pair = { .fd = eventfd(0, 0) };
	pthread_t thread;

	sigaction(SIGUSR1, &act, NULL);
	thread = state_start_sleeper(read_one, &pair, &pair.tid);
	pthread_kill(thread, SIGUSR1);
	pthread_join(thread, NULL);
	tap_equal(pair.got, -EINTR, "a signal ends a wait");
	/* Closed here, it lives on where it is waited for. */
	thread = state_start_sleeper(read_one, &pair, &pair.tid);
	close(pair.fd);
	pthread_kill(thread, SIGUSR1);
	pthread_join(thread, NULL);
	tap_equal(pair.got, -EINTR, "also of one that was closed meanwhile");
}

static void round_of_all(void)
{
	test_counter();
	test_bounds();
	test_semaphore();
	test_waiting();
	test_interrupted();
}

/* All once more, unseen: what is left of its memory goes with it. */
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
	alarm(60);
	round_of_all();
	tap_equal(again(), 0, "the same in a child");
	counts_take(&before);
	counts_take(&before);
	tap_equal(again(), 0, "and in another");
	counts_check(&before);
	return tap_done();
}
