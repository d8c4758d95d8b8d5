// SPDX-License-Identifier: MIT
/*
 * filerace: descriptors that are closed or replaced while somebody else reads
 * them: another thread, or another process that shares the table. A kernel may
 * do without a reference where nobody else could close; so who is alone, who
 * was, and who will be, take turns here. Everything is done twice, and nothing
 * may be lost.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "lib/child.h"
#include "lib/counts.h"
#include "lib/state.h"
#include "lib/tap.h"
#include "lib/thread.h"

#define LONG 65536		/* a read that takes a while */
#define RACES 10
#define STEPS 40
#define LOOKS 200
#define TRIES 20

/* Who else has the table. */
enum kind { THREAD, PROCESS };

static const char *const kind_names[] = { "a thread", "a process" };

/* In memory that processes share. */
struct other {
	struct thread thread;
	pid_t pid;		/* of a PROCESS */
	int fd, spare;
	/* Atomic */
	int entered, done;
	long result;
	char byte;
};

static struct other *other;
static char buffer[LONG];

static long call(long number, long a, long b, long c)
{
	return raw_call(number, a, b, c, 0, 0, 0);
}

static void set(int *word)
{
	__atomic_store_n(word, 1, __ATOMIC_RELEASE);
}

static bool is_set(const int *word)
{
	return __atomic_load_n(word, __ATOMIC_ACQUIRE);
}

static void start(enum kind kind, int (*fn)(void *arg))
{
	pid_t pid;

	other->entered = other->done = 0;
	if (kind == THREAD) {
		if (thread_start(&other->thread, fn, other) < 0)
			tap_bail("no thread");
		return;
	}
	fflush(stdout);
	pid = (pid_t)syscall(SYS_clone, CLONE_FILES | SIGCHLD, 0, 0, 0, 0);
	if (pid < 0)
		tap_bail("no process");
	if (pid == 0)
		_exit(fn(other));
	other->pid = pid;
}

static void join(enum kind kind)
{
	if (kind == THREAD ? !thread_join(&other->thread) :
			     child_wait_ms(other->pid, 20000) != 0)
		tap_bail("%s does not end", kind_names[kind]);
}

/* Until it waits for what it reads. */
static bool settle(enum kind kind)
{
	int tries = 10000;

	if (kind == THREAD)
		return thread_settled(other->thread.tid, &other->entered,
				      &other->done);
	while (tries-- && !is_set(&other->done)) {
		if (is_set(&other->entered) && state_of(other->pid) == 'S')
			return true;
		child_sleep(1);
	}
	return false;
}

static void make_pipe(int fd[2])
{
	if (pipe2(fd, O_CLOEXEC) != 0)
		tap_bail("pipe2");
}

/* What the others do */

static int read_one(void *arg)
{
	struct other *o = arg;

	set(&o->entered);
	o->result = call(SYS_read, o->fd, (long)&o->byte, 1);
	set(&o->done);
	return 0;
}

/* A name for two files and for none. */
static int change_often(void *arg)
{
	struct other *o = arg;

	for (int i = 0; i < STEPS; i++) {
		call(SYS_dup3, o->spare, o->fd, 0);
		call(SYS_close, o->fd, 0, 0);
		if (i == STEPS / 2)
			call(SYS_sched_yield, 0, 0, 0);
	}
	set(&o->done);
	return 0;
}

static int close_and_write(void *arg)
{
	struct other *o = arg;

	raw_sleep(20);
	call(SYS_close, o->fd, 0, 0);
	o->result = call(SYS_write, o->spare, (long)"x", 1);
	return 0;
}

/* Checks */

/* The other one waits in a read, and its descriptor is gone or another's. */
static void check_reader(enum kind kind, bool replaced)
{
	const char *name = kind_names[kind];
	int a[2], b[2];
	char byte = 0;

	make_pipe(a);
	make_pipe(b);
	other->fd = a[0];
	start(kind, read_one);
	tap_ok(settle(kind), "%s waits", name);
	if (replaced)
		tap_equal(dup2(b[0], a[0]), a[0], "its descriptor is another");
	else
		tap_equal(close(a[0]), 0, "its descriptor is closed");
	tap_ok(!is_set(&other->done), "it still waits");
	tap_equal(write(a[1], "x", 1), 1, "there is a reader");
	join(kind);
	tap_ok(other->result == 1 && other->byte == 'x', "it reads");
	errno = 0;
	tap_ok(write(a[1], "x", 1) == -1 && errno == EPIPE,
	       "then nobody has the file");
	if (write(b[1], "y", 1) != 1)
		tap_bail("write");
	errno = 0;
	if (replaced)
		tap_ok(read(a[0], &byte, 1) == 1 && byte == 'y',
		       "the next read is of the new file");
	else
		tap_ok(read(a[0], &byte, 1) == -1 && errno == EBADF,
		       "the next read finds nothing");
	if (replaced)
		close(a[0]);
	close(a[1]);
	close(b[0]);
	close(b[1]);
}

/* Who reads was alone before, and is alone when it has read. */
static bool read_once(enum kind kind)
{
	char byte = 0;
	long result;
	int fd[2];

	make_pipe(fd);
	if (write(fd[1], "w", 1) != 1 || read(fd[0], &byte, 1) != 1)
		tap_bail("a pipe");
	other->fd = fd[0];
	other->spare = fd[1];
	start(kind, close_and_write);
	result = call(SYS_read, fd[0], (long)&byte, 1);
	join(kind);
	close(fd[1]);
	/* It was too late, and is closed: nobody was there to write to. */
	if (result == -EBADF && other->result == -EPIPE)
		return false;
	tap_ok(result == 1 && byte == 'x' && other->result == 1,
	       "%s closes what is being read", kind_names[kind]);
	return true;
}

static void check_alone(enum kind kind)
{
	for (int i = 0; i < TRIES; i++)
		if (read_once(kind))
			return;
	tap_ok(false, "%s closes what is being read", kind_names[kind]);
}

static bool is_whole(long result)
{
	return result == LONG || result == -EBADF;
}

static bool race(enum kind kind, int fd, int spare)
{
	bool good = true;

	other->fd = fd;
	other->spare = spare;
	start(kind, change_often);
	while (!is_set(&other->done))
		good = is_whole(call(SYS_read, fd, (long)buffer, LONG)) && good;
	join(kind);
	/* Alone again. */
	good = call(SYS_read, fd, (long)buffer, 1) == -EBADF && good;
	if (dup2(spare, fd) != fd)
		tap_bail("dup2");
	return call(SYS_read, fd, (long)buffer, 1) == 1 && good;
}

static void check_race(enum kind kind)
{
	int fd = open("/dev/zero", O_RDONLY | O_CLOEXEC);
	int spare = open("/dev/zero", O_RDONLY | O_CLOEXEC);
	bool good = true;

	if (fd < 0 || spare < 0)
		tap_bail("/dev/zero");
	for (int i = 0; i < RACES; i++)
		good = race(kind, fd, spare) && good;
	tap_ok(good, "%s closes and opens what is read all the time",
	       kind_names[kind]);
	close(fd);
	close(spare);
}

/* One look at a table of which only its process knows. */
static void look(pid_t pid, int fd)
{
	char path[64], text[64];
	int there;

	snprintf(path, sizeof(path), "/proc/%d/fd/%d", (int)pid, fd);
	if (readlink(path, text, sizeof(text)) < 0)
		return;
	there = open(path, O_RDONLY | O_CLOEXEC);
	if (there >= 0)
		close(there);
}

static void check_looks(void)
{
	int fd = open("/dev/zero", O_RDONLY | O_CLOEXEC);
	pid_t self = getpid(), pid;
	bool good = true;

	fflush(stdout);
	pid = fork();
	if (pid == 0)
		for (;;)
			look(self, fd);
	for (int i = 0; i < LOOKS; i++) {
		good = read(fd, buffer, LONG) == LONG && good;
		close(fd);
		good = open("/dev/zero", O_RDONLY | O_CLOEXEC) == fd && good;
	}
	kill(pid, SIGKILL);
	child_wait(pid);
	tap_ok(good, "others look at the descriptors of one that is alone");
	close(fd);
}

/* All threads are killed while one reads what is closed. */
static void check_kill(void)
{
	pid_t pid;
	int fd[2];

	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		make_pipe(fd);
		other->fd = fd[0];
		start(THREAD, read_one);
		if (!settle(THREAD) || close(fd[0]) != 0)
			_exit(1);
		raise(SIGKILL);
	}
	tap_equal(child_wait_ms(pid, 20000), -SIGKILL,
		  "a process with such a reader is killed");
}

static void check_all(void)
{
	for (enum kind kind = THREAD; kind <= PROCESS; kind++) {
		check_reader(kind, false);
		check_reader(kind, true);
		check_alone(kind);
		check_race(kind);
	}
	check_looks();
	check_kill();
}

int main(int argc, char **argv)
{
	struct counts before;

	(void)argc;
	child_init(argv[0]);
	signal(SIGPIPE, SIG_IGN);
	other = mmap(NULL, sizeof(*other), PROT_READ | PROT_WRITE,
		     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (other == MAP_FAILED)
		tap_bail("mmap");
	check_all();
	counts_take(&before);
	check_all();
	counts_check(&before);
	return tap_done();
}
