// SPDX-License-Identifier: MIT
/*
 * ttytest: job control and the settings of the terminal, as a shell and its
 * jobs see them. It takes the terminal from whoever has it, so it is for a
 * machine of its own; nobody has to type.
 *
 * Each check runs in a session of its own: a child of main that leads it, and
 * children of that one in groups of theirs.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "lib/counts.h"
#include "lib/tap.h"

#define LIMIT 20	/* seconds; it only detects a hang */

static int tty = -1;

/*
 * In a session: what is wrong is said, and makes main's check of the whole
 * session fail.
 */
static int wrong;

static void equal(long got, long want, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

static void equal(long got, long want, const char *format, ...)
{
	va_list args;

	if (got == want)
		return;
	wrong++;
	printf("# ");
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	printf(": got %ld, expected %ld\n", got, want);
}

static void ok(bool good, const char *what)
{
	equal(good, true, "%s", what);
}

/* The console's own device, where the console itself cannot be controlled. */
static int open_terminal(void)
{
	int fd = open("/dev/ttyAMA0", O_RDWR | O_CLOEXEC);

	return fd < 0 ? open("/dev/console", O_RDWR | O_CLOEXEC) : fd;
}

static long fails(long result)
{
	return result == -1 ? errno : result;
}

static void sleep_ms(long ms)
{
	struct timespec ts = { ms / 1000, ms % 1000 * 1000000 };

	while (nanosleep(&ts, &ts) && errno == EINTR)
		;
}

static pid_t fork_or_bail(void)
{
	pid_t pid = fork();

	if (pid < 0)
		tap_bail("fork: %s", strerror(errno));
	if (pid == 0)
		alarm(LIMIT);
	return pid;
}

/* How it ends: its status, 1000 + the signal that stopped it, - that ended. */
static int outcome(pid_t pid)
{
	int status;

	if (waitpid(pid, &status, WUNTRACED) != pid)
		return -1000;
	if (WIFSTOPPED(status))
		return 1000 + WSTOPSIG(status);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

static void end(pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

/* What a job in the background does; its errno or 0 is its status. */
typedef int action(void);

static int do_read(void)
{
	char c;

	return (int)fails(read(tty, &c, 1));
}

static int do_write(void)
{
	return write(tty, "", 0) < 0 || write(tty, "\r", 1) < 0 ? errno : 0;
}

static int do_set(void)
{
	struct termios t;

	return tcgetattr(tty, &t) || tcsetattr(tty, TCSANOW, &t) ? errno : 0;
}

static int do_take(void)
{
	return tcsetpgrp(tty, getpgrp()) ? errno : 0;
}

static int do_flush(void)
{
	return tcflush(tty, TCIOFLUSH) ? errno : 0;
}

static int do_look(void)
{
	struct winsize size;
	struct termios t;

	return tcgetattr(tty, &t) || ioctl(tty, TIOCGWINSZ, &size) ||
	       tcgetpgrp(tty) < 0 ? errno : 0;
}

enum manner { PLAIN, IGNORING, BLOCKING };

static pid_t start_job(action *fn, enum manner manner, int sig)
{
	pid_t pid = fork_or_bail();
	sigset_t set;

	if (pid)
		return pid;
	setpgid(0, 0);
	signal(SIGTTIN, SIG_DFL);
	signal(SIGTTOU, SIG_DFL);
	if (manner == IGNORING)
		signal(sig, SIG_IGN);
	sigemptyset(&set);
	sigaddset(&set, sig);
	if (manner == BLOCKING)
		sigprocmask(SIG_BLOCK, &set, NULL);
	_exit(fn());
}

static void check_job(const char *what, action *fn, int sig, int refused)
{
	pid_t pid = start_job(fn, PLAIN, sig);

	equal(outcome(pid), sig ? 1000 + sig : 0, "%s in the background",
	      what);
	if (!sig)
		return;
	end(pid);
	equal(outcome(start_job(fn, IGNORING, sig)), refused,
	      "%s, the signal ignored", what);
	/* Where it took the terminal. */
	tcsetpgrp(tty, getpgrp());
	equal(outcome(start_job(fn, BLOCKING, sig)), refused,
	      "%s, the signal blocked", what);
	tcsetpgrp(tty, getpgrp());
}

static void set_tostop(bool on)
{
	struct termios t;

	tcgetattr(tty, &t);
	t.c_lflag = on ? t.c_lflag | TOSTOP : t.c_lflag & ~(tcflag_t)TOSTOP;
	tcsetattr(tty, TCSANOW, &t);
}

static void check_jobs(void)
{
	signal(SIGTTOU, SIG_IGN);
	check_job("a read", do_read, SIGTTIN, EIO);
	check_job("new settings", do_set, SIGTTOU, 0);
	check_job("taking the terminal", do_take, SIGTTOU, 0);
	check_job("a flush", do_flush, SIGTTOU, 0);
	check_job("a write", do_write, 0, 0);
	set_tostop(true);
	check_job("a write with TOSTOP", do_write, SIGTTOU, 0);
	set_tostop(false);
	check_job("a look", do_look, 0, 0);
	signal(SIGTTOU, SIG_DFL);
}

/* It stops, is put in the foreground, goes on, and reads what comes. */
static void check_foreground(void)
{
	pid_t pid = start_job(do_set, PLAIN, SIGTTOU);

	equal(outcome(pid), 1000 + SIGTTOU, "a job stops");
	equal(tcsetpgrp(tty, pid), 0, "it is put in the foreground");
	equal(tcgetpgrp(tty), pid, "where it is");
	kill(-pid, SIGCONT);
	equal(outcome(pid), 0, "it goes on and does what it wanted");
	signal(SIGTTOU, SIG_IGN);
	equal(tcsetpgrp(tty, getpgrp()), 0, "the shell takes it back");
	signal(SIGTTOU, SIG_DFL);
}

/* A group whose only connection to its session has ended. */
static void check_orphans(void)
{
	int fd[2];
	pid_t pid;
	char result = -1;

	if (pipe(fd))
		tap_bail("pipe: %s", strerror(errno));
	pid = fork_or_bail();
	if (pid == 0) {
		setpgid(0, 0);
		if (fork_or_bail())
			_exit(0);
		while (getppid() == getpgrp())
			sleep_ms(1);
		result = (char)do_read();
		(void)!write(fd[1], &result, 1);
		result = (char)do_set();
		(void)!write(fd[1], &result, 1);
		_exit(0);
	}
	close(fd[1]);
	waitpid(pid, NULL, 0);
	ok(read(fd[0], &result, 1) == 1 && result == EIO,
	   "an orphaned group cannot read");
	ok(read(fd[0], &result, 1) == 1 && result == EIO,
	   "nor change settings");
	close(fd[0]);
}

static void check_groups(void)
{
	pid_t other = fork_or_bail();
	int group;

	if (other == 0) {
		setsid();
		sleep_ms(LIMIT * 1000);
		_exit(0);
	}
	while (getsid(other) != other)
		sleep_ms(1);
	equal(tcgetsid(tty), getsid(0), "the session has the terminal");
	equal(tcgetpgrp(tty), getpgrp(), "its leader is in the foreground");
	equal(fails(tcsetpgrp(tty, other)), EPERM,
	      "not a group of another session");
	equal(fails(tcsetpgrp(tty, 0x3ffffff)), ESRCH, "nor one of nobody");
	group = -1;
	equal(fails(ioctl(tty, TIOCSPGRP, &group)), EINVAL,
	      "nor a negative one");
	end(other);
}

static void check_settings(void)
{
	struct termios old, t;
	struct winsize size = { 0, 0, 0, 0 }, other;

	equal(tcgetattr(tty, &old), 0, "settings are read");
	t = old;
	t.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
	t.c_cc[VMIN] = 0;
	t.c_cc[VTIME] = 1;
	equal(tcsetattr(tty, TCSAFLUSH, &t), 0, "and set");
	memset(&t, 0, sizeof(t));
	tcgetattr(tty, &t);
	ok(!(t.c_lflag & ICANON) && t.c_cc[VTIME] == 1, "and kept");
	equal(do_read(), 0, "a read ends when its time is up");
	t.c_cc[VTIME] = 0;
	tcsetattr(tty, TCSANOW, &t);
	equal(do_read(), 0, "or at once");
	tcsetattr(tty, TCSANOW, &old);
	equal(ioctl(tty, TIOCGWINSZ, &size), 0, "the size is read");
	other = size;
	other.ws_row = 33;
	equal(ioctl(tty, TIOCSWINSZ, &other), 0, "and set");
	ok(!ioctl(tty, TIOCGWINSZ, &other) && other.ws_row == 33,
	   "and kept");
	ioctl(tty, TIOCSWINSZ, &size);
	equal(fails(tcflow(tty, 9)), EINVAL, "no such flow");
	equal(fails(tcflush(tty, 9)), EINVAL, "no such queue");
	equal(tcflow(tty, TCOOFF), 0, "output stops");
	equal(tcflow(tty, TCOON), 0, "and goes on");
	equal(do_write(), 0, "what is written then comes out");
	equal(tcdrain(tty), 0, "all of it");
}

static volatile int resized;

static void note_size(int sig)
{
	(void)sig;
	resized++;
}

static void check_resize(void)
{
	struct sigaction handler = { .sa_handler = note_size };
	struct winsize size = { 0, 0, 0, 0 };

	sigaction(SIGWINCH, &handler, NULL);
	ioctl(tty, TIOCGWINSZ, &size);
	size.ws_col++;
	ioctl(tty, TIOCSWINSZ, &size);
	equal(resized, 1, "a new size is told");
	ioctl(tty, TIOCSWINSZ, &size);
	equal(resized, 1, "the same again is not");
	size.ws_col--;
	ioctl(tty, TIOCSWINSZ, &size);
}

/* Run @check in a session that has the terminal. */
static void in_session(const char *name, void (*check)(void))
{
	pid_t pid;

	fflush(stdout);
	pid = fork_or_bail();
	if (pid == 0) {
		setsid();
		tty = open_terminal();
		if (tty < 0)
			tap_bail("the terminal: %s", strerror(errno));
		if (ioctl(tty, TIOCSCTTY, 1))
			tap_bail("TIOCSCTTY: %s", strerror(errno));
		check();
		_exit(wrong);
	}
	tap_equal(outcome(pid), 0, "%s", name);
}

/* What the end of a leader does to who is in the foreground. */

static int report;

static void hang_up(int sig)
{
	char c = (char)sig;

	(void)!write(report, &c, 1);
}

/* In the foreground: tells of each SIGHUP and SIGCONT, and of /dev/tty. */
static void foreground_job(int ready)
{
	struct sigaction handler = { .sa_handler = hang_up };
	int own = open("/dev/tty", O_RDWR);
	char c = 0;

	setpgid(0, 0);
	signal(SIGTTOU, SIG_IGN);
	tcsetpgrp(tty, getpgrp());
	sigaction(SIGHUP, &handler, NULL);
	sigaction(SIGCONT, &handler, NULL);
	(void)!write(ready, &c, 1);
	close(ready);
	while (getppid() != 1)
		sleep_ms(2);
	sleep_ms(20);
	c = (char)(own < 0 ? 100 : read(own, &c, 1) == 0);
	(void)!write(report, &c, 1);
	c = (char)(write(own, "", 1) < 0 ? errno : 0);
	(void)!write(report, &c, 1);
	c = (char)(open("/dev/tty", O_RDWR) < 0 ? errno : 0);
	(void)!write(report, &c, 1);
	_exit(0);
}

static void lead_and_end(void)
{
	int ready[2];
	char c;

	if (pipe(ready) == 0 && fork_or_bail() == 0)
		foreground_job(ready[1]);
	(void)!read(ready[0], &c, 1);
	_exit(0);
}

static void check_leader_ends(void)
{
	unsigned char told[8] = { 0 };
	int fd[2];
	size_t n = 0;
	ssize_t got;
	pid_t pid;

	if (pipe(fd))
		tap_bail("pipe: %s", strerror(errno));
	report = fd[1];
	pid = fork_or_bail();
	if (pid == 0) {
		setsid();
		tty = open_terminal();
		ioctl(tty, TIOCSCTTY, 1);
		lead_and_end();
	}
	close(fd[1]);
	waitpid(pid, NULL, 0);
	while (n < sizeof(told) &&
	       (got = read(fd[0], told + n, sizeof(told) - n)) > 0)
		n += (size_t)got;
	close(fd[0]);
	tap_equal((long)n, 4, "the foreground is told that the leader ended");
	tap_equal(told[0], SIGHUP, "by SIGHUP");
	tap_equal(told[1], 1, "what was opened as /dev/tty is at its end");
	tap_equal(told[2], EIO, "and takes nothing");
	tap_equal(told[3], ENXIO, "nor can it be opened again");
}

static void check_without(void)
{
	setsid();
	equal(fails(open("/dev/tty", O_RDWR)), ENXIO,
	      "a session without terminal");
	tty = open_terminal();
	ok(tty >= 0, "gets one by opening it");
	ioctl(tty, TIOCSCTTY, 1);
	ok(open("/dev/tty", O_RDWR) >= 0, "then it has /dev/tty");
	equal(ioctl(tty, TIOCNOTTY), 0, "gives it up");
	equal(fails(open("/dev/tty", O_RDWR)), ENXIO, "and has none");
}

static void check_all(void)
{
	pid_t pid;

	in_session("whose the terminal is", check_groups);
	in_session("what jobs in the background may do", check_jobs);
	in_session("a job comes to the foreground", check_foreground);
	in_session("orphaned groups", check_orphans);
	in_session("settings", check_settings);
	in_session("a new size", check_resize);
	fflush(stdout);
	pid = fork_or_bail();
	if (pid == 0) {
		signal(SIGHUP, SIG_IGN);
		check_without();
		_exit(wrong);
	}
	tap_equal(outcome(pid), 0, "sessions without a terminal");
	check_leader_ends();
}

int main(void)
{
	struct counts before;

	setvbuf(stdout, NULL, _IONBF, 0);
	counts_take(&before);
	check_all();
	counts_take(&before);
	check_all();
	counts_check(&before);
	return tap_done();
}
