// SPDX-License-Identifier: MIT
/*
 * polltest: ppoll and pselect6: what they say of pipes, files and bad
 * descriptors, their times, signals and masks; threads that poll beside
 * threads that read, with no wake-up lost or taken away; and tables of
 * descriptors that grow to their limit.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "lib/child.h"
#include "lib/counts.h"
#include "lib/tap.h"

enum { PIPE_SIZE = 65536, PAGE = 4096, WATCHDOG_S = 120 };

static int64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static void make_pipe(int fd[2], int flags)
{
	if (pipe2(fd, flags))
		tap_bail("pipe2: %s", strerror(errno));
}

/* The call itself: the C library hides the time that is left. */
static long raw_ppoll(struct pollfd *p, unsigned long n, struct timespec *ts,
		      const void *mask, size_t size)
{
	long r = syscall(SYS_ppoll, p, n, ts, mask, size);

	return r < 0 ? -errno : r;
}

static short state(int fd, short events)
{
	struct pollfd p = { .fd = fd, .events = events, .revents = 0x7777 };

	if (poll(&p, 1, 0) < 0)
		return -1;
	return p.revents;
}

static void test_pipe_states(void)
{
	char *buf = calloc(2, PIPE_SIZE);
	int fd[2];

	make_pipe(fd, O_NONBLOCK);
	tap_equal(state(fd[0], POLLIN), 0, "an empty pipe cannot be read");
	tap_equal(state(fd[1], POLLOUT | POLLIN), POLLOUT,
		  "it can be written");
	tap_equal(state(fd[0], POLLOUT), 0, "but not at the end to read");
	tap_equal(write(fd[1], buf, 1), 1, "a byte is written");
	tap_equal(state(fd[0], POLLIN | POLLRDNORM), POLLIN | POLLRDNORM,
		  "then it can be read");
	tap_equal(read(fd[0], buf, 2), 1, "it is read");
	tap_equal(write(fd[1], buf, PIPE_SIZE + 1), PIPE_SIZE, "fill it");
	tap_equal(state(fd[1], POLLOUT), 0, "a full pipe cannot be written");
	tap_equal(read(fd[0], buf, 100), 100, "a little is read");
	tap_equal(state(fd[1], POLLOUT), 0, "that is not room for PIPE_BUF");
	tap_equal(read(fd[0], buf, PAGE), PAGE, "a page is read");
	tap_equal(state(fd[1], POLLOUT), POLLOUT, "now there is room");
	close(fd[1]);
	tap_equal(state(fd[0], POLLIN), POLLIN | POLLHUP,
		  "the writer's end is told with what is left");
	tap_equal(state(fd[0], 0), POLLHUP, "and without being asked for");
	close(fd[0]);
	make_pipe(fd, 0);
	close(fd[0]);
	tap_equal(state(fd[1], POLLOUT), POLLOUT | POLLERR,
		  "a pipe without reader");
	close(fd[1]);
	free(buf);
}

static void test_descriptors(void)
{
	struct pollfd p[4] = {
		{ .fd = -1, .events = POLLIN, .revents = 9 },
		{ .fd = 999, .events = 0, .revents = 9 },
		{ .fd = -999, .events = POLLOUT, .revents = 9 },
	};
	struct rlimit limit = { .rlim_cur = 64 }, old;
	static struct pollfd many[65];
	int null = open("/dev/null", O_RDWR);

	p[3] = (struct pollfd){ .fd = null, .events = POLLIN | POLLOUT };
	tap_equal(poll(p, 4, -1), 2, "two of four have something to say");
	tap_equal(p[0].revents | p[2].revents, 0, "negative ones are nothing");
	tap_equal(p[1].revents, POLLNVAL, "one is not open");
	tap_equal(p[3].revents, POLLIN | POLLOUT, "/dev/null is always ready");
	close(null);
	null = open("/dev/null", O_RDWR | O_PATH);
	tap_equal(state(null, POLLIN), POLLNVAL, "a path cannot be polled");
	close(null);
	getrlimit(RLIMIT_NOFILE, &old);
	limit.rlim_max = old.rlim_max;
	tap_equal(setrlimit(RLIMIT_NOFILE, &limit), 0, "a limit of 64");
	tap_equal(raw_ppoll(many, 65, NULL, NULL, 0), -EINVAL,
		  "more than the limit are EINVAL");
	setrlimit(RLIMIT_NOFILE, &old);
}

static void test_time(void)
{
	struct timespec ts = { .tv_sec = 0, .tv_nsec = 30000000 };
	struct timespec bad = { .tv_sec = 0, .tv_nsec = 1000000000 };
	struct timespec negative = { .tv_sec = -1, .tv_nsec = 0 };
	struct pollfd p;
	int64_t start;
	int fd[2];

	make_pipe(fd, 0);
	p = (struct pollfd){ .fd = fd[0], .events = POLLIN };
	for (int i = 0; i < 10; i++) {
		start = now_ms();
		if (poll(&p, 1, 20) != 0 || now_ms() - start < 20)
			break;
		tap_ok(i < 9 || now_ms() - start < 2000, "20 ms, round %d", i);
	}
	tap_equal(raw_ppoll(&p, 1, &ts, NULL, 0), 0, "30 ms pass");
	tap_ok(ts.tv_sec == 0 && ts.tv_nsec == 0, "and nothing is left");
	ts.tv_sec = 100;
	tap_equal(write(fd[1], "x", 1), 1, "something to read");
	tap_equal(raw_ppoll(&p, 1, &ts, NULL, 0), 1, "is told at once");
	tap_ok(ts.tv_sec >= 90 && ts.tv_sec < 100, "and the rest of the time");
	tap_equal(raw_ppoll(&p, 1, &bad, NULL, 0), -EINVAL, "10^9 ns");
	tap_equal(raw_ppoll(&p, 1, &negative, NULL, 0), -EINVAL,
		  "a negative time");
	tap_equal(raw_ppoll(&p, 1, NULL, &p, 7), -EINVAL, "a mask of 7 bytes");
	close(fd[0]);
	close(fd[1]);
}

static void test_select(void)
{
	struct timeval tv = { .tv_sec = 0, .tv_usec = 0 };
	fd_set in, out, ex;
	int64_t start;
	int fd[2];

	make_pipe(fd, 0);
	FD_ZERO(&in);
	FD_ZERO(&out);
	FD_ZERO(&ex);
	FD_SET(fd[0], &in);
	FD_SET(fd[1], &in);
	FD_SET(fd[1], &out);
	FD_SET(fd[0], &ex);
	tap_equal(select(fd[1] + 1, &in, &out, &ex, NULL), 1,
		  "select: one of three sets");
	tap_ok(!FD_ISSET(fd[0], &in) && !FD_ISSET(fd[1], &in) &&
	       FD_ISSET(fd[1], &out) && !FD_ISSET(fd[0], &ex),
	       "and it is the right one");
	tap_equal(write(fd[1], "x", 1), 1, "something to read");
	FD_SET(fd[0], &in);
	tap_equal(select(fd[1] + 1, &in, &out, NULL, NULL), 2,
		  "select: two sets");
	tap_ok(FD_ISSET(fd[0], &in) && FD_ISSET(fd[1], &out), "both right");
	close(fd[1]);
	FD_SET(fd[1], &in);
	tap_ok(select(fd[1] + 1, &in, NULL, NULL, &tv) == -1 && errno == EBADF,
	       "select: EBADF for one that is closed");
	FD_CLR(fd[1], &in);
	tap_ok(select(-1, &in, NULL, NULL, &tv) == -1 && errno == EINVAL,
	       "select: EINVAL for a negative number");
	tap_equal(select(FD_SETSIZE, &in, NULL, NULL, NULL), 1,
		  "select: a number beyond the table");
	start = now_ms();
	tv.tv_usec = 30000;
	tap_equal(select(0, NULL, NULL, NULL, &tv), 0, "select: only sleeps");
	tap_ok(now_ms() - start >= 30, "as long as it was told");
	tap_ok(tv.tv_sec == 0 && tv.tv_usec == 0, "and nothing is left");
	close(fd[0]);
}

static volatile sig_atomic_t handled;

static void on_signal(int sig)
{
	(void)sig;
	handled++;
}

static void test_signals(void)
{
	struct sigaction act = { .sa_handler = on_signal,
				 .sa_flags = SA_RESTART };
	struct itimerval timer = { .it_value = { .tv_usec = 30000 } };
	sigset_t usr1, none, now;
	struct pollfd p;
	int fd[2];

	make_pipe(fd, 0);
	p = (struct pollfd){ .fd = fd[0], .events = POLLIN };
	sigaction(SIGUSR1, &act, NULL);
	sigaction(SIGALRM, &act, NULL);
	handled = 0;
	setitimer(ITIMER_REAL, &timer, NULL);
	tap_ok(poll(&p, 1, 5000) == -1 && errno == EINTR && handled == 1,
	       "a handler ends a poll, SA_RESTART or not");
	signal(SIGALRM, SIG_DFL);
	alarm(WATCHDOG_S);
	sigemptyset(&none);
	sigemptyset(&usr1);
	sigaddset(&usr1, SIGUSR1);
	sigprocmask(SIG_BLOCK, &usr1, NULL);
	raise(SIGUSR1);
	handled = 0;
	tap_equal(poll(&p, 1, 10), 0, "a blocked signal does not");
	tap_ok(ppoll(&p, 1, NULL, &none) == -1 && errno == EINTR &&
	       handled == 1, "a mask lets it in");
	sigprocmask(SIG_SETMASK, NULL, &now);
	tap_ok(sigismember(&now, SIGUSR1), "and it is blocked again");
	raise(SIGUSR1);
	tap_equal(write(fd[1], "x", 1), 1, "something to read");
	tap_ok(ppoll(&p, 1, NULL, &none) == 1 && handled == 1,
	       "with something ready the signal waits");
	tap_equal(read(fd[0], &now, 1), 1, "it is read");
	tap_ok(pselect(0, NULL, NULL, NULL, NULL, &none) == -1 &&
	       errno == EINTR && handled == 2, "pselect lets it in, too");
	sigprocmask(SIG_UNBLOCK, &usr1, NULL);
	close(fd[0]);
	close(fd[1]);
}

/*
 * Readers sleep in read, pollers in poll, on the same counter. Every one of
 * many tokens has to reach a reader, whoever is woken first.
 */
enum { READERS = 3, POLLERS = 5, TOKENS = 3000 };

static struct {
	int fd, stop[2];
	int taken;		/* atomic */
	int seen;		/* atomic: polls that found a token */
} race;

static void *take_tokens(void *arg)
{
	uint64_t value;

	(void)arg;
	while (read(race.fd, &value, sizeof(value)) == sizeof(value) &&
	       __atomic_add_fetch(&race.taken, 1, __ATOMIC_SEQ_CST) <= TOKENS)
		;
	return NULL;
}

static void *watch_tokens(void *arg)
{
	struct pollfd p[2] = {
		{ .fd = race.fd, .events = POLLIN },
		{ .fd = race.stop[0], .events = POLLIN },
	};

	(void)arg;
	while (poll(p, 2, -1) > 0 && !(p[1].revents & POLLHUP))
		__atomic_add_fetch(&race.seen, 1, __ATOMIC_SEQ_CST);
	return NULL;
}

static void wait_taken(int n)
{
	for (int i = 0; i < 2000; i++) {
		if (__atomic_load_n(&race.taken, __ATOMIC_SEQ_CST) >= n)
			return;
		usleep(5000);
	}
}

static void test_race(void)
{
	pthread_t reader[READERS], poller[POLLERS];
	uint64_t one = 1, rest = READERS;
	int before;

	race.taken = 0;
	race.seen = 0;
	race.fd = eventfd(0, EFD_SEMAPHORE);
	make_pipe(race.stop, 0);
	for (int i = 0; i < POLLERS; i++)
		pthread_create(&poller[i], NULL, watch_tokens, NULL);
	for (int i = 0; i < READERS; i++)
		pthread_create(&reader[i], NULL, take_tokens, NULL);
	for (int i = 0; i < TOKENS; i++) {
		if (write(race.fd, &one, sizeof(one)) != sizeof(one))
			break;
		if (i % 500 == 0)
			wait_taken(i + 1);
	}
	wait_taken(TOKENS);
	tap_equal(race.taken, TOKENS,
		  "each of many tokens reaches a reader among pollers");
	tap_equal(write(race.fd, &rest, sizeof(rest)), sizeof(rest),
		  "one more for each");
	for (int i = 0; i < READERS; i++)
		pthread_join(reader[i], NULL);
	/* Now only pollers are left. */
	before = __atomic_load_n(&race.seen, __ATOMIC_SEQ_CST);
	tap_equal(write(race.fd, &one, sizeof(one)), sizeof(one), "a last one");
	for (int i = 0; i < 400 && race.seen < before + POLLERS; i++)
		usleep(5000);
	tap_ok(race.seen >= before + POLLERS, "every poller sees it");
	close(race.stop[1]);
	for (int i = 0; i < POLLERS; i++)
		pthread_join(poller[i], NULL);
	close(race.stop[0]);
	close(race.fd);
}

/* Between the look and the sleep: a wake-up that comes there is kept. */
static void *ping(void *arg)
{
	int *fd = arg;
	char byte;

	while (read(fd[0], &byte, 1) == 1 && write(fd[3], &byte, 1) == 1)
		;
	return NULL;
}

static void test_ping(void)
{
	struct pollfd p;
	pthread_t thread;
	char byte = 'x';
	int fd[4], done = 0;

	make_pipe(fd, 0);
	make_pipe(fd + 2, 0);
	p = (struct pollfd){ .fd = fd[2], .events = POLLIN };
	pthread_create(&thread, NULL, ping, fd);
	while (done < 2000 && write(fd[1], &byte, 1) == 1 &&
	       poll(&p, 1, 10000) == 1 && read(fd[2], &byte, 1) == 1)
		done++;
	tap_equal(done, 2000, "2000 times there and back");
	close(fd[1]);
	pthread_join(thread, NULL);
	close(fd[0]);
	close(fd[2]);
	close(fd[3]);
}

static void *close_soon(void *arg)
{
	usleep(30000);
	close(*(int *)arg);
	return NULL;
}

static void test_closed_meanwhile(void)
{
	struct pollfd p;
	pthread_t thread;
	int fd[2], copy;

	make_pipe(fd, 0);
	copy = dup(fd[0]);
	p = (struct pollfd){ .fd = copy, .events = POLLIN };
	pthread_create(&thread, NULL, close_soon, &copy);
	tap_equal(poll(&p, 1, 300), 1, "closed by another thread meanwhile");
	tap_equal(p.revents, POLLNVAL, "it is no descriptor any more");
	pthread_join(thread, NULL);
	p.fd = fd[0];
	pthread_create(&thread, NULL, close_soon, &fd[1]);
	tap_equal(poll(&p, 1, 10000), 1, "the other end is closed");
	tap_equal(p.revents, POLLHUP, "which wakes");
	pthread_join(thread, NULL);
	close(fd[0]);
}

enum { MANY = 700 };

static void test_many(void)
{
	static struct pollfd p[MANY];
	int fd[MANY][2], n = 0, good = 0;
	pthread_t thread;
	char byte;

	while (n < MANY / 2 && pipe2(fd[n], 0) == 0)
		n++;
	for (int i = 0; i < MANY; i++) {
		p[i].fd = fd[i % n][0];
		p[i].events = POLLIN;
	}
	tap_equal(n, MANY / 2, "350 pipes");
	for (int i = 0; i < n; i += 50) {
		pthread_create(&thread, NULL, close_soon, &fd[i][1]);
		/* One may be looked at before it closes, the other after. */
		good += poll(p, MANY, 10000) >= 1 &&
			poll(p, MANY, 0) == 2 &&
			p[i].revents == POLLHUP &&
			p[i + n].revents == POLLHUP;
		pthread_join(thread, NULL);
		fd[i][1] = dup(fd[i][0]);
		p[i].fd = -1;
		p[i + n].fd = -1;
	}
	tap_equal(good, 7, "any of 700 entries wakes");
	for (int i = 0; i < n; i++) {
		close(fd[i][0]);
		close(fd[i][1]);
	}
	tap_equal(read(0x7fffffff, &byte, 1), -1, "no descriptor is as high");
}

enum { LIMIT = 2000 };

static void test_limit(void)
{
	struct rlimit old, limit;
	int fd, first = dup(0), pair[2];

	close(first);
	getrlimit(RLIMIT_NOFILE, &old);
	limit = (struct rlimit){ LIMIT, old.rlim_max };
	tap_ok(old.rlim_cur >= 1024, "a program starts with 1024 descriptors");
	tap_equal(setrlimit(RLIMIT_NOFILE, &limit), 0, "a limit of 2000");
	do
		fd = dup(0);
	while (fd >= 0 && fd < LIMIT);
	tap_ok(fd == -1 && errno == EMFILE, "EMFILE at the limit");
	tap_equal(fcntl(LIMIT - 1, F_GETFD), 0, "all below are open");
	tap_ok(pipe(pair) == -1 && errno == EMFILE, "no pipe");
	tap_ok(open("/dev/null", O_RDWR) == -1 && errno == EMFILE, "no file");
	tap_ok(dup2(0, LIMIT) == -1 && errno == EBADF, "no dup2 beyond");
	tap_ok(fcntl(0, F_DUPFD, LIMIT) == -1 && errno == EINVAL,
	       "no F_DUPFD beyond");
	close(1234);
	tap_ok(pipe(pair) == -1 && errno == EMFILE, "a pipe needs two");
	tap_equal(dup(0), 1234, "the lowest free one is taken");
	limit.rlim_cur = 100;
	setrlimit(RLIMIT_NOFILE, &limit);
	close(50);
	close(150);
	tap_equal(dup(0), 50, "a lower limit: below it");
	tap_ok(dup(0) == -1 && errno == EMFILE, "and no more");
	tap_equal(fcntl(1999, F_GETFD), 0, "what is above stays");
	tap_equal(syscall(SYS_close_range, first, ~0u, 0), 0, "close them all");
	tap_equal(fcntl(1999, F_GETFD), -1, "they are");
	setrlimit(RLIMIT_NOFILE, &old);
}

static void round_of_all(void)
{
	test_pipe_states();
	test_descriptors();
	test_time();
	test_select();
	test_signals();
	test_ping();
	test_closed_meanwhile();
	test_race();
	test_many();
	test_limit();
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
	alarm(WATCHDOG_S);
	round_of_all();
	tap_equal(again(), 0, "the same in a child");
	counts_take(&before);
	counts_take(&before);
	tap_equal(again(), 0, "and in another");
	counts_check(&before);
	return tap_done();
}
