// SPDX-License-Identifier: MIT
/*
 * locktest: locks on files. flock belongs to an open file, record locks to a
 * process or (OFD) to an open file; who holds what, what waits and who is told
 * that it would wait for itself.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/child.h"
#include "lib/counts.h"
#include "lib/files.h"
#include "lib/tap.h"

#define NAME "locktest.tmp"

static int open_file(void)
{
	int fd = open(NAME, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

	if (fd < 0)
		tap_bail("%s", NAME);
	return fd;
}

static int set(int fd, int cmd, short type, off_t start, off_t len)
{
	struct flock l = { .l_type = type, .l_whence = SEEK_SET,
			   .l_start = start, .l_len = len };

	return fcntl(fd, cmd, &l);
}

/* What keeps a lock of @type from being had: its type, F_UNLCK if nothing. */
static short ask(int fd, short type, off_t start, off_t len, struct flock *l)
{
	*l = (struct flock){ .l_type = type, .l_whence = SEEK_SET,
			     .l_start = start, .l_len = len };
	return fcntl(fd, F_GETLK, l) == 0 ? l->l_type : -1;
}

/* Run @fn in a child: what it returns is its exit status. */
static int in_child(int (*fn)(int), int arg)
{
	pid_t pid = fork();

	if (pid == 0)
		_exit(fn(arg));
	return child_wait(pid);
}

/* Can another process have this lock? 0: yes, else the errno. */
static struct {
	short type;
	off_t start, len;
} wanted;

static int try_wanted(int fd)
{
	(void)fd;
	return set(open_file(), F_SETLK, wanted.type, wanted.start,
		   wanted.len) == 0 ? 0 : errno;
}

static int other_gets(short type, off_t start, off_t len)
{
	wanted.type = type;
	wanted.start = start;
	wanted.len = len;
	return in_child(try_wanted, 0);
}

static void check_flock(void)
{
	int a = open_file(), b = open_file(), copy = dup(a);

	tap_equal(flock(a, LOCK_EX), 0, "flock: exclusive");
	tap_ok(FAILS(flock(b, LOCK_EX | LOCK_NB), EWOULDBLOCK),
	       "flock: another open file does not get it");
	tap_equal(flock(copy, LOCK_EX | LOCK_NB), 0, "flock: a copy has it");
	close(a);
	tap_ok(FAILS(flock(b, LOCK_SH | LOCK_NB), EWOULDBLOCK),
	       "flock: while a copy is open");
	tap_equal(flock(copy, LOCK_SH), 0, "flock: to shared");
	tap_equal(flock(b, LOCK_SH | LOCK_NB), 0, "flock: two share it");
	tap_ok(FAILS(flock(b, LOCK_EX | LOCK_NB), EWOULDBLOCK),
	       "flock: none of them gets it alone");
	close(copy);
	tap_equal(flock(b, LOCK_EX | LOCK_NB), 0,
		  "flock: the last copy's end gives it back");
	tap_equal(flock(b, LOCK_UN), 0, "flock: given back");
	tap_ok(FAILS(flock(b, 0), EINVAL), "flock: no operation is EINVAL");
	tap_ok(FAILS(flock(b, LOCK_EX | LOCK_SH), EINVAL),
	       "flock: two operations are EINVAL");
	tap_ok(FAILS(flock(99, LOCK_SH), EBADF), "flock: EBADF");
	close(b);
}

static void check_records(void)
{
	struct flock l;
	int fd = open_file();

	tap_equal(set(fd, F_SETLK, F_WRLCK, 10, 10), 0, "F_SETLK: 10 bytes");
	tap_equal(other_gets(F_WRLCK, 0, 10), 0, "another gets those before");
	tap_equal(other_gets(F_WRLCK, 20, 0), 0, "and those behind");
	tap_equal(other_gets(F_RDLCK, 19, 1), EAGAIN, "and none of them");
	tap_equal(set(fd, F_SETLK, F_RDLCK, 12, 4), 0, "F_SETLK: part to read");
	tap_equal(other_gets(F_RDLCK, 12, 4), 0, "which others may, too");
	tap_equal(other_gets(F_WRLCK, 12, 4), EAGAIN, "but not write");
	tap_equal(other_gets(F_RDLCK, 11, 1), EAGAIN, "nor read the rest");
	tap_equal(set(fd, F_SETLK, F_UNLCK, 14, 1), 0,
		  "F_UNLCK: in the middle");
	tap_equal(other_gets(F_WRLCK, 14, 1), 0, "makes a hole");
	tap_equal(other_gets(F_WRLCK, 13, 2), EAGAIN, "of one byte");
	tap_equal(ask(fd, F_WRLCK, 0, 0, &l), F_UNLCK,
		  "F_GETLK: one's own are in nobody's way");
	tap_ok(FAILS(set(fd, F_SETLK, F_WRLCK, -1, 1), EINVAL),
	       "F_SETLK: before the start is EINVAL");
	tap_ok(FAILS(set(fd, F_SETLK, 7, 0, 1), EINVAL),
	       "F_SETLK: a wrong type is EINVAL");
	tap_equal(set(fd, F_SETLK, F_UNLCK, 0, 0), 0, "F_UNLCK: all");
	tap_equal(other_gets(F_WRLCK, 0, 0), 0, "another gets all");
	close(fd);
}

static int see_lock(int expect)
{
	struct flock l;
	int fd = open_file();

	if (ask(fd, F_WRLCK, 0, 0, &l) != F_WRLCK)
		return 1;
	/* Two that were set side by side are one. */
	return l.l_pid == getppid() && l.l_start == 5 && l.l_len == expect &&
	       l.l_whence == SEEK_SET ? 0 : 2;
}

static void check_get(void)
{
	int fd = open_file(), ro = open(NAME, O_RDONLY | O_CLOEXEC);

	set(fd, F_SETLK, F_WRLCK, 5, 5);
	set(fd, F_SETLK, F_WRLCK, 10, 5);
	tap_equal(in_child(see_lock, 10), 0, "F_GETLK: who, where, how much");
	lseek(fd, 100, SEEK_SET);
	tap_equal(fcntl(fd, F_SETLK, &(struct flock){ .l_type = F_WRLCK,
			.l_whence = SEEK_CUR, .l_start = 0, .l_len = -85 }),
		  0, "F_SETLK: backwards from the position");
	tap_equal(in_child(see_lock, 95), 0, "F_GETLK: it has grown");
	tap_ok(FAILS(set(ro, F_SETLK, F_WRLCK, 0, 1), EBADF),
	       "F_SETLK: to write what is open to read is EBADF");
	close(ro);
	tap_equal(other_gets(F_WRLCK, 5, 1), 0,
		  "closing any descriptor of the file gives all back");
	close(fd);
}

static int never_had(int fd)
{
	struct flock l;

	/* A child's descriptors are its own, and so are its locks. */
	return ask(fd, F_WRLCK, 0, 0, &l) == F_WRLCK ? 0 : 1;
}

static void check_fork(void)
{
	int fd = open_file();

	set(fd, F_SETLK, F_WRLCK, 0, 0);
	tap_equal(in_child(never_had, fd), 0, "fork: the child has no locks");
	tap_equal(other_gets(F_WRLCK, 0, 1), EAGAIN,
		  "and its end takes none of the parent's");
	close(fd);
}

static int ofd_set(int fd, int cmd, short type, off_t start, off_t len)
{
	return set(fd, cmd, type, start, len);
}

static void check_ofd(void)
{
	struct flock l = { .l_type = F_WRLCK };
	int a = open_file(), b = open_file(), copy = dup(a);

	tap_equal(ofd_set(a, F_OFD_SETLK, F_WRLCK, 0, 10), 0, "OFD: a lock");
	tap_ok(FAILS(ofd_set(b, F_OFD_SETLK, F_WRLCK, 5, 1), EAGAIN),
	       "OFD: the same process's other open file is another");
	tap_ok(FAILS(set(b, F_SETLK, F_WRLCK, 5, 1), EAGAIN),
	       "OFD: and so is the process");
	tap_ok(fcntl(b, F_OFD_GETLK, &l) == 0 && l.l_type == F_WRLCK &&
	       l.l_pid == -1, "OFD: F_OFD_GETLK names no process");
	close(open_file());
	tap_ok(FAILS(ofd_set(b, F_OFD_SETLK, F_WRLCK, 5, 1), EAGAIN),
	       "OFD: closing another descriptor changes nothing");
	close(a);
	close(copy);
	tap_equal(ofd_set(b, F_OFD_SETLK, F_WRLCK, 0, 0), 0,
		  "OFD: the last copy's end gives it back");
	close(b);
}

/* Waits, then has the lock for a moment. */
static int wait_for_lock(int how)
{
	int fd = open_file();

	if (how)
		return flock(fd, LOCK_EX) == 0 ? 0 : errno;
	return set(fd, F_SETLKW, F_WRLCK, 0, 0) == 0 ? 0 : errno;
}

/* By flock, or by fcntl on the first byte. */
static void take(int fd, int how)
{
	if (how)
		flock(fd, LOCK_EX);
	else
		set(fd, F_SETLK, F_WRLCK, 0, 0);
}

static void give_back(int fd, int how)
{
	if (how)
		flock(fd, LOCK_UN);
	else
		set(fd, F_SETLK, F_UNLCK, 0, 0);
}

static void check_waiting(int how, const char *name)
{
	int fd = open_file(), status;
	pid_t pid;

	take(fd, how);
	pid = fork();
	if (pid == 0)
		_exit(wait_for_lock(how));
	child_sleep(100);
	tap_equal(waitpid(pid, &status, WNOHANG), 0, "%s: waits", name);
	give_back(fd, how);
	tap_equal(child_wait(pid), 0, "%s: gets it when it is given back",
		  name);
	take(fd, how);
	pid = fork();
	if (pid == 0)
		_exit(wait_for_lock(how));
	child_sleep(100);
	kill(pid, SIGKILL);
	tap_equal(child_wait(pid), -SIGKILL, "%s: can be killed", name);
	close(fd);
}

static void on_alarm(int sig)
{
	(void)sig;
}

static int interrupted(int unused)
{
	struct sigaction action = { .sa_handler = on_alarm };
	struct itimerval each = { { 1, 0 }, { 1, 0 } };

	(void)unused;
	sigaction(SIGALRM, &action, NULL);
	/* Again and again: the first may come before the wait. */
	setitimer(ITIMER_REAL, &each, NULL);
	return FAILS(set(open_file(), F_SETLKW, F_WRLCK, 0, 0), EINTR) ? 0 : 1;
}

/* This one has byte 1 and waits for byte 0, which its parent has. */
static int circle_child(int unused)
{
	int fd = open_file();

	(void)unused;
	if (set(fd, F_SETLK, F_WRLCK, 1, 1) != 0)
		return 1;
	return set(fd, F_SETLKW, F_WRLCK, 0, 1) == 0 ? 0 : 2;
}

static void check_circle(void)
{
	int fd = open_file();
	struct flock l;
	pid_t pid;

	set(fd, F_SETLK, F_WRLCK, 0, 1);
	pid = fork();
	if (pid == 0)
		_exit(circle_child(0));
	while (ask(fd, F_WRLCK, 1, 1, &l) == F_UNLCK)
		child_sleep(10);
	child_sleep(100);
	tap_ok(FAILS(set(fd, F_SETLKW, F_WRLCK, 1, 1), EDEADLK),
	       "F_SETLKW: a circle is EDEADLK");
	set(fd, F_SETLK, F_UNLCK, 0, 0);
	tap_equal(child_wait(pid), 0, "and the other gets what it waits for");
	set(fd, F_SETLK, F_WRLCK, 0, 0);
	tap_equal(in_child(interrupted, 0), 0,
		  "F_SETLKW: a signal with a handler is EINTR");
	close(fd);
}

/* Many processes count in a file, each under a lock. */
enum { COUNTERS = 4, ROUNDS = 50 };

static int count(int how)
{
	int fd = open_file(), number;

	for (int i = 0; i < ROUNDS; i++) {
		if (how ? flock(fd, LOCK_EX) :
			  set(fd, F_SETLKW, F_WRLCK, 0, 0))
			return 1;
		if (pread(fd, &number, sizeof(number), 0) != sizeof(number))
			return 2;
		if (i % 7 == 0)
			child_sleep(1);
		number++;
		if (pwrite(fd, &number, sizeof(number), 0) != sizeof(number))
			return 3;
		if (how ? flock(fd, LOCK_UN) :
			  set(fd, F_SETLK, F_UNLCK, 0, 0))
			return 4;
	}
	return 0;
}

static void check_counting(int how, const char *name)
{
	int fd = open_file(), number = 0, bad = 0;
	pid_t pid[COUNTERS];

	if (pwrite(fd, &number, sizeof(number), 0) != sizeof(number))
		tap_bail("write");
	for (int i = 0; i < COUNTERS; i++) {
		pid[i] = fork();
		if (pid[i] == 0)
			_exit(count(how));
	}
	for (int i = 0; i < COUNTERS; i++)
		bad += child_wait(pid[i]) != 0;
	tap_equal(bad, 0, "%s: all have counted", name);
	tap_ok(pread(fd, &number, sizeof(number), 0) == sizeof(number) &&
	       number == COUNTERS * ROUNDS, "%s: nobody was overlooked", name);
	close(fd);
}

static void all(void)
{
	check_flock();
	check_records();
	check_get();
	check_fork();
	check_ofd();
	check_waiting(0, "F_SETLKW");
	check_waiting(1, "flock");
	check_circle();
	check_counting(0, "F_SETLKW");
	check_counting(1, "flock");
}

int main(void)
{
	struct counts before;

	all();
	/* What comes once has come: now the same again leaves nothing. */
	counts_take(&before);
	counts_take(&before);
	check_records();
	check_ofd();
	check_waiting(0, "F_SETLKW again");
	check_circle();
	check_counting(1, "flock again");
	counts_check(&before);
	unlink(NAME);
	return tap_done();
}
