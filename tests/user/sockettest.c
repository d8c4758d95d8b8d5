// SPDX-License-Identifier: MIT
/*
 * sockettest: connected pairs of sockets: streams, datagrams, packets; what
 * the ends are told when the other is shut or closed; flags, options,
 * messages; and what is not there.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "lib/child.h"
#include "lib/counts.h"
#include "lib/state.h"
#include "lib/tap.h"

static char buf[1 << 20];

static void make_pair(int fd[2], int type)
{
	if (socketpair(AF_UNIX, type, 0, fd))
		tap_bail("socketpair: %s", strerror(errno));
}

static void close_pair(const int fd[2])
{
	close(fd[0]);
	close(fd[1]);
}

static volatile sig_atomic_t handled;

static void on_signal(int sig)
{
	(void)sig;
	handled++;
}

static void set_handler(int sig, void (*fn)(int))
{
	struct sigaction act = { .sa_handler = fn };

	sigaction(sig, &act, NULL);
}

/* The result of a call, an error as its negative number. */
static long told(long result)
{
	return result < 0 ? -errno : result;
}

static short state(int fd)
{
	struct pollfd p = {
		.fd = fd, .events = POLLIN | POLLOUT | POLLRDHUP,
	};

	return poll(&p, 1, 0) < 0 ? -1 : p.revents;
}

static int option(int fd, int name)
{
	int value = -1;
	socklen_t len = sizeof(value);

	return getsockopt(fd, SOL_SOCKET, name, &value, &len) ? -errno : value;
}

static int waiting(int fd)
{
	int n = -1;

	return ioctl(fd, FIONREAD, &n) ? -errno : n;
}

static void test_stream(void)
{
	struct stat st;
	int fd[2];

	make_pair(fd, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC);
	tap_equal(fcntl(fd[0], F_GETFD), FD_CLOEXEC, "stream: close on exec");
	tap_equal(fcntl(fd[1], F_GETFL) & O_NONBLOCK, O_NONBLOCK, "no waits");
	tap_ok(fstat(fd[0], &st) == 0 && S_ISSOCK(st.st_mode), "a socket");
	tap_equal(told(lseek(fd[0], 0, SEEK_SET)), -ESPIPE, "no position");
	snprintf(buf, sizeof(buf), "/proc/self/fd/%d", fd[0]);
	tap_equal(open(buf, O_RDWR), -1, "nor is it opened by a path");
	tap_equal(told(read(fd[0], buf, 9)), -EAGAIN, "nothing there");
	tap_equal(state(fd[0]), POLLOUT, "it can be written");
	tap_equal(write(fd[0], "hello", 5), 5, "write");
	tap_equal(send(fd[0], " world", 6, 0), 6, "send");
	tap_equal(state(fd[1]), POLLIN | POLLOUT, "now it can be read");
	tap_equal(waiting(fd[1]), 11, "11 bytes");
	tap_equal(recv(fd[1], buf, 8, MSG_PEEK), 8, "peek");
	tap_equal(read(fd[1], buf, 100), 11, "read over both");
	tap_ok(!memcmp(buf, "hello world", 11), "the right bytes");
	tap_equal(write(fd[1], "back", 4), 4, "the other way");
	tap_equal(recv(fd[0], buf, 2, 0), 2, "half of it");
	tap_equal(recv(fd[0], buf + 2, 9, MSG_TRUNC), 2, "the other half");
	tap_ok(!memcmp(buf, "back", 4), "the right bytes");
	tap_equal(write(fd[0], buf, 0), 0, "nothing is written");
	tap_equal(told(read(fd[1], buf, 9)), -EAGAIN, "and nothing comes");
	tap_equal(told(send(fd[0], "x", 1, MSG_DONTWAIT | MSG_NOSIGNAL)), 1,
		  "flags");
	tap_equal(read(fd[1], buf, 9), 1, "it comes");
	close_pair(fd);
}

static void test_full(void)
{
	int fd[2];
	long sent = 0, got = 0, n;

	make_pair(fd, SOCK_STREAM | SOCK_NONBLOCK);
	while ((n = write(fd[0], buf, sizeof(buf))) > 0)
		sent += n;
	tap_ok(n == -1 && errno == EAGAIN, "a stream is full at some time");
	tap_ok(sent >= 65536 && sent < (1 << 20), "not before 64 KiB");
	tap_equal(state(fd[0]), 0, "then it cannot be written");
	tap_equal(waiting(fd[1]), sent, "all is there");
	while ((n = read(fd[1], buf, 50000)) > 0)
		got += n;
	tap_equal(got, sent, "and is read");
	tap_equal(state(fd[0]), POLLOUT, "then it can be written");
	close_pair(fd);
}

static void test_messages(int type, const char *name)
{
	int fd[2];

	make_pair(fd, type | SOCK_NONBLOCK);
	tap_equal(write(fd[0], "one", 3), 3, "%s: a message", name);
	tap_equal(write(fd[0], "", 0), 0, "an empty one");
	tap_equal(send(fd[0], "three", 5, 0), 5, "a third");
	tap_equal(read(fd[1], buf, 100), 3, "one at a time");
	tap_equal(recv(fd[1], buf, 100, 0), 0, "the empty one");
	tap_equal(recv(fd[1], buf, 2, MSG_PEEK), 2, "peek");
	tap_equal(recv(fd[1], buf, 2, MSG_TRUNC), 5, "its whole length");
	tap_ok(!memcmp(buf, "th", 2), "cut");
	tap_equal(told(recv(fd[1], buf, 9, 0)), -EAGAIN, "the rest is lost");
	tap_equal(told(send(fd[0], buf, sizeof(buf), 0)), -EMSGSIZE,
		  "too long a one");
	tap_equal(send(fd[0], buf, 100000, 0), 100000, "a long one");
	memset(buf, 1, 100);
	tap_equal(read(fd[1], buf, sizeof(buf)), 100000, "comes whole");
	close_pair(fd);
}

static void test_stream_end(void)
{
	int fd[2];

	set_handler(SIGPIPE, on_signal);
	handled = 0;
	make_pair(fd, SOCK_STREAM);
	tap_equal(write(fd[1], "last", 4), 4, "stream's end: a last word");
	close(fd[1]);
	tap_equal(state(fd[0]), POLLIN | POLLOUT | POLLHUP | POLLRDHUP, "poll");
	tap_equal(read(fd[0], buf, 9), 4, "it is read");
	tap_equal(read(fd[0], buf, 9), 0, "the end");
	tap_equal(option(fd[0], SO_ERROR), 0, "no error");
	tap_equal(told(send(fd[0], "x", 1, MSG_NOSIGNAL)), -EPIPE, "EPIPE");
	tap_equal(handled, 0, "without a signal");
	tap_equal(told(write(fd[0], "x", 1)), -EPIPE, "EPIPE");
	tap_equal(handled, 1, "with a signal");
	close(fd[0]);

	make_pair(fd, SOCK_STREAM);
	tap_equal(write(fd[0], "unread", 6), 6, "what nobody reads");
	close(fd[1]);
	tap_ok(state(fd[0]) & POLLERR, "is an error");
	tap_equal(told(read(fd[0], buf, 9)), -ECONNRESET, "that is told once");
	tap_equal(read(fd[0], buf, 9), 0, "then the end");
	close(fd[0]);
	set_handler(SIGPIPE, SIG_DFL);
}

static void test_other_ends(void)
{
	int fd[2];

	make_pair(fd, SOCK_SEQPACKET | SOCK_NONBLOCK);
	tap_equal(write(fd[1], "last", 4), 4, "packets' end: a last word");
	close(fd[1]);
	tap_equal(read(fd[0], buf, 9), 4, "it is read");
	tap_equal(read(fd[0], buf, 9), 0, "the end");
	tap_equal(told(send(fd[0], "x", 1, MSG_NOSIGNAL)), -EPIPE, "EPIPE");
	close(fd[0]);

	make_pair(fd, SOCK_DGRAM | SOCK_NONBLOCK);
	close(fd[1]);
	tap_equal(state(fd[0]), POLLOUT, "datagrams: the end is not told");
	tap_equal(told(read(fd[0], buf, 9)), -EAGAIN, "nor to a reader");
	tap_equal(told(write(fd[0], "x", 1)), -ECONNREFUSED, "to a writer");
	tap_equal(told(write(fd[0], "x", 1)), -ENOTCONN, "and again");
	close(fd[0]);
}

static void test_shutdown(void)
{
	int fd[2];

	set_handler(SIGPIPE, SIG_IGN);
	make_pair(fd, SOCK_STREAM);
	tap_equal(shutdown(fd[0], SHUT_WR), 0, "shutdown: no more writes");
	tap_equal(told(write(fd[0], "x", 1)), -EPIPE, "here");
	tap_equal(read(fd[1], buf, 9), 0, "nor reads there");
	tap_equal(state(fd[1]), POLLIN | POLLOUT | POLLRDHUP, "half closed");
	tap_equal(write(fd[1], "y", 1), 1, "the other way works");
	tap_equal(read(fd[0], buf, 9), 1, "still");
	tap_equal(shutdown(fd[0], SHUT_RD), 0, "shutdown: no more reads");
	tap_equal(told(write(fd[1], "y", 1)), -EPIPE, "of what is written");
	tap_equal(state(fd[1]), POLLIN | POLLOUT | POLLHUP | POLLRDHUP,
		  "all closed");
	tap_equal(told(shutdown(fd[0], 3)), -EINVAL, "a bad direction");
	close_pair(fd);
	make_pair(fd, SOCK_DGRAM | SOCK_NONBLOCK);
	shutdown(fd[0], SHUT_RD);
	tap_equal(told(write(fd[1], "x", 1)), -EPIPE, "of datagrams");
	tap_equal(told(read(fd[0], buf, 1)), -EAGAIN, "no end without waiting");
	close_pair(fd);
	set_handler(SIGPIPE, SIG_DFL);
}

/* Threads that wait. */
struct job {
	int fd, flags;
	volatile int tid;	/* right before its call */
	size_t len;
	long result;
};

static void *do_recv(void *arg)
{
	struct job *job = arg;
	static char there[1000];

	job->tid = gettid();
	job->result = told(recv(job->fd, there, job->len, job->flags));
	return NULL;
}

static void *do_send(void *arg)
{
	struct job *job = arg;

	job->tid = gettid();
	job->result = told(send(job->fd, buf, job->len, job->flags));
	return NULL;
}

static void begin(pthread_t *thread, void *(*fn)(void *), struct job *job)
{
	job->result = -1000;
	*thread = state_start_sleeper(fn, job, &job->tid);
}

static void test_waiting(void)
{
	struct job job = { .len = 10, .flags = MSG_WAITALL };
	pthread_t thread;
	long got = 0, n;
	int fd[2];

	make_pair(fd, SOCK_STREAM);
	job.fd = fd[1];
	begin(&thread, do_recv, &job);
	tap_equal(write(fd[0], "12345", 5), 5, "half of what is waited for");
	usleep(20000);
	tap_equal(job.result, -1000, "is not enough");
	tap_equal(write(fd[0], "67890x", 6), 6, "the rest");
	pthread_join(thread, NULL);
	tap_equal(job.result, 10, "MSG_WAITALL gets all");
	tap_equal(read(fd[1], buf, 9), 1, "and no more");

	set_handler(SIGUSR1, on_signal);
	job.flags = 0;
	begin(&thread, do_recv, &job);
	pthread_kill(thread, SIGUSR1);
	pthread_join(thread, NULL);
	tap_equal(job.result, -EINTR, "a signal ends a wait");
	begin(&thread, do_recv, &job);
	shutdown(fd[0], SHUT_WR);
	pthread_join(thread, NULL);
	tap_equal(job.result, 0, "so does the end");
	close_pair(fd);

	make_pair(fd, SOCK_STREAM);
	job = (struct job){ .fd = fd[0], .len = sizeof(buf) };
	begin(&thread, do_send, &job);
	while (got < (long)sizeof(buf) &&
	       (n = read(fd[1], buf, 30000)) > 0)
		got += n;
	pthread_join(thread, NULL);
	tap_ok(job.result == sizeof(buf) && got == sizeof(buf),
	       "a writer waits for room");
	begin(&thread, do_send, &job);
	pthread_kill(thread, SIGUSR1);
	pthread_join(thread, NULL);
	tap_ok(job.result > 0 && job.result < (long)sizeof(buf),
	       "a signal makes a write partial");
	close_pair(fd);
}

static void test_times(void)
{
	struct timeval tv = { .tv_usec = 30000 }, back;
	socklen_t len = sizeof(back);
	int fd[2];

	make_pair(fd, SOCK_DGRAM);
	tap_equal(setsockopt(fd[0], SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv)),
		  0, "SO_RCVTIMEO");
	tap_equal(told(read(fd[0], buf, 1)), -EAGAIN, "ends a wait");
	tap_equal(getsockopt(fd[0], SOL_SOCKET, SO_RCVTIMEO, &back, &len), 0,
		  "and can be asked for");
	tap_ok(len == sizeof(back) && back.tv_sec == 0 &&
	       back.tv_usec >= 30000 && back.tv_usec < 50000, "its value");
	tv.tv_usec = 1000000;
	tap_equal(told(setsockopt(fd[0], SOL_SOCKET, SO_SNDTIMEO, &tv,
				  sizeof(tv))), -EDOM, "10^6 us");
	close_pair(fd);
}

static void test_options(void)
{
	struct ucred who = { .pid = -1 };
	struct sockaddr_un name;
	socklen_t len = sizeof(who);
	int fd[2], pipes[2], size = 100000;

	make_pair(fd, SOCK_SEQPACKET);
	tap_equal(option(fd[0], SO_TYPE), SOCK_SEQPACKET, "SO_TYPE");
	tap_equal(option(fd[0], SO_DOMAIN), AF_UNIX, "SO_DOMAIN");
	tap_equal(option(fd[0], SO_PROTOCOL), 0, "SO_PROTOCOL");
	tap_equal(option(fd[0], SO_ACCEPTCONN), 0, "SO_ACCEPTCONN");
	tap_ok(option(fd[0], SO_SNDBUF) > 65536, "SO_SNDBUF");
	setsockopt(fd[0], SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	tap_equal(option(fd[0], SO_SNDBUF), 2 * size, "is doubled");
	size = 1;
	setsockopt(fd[0], SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	tap_ok(option(fd[0], SO_RCVBUF) > 2000, "and has a least value");
	tap_ok(!getsockopt(fd[1], SOL_SOCKET, SO_PEERCRED, &who, &len) &&
	       len == sizeof(who) && who.pid == getpid(), "SO_PEERCRED");
	tap_equal(option(fd[0], 12345), -ENOPROTOOPT, "an unknown option");
	len = sizeof(size);
	tap_equal(told(getsockopt(fd[0], 77, 1, &size, &len)), -EOPNOTSUPP,
		  "an unknown level");
	len = sizeof(name);
	memset(&name, 0xff, sizeof(name));
	tap_equal(getsockname(fd[0], (void *)&name, &len), 0, "getsockname");
	tap_ok(len == 2 && name.sun_family == AF_UNIX, "is empty");
	len = 1;
	tap_equal(getpeername(fd[0], (void *)&name, &len), 0, "getpeername");
	tap_equal((long)len, 2, "tells how long it would be");
	if (pipe(pipes))
		tap_bail("pipe: %s", strerror(errno));
	tap_equal(told(send(pipes[1], "x", 1, 0)), -ENOTSOCK, "no socket");
	tap_equal(told(send(0x7000, "x", 1, 0)), -EBADF, "no descriptor");
	close_pair(pipes);
	close_pair(fd);
}

static void test_headers(void)
{
	char a[4] = "", b[8] = "";
	struct iovec out[2] = { { "abc", 3 }, { "defgh", 5 } };
	struct iovec in[2] = { { a, 3 }, { b, 2 } };
	struct sockaddr_un name;
	struct msghdr m = { .msg_iov = out, .msg_iovlen = 2 };
	socklen_t len = sizeof(name);
	int fd[2];

	make_pair(fd, SOCK_DGRAM);
	tap_equal(sendmsg(fd[0], &m, 0), 8, "sendmsg");
	m = (struct msghdr){
		.msg_iov = in, .msg_iovlen = 2, .msg_name = &name,
		.msg_namelen = sizeof(name), .msg_flags = -1,
	};
	tap_equal(recvmsg(fd[1], &m, 0), 5, "recvmsg");
	tap_ok(!strcmp(a, "abc") && !memcmp(b, "de", 2), "in pieces");
	tap_equal(m.msg_flags, MSG_TRUNC, "it was cut");
	tap_equal((long)m.msg_namelen, 0, "from nowhere");
	tap_equal((long)m.msg_controllen, 0, "with nothing else");
	tap_equal(sendto(fd[0], "x", 1, 0, NULL, 0), 1, "sendto");
	tap_equal(recvfrom(fd[1], buf, 9, 0, (void *)&name, &len), 1,
		  "recvfrom");
	tap_equal((long)len, 0, "from nowhere");
	m = (struct msghdr){ .msg_iov = out, .msg_iovlen = 1025 };
	tap_equal(told(sendmsg(fd[0], &m, 0)), -EMSGSIZE, "too many pieces");
	close_pair(fd);
}

static void test_not_there(void)
{
	int fd[2];

	tap_equal(told(socketpair(AF_UNIX, 77, 0, fd)), -EINVAL, "a bad type");
	tap_equal(told(socketpair(AF_UNIX, SOCK_RDM, 0, fd)), -ESOCKTNOSUPPORT,
		  "one that there is not");
	tap_equal(told(socketpair(AF_UNIX, SOCK_STREAM, 5, fd)),
		  -EPROTONOSUPPORT, "a bad protocol");
	tap_equal(told(socketpair(1000, SOCK_STREAM, 0, fd)), -EAFNOSUPPORT,
		  "a bad family");
	tap_equal(told(socket(1000, SOCK_STREAM, 0)), -EAFNOSUPPORT,
		  "socket of a bad family");
}

static void round_of_all(void)
{
	test_stream();
	test_full();
	test_messages(SOCK_DGRAM, "datagrams");
	test_messages(SOCK_SEQPACKET, "packets");
	test_stream_end();
	test_other_ends();
	test_shutdown();
	test_waiting();
	test_times();
	test_options();
	test_headers();
	test_not_there();
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
