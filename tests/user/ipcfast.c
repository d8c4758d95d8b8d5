// SPDX-License-Identifier: MIT
/*
 * ipcfast: the short way of notifications and endpoints (docs/ipc.md), and
 * each of the conditions that make a call the general one. Results are the same
 * either way, so what is checked is that they are right when the ways change
 * between two calls, and when who sleeps the one way is woken the other. All
 * others than this process are processes too: a thread has no short way. Twice,
 * and nothing is lost. Linux has neither object.
 *
 *	ipcfast mix SEED EVENTS		a random mix of all of it alone
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <loom/ipc.h>

#include "ipcfast.h"
#include "lib/child.h"
#include "lib/counts.h"
#include "lib/rng.h"
#include "lib/state.h"
#include "lib/tap.h"
#include "lib/thread.h"

#define MS UINT64_C(1000000)

enum {
	END = 0xe4d,		/* label: the server is to end */
	LATE = 10000,		/* ms: what takes longer has gone wrong */
	CLIENTS = 4,
};

/* What all processes see. */
struct shared {
	volatile int entered;
	volatile int caught;
	volatile int bad;
	volatile long result;
	volatile uint64_t word;
	volatile uint64_t served;
	volatile uint64_t last[CLIENTS];	/* number, by badge */
};

static struct shared *shared;

static int checked(long fd)
{
	if (fd < 0)
		tap_bail("no descriptor: %ld", fd);
	return (int)fd;
}

static int notification(void)
{
	return checked(loom_notification(LOOM_CLOEXEC));
}

static int endpoint(void)
{
	return checked(loom_endpoint(LOOM_CLOEXEC));
}

static int narrow(int fd, uint64_t rights, uint64_t badge)
{
	return checked(loom_dup(fd, rights, badge, LOOM_CLOEXEC));
}

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

/* Forked, of its own niceness; 0 in the child, which ends by _exit. */
static pid_t begin(int nice)
{
	pid_t pid;

	shared->entered = 0;
	shared->result = 1;
	pid = fork();
	if (pid < 0)
		tap_bail("no process");
	if (pid == 0) {
		setpriority(PRIO_PROCESS, 0, nice);
		/* Nobody is left behind if the parent fails. */
		alarm(60);
	}
	return pid;
}

/* Until it has entered its last call, and sleeps there. */
static void settle(pid_t pid)
{
	for (int i = 0; i < LATE; i++) {
		if (shared->entered && state_of(pid) == 'S')
			return;
		child_sleep(1);
	}
	tap_bail("a process does not sleep");
}

static int ended(pid_t pid)
{
	return child_wait_ms(pid, LATE);
}

static struct loom_message message(uint64_t label, uint64_t seed)
{
	struct loom_message m = { .tag = LOOM_TAG(label, 0) };

	for (unsigned i = 0; i < 6; i++)
		m.word[i] = seed * 1000 + i;
	return m;
}

static bool is_message(const struct loom_message *m, uint64_t seed)
{
	bool same = true;

	for (unsigned i = 0; i < 6; i++)
		same = same && m->word[i] == seed * 1000 + i;
	return same;
}

/* Call; the reply of serve() is right. */
static bool call_ok(int fd, uint64_t seed, uint64_t badge)
{
	struct loom_message m = message(seed & 0xff, seed);
	long err = loom_call(fd, &m);
	uint64_t got = m.word[5];

	m.word[5] = (seed + 1) * 1000 + 5;
	if (!err && is_message(&m, seed + 1) && got == badge &&
	    loom_label(m.tag) == (seed & 0xff))
		return true;
	tap_note("call: %ld, word %lu, badge %lu", err,
		 (unsigned long)m.word[0], (unsigned long)got);
	return false;
}

/* Make a reply of the call in @m: 1000 more in each word, then the badge. */
static void echo(struct loom_message *m)
{
	m->tag = LOOM_TAG(loom_label(m->tag), 0);
	for (unsigned i = 0; i < 5; i++)
		m->word[i] += 1000;
	m->word[5] = m->badge;
}

/* One call; then replies, and does not wait for the next: that's error. */
static int serve_once(int fd)
{
	struct loom_message m = { .tag = 0 };

	if (loom_reply_recv(fd, &m))
		return 1;
	fcntl(fd, F_SETFL, O_NONBLOCK);
	echo(&m);
	return (int)-loom_reply_recv(fd, &m);
}

/* Echo, 1000 more in each word, the badge in the last; until END. */
static void serve(int fd)
{
	struct loom_message m = { .tag = 0 };
	long err;

	for (;;) {
		err = loom_reply_recv(fd, &m);
		if (err == -ESRCH) {
			m.tag = 0;
			continue;
		}
		if (err || loom_label(m.tag) == END)
			break;
		if ((uint32_t)m.tag != LOOM_TAG_CALL)
			shared->bad = 1;
		__atomic_fetch_add(&shared->served, 1, __ATOMIC_RELAXED);
		echo(&m);
	}
	m.tag = LOOM_TAG(END, 0);
	loom_reply(&m);
	_exit(err ? 1 : 0);
}

static pid_t server(int fd, int nice)
{
	pid_t pid = begin(nice);

	if (pid == 0)
		serve(fd);
	return pid;
}

static int stop_server(int fd, pid_t pid)
{
	struct loom_message m = message(END, 0);

	loom_call(fd, &m);
	return ended(pid);
}

/* Descriptors */

static void test_known(void)
{
	int a = notification(), b = notification(), x, y;
	int c = endpoint(), d = endpoint();
	int c7 = narrow(c, LOOM_RIGHT_SEND, 7);
	pid_t first = server(c, 0), second = server(d, 0);
	bool good = true;

	for (uint64_t i = 1; i < 50; i++) {
		loom_signal(a, i);
		loom_signal(b, i << 8);
		good = take(a) == (long)i && take(b) == (long)i << 8 && good;
		good = call_ok(c, i, 0) && call_ok(d, i, 0) && good;
		good = call_ok(c7, i, 7) && good;
		loom_signal(a, i);
		loom_signal(a, i << 8);
		good = take(a) == (long)(i | i << 8) && good;
	}
	tap_ok(good, "one descriptor, then another, in turn");
	x = dup(a);
	loom_signal(x, 1);
	dup2(b, x);
	loom_signal(x, 2);
	tap_equal(take(a), 1, "dup2 over it: the one before");
	tap_equal(take(b), 2, "the one after");
	loom_signal(x, 2);
	take(x);
	close(x);
	tap_equal(loom_signal(x, 4), -EBADF, "closed: no signal");
	tap_equal(take(x), -EBADF, "no wait");
	tap_equal(take(b), -EAGAIN, "nothing has come");
	y = notification();
	tap_equal(y, x, "the same number again");
	loom_signal(y, 8);
	tap_equal(take(y), 8, "is the new one");
	tap_equal(take(b), -EAGAIN, "not the old one");
	dup2(c7, y);
	tap_equal(loom_signal(y, 1), -EINVAL, "now it is an endpoint");
	tap_ok(call_ok(y, 3, 7), "that is called");
	dup2(a, y);
	loom_signal(y, 16);
	tap_equal(take(a), 16, "and a notification again");
	close(y);
	close(c7);
	tap_equal(stop_server(c, first), 0, "the first server ends");
	tap_equal(stop_server(d, second), 0, "the second too");
	close(a);
	close(b);
	close(c);
	close(d);
}

static void test_rights(void)
{
	int n = notification(), ep = endpoint();
	int in = narrow(n, LOOM_RIGHT_RECV, 0);
	int out = narrow(n, LOOM_RIGHT_SEND, 0x30);
	int receive = narrow(ep, LOOM_RIGHT_RECV, 0);
	int send = narrow(ep, LOOM_RIGHT_SEND, 0);
	struct loom_message m = message(1, 1);

	for (int i = 0; i < 3; i++) {
		tap_equal(loom_signal(out, 1), 0, "signal with a badge");
		tap_equal(loom_wait(out, 0, &m.tag), -EPERM, "no wait there");
		tap_equal(take(in), 0x30, "the bits of the badge");
		tap_equal(loom_signal(in, 1), -EPERM, "no signal there");
		tap_equal(loom_signal(out, 0), 0, "a badge needs no bits");
		tap_equal(take(n), 0x30, "it has its own");
		tap_equal(loom_signal(n, 0), -EINVAL, "else there are some");
		m = message(1, 1);
		tap_equal(loom_call(receive, &m), -EPERM, "call");
		tap_equal(loom_reply_recv(send, &m), -EPERM, "receive");
		tap_ok(is_message(&m, 1), "the registers are as before");
	}
	close(n);
	close(in);
	close(out);
	close(ep);
	close(receive);
	close(send);
}

static void test_nonblock(void)
{
	int n = notification(), ep = endpoint();
	int in = narrow(ep, LOOM_RIGHT_RECV, 0);
	struct loom_message m;
	pid_t pid;

	loom_signal(n, 1);
	tap_equal(take_for(n, LOOM_FOREVER), 1, "a wait");
	fcntl(n, F_SETFL, O_NONBLOCK);
	tap_equal(take_for(n, LOOM_FOREVER), -EAGAIN, "O_NONBLOCK: none");
	loom_signal(n, 2);
	tap_equal(take_for(n, LOOM_FOREVER), 2, "but what is there");
	/* A file of its own: O_NONBLOCK is the caller's. */
	pid = server(in, 0);
	tap_ok(call_ok(ep, 1, 0), "a call");
	tap_ok(call_ok(ep, 2, 0), "and another");
	child_sleep(20);
	fcntl(ep, F_SETFL, O_NONBLOCK);
	tap_ok(call_ok(ep, 3, 0), "O_NONBLOCK, but a receiver is there");
	fcntl(ep, F_SETFL, 0);
	tap_equal(stop_server(ep, pid), 0, "it ends");
	fcntl(ep, F_SETFL, O_NONBLOCK);
	m = message(1, 5);
	tap_equal(loom_call(ep, &m), -EAGAIN, "then nobody is");
	fcntl(ep, F_SETFL, 0);
	/* In children: a receive that waits all the same is ended. */
	fcntl(in, F_SETFL, O_NONBLOCK);
	pid = begin(0);
	if (pid == 0) {
		m.tag = 0;
		_exit((int)-loom_reply_recv(in, &m));
	}
	tap_equal(ended(pid), EAGAIN, "nor calls");
	fcntl(in, F_SETFL, 0);
	pid = begin(0);
	if (pid == 0)
		_exit(serve_once(in));
	tap_ok(call_ok(ep, 4, 0), "a server that does not wait replies");
	tap_equal(ended(pid), EAGAIN, "and nobody else calls");
	close(n);
	close(in);
	close(ep);
}

struct sharing {
	struct thread thread;
	int fd, other, keep, tell;
	pid_t pid;
};

/* Its descriptors are those of who waits: it takes one away. */
static int take_away(void *arg)
{
	struct sharing *s = arg;

	/* Not before it waits there, which is the next that it does. */
	while (!shared->entered)
		raw_sleep(1);
	raw_sleep(50);
	raw_call(SYS_dup3, s->other, s->fd, 0, 0, 0, 0);
	loom_signal(s->tell, 1);
	raw_sleep(20);
	loom_signal(s->keep, 5);
	return 0;
}

static void test_shared(void)
{
	static char stack[16384] __attribute__((aligned(16)));
	struct sharing s;
	int status;
	long pid;

	for (int i = 0; i < 4; i++) {
		s = (struct sharing){ .fd = notification(),
				      .other = notification(),
				      .tell = notification() };
		s.keep = dup(s.fd);
		loom_signal(s.fd, 1);
		take(s.fd);
		pid = 0;
		shared->entered = 0;
		if (i % 2)
			thread_start(&s.thread, take_away, &s);
		else
			pid = raw_clone(CLONE_FILES | SIGCHLD,
					stack + sizeof(stack), NULL, NULL,
					NULL, take_away, &s);
		shared->entered = 1;
		tap_equal(take_for(s.fd, LOOM_FOREVER), 5,
			  "who waits where a descriptor is taken away, %d",
			  i % 2);
		loom_signal(s.fd, 6);
		tap_equal(take(s.keep), -EAGAIN, "the old one has nothing");
		tap_equal(take(s.other), 6, "the new one has");
		if (pid > 0)
			waitpid((pid_t)pid, &status, 0);
		else
			thread_join(&s.thread);
		loom_signal(s.fd, 7);
		tap_equal(take(s.other), 7, "afterwards");
		dup2(s.keep, s.fd);
		loom_signal(s.fd, 8);
		tap_equal(take(s.keep), 8, "alone again");
		close(s.fd);
		close(s.other);
		close(s.keep);
		close(s.tell);
	}
}

/* Pollers */

static pid_t poller(int fd, short events)
{
	pid_t pid = begin(0);

	if (pid == 0) {
		struct pollfd p = { .fd = fd, .events = events };

		shared->entered = 1;
		_exit(poll(&p, 1, LATE) == 1 ? p.revents : 0xff);
	}
	settle(pid);
	return pid;
}

static void test_pollers(void)
{
	int n = notification(), ep = endpoint();
	pid_t pid, client;

	for (int i = 0; i < 3; i++) {
		loom_signal(n, 1);
		take(n);
		pid = poller(n, POLLIN);
		loom_signal(n, 1);
		tap_equal(ended(pid), POLLIN, "poll sees a signal");
		tap_equal(take(n), 1, "which stays");
	}
	pid = poller(ep, POLLOUT);
	client = server(ep, 0);
	tap_equal(ended(pid), POLLOUT, "poll sees a receiver");
	for (uint64_t i = 0; i < 6; i++) {
		if (i % 3 == 0)
			pid = poller(ep, POLLIN);
		tap_ok(call_ok(ep, i, 0), "a call where somebody polls");
		if (i % 3 == 2) {
			kill(pid, SIGKILL);
			ended(pid);
		}
	}
	tap_equal(stop_server(ep, client), 0, "the server ends");
	pid = poller(ep, POLLIN);
	client = begin(0);
	if (client == 0)
		_exit(call_ok(ep, 1, 0) ? 0 : 1);
	tap_equal(ended(pid), POLLIN, "poll sees a caller");
	kill(client, SIGKILL);
	ended(client);
	close(n);
	close(ep);
}

/* Many on one endpoint */

static void test_priorities(void)
{
	static const int nice_of[3] = { 0, 5, 10 };
	int ep = endpoint(), out[3];
	pid_t servers[2], clients[3];

	for (int i = 0; i < 3; i++)
		out[i] = narrow(ep, LOOM_RIGHT_SEND, (uint64_t)i + 1);
	for (int i = 0; i < 9; i++) {
		shared->served = 0;
		servers[0] = server(ep, nice_of[i % 3]);
		servers[1] = i < 3 ? 0 : server(ep, nice_of[i / 3]);
		for (int j = 0; j < 3; j++) {
			bool good = true;

			clients[j] = begin(nice_of[j]);
			if (clients[j])
				continue;
			for (uint64_t k = 0; k < 60; k++) {
				good = call_ok(out[j], k,
					       (uint64_t)j + 1) && good;
				if (k % 8 == 0)
					sched_yield();
			}
			_exit(good ? 0 : 1);
		}
		for (int j = 0; j < 3; j++)
			tap_equal(ended(clients[j]), 0,
				  "servers %d, client %d", i, j);
		tap_equal((long)shared->served, 180, "each call once");
		/* Either of them may be the one that receives it. */
		for (int j = 0; j < (servers[1] ? 2 : 1); j++) {
			struct loom_message m = message(END, 0);

			loom_call(ep, &m);
		}
		for (int j = 0; j < (servers[1] ? 2 : 1); j++)
			tap_equal(ended(servers[j]), 0, "its servers end");
	}
	tap_equal(shared->bad, 0, "each was a call");
	for (int i = 0; i < 3; i++)
		close(out[i]);
	close(ep);
}

/* The signaller is displaced by who is better, who then does something else. */
static void test_displaced(void)
{
	static const int nice_of[3] = { 0, 10, 19 };
	int n = notification(), back = notification();
	pid_t pid, low;

	for (int i = 0; i < 3; i++) {
		low = begin(nice_of[i]);
		if (low == 0) {
			bool good = true;

			pid = begin(0);
			if (pid == 0) {
				for (int k = 1; k < 40; k++) {
					long got = take_for(n, LOOM_FOREVER);

					if (got != k)
						_exit(1);
					if (k % 4 == 0)
						child_sleep(1);
					if (k % 4 == 1)
						sched_yield();
					if (k % 4 == 2)
						getppid();
					loom_signal(back, (uint64_t)got);
				}
				_exit(0);
			}
			for (int k = 1; k < 40; k++) {
				loom_signal(n, (uint64_t)k);
				good = take_for(back, LOOM_FOREVER) == k &&
				       good;
			}
			_exit(good && ended(pid) == 0 ? 0 : 1);
		}
		tap_equal(ended(low), 0, "a signaller of niceness %d",
			  nice_of[i]);
	}
	/* Who is woken ends at once. */
	pid = begin(-5);
	if (pid == 0)
		_exit(take_for(n, LOOM_FOREVER) == 3 ? 0 : 1);
	child_sleep(10);
	loom_signal(n, 3);
	tap_equal(ended(pid), 0, "who is woken, and ends");
	close(n);
	close(back);
}

static void test_queued(void)
{
	static const int nice_of[4] = { 5, 0, 10, 0 };
	static const uint64_t order[4] = { 1, 3, 0, 2 };
	int ep = endpoint();
	struct loom_message m = { .tag = 0 };
	pid_t pid[4];

	for (int i = 0; i < 4; i++) {
		pid[i] = begin(nice_of[i]);
		if (pid[i] == 0) {
			/* Learn the descriptor: nobody waits. */
			m = message(1, 1);
			m.tag |= LOOM_TAG_TIMEOUT;
			m.timeout = 0;
			loom_call(ep, &m);
			shared->entered = 1;
			_exit(call_ok(ep, (uint64_t)i, 0) ? 0 : 1);
		}
		settle(pid[i]);
	}
	m.tag = 0;
	for (int i = 0; i < 4; i++) {
		long err = loom_reply_recv(ep, &m);

		tap_ok(!err && is_message(&m, order[i]), "caller %d", i);
		echo(&m);
	}
	loom_reply(&m);
	for (int i = 0; i < 4; i++)
		tap_equal(ended(pid[i]), 0, "its reply");
	close(ep);
}

static void serve_two(const int ep[2])
{
	struct loom_message m = { .tag = 0 };

	for (int i = 0; !loom_reply_recv(ep[i], &m); i = !i)
		echo(&m);
	_exit(1);
}

/*
 * A server of two endpoints: it replies to who called the one, and receives
 * from the other. Every other call has a timeout, and so the general way.
 */
static void test_two_endpoints(void)
{
	int ep[2] = { endpoint(), endpoint() };
	struct loom_message m;
	bool good = true;
	pid_t pid = begin(0);

	if (pid == 0)
		serve_two(ep);
	for (uint64_t i = 0; i < 40; i++) {
		m = message(1, i);
		if (i / 2 % 2) {
			m.tag |= LOOM_TAG_TIMEOUT;
			m.timeout = LATE * MS;
		}
		good = loom_call(ep[i % 2], &m) == 0 && m.word[0] ==
		       (i + 1) * 1000 && good;
	}
	tap_ok(good, "a server of two endpoints");
	kill(pid, SIGKILL);
	ended(pid);
	close(ep[0]);
	close(ep[1]);
}

/* What went wrong; 0: the hog ran before the server. */
static int call_past_hog(int ep, int fd)
{
	struct loom_message m = message(1, 1);

	shared->word = 0;
	if (write(fd, "", 1) != 1)
		return 1;
	/* More urgent than both, this one has not let it run yet. */
	if (shared->word)
		return 2;
	if (loom_call(ep, &m))
		return 3;
	return m.word[0] == 1 ? 0 : 4;
}

static void tell_word(int ep)
{
	struct loom_message m = { .tag = 0 };

	while (!loom_reply_recv(ep, &m)) {
		m.tag = 0;
		m.word[0] = shared->word;
	}
	_exit(1);
}

/* A client, a server and a hog, of niceness 0, 10 and 5, on one CPU. */
static int play_priorities(int ep, const int end[2])
{
	struct loom_message m = message(1, 1);
	pid_t server, hog;
	int result;
	char c;

	child_share_cpu();
	server = begin(10);
	if (server == 0)
		tell_word(ep);
	/* From the second on it waits for calls the short way. */
	for (int i = 0; i < 3; i++) {
		m = message(1, 1);
		loom_call(ep, &m);
	}
	hog = begin(5);
	if (hog == 0) {
		shared->entered = 1;
		if (read(end[0], &c, 1) == 1)
			shared->word = 1;
		_exit(0);
	}
	settle(hog);
	settle(server);
	result = call_past_hog(ep, end[1]);
	kill(server, SIGKILL);
	ended(server);
	ended(hog);
	return result;
}

/*
 * Who is ready runs before who is called, if that one is less urgent. A pipe
 * makes it ready: that leaves it where it is.
 */
static void test_urgent_first(void)
{
	int ep = endpoint(), end[2];
	pid_t pid;

	if (pipe2(end, O_CLOEXEC))
		tap_bail("no pipe");
	pid = begin(0);
	if (pid == 0)
		_exit(play_priorities(ep, end));
	tap_equal(ended(pid), 0, "a hog, and a less urgent server");
	close(end[0]);
	close(end[1]);
	close(ep);
}

/* Ends */

static void handler(int sig)
{
	(void)sig;
	shared->caught++;
}

static void on_signal(int flags)
{
	struct sigaction sa = { .sa_handler = handler, .sa_flags = flags };

	sigaction(SIGUSR1, &sa, NULL);
	shared->caught = 0;
}

enum gone { KILLED, HANDLER, RESTARTED, STOPPED, TIMED_OUT, GONE };

/* The caller, whose call is received, is disturbed in way @how. */
static void test_caller_gone(enum gone how)
{
	int ep = endpoint(), want[GONE] = { -SIGKILL, ECANCELED, ECANCELED,
					    ECANCELED, ETIMEDOUT };
	struct loom_message m = { .tag = 0 };
	long err;
	pid_t pid, next;

	on_signal(how == RESTARTED ? SA_RESTART : 0);
	pid = begin(how == RESTARTED ? 5 : 0);
	if (pid == 0) {
		call_ok(ep, 1, 0);
		m = message(2, 2);
		if (how == TIMED_OUT) {
			m.tag |= LOOM_TAG_TIMEOUT;
			m.timeout = 20 * MS;
		}
		err = loom_call(ep, &m);
		_exit((int)-err);
	}
	loom_reply_recv(ep, &m);
	m = message(1, 2);
	m.word[5] = 0;
	tap_equal(loom_reply_recv(ep, &m), 0, "received, way %d", how);
	tap_ok(is_message(&m, 2), "as it was sent");
	if (how == KILLED)
		kill(pid, SIGKILL);
	if (how == HANDLER || how == RESTARTED)
		kill(pid, SIGUSR1);
	if (how == STOPPED) {
		kill(pid, SIGSTOP);
		child_sleep(5);
		kill(pid, SIGCONT);
	}
	tap_equal(ended(pid), want[how], "the caller");
	m.tag = 0;
	tap_equal(loom_reply_recv(ep, &m), -ESRCH, "nobody to reply to");
	next = begin(0);
	if (next == 0)
		_exit(call_ok(ep, 4, 0) ? 0 : 1);
	m.tag = 0;
	tap_equal(loom_reply_recv(ep, &m), 0, "the next");
	tap_ok(is_message(&m, 4), "is received");
	m = message(4, 5);
	m.word[5] = 0;
	loom_reply(&m);
	tap_equal(ended(next), 0, "and has its reply");
	close(ep);
}

static void test_server_gone(void)
{
	int ep = endpoint(), in = narrow(ep, LOOM_RIGHT_RECV, 0);
	int out = narrow(ep, LOOM_RIGHT_SEND, 3);
	struct loom_message m;
	pid_t pid, victim;

	pid = begin(0);
	if (pid == 0) {
		m.tag = 0;
		loom_reply_recv(in, &m);
		m = message(1, 2);
		m.word[5] = 3;
		loom_reply_recv(in, &m);
		kill(getpid(), SIGKILL);
	}
	tap_ok(call_ok(out, 1, 3), "a server");
	m = message(1, 1);
	tap_equal(loom_call(out, &m), -ECONNRESET, "that is killed");
	ended(pid);

	close(ep);
	victim = begin(0);
	if (victim == 0) {
		close(in);
		m = message(1, 1);
		shared->entered = 1;
		_exit((int)-loom_call(out, &m));
	}
	settle(victim);
	close(in);
	tap_equal(ended(victim), EPIPE, "a caller, and the last receiver");
	close(out);

	ep = endpoint();
	in = narrow(ep, LOOM_RIGHT_RECV, 0);
	victim = begin(0);
	if (victim == 0) {
		m.tag = LOOM_TAG_TIMEOUT;
		m.timeout = 0;
		loom_reply_recv(in, &m);
		close(ep);
		m.tag = 0;
		shared->entered = 1;
		_exit((int)-loom_reply_recv(in, &m));
	}
	settle(victim);
	close(ep);
	tap_equal(ended(victim), EPIPE, "a server, and the last caller");
	close(in);
}

/* Signals while it sleeps, in WAIT, CALL not received, REPLY_RECV. */

enum act { WAIT, CALL, RECEIVE, ACTS };

static long act_once(enum act act, int n, int ep)
{
	struct loom_message m = message(9, 9);
	long err;

	if (act == WAIT) {
		take(n);
		shared->entered = 1;
		err = take_for(n, LOOM_FOREVER);
		return err == 6 ? 0 : err;
	}
	m.tag |= LOOM_TAG_TIMEOUT;
	m.timeout = 0;
	if (act == CALL)
		loom_call(ep, &m);
	else
		loom_reply_recv(ep, &m);
	m = message(9, 9);
	shared->entered = 1;
	if (act == CALL) {
		err = loom_call(ep, &m);
		return err ? err : is_message(&m, 8) ? 0 : 1;
	}
	err = loom_reply_recv(ep, &m);
	if (err)
		return err;
	if (!is_message(&m, 7))
		return 1;
	m = message(9, 8);
	return loom_reply(&m);
}

static void counterpart(enum act act, int n, int ep)
{
	struct loom_message m = message(9, 7);

	if (act == WAIT) {
		tap_equal(loom_signal(n, 6), 0, "the signal");
	} else if (act == CALL) {
		m.tag = LOOM_TAG_TIMEOUT;
		m.timeout = 5000 * MS;
		tap_equal(loom_recv(ep, &m), 0, "the message");
		tap_ok(is_message(&m, 9), "is whole");
		m = message(9, 8);
		tap_equal(loom_reply(&m), 0, "the reply");
	} else {
		tap_equal(loom_call(ep, &m), 0, "the call");
		tap_ok(is_message(&m, 8), "its reply");
	}
}

static void disturb(pid_t pid, enum gone how)
{
	int before = shared->caught;

	if (how == STOPPED) {
		kill(pid, SIGSTOP);
		child_sleep(5);
		kill(pid, SIGCONT);
		settle(pid);
	} else if (how == KILLED) {
		kill(pid, SIGKILL);
	} else {
		kill(pid, SIGUSR1);
		while (shared->caught == before)
			child_sleep(1);
	}
}

static void test_signals(enum act act, enum gone how)
{
	int n = notification(), ep = endpoint();
	struct loom_message m = message(9, 7);
	pid_t pid;

	on_signal(how == RESTARTED ? SA_RESTART : 0);
	pid = begin(how == RESTARTED ? 5 : 0);
	if (pid == 0)
		_exit((int)(-act_once(act, n, ep) & 0xff));
	settle(pid);
	disturb(pid, how);
	if (how == HANDLER || how == KILLED) {
		tap_equal(ended(pid), how == KILLED ? -SIGKILL : EINTR,
			  "act %d is ended, way %d", act, how);
		loom_signal(n, 2);
		tap_equal(take(n), 2, "no signal is taken along");
		m.tag |= LOOM_TAG_TIMEOUT;
		m.timeout = 0;
		tap_equal(loom_call(ep, &m), -EAGAIN, "nobody receives");
		tap_equal(loom_reply_recv(ep, &m), -EAGAIN, "or calls");
	} else {
		settle(pid);
		disturb(pid, how);
		settle(pid);
		counterpart(act, n, ep);
		tap_equal(ended(pid), 0, "act %d goes on, way %d", act, how);
		tap_equal(take(n), -EAGAIN, "and only once");
	}
	close(n);
	close(ep);
}

/* What comes while it is stopped is there afterwards. */
static void test_stopped(void)
{
	int n = notification();
	pid_t pid = begin(0);

	if (pid == 0)
		_exit((int)(-act_once(WAIT, n, -1) & 0xff));
	settle(pid);
	kill(pid, SIGSTOP);
	child_sleep(5);
	loom_signal(n, 6);
	child_sleep(5);
	kill(pid, SIGCONT);
	tap_equal(ended(pid), 0, "signalled while it is stopped");
	close(n);
}

/* Registers */

enum { ROUNDS = 300 };

/* One call; is all that it must keep still there? */
static bool keeps(uint64_t number, int fd, uint64_t seed, bool with_fp,
		  struct image *out)
{
	struct image in;

	for (unsigned i = 0; i < 64; i++)
		in.v[i] = seed << 32 | i;
	in.tpidr = ~seed;
	in.x[0] = (uint32_t)fd;
	/* WAIT: LOOM_FOREVER, SIGNAL: bits; a tag without flags. */
	in.x[1] = number == LOOM_SYS_WAIT ? LOOM_FOREVER :
		  number == LOOM_SYS_SIGNAL ? 1 : LOOM_TAG(1, 0);
	for (unsigned i = 2; i < 8; i++)
		in.x[i] = out->x[i];
	memcpy(out->v, in.v, sizeof(in.v));
	image_call(number, &in, out, with_fp);
	return out->x[0] == 0 && out->tpidr == in.tpidr &&
	       memcmp(in.v, out->v, sizeof(in.v)) == 0;
}

static void registers_server(int ep, int n, int back, bool with_fp)
{
	struct image out = { .x = { 0 } };
	bool good = true;
	uint64_t i;

	for (i = 1; i <= ROUNDS; i++) {
		bool fp = with_fp && i % 3;

		good = keeps(LOOM_SYS_WAIT, n, i, fp, &out) && good;
		good = keeps(LOOM_SYS_SIGNAL, back, ~i, fp, &out) && good;
	}
	for (;; i++) {
		good = keeps(LOOM_SYS_REPLY_RECV, ep, i << 8,
			     with_fp && i % 3, &out) && good;
		if (!good)
			shared->bad = 1;
	}
}

/* @mode: 1: the one uses v0-v31, 2: the other; 4: not of one priority. */
static void test_registers(int mode)
{
	int ep = endpoint(), n = notification(), back = notification();
	struct image out = { .x = { 0 } };
	bool good = true;
	pid_t pid = begin(mode & 4 ? 5 : 0);

	if (pid == 0)
		registers_server(ep, n, back, mode & 1);
	for (uint64_t i = 1; i <= ROUNDS; i++) {
		bool fp = mode & 2 && i % 5;

		good = keeps(LOOM_SYS_SIGNAL, n, i << 16, fp, &out) && good;
		good = keeps(LOOM_SYS_WAIT, back, i << 17, fp, &out) && good;
	}
	for (uint64_t i = 1; i <= ROUNDS; i++) {
		out.x[2] = i;
		out.x[7] = ~i;
		good = keeps(LOOM_SYS_CALL, ep, i << 18, mode & 2 && i % 5,
			     &out) && good;
		good = out.x[2] == i && out.x[7] == ~i && good;
	}
	kill(pid, SIGKILL);
	ended(pid);
	tap_ok(good, "registers here, mode %d", mode);
	tap_equal(shared->bad, 0, "and there");
	close(ep);
	close(n);
	close(back);
}

/* More than the registers of a message */

static uint8_t buffer[LOOM_MESSAGE_MAX];

static void buffer_server(int ep)
{
	struct loom_message m = { .tag = 0 };

	loom_buffer(buffer, sizeof(buffer));
	for (;;) {
		uint64_t sum = 0;

		if (loom_reply_recv(ep, &m))
			_exit(1);
		for (unsigned i = 0; i < loom_bytes(m.tag); i++)
			sum += buffer[i];
		m.word[0] = sum;
		m.word[1] = loom_bytes(m.tag);
		m.tag = 0;
	}
}

static void test_long(void)
{
	int ep = endpoint();
	struct loom_message m;
	pid_t pid = begin(0);
	bool good = true;

	if (pid == 0)
		buffer_server(ep);
	loom_buffer(buffer, sizeof(buffer));
	for (unsigned i = 0; i < 20; i++) {
		memset(buffer, (int)i, sizeof(buffer));
		m = (struct loom_message){ .tag = 0 };
		good = loom_call(ep, &m) == 0 && m.word[1] == 0 && good;
		m = (struct loom_message){ .tag = LOOM_TAG_BYTES(100 + i) };
		good = loom_call(ep, &m) == 0 && good;
		good = m.word[0] == i * (100 + i) && m.word[1] == 100 + i &&
		       good;
		m = (struct loom_message){ .tag = LOOM_TAG_FD,
					   .fd = LOOM_FD(ep, 0) };
		good = loom_call(ep, &m) == -EOPNOTSUPP && good;
	}
	tap_ok(good, "bytes and descriptors, to who sleeps without either");
	loom_buffer(NULL, 0);
	kill(pid, SIGKILL);
	ended(pid);
	close(ep);
}

static void test_timer(int nice)
{
	int n = notification(), other = notification();
	pid_t pid = begin(nice);

	if (pid == 0) {
		bool good = true;

		loom_bind_timer(n, CLOCK_MONOTONIC, 0, MS, MS, 2);
		for (int i = 0; i < 40; i++) {
			good = take_for(n, LOOM_FOREVER) == 2 && good;
			loom_signal(other, 1);
		}
		_exit(good ? 0 : 1);
	}
	while (take_for(other, 50 * MS) == 1)
		sched_yield();
	tap_equal(ended(pid), 0, "a timer wakes, niceness %d", nice);
	close(n);
	close(other);
}

/* A program ends, or executes another, where it has just used a descriptor. */
static void test_exec(void)
{
	int n = notification(), back = notification();
	struct loom_message m;
	int ep = endpoint();
	char number[16];
	bool good = true;

	snprintf(number, sizeof(number), "%d", n);
	for (int i = 0; i < 12; i++) {
		pid_t pid = begin(i % 2 ? 5 : 0);

		if (pid == 0) {
			char *argv[] = { (char *)child_self(), number, NULL };

			if (take_for(n, LOOM_FOREVER) != 1)
				_exit(9);
			loom_signal(back, 1);
			if (i % 3 == 0)
				_exit(0);
			if (i % 3 == 1)
				execv(argv[0], argv);
			m.tag = 0;
			loom_reply_recv(ep, &m);
			execv(argv[0], argv);
			_exit(8);
		}
		loom_signal(n, 1);
		good = take_for(back, LOOM_FOREVER) == 1 && good;
		m = message(1, 1);
		if (i % 3 == 2)
			good = loom_call(ep, &m) == -ECONNRESET && good;
		good = ended(pid) == 0 && good;
	}
	tap_ok(good, "end and execve behind a call");
	close(n);
	close(back);
	close(ep);
}

static int after_exec(int fd)
{
	int n;

	if (loom_signal(fd, 1) != -EBADF)
		return 1;
	n = (int)loom_notification(0);
	loom_signal(n, 4);
	return take(n) == 4 ? 0 : 2;
}

/*
 * A random mix. Three processes make the same list of events, and each takes
 * part in its own, in their order: so none waits for what never comes. A call
 * says who made it and which of its calls it is.
 */

struct mix {
	struct rng rng, own;
	int me;
	int n[3][3];		/* who signals, who waits */
	int r[3][3];		/* and the other way, of that */
	int spare[3];		/* other descriptors for the calls */
	uint64_t calls;
	bool good;
	pid_t *pids;
};

static uint64_t sum_of(const struct loom_message *m)
{
	uint64_t sum = 7;

	for (unsigned i = 0; i < 5; i++)
		sum = (sum ^ m->word[i]) * UINT64_C(0x9e3779b97f4a7c15);
	return sum;
}

static void mix_serve(int ep)
{
	struct loom_message m = { .tag = 0 };
	struct rng rng;

	rng_seed(&rng, 1, 99);
	for (;;) {
		long err = loom_reply_recv(ep, &m);

		if (err == -ESRCH) {
			m.tag = 0;
			continue;
		}
		if (err || loom_label(m.tag) == END)
			_exit(err ? 1 : 0);
		if (m.badge >= CLIENTS || m.word[0] != m.badge ||
		    m.word[1] != shared->last[m.badge] + 1 ||
		    m.word[5] != sum_of(&m)) {
			shared->bad = 1;
			tap_note("call %lu of %lu after %lu",
				 (unsigned long)m.word[1],
				 (unsigned long)m.badge,
				 (unsigned long)shared->last[m.badge & 3]);
		}
		shared->last[m.badge & 3]++;
		if (rng_below(&rng, 20) == 0)
			sched_yield();
		m.word[0] += 16;
		m.word[5] = sum_of(&m);
		m.tag = LOOM_TAG(1, 0);
	}
}

static void mix_call(struct mix *x)
{
	int fd = x->spare[rng_below(&x->own, 3)];
	struct loom_message m = { .tag = LOOM_TAG(1, 0) };
	uint64_t n = ++x->calls;
	long err;

	m.word[0] = (uint64_t)x->me + 1;
	m.word[1] = n;
	for (unsigned i = 2; i < 5; i++)
		m.word[i] = rng_next(&x->own);
	m.word[5] = sum_of(&m);
	if (rng_below(&x->own, 8) == 0) {
		m.tag |= LOOM_TAG_TIMEOUT;
		m.timeout = 10000 * MS;
	}
	err = loom_call(fd, &m);
	if (err == -ECANCELED)
		return;
	/* With a timeout nothing has begun that a handler ended. */
	if (err == -EINTR) {
		x->calls--;
		return;
	}
	if (err || m.word[0] != (uint64_t)x->me + 17 || m.word[1] != n ||
	    m.word[5] != sum_of(&m)) {
		tap_note("%d: call %lu: %ld", x->me, (unsigned long)n, err);
		x->good = false;
	}
}

static void mix_pair(struct mix *x, int from, int to, uint64_t bits)
{
	int there = x->n[from][to], back = x->r[from][to];
	long got;

	if (x->me == from) {
		loom_signal(there, bits);
		got = take_for(back, LOOM_FOREVER);
		x->good = got == (long)(bits << 1) && x->good;
	} else if (x->me == to) {
		got = take_for(there, LOOM_FOREVER);
		x->good = got == (long)bits && x->good;
		loom_signal(back, bits << 1);
	}
}

static void mix_other(struct mix *x)
{
	int i = (int)rng_below(&x->own, 3), fd;
	pid_t pid;

	switch (rng_below(&x->own, 40)) {
	case 0:
		pid = fork();
		if (pid == 0)
			_exit(0);
		while (waitpid(pid, &fd, 0) < 0)
			;
		break;
	case 1:
	case 2:
	case 3:
		fd = dup(x->spare[i]);
		dup2(fd, x->spare[(i + 1) % 3]);
		close(fd);
		break;
	case 4:
		raise(SIGUSR1);
		break;
	case 5:
	case 6:
		for (i = 0; i < 3; i++)
			if (x->pids[i] && i != x->me)
				kill(x->pids[i], SIGUSR1);
		break;
	case 7:
		setpriority(PRIO_PROCESS, 0, (int)rng_below(&x->own, 12));
		break;
	case 8:
		child_sleep(1);
		break;
	default:
		if (i == 0)
			sched_yield();
	}
}

static void mix_process(struct mix *x, int events)
{
	for (int i = 0; i < events; i++) {
		int a = (int)rng_below(&x->rng, 3);
		int b = (a + 1 + (int)rng_below(&x->rng, 2)) % 3;
		uint64_t what = rng_next(&x->rng);

		if (what % 2)
			mix_pair(x, a, b, (what >> 8 & 0xffffff) + 1);
		else if (x->me == a || what % 3)
			mix_call(x);
		mix_other(x);
	}
	_exit(x->good ? 0 : 1);
}

static void test_mix(uint64_t seed, int events)
{
	static const int nice_of[3] = { 0, 5, 0 };
	struct mix x = { .good = true };
	struct { volatile pid_t pid[3]; } *all_pids;
	int ep = endpoint();
	pid_t pids[3], srv;

	all_pids = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
			MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	x.pids = (pid_t *)all_pids;
	on_signal(SA_RESTART);
	for (int i = 0; i < CLIENTS; i++)
		shared->last[i] = 0;
	for (int i = 0; i < 9; i++) {
		x.n[i / 3][i % 3] = notification();
		x.r[i / 3][i % 3] = notification();
	}
	srv = begin(seed % 3 * 4);
	if (srv == 0)
		mix_serve(ep);
	for (int i = 0; i < 3; i++) {
		pids[i] = begin(nice_of[i]);
		if (pids[i]) {
			all_pids->pid[i] = pids[i];
			continue;
		}
		x.me = i;
		rng_seed(&x.rng, seed, 0);
		rng_seed(&x.own, seed, (uint64_t)i + 1);
		for (int k = 0; k < 3; k++)
			x.spare[k] = narrow(ep, LOOM_RIGHT_SEND,
					    (uint64_t)i + 1);
		mix_process(&x, events);
	}
	for (int i = 0; i < 3; i++)
		tap_equal(child_wait_ms(pids[i], 50000), 0,
			  "mix %lu, process %d", (unsigned long)seed, i);
	tap_equal(shared->bad, 0, "nothing lost, doubled or mixed up");
	kill(srv, SIGKILL);
	ended(srv);
	munmap(all_pids, 4096);
	for (int i = 0; i < 9; i++) {
		close(x.n[i / 3][i % 3]);
		close(x.r[i / 3][i % 3]);
	}
	close(ep);
}

static uint64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

static void burn(unsigned ms)
{
	uint64_t end = now_ms() + ms;

	while (now_ms() < end)
		;
}

/*
 * Woken by a signal, and because its slice is used up not running yet, when
 * what it waits for comes. That its slice is used up cannot be seen: so often,
 * and with more or less of it.
 */
static void test_woken(void)
{
	int n = notification(), ready = notification();
	bool good = true;
	pid_t pid;

	on_signal(SA_RESTART);
	pid = begin(0);
	if (pid == 0) {
		for (unsigned k = 1; k <= 48; k++) {
			burn(40 + k);
			loom_signal(ready, k);
			if (take_for(n, LOOM_FOREVER) != (long)k)
				_exit(1);
		}
		_exit(0);
	}
	for (unsigned k = 1; k <= 48 && good; k++) {
		good = take_for(ready, 5000 * MS) == (long)k;
		sched_yield();
		kill(pid, SIGUSR1);
		loom_signal(n, k);
		sched_yield();
	}
	tap_ok(good, "what comes after a signal is there once");
	tap_equal(ended(pid), 0, "and who waited has all of it");
	close(n);
	close(ready);
}

static void all(void)
{
	test_known();
	test_rights();
	test_nonblock();
	test_shared();
	test_pollers();
	test_priorities();
	test_displaced();
	test_queued();
	test_two_endpoints();
	test_urgent_first();
	for (int how = KILLED; how < GONE; how++)
		test_caller_gone((enum gone)how);
	test_server_gone();
	for (int act = WAIT; act < ACTS; act++)
		for (int how = KILLED; how <= STOPPED; how++)
			test_signals((enum act)act, (enum gone)how);
	test_stopped();
	for (int mode = 0; mode < 8; mode++)
		test_registers(mode);
	test_long();
	test_timer(0);
	test_timer(5);
	test_exec();
	for (uint64_t seed = 1; seed <= 3; seed++)
		test_mix(seed, 100);
}

int main(int argc, char **argv)
{
	struct counts before;

	child_init(argv[0]);
	if (argc == 2)
		return after_exec(atoi(argv[1]));
	if (loom_notification(1) == -ENOSYS)
		tap_bail("this kernel has no notifications");
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (shared == MAP_FAILED)
		tap_bail("no memory");
	if (argc == 4) {
		test_mix(strtoul(argv[2], NULL, 0), atoi(argv[3]));
		return tap_done();
	}
	all();
	/* Once: it burns much time. */
	test_woken();
	counts_take(&before);
	all();
	counts_check(&before);
	return tap_done();
}
