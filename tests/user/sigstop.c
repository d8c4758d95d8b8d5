// SPDX-License-Identifier: MIT
/*
 * sigstop: stopping and continuing: what parents see by wait4, waitid and
 * SIGCHLD, that a stop and a continuation revoke each other, that stopped
 * processes can be killed, stops of several threads, and orphaned groups.
 * Everything is done twice, and nothing may be lost.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "lib/child.h"
#include "lib/counts.h"
#include "lib/state.h"
#include "lib/tap.h"
#include "lib/thread.h"

static volatile sig_atomic_t hits;
static siginfo_t seen;

static void note(int sig, siginfo_t *info, void *context)
{
	(void)sig;
	(void)context;
	seen = *info;
	hits++;
}

static void set(int sig, int flags)
{
	struct sigaction sa;

	memset(&sa, 0, sizeof(sa));
	sa.sa_sigaction = note;
	sa.sa_flags = flags | SA_SIGINFO | SA_RESTART;
	sigaction(sig, &sa, NULL);
	hits = 0;
}

static pid_t must_fork(void)
{
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (pid < 0)
		tap_bail("fork");
	return pid;
}

/* A child that does nothing but count signals. */
static pid_t idler(void (*prepare)(void))
{
	int ready[2];
	sigset_t mask;
	char c;
	pid_t pid;

	if (pipe(ready) != 0)
		tap_bail("pipe");
	pid = must_fork();
	if (pid == 0) {
		if (prepare)
			prepare();
		sigprocmask(SIG_SETMASK, NULL, &mask);
		close(ready[0]);
		close(ready[1]);
		for (;;)
			sigsuspend(&mask);
	}
	close(ready[1]);
	/* Its end is the child's readiness. */
	(void)!read(ready[0], &c, 1);
	close(ready[0]);
	return pid;
}

static void end(pid_t pid)
{
	kill(pid, SIGKILL);
	child_wait(pid);
}

/* Wait for what @options say; -1 if nothing is there after a while. */
static int next(pid_t pid, int options)
{
	int status = -1;

	for (int i = 0; i < 2000; i++) {
		pid_t got = waitpid(pid, &status, options | WNOHANG);

		if (got == pid)
			return status;
		if (got < 0)
			return -errno;
		child_sleep(5);
	}
	return -1;
}

static bool nothing(pid_t pid)
{
	int status;

	child_sleep(30);
	return waitpid(pid, &status, WUNTRACED | WCONTINUED | WNOHANG) == 0;
}

static void test_stop(int sig, const char *name)
{
	pid_t pid;
	int status;

	set(SIGCHLD, 0);
	pid = idler(NULL);
	kill(pid, sig);
	status = next(pid, WUNTRACED);
	tap_ok(WIFSTOPPED(status) && WSTOPSIG(status) == sig,
	       "%s: WUNTRACED tells", name);
	tap_ok(hits == 1 && seen.si_code == CLD_STOPPED &&
	       seen.si_status == sig && seen.si_pid == pid,
	       "%s: SIGCHLD, CLD_STOPPED", name);
	tap_ok(state_of(pid) == 'T', "%s: it is in state T", name);
	tap_ok(nothing(pid), "%s: told once", name);
	kill(pid, SIGCONT);
	status = next(pid, WCONTINUED);
	tap_ok(status >= 0 && WIFCONTINUED(status), "%s: WCONTINUED tells",
	       name);
	for (int i = 0; i < 2000 && hits < 2; i++)
		child_sleep(5);
	tap_ok(hits == 2 && seen.si_code == CLD_CONTINUED &&
	       seen.si_status == SIGCONT, "%s: SIGCHLD, CLD_CONTINUED", name);
	tap_ok(nothing(pid) && state_of(pid) == 'S', "%s: it goes on", name);
	end(pid);
	signal(SIGCHLD, SIG_DFL);
}

static void test_waitid(void)
{
	siginfo_t info;
	pid_t pid = idler(NULL);

	memset(&info, 0, sizeof(info));
	kill(pid, SIGSTOP);
	tap_ok(waitid(P_PID, (id_t)pid, &info, WSTOPPED | WNOWAIT) == 0 &&
	       info.si_code == CLD_STOPPED && info.si_status == SIGSTOP &&
	       info.si_pid == pid && info.si_signo == SIGCHLD,
	       "waitid: WSTOPPED, WNOWAIT");
	info.si_pid = 0;
	tap_ok(waitid(P_PID, (id_t)pid, &info, WSTOPPED | WNOHANG) == 0 &&
	       info.si_pid == pid, "waitid: still there");
	tap_ok(waitid(P_PID, (id_t)pid, &info, WSTOPPED | WNOHANG) == 0 &&
	       info.si_pid == 0, "waitid: taken");
	kill(pid, SIGCONT);
	tap_ok(waitid(P_PID, (id_t)pid, &info, WCONTINUED) == 0 &&
	       info.si_code == CLD_CONTINUED && info.si_status == SIGCONT,
	       "waitid: WCONTINUED");
	kill(pid, SIGKILL);
	tap_ok(waitid(P_PID, (id_t)pid, &info, WEXITED | WSTOPPED) == 0 &&
	       info.si_code == CLD_KILLED && info.si_status == SIGKILL,
	       "waitid: WEXITED");
	tap_ok(waitid(P_PID, (id_t)pid, &info, WSTOPPED) == -1 &&
	       errno == ECHILD, "waitid: no child, no stop");
}

static void test_not_told(void)
{
	pid_t pid;

	set(SIGCHLD, SA_NOCLDSTOP);
	pid = idler(NULL);
	kill(pid, SIGSTOP);
	next(pid, WUNTRACED);
	kill(pid, SIGCONT);
	next(pid, WCONTINUED);
	child_sleep(20);
	tap_ok(hits == 0, "SA_NOCLDSTOP: no SIGCHLD, though waitpid tells");
	end(pid);
	tap_ok(hits == 1, "but of its end");
	signal(SIGCHLD, SIG_DFL);
}

static void test_killing(void)
{
	pid_t pid = idler(NULL);
	int status;

	kill(pid, SIGSTOP);
	next(pid, WUNTRACED);
	kill(pid, SIGTERM);
	tap_ok(nothing(pid) && state_of(pid) == 'T',
	       "SIGTERM waits while it is stopped");
	kill(pid, SIGCONT);
	status = next(pid, 0);
	tap_ok(WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM,
	       "and counts when it goes on");
	pid = idler(NULL);
	kill(pid, SIGSTOP);
	next(pid, WUNTRACED);
	kill(pid, SIGKILL);
	status = next(pid, 0);
	tap_ok(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL,
	       "SIGKILL does not wait");
}

/* Blocks SIGTSTP and SIGCONT. */
static void blocking(void)
{
	sigset_t s;

	sigemptyset(&s);
	sigaddset(&s, SIGTSTP);
	sigaddset(&s, SIGCONT);
	sigprocmask(SIG_SETMASK, &s, NULL);
}

static void ignoring(void)
{
	signal(SIGCONT, SIG_IGN);
	signal(SIGTSTP, SIG_IGN);
}

static bool is_pending(int sig)
{
	sigset_t s;

	sigpending(&s);
	return sigismember(&s, sig);
}

static void test_revoking(void)
{
	sigset_t s, old;
	pid_t pid;
	int status;

	sigemptyset(&s);
	sigaddset(&s, SIGTSTP);
	sigaddset(&s, SIGCONT);
	sigprocmask(SIG_BLOCK, &s, &old);
	kill(getpid(), SIGTSTP);
	tap_ok(is_pending(SIGTSTP), "a blocked stop is pending");
	kill(getpid(), SIGCONT);
	tap_ok(!is_pending(SIGTSTP) && is_pending(SIGCONT),
	       "SIGCONT revokes it, and is pending itself");
	kill(getpid(), SIGTSTP);
	tap_ok(is_pending(SIGTSTP) && !is_pending(SIGCONT),
	       "a stop revokes SIGCONT");
	kill(getpid(), SIGCONT);
	sigprocmask(SIG_SETMASK, &old, NULL);
	pid = idler(blocking);
	kill(pid, SIGSTOP);
	next(pid, WUNTRACED);
	kill(pid, SIGCONT);
	status = next(pid, WCONTINUED);
	tap_ok(status >= 0 && WIFCONTINUED(status),
	       "SIGCONT continues though it is blocked");
	end(pid);
	pid = idler(ignoring);
	kill(pid, SIGTSTP);
	tap_ok(nothing(pid), "an ignored SIGTSTP does not stop");
	kill(pid, SIGSTOP);
	next(pid, WUNTRACED);
	kill(pid, SIGCONT);
	status = next(pid, WCONTINUED);
	tap_ok(status >= 0 && WIFCONTINUED(status),
	       "SIGCONT continues though it is ignored");
	end(pid);
}

/* Both at once: the stop is taken first. */
static void stop_and_other(void)
{
	sigset_t both;

	sigemptyset(&both);
	sigaddset(&both, SIGTSTP);
	sigaddset(&both, SIGIO);
	sigprocmask(SIG_BLOCK, &both, NULL);
	set(SIGIO, 0);
	kill(getpid(), SIGTSTP);
	kill(getpid(), SIGIO);
	sigprocmask(SIG_UNBLOCK, &both, NULL);
	_exit(hits == 1 ? 0 : 1);
}

static void test_stop_and_other(void)
{
	pid_t pid = must_fork();

	if (pid == 0)
		stop_and_other();
	tap_ok(WIFSTOPPED(next(pid, WUNTRACED)), "stops, another is pending");
	kill(pid, SIGCONT);
	tap_equal(child_wait(pid), 0, "which is acted upon when it goes on");
}

static void test_handlers(void)
{
	set(SIGTSTP, 0);
	kill(getpid(), SIGTSTP);
	tap_ok(hits == 1, "a handled SIGTSTP does not stop");
	signal(SIGTSTP, SIG_DFL);
	set(SIGCONT, 0);
	kill(getpid(), SIGCONT);
	tap_ok(hits == 1, "a handled SIGCONT is handled, stopped or not");
	signal(SIGCONT, SIG_DFL);
}

/* A stopped reader goes on reading. */
static void test_reader(void)
{
	int to[2];
	pid_t pid;
	char c;

	if (pipe(to) != 0)
		tap_bail("pipe");
	pid = must_fork();
	if (pid == 0) {
		close(to[1]);
		_exit(read(to[0], &c, 1) == 1 ? c : 99);
	}
	close(to[0]);
	child_sleep(20);
	kill(pid, SIGSTOP);
	next(pid, WUNTRACED);
	if (write(to[1], "\7", 1) != 1)
		tap_bail("write");
	tap_ok(nothing(pid), "a stopped reader does not read");
	kill(pid, SIGCONT);
	tap_equal(child_wait(pid), 7, "continued, it does");
	close(to[1]);
}

/* Threads */

static volatile int running;
static volatile unsigned long count[3];

/* So it is the main thread that takes it, and stops the others. */
static void block_tstp(void)
{
	uint64_t set = UINT64_C(1) << (SIGTSTP - 1);

	(void)raw_call(SYS_rt_sigprocmask, SIG_BLOCK, (long)&set, 0,
		       sizeof(set), 0, 0);
}

static int spin(void *arg)
{
	block_tstp();
	__atomic_add_fetch(&running, 1, __ATOMIC_RELAXED);
	for (;;)
		count[(long)arg]++;
	return 0;
}

static int sleeper(void *arg)
{
	block_tstp();
	__atomic_add_fetch(&running, 1, __ATOMIC_RELAXED);
	for (;;) {
		raw_sleep(2);
		count[(long)arg]++;
	}
	return 0;
}

/* Tell the parent through @fd, every 5 ms, what the threads counted. */
static void count_in_threads(int fd)
{
	static struct thread t[3];
	unsigned long sum;

	thread_start(&t[0], spin, (void *)0);
	thread_start(&t[1], sleeper, (void *)1);
	thread_start(&t[2], spin, (void *)2);
	while (running < 3)
		raw_sleep(1);
	for (;;) {
		sum = count[0] + count[1] + count[2];
		if (write(fd, &sum, sizeof(sum)) != (ssize_t)sizeof(sum))
			_exit(1);
		raw_sleep(5);
	}
}

/* What is in the pipe now. */
static int drain(int fd)
{
	char much[4096];
	ssize_t n;
	int total = 0;

	while ((n = read(fd, much, sizeof(much))) > 0)
		total += (int)n;
	return total;
}

/* Does anything come into the empty pipe, soon? */
static bool runs(int fd)
{
	drain(fd);
	for (int i = 0; i < 1000; i++) {
		child_sleep(5);
		if (drain(fd) > 0)
			return true;
	}
	return false;
}

static void test_threads(void)
{
	int from[2], status;
	pid_t pid;

	if (pipe2(from, O_NONBLOCK) != 0)
		tap_bail("pipe");
	pid = must_fork();
	if (pid == 0)
		count_in_threads(from[1]);
	(void)runs(from[0]);
	kill(pid, SIGSTOP);
	status = next(pid, WUNTRACED);
	tap_ok(WIFSTOPPED(status), "a process of four threads stops");
	drain(from[0]);
	child_sleep(50);
	tap_ok(drain(from[0]) == 0, "and none of them runs");
	kill(pid, SIGCONT);
	tap_ok(WIFCONTINUED(next(pid, WCONTINUED)), "continued");
	tap_ok(runs(from[0]), "they run");
	kill(pid, SIGTSTP);
	status = next(pid, WUNTRACED);
	tap_ok(WIFSTOPPED(status), "threads that block it stop with the one "
	       "that takes it");
	kill(pid, SIGCONT);
	tap_ok(WIFCONTINUED(next(pid, WCONTINUED)), "and are continued");
	tap_ok(runs(from[0]), "and run");
	for (int i = 0; i < 20; i++) {
		kill(pid, SIGSTOP);
		kill(pid, SIGCONT);
	}
	tap_ok(runs(from[0]), "they run after many of both");
	kill(pid, SIGSTOP);
	kill(pid, SIGKILL);
	tap_equal(child_wait(pid), -SIGKILL, "and are killed, stopped or not");
	close(from[0]);
	close(from[1]);
}

/* Groups */

static void own_group(void)
{
	setpgid(0, 0);
}

static void own_session(void)
{
	setsid();
}

/*
 * In a session of its own: a child, a group of its own, stops, and its only
 * tie to the session, this process, ends.
 */
static void leave_orphan(int fd)
{
	int status, ready[2];
	sigset_t s;
	pid_t pid;
	char c;

	setsid();
	if (pipe(ready) != 0)
		_exit(1);
	pid = fork();
	if (pid == 0) {
		setpgid(0, 0);
		set(SIGHUP, 0);
		/* It may stop anywhere: SIGHUP is for sigsuspend alone. */
		sigemptyset(&s);
		sigaddset(&s, SIGHUP);
		sigprocmask(SIG_BLOCK, &s, NULL);
		sigemptyset(&s);
		close(ready[0]);
		close(ready[1]);
		while (!hits)
			sigsuspend(&s);
		/* Now an orphan, it cannot be stopped by a terminal. */
		kill(getpid(), SIGTSTP);
		c = (char)('0' + hits);
		(void)!write(fd, &c, 1);
		_exit(0);
	}
	close(ready[1]);
	(void)!read(ready[0], &c, 1);
	kill(pid, SIGSTOP);
	waitpid(pid, &status, WUNTRACED);
	_exit(WIFSTOPPED(status) ? 0 : 1);
}

static void test_orphans(void)
{
	int from[2];
	char c = 0;
	pid_t pid = idler(own_session);

	kill(pid, SIGTSTP);
	tap_ok(nothing(pid), "SIGTSTP does not stop an orphaned group");
	kill(pid, SIGTTIN);
	kill(pid, SIGTTOU);
	tap_ok(nothing(pid), "nor SIGTTIN and SIGTTOU");
	kill(pid, SIGSTOP);
	tap_ok(WIFSTOPPED(next(pid, WUNTRACED)), "SIGSTOP does");
	end(pid);
	if (pipe(from) != 0)
		tap_bail("pipe");
	pid = must_fork();
	if (pid == 0)
		leave_orphan(from[1]);
	close(from[1]);
	tap_equal(child_wait(pid), 0, "a child leaves a stopped one behind");
	tap_ok(read(from[0], &c, 1) == 1 && c == '1',
	       "which gets SIGHUP and SIGCONT");
	close(from[0]);
}

static void one_round(void)
{
	test_stop(SIGSTOP, "SIGSTOP");
	test_stop(SIGTSTP, "SIGTSTP");
	test_stop(SIGTTIN, "SIGTTIN");
	test_stop(SIGTTOU, "SIGTTOU");
	test_waitid();
	test_not_told();
	test_killing();
	test_revoking();
	test_stop_and_other();
	test_handlers();
	test_reader();
	test_threads();
	test_orphans();
}

/*
 * The checks in a group of their own in the session of whoever started them:
 * that one is their tie to it, so what a terminal sends may stop them.
 */
static int run_checks(void)
{
	struct counts before;

	own_group();
	one_round();
	counts_take(&before);
	child_sleep(100);
	counts_take(&before);
	one_round();
	counts_check(&before);
	return tap_done();
}

int main(int argc, char **argv)
{
	pid_t pid;

	(void)argc;
	child_init(argv[0]);
	/* Of process 1 or a shell; on Linux a child of init is an orphan. */
	if (setsid() < 0 && errno != EPERM)
		tap_bail("setsid");
	pid = must_fork();
	if (pid == 0)
		exit(run_checks());
	return child_wait(pid);
}
