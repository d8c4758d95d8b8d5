// SPDX-License-Identifier: MIT
/*
 * iptest: endpoints: sending, calling, replying in all forms; rights and
 * badges; queues by priority; ends of servers, callers and descriptors; kills,
 * signals and timeouts; descriptors and long messages that travel; bad input.
 * Twice, and nothing is lost. Linux has no endpoints.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <loom/ipc.h>

#include "lib/child.h"
#include "lib/counts.h"
#include "lib/tap.h"
#include "lib/thread.h"

#define MS UINT64_C(1000000)
#define LIMIT (10000 * MS)	/* what takes longer has gone wrong */
#define PAGE 4096

static uint64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 * MS + (uint64_t)t.tv_nsec;
}

static int make(void)
{
	long fd = loom_endpoint(LOOM_CLOEXEC);

	if (fd < 0)
		tap_bail("no endpoint: %ld", fd);
	return (int)fd;
}

static int narrow(int fd, uint64_t rights, uint64_t badge)
{
	long copy = loom_dup(fd, rights, badge, LOOM_CLOEXEC);

	if (copy < 0)
		tap_bail("loom_dup: %ld", copy);
	return (int)copy;
}

/* A message of words that follow from @seed, with a label and flags. */
static struct loom_message message(uint64_t seed, uint64_t flags)
{
	struct loom_message m = { .tag = LOOM_TAG(seed, flags) };

	for (unsigned i = 0; i < 6; i++)
		m.word[i] = seed * 1000 + i;
	return m;
}

static bool is_message(const struct loom_message *m, uint64_t seed)
{
	bool same = loom_label(m->tag) == (uint32_t)seed;

	for (unsigned i = 0; i < 6; i++)
		same = same && m->word[i] == seed * 1000 + i;
	return same;
}

/* Receive with a limit and more flags. */
static long recv_limited(int fd, struct loom_message *m, uint64_t flags)
{
	*m = (struct loom_message){ .tag = flags | LOOM_TAG_TIMEOUT,
				    .timeout = LIMIT };
	return loom_recv(fd, m);
}

static long recv_now(int fd, struct loom_message *m, uint64_t flags)
{
	*m = (struct loom_message){ .tag = flags | LOOM_TAG_TIMEOUT };
	return loom_recv(fd, m);
}

static uint8_t buffer[LOOM_MESSAGE_MAX], other_buffer[LOOM_MESSAGE_MAX];

/* One of the other side: a thread that makes a call, once. */
enum act { SEND, CALL, RECV };

struct peer {
	struct thread thread;
	enum act act;
	int fd;
	int nice;
	long delay_ms;
	void *buffer;
	uint64_t size;
	struct loom_message m;
	volatile long result;
	volatile int entered, done;
};

static int run_peer(void *arg)
{
	struct peer *p = arg;

	if (p->nice)
		raw_call(SYS_setpriority, PRIO_PROCESS, 0, p->nice, 0, 0, 0);
	if (p->size)
		loom_buffer(p->buffer, p->size);
	if (p->delay_ms)
		raw_sleep(p->delay_ms);
	p->entered = 1;
	if (p->act == SEND)
		p->result = loom_send(p->fd, &p->m);
	else if (p->act == CALL)
		p->result = loom_call(p->fd, &p->m);
	else
		p->result = loom_recv(p->fd, &p->m);
	p->done = 1;
	return 0;
}

static void begin(struct peer *p)
{
	p->result = 1;
	if (thread_start(&p->thread, run_peer, p) < 0)
		tap_bail("no thread");
}

/* It waits, or is done. */
static void settle(const struct peer *p)
{
	if (!thread_settled(p->thread.tid, &p->entered, &p->done))
		tap_bail("a thread neither waits nor ends");
}

/* Start it, until then. */
static void start(struct peer *p, enum act act, int fd, uint64_t seed,
		  uint64_t flags)
{
	*p = (struct peer){ .act = act, .fd = fd };
	if (act == RECV)
		p->m.tag = flags;
	else
		p->m = message(seed, flags);
	begin(p);
	settle(p);
}

static long finish(struct peer *p)
{
	if (!thread_join(&p->thread))
		tap_bail("a thread does not end");
	return p->result;
}

static void test_send(void)
{
	int fd = make();
	struct loom_message m;
	struct peer p;

	start(&p, SEND, fd, 7, 0);
	tap_equal(p.result, 1, "a sender waits");
	tap_equal(recv_limited(fd, &m, 0), 0, "it is received");
	tap_ok(is_message(&m, 7), "label and words");
	tap_equal((long)(uint32_t)m.tag, 0, "and nothing else");
	tap_equal(finish(&p), 0, "then it goes on");
	tap_ok(is_message(&p.m, 7), "its registers are as they were");

	start(&p, RECV, fd, 0, 0);
	m = message(8, LOOM_TAG_TIMEOUT);
	tap_equal(loom_send(fd, &m), 0, "a receiver waits: send without");
	tap_equal(finish(&p), 0, "it has received");
	tap_ok(is_message(&p.m, 8), "label and words");

	m = message(9, LOOM_TAG_TIMEOUT);
	tap_equal(loom_send(fd, &m), -EAGAIN, "nobody is there: EAGAIN");
	tap_equal(recv_now(fd, &m, 0), -EAGAIN, "to receive from as well");
	fcntl(fd, F_SETFL, O_NONBLOCK);
	m = message(9, 0);
	tap_equal(loom_send(fd, &m), -EAGAIN, "O_NONBLOCK: send");
	tap_equal(loom_recv(fd, &m), -EAGAIN, "O_NONBLOCK: recv");
	tap_ok(is_message(&m, 9), "no register has changed");
	close(fd);
}

static void test_call(void)
{
	int fd = make();
	struct loom_message m;
	struct peer p;

	start(&p, CALL, fd, 3, 0);
	tap_equal(recv_limited(fd, &m, 0), 0, "a call is received");
	tap_ok(is_message(&m, 3), "label and words");
	tap_equal((long)(uint32_t)m.tag, LOOM_TAG_CALL, "as a call");
	child_sleep(20);
	tap_equal(p.result, 1, "the caller waits on");
	m = message(4, 0);
	tap_equal(loom_reply(&m), 0, "reply");
	tap_equal(finish(&p), 0, "the caller has it");
	tap_ok(is_message(&p.m, 4), "label and words");
	tap_equal(loom_reply(&m), -ENOTCONN, "one reply, not two");

	/* A server that comes first, and replies as it receives the next. */
	for (int i = 0; i < 3; i++) {
		start(&p, CALL, fd, 10 + (uint64_t)i, 0);
		m = message(20 + (uint64_t)i, LOOM_TAG_TIMEOUT);
		m.timeout = LIMIT;
		tap_equal(loom_reply_recv(fd, &m), 0, "reply_recv %d", i);
		tap_ok(is_message(&m, 10 + (uint64_t)i), "call %d", i);
		m = message(30 + (uint64_t)i, LOOM_TAG_TIMEOUT);
		tap_equal(loom_reply_recv(fd, &m), -EAGAIN,
			  "replied, and nobody else calls");
		tap_equal(finish(&p), 0, "reply %d", i);
		tap_ok(is_message(&p.m, 30 + (uint64_t)i), "its words");
	}
	close(fd);
}

enum { END = 1000000 };

/* In a process of its own: echo, with 1 added to each word. */
static void serve(int fd)
{
	struct loom_message m = { .tag = 0 };

	while (loom_reply_recv(fd, &m) == 0) {
		uint64_t badge = m.badge;

		if (loom_label(m.tag) == END)
			_exit(7);
		m.tag = LOOM_TAG(loom_label(m.tag), 0);
		for (unsigned i = 0; i < 5; i++)
			m.word[i]++;
		m.word[5] = badge;
	}
	_exit(0);
}

static pid_t fork_server(int fd, int keep_out)
{
	pid_t pid = fork();

	if (pid == 0) {
		close(keep_out);
		serve(fd);
	}
	return pid;
}

static void test_processes(void)
{
	int fd = make();
	int in = narrow(fd, LOOM_RIGHT_RECV, 0);
	int out = narrow(fd, LOOM_RIGHT_SEND, 0xbad6e);
	struct loom_message m;
	bool good = true;
	pid_t server, client;

	close(fd);
	server = fork_server(in, out);
	close(in);
	for (uint64_t i = 0; i < 200; i++) {
		m = message(i, 0);
		good = loom_call(out, &m) == 0 && good;
		good = loom_label(m.tag) == i && m.word[0] == i * 1000 + 1 &&
		       m.word[4] == i * 1000 + 5 && m.word[5] == 0xbad6e &&
		       good;
	}
	tap_ok(good, "200 calls to a process, and its replies");
	client = fork();
	if (client == 0) {
		m = message(END, 0);
		_exit(loom_call(out, &m) == -ECONNRESET ? 0 : 1);
	}
	tap_equal(child_wait(client), 0, "the server ends: ECONNRESET");
	tap_equal(child_wait(server), 7, "it has ended");
	m = message(1, 0);
	tap_equal(loom_call(out, &m), -EPIPE, "then nobody receives: EPIPE");
	close(out);

	/* The other way round: nobody is left who could call. */
	fd = make();
	in = narrow(fd, LOOM_RIGHT_RECV, 0);
	server = fork_server(in, fd);
	child_sleep(20);
	close(fd);
	tap_equal(child_wait_ms(server, 5000), 0, "the last caller has gone");
	close(in);
}

static void test_rights(void)
{
	int fd = make();
	int in = narrow(fd, LOOM_RIGHT_RECV, 0);
	int out = narrow(fd, LOOM_RIGHT_SEND, 0);
	struct loom_message m = message(1, 0);

	tap_equal(loom_send(in, &m), -EPERM, "a receive right does not send");
	tap_equal(loom_call(in, &m), -EPERM, "nor call");
	m.tag = 0;
	tap_equal(loom_recv(out, &m), -EPERM, "a send right not receive");
	tap_equal(loom_reply_recv(out, &m), -EPERM, "nor reply_recv");
	tap_equal(loom_dup(out, LOOM_RIGHT_RECV, 0, 0), -EPERM, "nor become");
	tap_equal(loom_dup(in, LOOM_RIGHT_SEND, 0, 0), -EPERM, "the other");
	close(fd);
	close(in);
	close(out);
}

static void test_badges(void)
{
	int fd = make();
	int a = narrow(fd, LOOM_RIGHT_SEND, 11);
	int b = narrow(fd, LOOM_RIGHT_SEND, UINT64_MAX);
	int c = narrow(a, LOOM_RIGHT_SEND, 11);
	struct loom_message m;
	struct peer p;
	int fds[4] = { fd, a, b, c };
	uint64_t want[4] = { 0, 11, UINT64_MAX, 11 };

	for (int i = 0; i < 4; i++) {
		start(&p, SEND, fds[i], 1, 0);
		recv_limited(fd, &m, 0);
		finish(&p);
		tap_ok(m.badge == want[i], "badge %d, the sender first", i);
		start(&p, RECV, fd, 0, 0);
		m = message(2, 0);
		loom_send(fds[i], &m);
		finish(&p);
		tap_ok(p.m.badge == want[i], "the receiver first");
	}
	tap_equal(loom_dup(a, LOOM_RIGHT_SEND, 12, 0), -EPERM,
		  "a badge cannot be changed");
	close(fd);
	close(a);
	close(b);
	close(c);
}

static void test_priorities(void)
{
	static const int nice[5] = { 5, 10, 0, 5, 0 };
	static const uint64_t order[5] = { 2, 4, 0, 3, 1 };
	int fd = make();
	struct peer p[5];
	struct loom_message m;

	for (int i = 0; i < 5; i++) {
		p[i] = (struct peer){ .act = i % 2 ? CALL : SEND, .fd = fd,
				      .nice = nice[i],
				      .m = message((uint64_t)i, 0) };
		begin(&p[i]);
		settle(&p[i]);
	}
	for (int i = 0; i < 5; i++) {
		tap_equal(recv_limited(fd, &m, 0), 0, "sender %d", i);
		tap_equal(loom_label(m.tag), (long)order[i],
			  "the best first, then who came first");
		m = message(1, 0);
		if (order[i] % 2)
			loom_reply(&m);
	}
	for (int i = 0; i < 5; i++)
		tap_equal(finish(&p[i]), 0, "each is done");
	for (int i = 0; i < 5; i++) {
		p[i] = (struct peer){ .act = RECV, .fd = fd,
				      .nice = nice[i] };
		begin(&p[i]);
		settle(&p[i]);
	}
	for (int i = 0; i < 5; i++) {
		m = message((uint64_t)i + 50, 0);
		tap_equal(loom_send(fd, &m), 0, "receiver %d", i);
	}
	for (uint64_t i = 0; i < 5; i++) {
		finish(&p[order[i]]);
		tap_ok(is_message(&p[order[i]].m, i + 50),
		       "receivers in the same order");
	}
	close(fd);
}

static void test_ends(void)
{
	int fd = make(), in = narrow(fd, LOOM_RIGHT_RECV, 0);
	int out = narrow(fd, LOOM_RIGHT_SEND, 0);
	struct loom_message m;
	struct peer p[2];

	close(fd);
	start(&p[0], SEND, out, 1, 0);
	start(&p[1], CALL, out, 2, 0);
	close(in);
	tap_equal(finish(&p[0]), -EPIPE, "the last receiver goes: send");
	tap_equal(finish(&p[1]), -EPIPE, "and call");
	m = message(1, 0);
	tap_equal(loom_send(out, &m), -EPIPE, "from then on");
	close(out);

	fd = make();
	in = narrow(fd, LOOM_RIGHT_RECV, 0);
	out = narrow(fd, LOOM_RIGHT_SEND, 0);
	close(fd);
	start(&p[0], RECV, in, 0, 0);
	close(out);
	tap_equal(finish(&p[0]), -EPIPE, "the last sender goes: recv");
	tap_equal(recv_limited(in, &m, 0), -EPIPE, "from then on");
	close(in);

	/* A reply right that is let go of. */
	fd = make();
	start(&p[0], CALL, fd, 1, 0);
	recv_limited(fd, &m, 0);
	tap_equal(recv_now(fd, &m, 0), -EAGAIN, "receive, and do not reply");
	tap_equal(finish(&p[0]), -ECONNRESET, "the caller is told");
	close(fd);
}

static int recv_and_end(void *arg)
{
	struct loom_message m;

	return (int)recv_limited(*(int *)arg, &m, 0);
}

static void test_thread_end(void)
{
	int fd = make();
	struct thread t;
	struct loom_message m = message(1, 0);

	thread_start(&t, recv_and_end, &fd);
	tap_equal(loom_call(fd, &m), -ECONNRESET,
		  "the thread that received ends, its process does not");
	tap_ok(thread_join(&t), "it has ended");
	close(fd);
}

/* What the program does that test_exec executes. */
static int after_exec(void)
{
	struct loom_message m = { .tag = LOOM_TAG_BYTES(1) };

	return loom_reply(&m) == -ENOBUFS ? 0 : 1;
}

/* Its process executes another program with a call that waits. */
static void test_exec(void)
{
	int fd = make(), status;
	struct loom_message m = message(1, 0);
	pid_t pid = fork();

	if (pid == 0) {
		char *argv[] = { (char *)child_self(), (char *)"nothing",
				 NULL };

		loom_buffer(buffer, sizeof(buffer));
		recv_limited(fd, &m, 0);
		execv(argv[0], argv);
		_exit(1);
	}
	tap_equal(loom_call(fd, &m), -ECONNRESET, "execve does not reply");
	waitpid(pid, &status, 0);
	tap_equal(status, 0, "but goes on, without a buffer");
	close(fd);
}

static void test_caller_killed(void)
{
	int fd = make();
	struct loom_message m, reply = message(5, 0);
	struct peer p;
	pid_t pid = fork();

	if (pid == 0) {
		m = message(1, 0);
		loom_call(fd, &m);
		_exit(0);
	}
	tap_equal(recv_limited(fd, &m, 0), 0, "received");
	kill(pid, SIGKILL);
	tap_equal(child_wait_ms(pid, 5000), -SIGKILL,
		  "who waits for a reply can be killed");
	tap_equal(loom_reply(&reply), -ESRCH, "there is nobody to reply to");
	tap_equal(loom_reply(&reply), -ENOTCONN, "that is said once");

	pid = fork();
	if (pid == 0) {
		m = message(1, 0);
		loom_call(fd, &m);
		_exit(0);
	}
	recv_limited(fd, &m, 0);
	kill(pid, SIGKILL);
	child_wait_ms(pid, 5000);
	m = message(5, LOOM_TAG_TIMEOUT);
	tap_equal(loom_reply_recv(fd, &m), -ESRCH, "reply_recv says it too");
	start(&p, CALL, fd, 6, 0);
	m = message(5, LOOM_TAG_TIMEOUT);
	m.timeout = LIMIT;
	tap_equal(loom_reply_recv(fd, &m), 0, "and then receives");
	tap_ok(is_message(&m, 6), "the next");
	loom_reply(&reply);
	tap_equal(finish(&p), 0, "which has its reply");
	close(fd);
}

/* Killed on the queue, as sender, caller, receiver. */
static void test_killed_queued(void)
{
	int fd = make();
	struct loom_message m;

	for (int act = SEND; act <= RECV; act++) {
		pid_t pid = fork();

		if (pid == 0) {
			struct peer p = { .act = (enum act)act, .fd = fd };

			run_peer(&p);
			_exit(0);
		}
		child_sleep(30);
		kill(pid, SIGKILL);
		tap_equal(child_wait_ms(pid, 5000), -SIGKILL,
			  "killed on the queue, %d", act);
		m = message(1, LOOM_TAG_TIMEOUT);
		tap_equal(loom_send(fd, &m), -EAGAIN, "nobody receives");
		tap_equal(recv_now(fd, &m, 0), -EAGAIN, "nobody sends");
	}
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

/* A signal while it sleeps; it has a handler, and then sleeps or is done. */
static void disturb(const struct peer *p)
{
	int before = caught;

	settle(p);
	syscall(SYS_tgkill, getpid(), p->thread.tid, SIGUSR1);
	while (caught == before)
		child_sleep(1);
	settle(p);
}

static void test_signals(void)
{
	int fd = make();
	struct loom_message m;
	struct peer p;

	on_signal(0);
	start(&p, SEND, fd, 1, 0);
	disturb(&p);
	tap_equal(finish(&p), -EINTR, "a handler ends a send");
	start(&p, RECV, fd, 0, 0);
	disturb(&p);
	tap_equal(finish(&p), -EINTR, "and a recv");
	start(&p, CALL, fd, 1, 0);
	disturb(&p);
	tap_equal(finish(&p), -EINTR, "and a call that nobody has received");

	on_signal(SA_RESTART);
	start(&p, CALL, fd, 2, 0);
	disturb(&p);
	tap_equal(p.result, 1, "with SA_RESTART that call goes on");
	tap_equal(recv_limited(fd, &m, 0), 0, "and is received");
	tap_ok(is_message(&m, 2), "as it was");
	disturb(&p);
	tap_equal(finish(&p), -ECANCELED, "once received it does not");
	tap_ok(is_message(&p.m, 2), "its registers are as they were");
	tap_equal(caught, 2, "both handlers ran");
	tap_equal(loom_reply(&m), -EINVAL, "a tag with flags of receiving");
	m.tag = 0;
	tap_equal(loom_reply(&m), -ESRCH, "it waits for no reply");

	start(&p, RECV, fd, 0, 0);
	disturb(&p);
	m = message(3, 0);
	tap_equal(loom_send(fd, &m), 0, "a recv goes on");
	tap_equal(finish(&p), 0, "and receives");
	tap_ok(is_message(&p.m, 3), "what was sent");
	close(fd);
}

struct replier {
	struct thread thread;
	int fd;
	volatile int entered, done;
	struct loom_message m;
	volatile long first, second;
};

static int reply_twice(void *arg)
{
	struct replier *r = arg;

	r->m = (struct loom_message){ .tag = 0 };
	r->first = loom_reply_recv(r->fd, &r->m);
	r->m = message(77, 0);
	r->entered = 1;
	r->second = loom_reply_recv(r->fd, &r->m);
	r->done = 1;
	r->m.tag = 0;
	loom_reply(&r->m);
	return 0;
}

/* The reply is made, the receiving is interrupted and begins again. */
static void test_reply_recv_restart(void)
{
	int fd = make();
	struct replier r = { .fd = fd, .first = 1, .second = 1 };
	struct loom_message m = message(1, 0);
	long result;

	on_signal(SA_RESTART);
	thread_start(&r.thread, reply_twice, &r);
	result = loom_call(fd, &m);
	tap_equal(result, 0, "the first call");
	tap_ok(is_message(&m, 77), "has its reply");
	thread_settled(r.thread.tid, &r.entered, &r.done);
	syscall(SYS_tgkill, getpid(), r.thread.tid, SIGUSR1);
	while (!caught)
		child_sleep(1);
	thread_settled(r.thread.tid, &r.entered, &r.done);
	tap_equal(r.second, 1, "reply_recv goes on after a handler");
	m = message(2, 0);
	tap_equal(loom_call(fd, &m), 0, "the second call");
	tap_ok(thread_join(&r.thread), "is the next that it receives");
	tap_equal(r.second, 0, "without an error");
	tap_equal(caught, 1, "the handler ran");
	close(fd);
}

static void test_timeouts(void)
{
	int fd = make();
	struct loom_message m = message(1, LOOM_TAG_TIMEOUT);
	uint64_t before = now();
	struct peer p;

	m.timeout = 20 * MS;
	tap_equal(loom_send(fd, &m), -ETIMEDOUT, "send: nobody receives");
	tap_ok(now() - before >= 20 * MS, "not before its time");
	tap_ok(is_message(&m, 1) && m.timeout == 20 * MS,
	       "no register has changed");
	m = message(1, LOOM_TAG_TIMEOUT);
	m.timeout = 20 * MS;
	tap_equal(loom_call(fd, &m), -ETIMEDOUT, "call: the same");
	m = (struct loom_message){ .tag = LOOM_TAG_TIMEOUT,
				   .timeout = 20 * MS };
	tap_equal(loom_recv(fd, &m), -ETIMEDOUT, "recv: nobody sends");
	m = (struct loom_message){ .tag = LOOM_TAG_TIMEOUT,
				   .timeout = LOOM_FOREVER };
	start(&p, SEND, fd, 4, 0);
	tap_equal(loom_recv(fd, &m), 0, "for ever, but there is one");
	finish(&p);

	/* It is received; the reply does not come. */
	p = (struct peer){ .act = CALL, .fd = fd,
			   .m = message(5, LOOM_TAG_TIMEOUT) };
	p.m.timeout = 60 * MS;
	begin(&p);
	tap_equal(recv_limited(fd, &m, 0), 0, "a call with a timeout");
	tap_equal(finish(&p), -ETIMEDOUT, "ends without a reply");
	m.tag = 0;
	tap_equal(loom_reply(&m), -ESRCH, "which comes too late");

	/* No wait for the server, but one for the reply. */
	start(&p, RECV, fd, 0, 0);
	m = message(6, LOOM_TAG_TIMEOUT);
	tap_equal(loom_call(fd, &m), -ECONNRESET,
		  "call, timeout 0: a receiver is there");
	finish(&p);
	m = message(6, LOOM_TAG_TIMEOUT);
	tap_equal(loom_call(fd, &m), -EAGAIN, "and none");
	close(fd);
}

/* A wait with a timeout that is stopped: the rest, not the whole again. */
static void test_stop(void)
{
	int fd = make(), status = 0;
	uint64_t before = now();
	pid_t pid = fork();

	if (pid == 0) {
		struct loom_message m = { .tag = LOOM_TAG_TIMEOUT,
					  .timeout = 300 * MS };

		_exit(loom_recv(fd, &m) == -ETIMEDOUT ? 0 : 1);
	}
	child_sleep(50);
	kill(pid, SIGSTOP);
	child_sleep(50);
	kill(pid, SIGCONT);
	waitpid(pid, &status, 0);
	tap_equal(status, 0, "a stop does not end a recv");
	before = now() - before;
	tap_ok(before >= 300 * MS && before < 3000 * MS, "nor change its end");
	close(fd);
}

static short state(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN | POLLOUT };

	return poll(&p, 1, 0) < 0 ? -1 : p.revents;
}

static void test_poll(void)
{
	int fd = make(), in = narrow(fd, LOOM_RIGHT_RECV, 0);
	int out = narrow(fd, LOOM_RIGHT_SEND, 0);
	struct pollfd wait = { .fd = in, .events = POLLIN };
	uint64_t before;
	struct loom_message m;
	struct peer p;

	tap_equal(state(fd), 0, "poll: nobody");
	start(&p, SEND, out, 1, 0);
	tap_equal(state(in), POLLIN, "a sender");
	tap_equal(state(out), 0, "is not for senders");
	recv_limited(in, &m, 0);
	finish(&p);
	start(&p, RECV, in, 1, 0);
	tap_equal(state(out), POLLOUT, "a receiver");
	tap_equal(state(in), 0, "is not for receivers");
	m = message(1, 0);
	loom_send(out, &m);
	finish(&p);
	p = (struct peer){ .act = CALL, .fd = out, .m = message(1, 0),
			   .delay_ms = 30 };
	begin(&p);
	before = now();
	tap_equal(poll(&wait, 1, 20000), 1, "poll is woken by a sender");
	/* At the end of its time it would look as well. */
	tap_ok(now() - before < 15000 * MS, "when it comes");
	recv_limited(in, &m, 0);
	m.tag = 0;
	loom_reply(&m);
	finish(&p);
	close(fd);
	close(out);
	tap_equal(state(in), POLLHUP, "the last sender has gone");
	close(in);
	fd = make();
	out = narrow(fd, LOOM_RIGHT_SEND, 0);
	close(fd);
	tap_equal(state(out), POLLERR, "the last receiver has gone");
	close(out);
}

/* Descriptors that travel */

/* The next descriptor; one that is reserved is not free. */
static int lowest_free(void)
{
	int fd = dup(0);

	close(fd);
	return fd;
}

static void test_descriptors(void)
{
	int fd = make(), pipe_fd[2], n;
	struct loom_message m;
	struct peer p;
	char byte = 'x';

	if (pipe(pipe_fd) < 0)
		tap_bail("no pipe");
	n = lowest_free();
	for (int first = 0; first < 2; first++) {
		p = (struct peer){ .fd = fd };
		if (first) {
			start(&p, RECV, fd, 0, LOOM_TAG_ACCEPT);
			m = message(1, LOOM_TAG_FD);
			m.fd = LOOM_FD(pipe_fd[1], 0);
			tap_equal(loom_send(fd, &m), 0, "send a descriptor");
			tap_equal(finish(&p), 0, "it comes");
			m = p.m;
		} else {
			p.act = SEND;
			p.m = message(1, LOOM_TAG_FD);
			p.m.fd = LOOM_FD(pipe_fd[1], 0);
			begin(&p);
			tap_equal(recv_limited(fd, &m, LOOM_TAG_ACCEPT), 0,
				  "receive a descriptor");
			tap_equal(finish(&p), 0, "it went");
		}
		tap_equal((long)(uint32_t)m.tag, LOOM_TAG_FD, "the tag");
		tap_ok((int)m.fd != pipe_fd[1], "another number");
		tap_equal(fcntl((int)m.fd, F_GETFD), FD_CLOEXEC, "cloexec");
		tap_equal(write((int)m.fd, "y", 1), 1, "it is the pipe");
		tap_equal(read(pipe_fd[0], &byte, 1), 1, "of which this");
		close((int)m.fd);
	}
	tap_equal(lowest_free(), n, "no other is open");

	start(&p, SEND, fd, 1, 0);
	recv_limited(fd, &m, LOOM_TAG_ACCEPT);
	finish(&p);
	tap_equal(lowest_free(), n, "none comes: none is left reserved");
	tap_equal((long)recv_now(fd, &m, LOOM_TAG_ACCEPT), -EAGAIN, "none");
	tap_equal(lowest_free(), n, "not after an error");

	/* Who does not accept one gets none, and is not disturbed. */
	start(&p, RECV, fd, 0, 0);
	m = message(2, LOOM_TAG_FD);
	m.fd = LOOM_FD(pipe_fd[1], 0);
	tap_equal(loom_send(fd, &m), -EOPNOTSUPP, "a receiver that wants none");
	m = message(3, 0);
	tap_equal(loom_send(fd, &m), 0, "waits on");
	finish(&p);
	tap_ok(is_message(&p.m, 3), "for the next");
	p = (struct peer){ .act = SEND, .fd = fd,
			   .m = message(2, LOOM_TAG_FD) };
	p.m.fd = LOOM_FD(pipe_fd[1], 0);
	begin(&p);
	settle(&p);
	tap_equal(recv_now(fd, &m, 0), -EAGAIN, "one that comes later");
	tap_equal(finish(&p), -EOPNOTSUPP, "the sender is told");
	close(pipe_fd[0]);
	close(pipe_fd[1]);
	close(fd);
}

/* Narrowed on the way: a send right with a badge, for an answer. */
static void test_travelling_rights(void)
{
	int fd = make(), other = make(), got;
	struct loom_message m;
	struct peer p = { .act = CALL, .fd = fd,
			  .m = message(1, LOOM_TAG_FD) };

	p.m.fd = LOOM_FD(other, LOOM_RIGHT_SEND);
	p.m.fd_badge = 42;
	begin(&p);
	tap_equal(recv_limited(fd, &m, LOOM_TAG_ACCEPT), 0, "a call with one");
	tap_equal((long)(uint32_t)m.tag, LOOM_TAG_FD | LOOM_TAG_CALL, "tag");
	got = (int)m.fd;
	tap_equal(fcntl(got, F_GETFL), O_WRONLY, "it can only send");
	m = (struct loom_message){ .tag = LOOM_TAG_FD,
				   .fd = LOOM_FD(got, 0) };
	tap_equal(loom_reply(&m), -EOPNOTSUPP, "the caller takes none");
	m.tag = 0;
	tap_equal(loom_reply(&m), 0, "but it takes another reply");
	finish(&p);
	start(&p, SEND, got, 5, 0);
	tap_equal(recv_limited(other, &m, 0), 0, "what it sends");
	tap_equal((long)m.badge, 42, "has the badge");
	finish(&p);

	p = (struct peer){ .act = CALL, .fd = fd,
			   .m = message(1, LOOM_TAG_ACCEPT) };
	begin(&p);
	recv_limited(fd, &m, 0);
	m = (struct loom_message){ .tag = LOOM_TAG_FD,
				   .fd = LOOM_FD(other, LOOM_RIGHT_RECV) };
	tap_equal(loom_reply(&m), 0, "a reply with a descriptor");
	tap_equal(finish(&p), 0, "comes");
	tap_equal(fcntl((int)p.m.fd, F_GETFL), O_RDONLY, "narrowed, too");
	close((int)p.m.fd);

	m = message(1, LOOM_TAG_FD);
	m.fd = LOOM_FD(got, LOOM_RIGHT_RECV);
	tap_equal(loom_send(fd, &m), -EPERM, "no right that it has not");
	m.fd = LOOM_FD(got, LOOM_RIGHT_SEND);
	m.fd_badge = 43;
	tap_equal(loom_send(fd, &m), -EPERM, "no other badge");
	m.fd = LOOM_FD(got, 8);
	tap_equal(loom_send(fd, &m), -EINVAL, "no unknown right");
	m.fd = LOOM_FD(0, LOOM_RIGHT_RECV);
	tap_equal(loom_send(fd, &m), -EINVAL, "rights of something else");
	m.fd = LOOM_FD(999, 0);
	tap_equal(loom_send(fd, &m), -EBADF, "no descriptor");
	close(got);
	close(other);
	close(fd);
}

/* No descriptor is free at the receiver: it is told before it waits. */
static void test_no_slot(void)
{
	struct rlimit old, none;
	int fd = make();
	struct loom_message m;
	struct peer p = { .act = SEND, .fd = fd,
			  .m = message(4, LOOM_TAG_FD) };

	p.m.fd = LOOM_FD(fd, LOOM_RIGHT_SEND);
	begin(&p);
	settle(&p);
	getrlimit(RLIMIT_NOFILE, &old);
	none = (struct rlimit){ 0, old.rlim_max };
	setrlimit(RLIMIT_NOFILE, &none);
	tap_equal(recv_limited(fd, &m, LOOM_TAG_ACCEPT), -EMFILE,
		  "no free descriptor");
	setrlimit(RLIMIT_NOFILE, &old);
	tap_equal(p.result, 1, "the sender waits on");
	tap_equal(recv_limited(fd, &m, LOOM_TAG_ACCEPT), 0, "nothing is lost");
	tap_ok(is_message(&m, 4), "the message");
	tap_equal(fcntl((int)m.fd, F_GETFL), O_WRONLY, "the descriptor");
	tap_equal(finish(&p), 0, "the sender is done");
	close((int)m.fd);
	close(fd);
}

/* Long messages */

static void fill(uint8_t *at, size_t n, unsigned seed)
{
	for (size_t i = 0; i < n; i++)
		at[i] = (uint8_t)(i * 7 + seed);
}

static bool is_filled(const uint8_t *at, size_t n, unsigned seed)
{
	for (size_t i = 0; i < n; i++)
		if (at[i] != (uint8_t)(i * 7 + seed))
			return false;
	return true;
}

static void start_long(struct peer *p, enum act act, int fd, uint64_t seed,
		       uint64_t n)
{
	*p = (struct peer){ .act = act, .fd = fd, .buffer = other_buffer,
			    .size = sizeof(other_buffer) };
	if (act != RECV)
		p->m = message(seed, LOOM_TAG_BYTES(n));
	fill(other_buffer, sizeof(other_buffer), (unsigned)seed);
	begin(p);
	settle(p);
}

static void test_long(void)
{
	static const uint64_t sizes[] = { 1, 7, 64, 1000, 4095, 4096 };
	int fd = make();
	struct loom_message m;
	struct peer p;

	tap_equal(loom_buffer(buffer, sizeof(buffer)), 0, "a buffer");
	for (unsigned i = 0; i < 6; i++) {
		uint64_t n = sizes[i];

		memset(buffer, 0, sizeof(buffer));
		start_long(&p, CALL, fd, i + 1, n);
		recv_limited(fd, &m, 0);
		tap_equal((long)loom_bytes(m.tag), (long)n, "%lu bytes",
			  (unsigned long)n);
		tap_ok(is_message(&m, i + 1), "words beside");
		tap_ok(is_filled(buffer, n, i + 1), "as they were");
		tap_ok(n == sizeof(buffer) || buffer[n] == 0, "no more");
		fill(buffer, n, 100 + i);
		m = message(9, LOOM_TAG_BYTES(n));
		tap_equal(loom_reply(&m), 0, "a reply of as many");
		tap_equal(finish(&p), 0, "comes");
		tap_equal((long)loom_bytes(p.m.tag), (long)n, "as many");
		tap_ok(is_filled(other_buffer, n, 100 + i), "as they were");
	}
	start_long(&p, RECV, fd, 0, 0);
	fill(buffer, sizeof(buffer), 3);
	m = message(9, LOOM_TAG_BYTES(100));
	tap_equal(loom_send(fd, &m), 0, "to one that waits");
	tap_equal(finish(&p), 0, "which has it");
	tap_ok(is_filled(other_buffer, 100, 3), "as it was");
	m = message(9, LOOM_TAG_BYTES(0) | LOOM_TAG_TIMEOUT);
	tap_equal(loom_send(fd, &m), -EAGAIN, "no bytes are allowed");
	close(fd);
}

static void test_long_sizes(void)
{
	int fd = make();
	struct loom_message m;
	struct peer p;

	tap_equal(loom_buffer(buffer, LOOM_MESSAGE_MAX + 1), -EINVAL,
		  "a buffer that is too large");
	loom_buffer(buffer, 100);
	m = message(1, LOOM_TAG_BYTES(101));
	tap_equal(loom_send(fd, &m), -ENOBUFS, "more than the own buffer has");
	m = message(1, UINT64_C(5) << LOOM_TAG_BYTES_SHIFT);
	tap_equal(loom_send(fd, &m), -EINVAL, "a size without the flag");
	start_long(&p, SEND, fd, 1, 101);
	tap_equal(recv_now(fd, &m, 0), -EAGAIN, "a receiver with less room");
	tap_equal(finish(&p), -EMSGSIZE, "the sender is told");
	loom_buffer(NULL, 0);
	m = message(1, LOOM_TAG_BYTES(1));
	tap_equal(loom_send(fd, &m), -ENOBUFS, "no buffer");
	start(&p, RECV, fd, 0, 0);
	loom_buffer(buffer, 100);
	m = message(1, LOOM_TAG_BYTES(1));
	tap_equal(loom_send(fd, &m), -EMSGSIZE, "a receiver without one");
	m = message(2, 0);
	loom_send(fd, &m);
	tap_equal(finish(&p), 0, "it waits for what it can take");
	tap_ok(is_message(&p.m, 2), "which it got");
	close(fd);
}

/* What is bad is the owner's mistake. */
static void test_bad_buffers(void)
{
	uint8_t *page = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE,
			     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int fd = make();
	struct loom_message m;
	struct peer p;

	munmap(page + PAGE, PAGE);
	tap_equal(loom_buffer(page + PAGE - 50, 100), -EFAULT,
		  "a buffer that is half there");
	tap_equal(loom_buffer((void *)~UINT64_C(0xff), 4096), -EFAULT,
		  "in the kernel");
	tap_equal(loom_buffer(NULL, 1), -EFAULT, "at 0");
	tap_equal(loom_buffer(page, PAGE), 0, "one that is there");
	mprotect(page, PAGE, PROT_NONE);
	m = message(1, LOOM_TAG_BYTES(10));
	tap_equal(loom_send(fd, &m), -EFAULT, "and then is not: send");
	start_long(&p, CALL, fd, 6, 10);
	tap_equal(recv_limited(fd, &m, 0), -EFAULT, "recv");
	tap_ok(is_message(&m, 6) && m.tag & LOOM_TAG_CALL,
	       "with all the rest");
	m = message(7, 0);
	tap_equal(loom_reply(&m), 0, "it can reply");
	tap_equal(finish(&p), 0, "the caller feels nothing");
	tap_ok(is_message(&p.m, 7), "and has the reply");
	loom_buffer(NULL, 0);
	munmap(page, PAGE);
	close(fd);
}

static void test_bad(void)
{
	int null = open("/dev/null", O_RDWR), fd = make();
	struct loom_message m = message(1, 0);

	tap_equal(loom_call(null, &m), -EINVAL, "call what is none");
	tap_equal(loom_call(-1, &m), -EBADF, "or nothing");
	tap_equal(loom_signal(fd, 1), -EINVAL, "signal an endpoint");
	for (unsigned bit = 5; bit < 16; bit++) {
		m = message(1, 1u << bit);
		tap_equal(loom_call(fd, &m), -EINVAL, "unknown bit %u", bit);
	}
	m = message(1, LOOM_TAG_CALL);
	tap_equal(loom_send(fd, &m), -EINVAL, "one that only comes");
	m = message(1, LOOM_TAG_ACCEPT);
	tap_equal(loom_send(fd, &m), -EINVAL, "send accepts nothing");
	m = message(1, LOOM_TAG_TIMEOUT);
	tap_equal(loom_reply(&m), -EINVAL, "reply does not wait");
	m = (struct loom_message){ .tag = LOOM_TAG_FD };
	tap_equal(loom_recv(fd, &m), -EINVAL, "recv sends nothing");
	tap_equal(loom_endpoint(7), -EINVAL, "flags that are not known");
	tap_equal(loom_reply(&(struct loom_message){ .tag = 0 }), -ENOTCONN,
		  "a reply to nobody");
	close(null);
	close(fd);
}

static void all(void)
{
	test_send();
	test_call();
	test_processes();
	test_rights();
	test_badges();
	test_priorities();
	test_ends();
	test_thread_end();
	test_exec();
	test_caller_killed();
	test_killed_queued();
	test_signals();
	test_reply_recv_restart();
	test_timeouts();
	test_stop();
	test_poll();
	test_descriptors();
	test_travelling_rights();
	test_no_slot();
	test_long();
	test_long_sizes();
	test_bad_buffers();
	test_bad();
}

int main(int argc, char **argv)
{
	struct counts before;

	child_init(argv[0]);
	if (argc > 1)
		return after_exec();
	if (loom_endpoint(7) == -ENOSYS)
		tap_bail("this kernel has no endpoints");
	all();
	counts_take(&before);
	all();
	counts_check(&before);
	return tap_done();
}
