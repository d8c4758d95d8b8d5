// SPDX-License-Identifier: MIT
/*
 * livetest, the part about threads: children and threads that wait in known
 * calls, and what /proc/loom/threads and their own files say of them.
 */
#define _GNU_SOURCE
#include "livetest.h"

#include <errno.h>
#include <limits.h>
#include <linux/futex.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <loom/ipc.h>

#include "lib/child.h"
#include "lib/tap.h"

enum {
	TRIES = 3000,		/* of 10 ms, until a thread is where it goes */
	READS = 100,
};

static int ends[2];		/* a pipe, or sockets */
static uint32_t word;
static int handle;		/* an endpoint or a notification */

struct row {
	int tid, pid, cpu;
	char state;
	char call[32], what[64], in[64], name[32];
};

/* The line of thread @tid; false: there is none. */
static bool find(int tid, struct row *row)
{
	static char text[65536];
	char *line, *save;

	if (read_text("/proc/loom/threads", text, sizeof(text)) <= 0)
		tap_bail("/proc/loom/threads cannot be read");
	strtok_r(text, "\n", &save);
	while ((line = strtok_r(NULL, "\n", &save))) {
		if (sscanf(line, "%d %d %c %d %31s %63s %63s %31s", &row->tid,
			   &row->pid, &row->state, &row->cpu, row->call,
			   row->what, row->in, row->name) != 8)
			tap_bail("not a line of the table: %s", line);
		if (row->tid == tid)
			return true;
	}
	return false;
}

/* Places to wait: none of these returns. */

static void wait_read(void)
{
	char c;

	(void)!read(ends[0], &c, 1);
}

/* With a descriptor that is known already: the short way, on one CPU. */
static void wait_read_again(void)
{
	char c;

	for (int i = 0; i < 3; i++)
		if (write(ends[1], "", 1) != 1 || read(ends[0], &c, 1) != 1)
			return;
	wait_read();
}

static void wait_write(void)
{
	static char page[4096];

	while (write(ends[1], page, sizeof(page)) > 0)
		;
}

static void wait_futex(void)
{
	syscall(SYS_futex, &word, FUTEX_WAIT, 0, NULL, NULL, 0);
}

/* With a bit set: not the short way. */
static void wait_futex_bitset(void)
{
	syscall(SYS_futex, &word, FUTEX_WAIT_BITSET, 0, NULL, NULL, 1);
}

static void wait_nanosleep(void)
{
	struct timespec long_time = { .tv_sec = 100000 };

	syscall(SYS_nanosleep, &long_time, NULL);
}

static void wait_poll(void)
{
	struct pollfd fds[2] = { { .fd = ends[0], .events = POLLIN } };

	fds[1] = fds[0];
	syscall(SYS_ppoll, fds, 2, NULL, NULL, 0);
}

static void wait_select(void)
{
	fd_set set;

	FD_ZERO(&set);
	FD_SET(ends[0], &set);
	syscall(SYS_pselect6, ends[0] + 1, &set, NULL, NULL, NULL, NULL);
}

static void wait_child(void)
{
	pid_t child = fork();

	if (child == 0)
		for (;;)
			pause();
	syscall(SYS_wait4, child, NULL, 0, NULL);
}

static void wait_signal(void)
{
	sigset_t none;

	sigemptyset(&none);
	sigsuspend(&none);
}

static void wait_socket(void)
{
	char c;

	recv(ends[0], &c, 1, 0);
}

static void wait_notification(void)
{
	uint64_t bits;

	loom_wait(handle, LOOM_FOREVER, &bits);
}

static void wait_call(void)
{
	struct loom_message m = { .tag = 0 };

	loom_call(handle, &m);
}

enum object { NOTHING, PIPE, SOCKETS, NOTIFICATION, ENDPOINT };

static const struct place {
	void (*wait)(void);
	enum object object;
	const char *call;
	int number;
	const char *what;	/* as printf; its argument is a descriptor */
} places[] = {
	{ wait_read, PIPE, "read", SYS_read, "fd:%d:pipe:[" },
	{ wait_read_again, PIPE, "read", SYS_read, "fd:%d:pipe:[" },
	{ wait_write, PIPE, "write", SYS_write, "fd:%d:pipe:[" },
	{ wait_futex, NOTHING, "futex", SYS_futex, "word:0x" },
	{ wait_futex_bitset, NOTHING, "futex", SYS_futex, "word:0x" },
	{ wait_nanosleep, NOTHING, "nanosleep", SYS_nanosleep, "time" },
	{ wait_poll, PIPE, "ppoll", SYS_ppoll, "fds:2" },
	{ wait_select, PIPE, "pselect6", SYS_pselect6, "fds:" },
	{ wait_child, NOTHING, "wait4", SYS_wait4, "child:" },
	{ wait_signal, NOTHING, "rt_sigsuspend", SYS_rt_sigsuspend, "signal" },
	{ wait_socket, SOCKETS, "recvfrom", SYS_recvfrom, "fd:%d:socket:[" },
	{ wait_notification, NOTIFICATION, "loom_wait", LOOM_SYS_WAIT,
	  "fd:%d" },
	{ wait_call, ENDPOINT, "loom_call", LOOM_SYS_CALL, "fd:%d" },
};

enum { PLACES = sizeof(places) / sizeof(places[0]) };

/* False: the object cannot be had. */
static bool make(enum object object)
{
	switch (object) {
	case PIPE:
		return pipe(ends) == 0;
	case SOCKETS:
		return socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0;
	case NOTIFICATION:
		handle = (int)loom_notification(0);
		return handle >= 0;
	case ENDPOINT:
		handle = (int)loom_endpoint(0);
		return handle >= 0;
	default:
		return true;
	}
}

static void drop(enum object object)
{
	if (object == PIPE || object == SOCKETS) {
		close(ends[0]);
		close(ends[1]);
	} else if (object != NOTHING) {
		close(handle);
	}
}

static bool begins(const char *text, const char *with)
{
	return strncmp(text, with, strlen(with)) == 0;
}

/* Nobody sleeps "in the scheduler": that is true of all, and says nothing. */
static bool is_a_place(const char *in)
{
	return strcmp(in, "-") != 0 && !begins(in, "sched_") &&
	       !begins(in, "wait_sleep") && !begins(in, "wait_until") &&
	       !begins(in, "sleep_until") && !begins(in, "watch_") &&
	       !begins(in, "mutex_") &&
	       !begins(in, "weft_") && !begins(in, "leave_cpu");
}

/* Until thread @tid is asleep in @call. */
static bool comes_to(int tid, const char *call, struct row *row)
{
	for (int i = 0; i < TRIES; i++) {
		if (find(tid, row) && row->state == 'S' &&
		    strcmp(row->call, call) == 0)
			return true;
		child_sleep(10);
	}
	return false;
}

static void file_of(int pid, int tid, const char *name, char *text,
		    size_t size)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/task/%d/%s", pid, tid, name);
	if (read_text(path, text, size) < 0)
		strcpy(text, "(none)");
}

/* Its own files say the same as the table. */
static bool agrees(const struct row *row, const struct place *place)
{
	char wchan[128], call[256], stack[4096];
	long number;

	file_of(row->pid, row->tid, "wchan", wchan, sizeof(wchan));
	file_of(row->pid, row->tid, "syscall", call, sizeof(call));
	file_of(row->pid, row->tid, "stack", stack, sizeof(stack));
	number = strtol(call, NULL, 10);
	tap_note("%s %s in %s; %ld", row->call, row->what, row->in, number);
	return strcmp(wchan, row->in) == 0 && number == place->number &&
	       strstr(stack, wchan);
}

static void check(const struct place *place, int pid, int tid,
		  const char *who)
{
	int fd = place->object == PIPE || place->object == SOCKETS ?
		ends[place->wait == wait_write] : handle;
	char what[64];
	struct row row;

	/* The format is of the table above. */
	if (strstr(place->what, "%d"))
		snprintf(what, sizeof(what), "fd:%d%s", fd,
			 strstr(place->what, "%d") + 2);
	else
		snprintf(what, sizeof(what), "%s", place->what);
	if (!comes_to(tid, place->call, &row)) {
		tap_ok(false, "%s sleeps in %s", who, place->call);
		return;
	}
	tap_ok(row.pid == pid && begins(row.what, what) &&
	       is_a_place(row.in) && agrees(&row, place),
	       "%s sleeps in %s", who, place->call);
}

static void test_place(const struct place *place)
{
	pid_t child;

	if (!make(place->object))
		tap_bail("no object for %s", place->call);
	child = fork();
	if (child == 0) {
		setpgid(0, 0);
		place->wait();
		_exit(1);
	}
	setpgid(child, child);
	check(place, child, child, "a process");
	kill(-child, SIGKILL);
	waitpid(child, NULL, 0);
	drop(place->object);
}

static int tid_of_thread;

static void *thread_main(void *arg)
{
	__atomic_store_n(&tid_of_thread, (int)syscall(SYS_gettid),
			 __ATOMIC_RELEASE);
	wait_read();
	return arg;
}

static void test_thread(void)
{
	pthread_t thread;

	if (pipe(ends) || pthread_create(&thread, NULL, thread_main, NULL))
		tap_bail("no thread");
	while (!__atomic_load_n(&tid_of_thread, __ATOMIC_ACQUIRE))
		sched_yield();
	check(&places[0], getpid(), tid_of_thread, "a thread");
	(void)!write(ends[1], "", 1);
	pthread_join(thread, NULL);
	drop(PIPE);
}

/* Who looks runs; and nobody is told of by others than root. */
static void test_self(void)
{
	int pid = getpid();
	char text[256];
	struct row row;
	struct stat st;

	tap_ok(find(pid, &row) && row.state == 'R' && !strcmp(row.call, "-") &&
	       !strcmp(row.in, "-") && !strcmp(row.name, "livetest"),
	       "who looks runs");
	file_of(pid, pid, "syscall", text, sizeof(text));
	tap_ok(!strcmp(text, "running\n"), "and is in no call");
	tap_ok(stat("/proc/loom/threads", &st) == 0 &&
	       (st.st_mode & 0777) == 0400 &&
	       stat("/proc/self/syscall", &st) == 0 &&
	       (st.st_mode & 0777) == 0400 &&
	       stat("/proc/self/stack", &st) == 0 &&
	       (st.st_mode & 0777) == 0400, "root alone may read that");
}

/* Threads come and go while the table is read. */
static void test_ends(void)
{
	pid_t busy[2];
	struct row row;
	bool seen = true;

	for (int i = 0; i < 2; i++) {
		busy[i] = fork();
		while (busy[i] == 0) {
			pid_t child = fork();

			if (child == 0)
				_exit(0);
			waitpid(child, NULL, 0);
		}
	}
	for (int i = 0; i < READS; i++)
		seen &= find(getpid(), &row);
	for (int i = 0; i < 2; i++) {
		kill(busy[i], SIGKILL);
		waitpid(busy[i], NULL, 0);
	}
	tap_ok(seen, "threads that end while the table is read");
}

void test_threads(void)
{
	for (unsigned i = 0; i < PLACES; i++)
		test_place(&places[i]);
	test_thread();
	test_self();
	test_ends();
}
