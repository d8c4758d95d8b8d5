// SPDX-License-Identifier: MIT
/*
 * inject's scenarios of processes, threads, signals and time.
 */
#define _GNU_SOURCE
#include "inject.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "lib/child.h"

enum { CROWD = 6, ORPHANS = 5, QUEUED = 20 };

static int run_fork(void)
{
	int status;
	pid_t pid = fork();

	NEED(pid >= 0);
	if (pid == 0)
		_exit(open("/", O_RDONLY) >= 0 ? INJECT_DONE
					       : inject_failed());
	NEED(waitpid(pid, &status, 0) == pid);
	return inject_child(status);
}

/* Those that could be made are all there to be waited for. */
static int run_crowd(void)
{
	pid_t pids[CROWD];
	int made = 0, status, result = INJECT_DONE;

	for (int i = 0; i < CROWD; i++) {
		pid_t pid = fork();

		if (pid == 0)
			_exit(0);
		if (pid < 0)
			result = inject_failed();
		else
			pids[made++] = pid;
	}
	for (int i = 0; i < made; i++) {
		CHECK(waitpid(pids[i], &status, 0) == pids[i]);
		if (inject_child(status) != INJECT_DONE)
			result = inject_child(status);
	}
	CHECK(waitpid(-1, &status, 0) < 0 && errno == ECHILD);
	return result;
}

/*
 * Children that live on when the next run has begun: what they are refused is
 * nobody else's matter. Each writes to pages that all have.
 */
static int run_orphans(void)
{
	static char shared[ORPHANS][4096];

	memset(shared, 1, sizeof(shared));
	for (int i = 0; i < ORPHANS; i++) {
		pid_t pid = fork();

		NEED(pid >= 0);
		if (pid > 0)
			continue;
		for (int j = 0; j < ORPHANS; j++)
			memset(shared[(i + j) % ORPHANS], i, 4096);
		_exit(0);
	}
	return INJECT_DONE;
}

static int run_spawn(void)
{
	char *argv[] = { (char *)child_self(), "nothing", NULL };
	int status, error;
	pid_t pid;

	error = posix_spawn(&pid, argv[0], NULL, NULL, argv, environ);
	errno = error;
	NEED(error == 0);
	CHECK(waitpid(pid, &status, 0) == pid);
	return inject_child(status) == 127 ? INJECT_REFUSED
					   : inject_child(status);
}

static int run_exec(void)
{
	char *argv[] = { (char *)child_self(), "nothing", NULL };

	execv(argv[0], argv);
	return inject_failed();
}

static char long_text[60000];

static void make_script(void)
{
	char line[512];
	int fd = open("script", O_CREAT | O_WRONLY, 0755);
	int n = snprintf(line, sizeof(line), "#!%s nothing\n", child_self());

	if (fd < 0 || write(fd, line, (size_t)n) != n)
		_exit(INJECT_WRONG);
	close(fd);
	memset(long_text, 'x', sizeof(long_text) - 1);
}

static int run_script(void)
{
	char *argv[] = { "script", NULL };

	execv("./script", argv);
	return inject_failed();
}

static int run_long_exec(void)
{
	char *argv[] = { (char *)child_self(), "nothing", NULL };
	char *envp[] = { long_text, NULL };

	execve(argv[0], argv, envp);
	return inject_failed();
}

static void *thread_main(void *arg)
{
	return arg;
}

static int run_thread(void)
{
	pthread_t threads[3];
	int made = 0, error = 0;

	while (made < 3 && error == 0) {
		error = pthread_create(&threads[made], NULL, thread_main,
				       &made);
		made += error == 0;
	}
	for (int i = 0; i < made; i++) {
		void *value;

		CHECK(pthread_join(threads[i], &value) == 0);
		CHECK(value == &made);
	}
	errno = error;
	NEED(error == 0);
	return INJECT_DONE;
}

static volatile sig_atomic_t hits;

static void on_signal(int sig)
{
	(void)sig;
	hits++;
}

static int catch(int sig, int flags)
{
	struct sigaction action = { .sa_flags = flags };

	action.sa_handler = on_signal;
	return sigaction(sig, &action, NULL);
}

static int run_signal(void)
{
	static char stack[32768];
	stack_t alternate = { .ss_sp = stack, .ss_size = sizeof(stack) };

	NEED(catch(SIGUSR1, 0) == 0);
	NEED(sigaltstack(&alternate, NULL) == 0);
	NEED(catch(SIGUSR2, SA_ONSTACK) == 0);
	CHECK(kill(getpid(), SIGUSR1) == 0);
	CHECK(kill(getpid(), SIGUSR2) == 0);
	CHECK(hits == 2);
	return INJECT_DONE;
}

/* A real-time signal that could not be queued was refused, not lost. */
static int run_queue(void)
{
	union sigval value = { .sival_int = 7 };
	int queued = 0;
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGRTMIN);
	NEED(catch(SIGRTMIN, 0) == 0);
	CHECK(sigprocmask(SIG_BLOCK, &set, NULL) == 0);
	for (int i = 0; i < QUEUED; i++) {
		int error = sigqueue(getpid(), SIGRTMIN, value);

		queued += error == 0;
		if (error != 0 && inject_failed() != INJECT_REFUSED)
			return inject_failed();
	}
	CHECK(sigprocmask(SIG_UNBLOCK, &set, NULL) == 0);
	CHECK(hits == queued);
	return queued == QUEUED ? INJECT_DONE : INJECT_REFUSED;
}

/* SIGCHLD comes, whether or not there was room to say of whom. */
static int run_sigchld(void)
{
	struct timespec nap = { 0, 1000000 };
	int status;
	pid_t pid;

	NEED(catch(SIGCHLD, SA_RESTART) == 0);
	pid = fork();
	NEED(pid >= 0);
	if (pid == 0)
		_exit(0);
	CHECK(waitpid(pid, &status, 0) == pid);
	for (int i = 0; i < 100 && hits == 0; i++)
		nanosleep(&nap, NULL);
	CHECK(hits == 1);
	return inject_child(status);
}

static int run_kill(void)
{
	int status, end[2];
	char byte;
	pid_t pid;

	NEED(pipe(end) == 0);
	pid = fork();
	NEED(pid >= 0);
	if (pid == 0) {
		/* Until it is killed, or its parent has been. */
		close(end[1]);
		_exit(read(end[0], &byte, 1) == 0 ? INJECT_REFUSED
						  : INJECT_WRONG);
	}
	CHECK(kill(pid, SIGKILL) == 0);
	CHECK(waitpid(pid, &status, 0) == pid);
	return WIFSIGNALED(status) ? INJECT_DONE : WEXITSTATUS(status);
}

static int run_timer(void)
{
	struct itimerval time = { .it_value = { 0, 2000 } };
	struct timespec nap = { 0, 50000000 };

	NEED(catch(SIGALRM, 0) == 0);
	NEED(setitimer(ITIMER_REAL, &time, NULL) == 0);
	while (hits == 0 && nanosleep(&nap, &nap) == 0)
		;
	CHECK(hits == 1);
	return INJECT_DONE;
}

static int run_posix_timer(void)
{
	struct itimerspec time = { .it_value = { 0, 2000000 } };
	struct sigevent event = { .sigev_notify = SIGEV_SIGNAL,
				  .sigev_signo = SIGALRM };
	struct timespec nap = { 0, 50000000 };
	timer_t timer;

	NEED(catch(SIGALRM, 0) == 0);
	NEED(timer_create(CLOCK_MONOTONIC, &event, &timer) == 0);
	NEED(timer_settime(timer, 0, &time, NULL) == 0);
	while (hits == 0 && nanosleep(&nap, &nap) == 0)
		;
	CHECK(timer_delete(timer) == 0);
	return INJECT_DONE;
}

static int run_futex(void)
{
	struct timespec time = { 0, 2000000 };
	uint32_t word = 0;

	if (syscall(SYS_futex, &word, FUTEX_WAIT, 0, &time, NULL, 0) != 0 &&
	    errno != ETIMEDOUT)
		return inject_failed();
	NEED(syscall(SYS_futex, &word, FUTEX_WAKE, 1, NULL, NULL, 0) == 0);
	return INJECT_DONE;
}

/* A vector register longer than 128 bits may need memory at first use. */
static int run_vector(void)
{
	__asm__ volatile("fmov	d0, #1.0" ::: "v0");
	return INJECT_DONE;
}

static int run_groups(void)
{
	int status;
	pid_t pid = fork();

	NEED(pid >= 0);
	if (pid == 0)
		_exit(setsid() == getpid() ? INJECT_DONE : INJECT_WRONG);
	/* It may have become a leader by itself, or have ended. */
	setpgid(pid, pid);
	CHECK(waitpid(pid, &status, 0) == pid);
	return inject_child(status) == INJECT_WRONG ? INJECT_DONE
						    : inject_child(status);
}

const struct inject_scenario inject_tasks[] = {
	{ "fork", NULL, run_fork },
	{ "crowd", NULL, run_crowd },
	{ "orphans", NULL, run_orphans },
	{ "spawn", NULL, run_spawn },
	{ "exec", NULL, run_exec },
	{ "script", make_script, run_script },
	{ "long-exec", make_script, run_long_exec },
	{ "thread", NULL, run_thread },
	{ "signal", NULL, run_signal },
	{ "queue", NULL, run_queue },
	{ "sigchld", NULL, run_sigchld },
	{ "kill", NULL, run_kill },
	{ "timer", NULL, run_timer },
	{ "posix-timer", NULL, run_posix_timer },
	{ "futex", NULL, run_futex },
	{ "vector", NULL, run_vector },
	{ "groups", NULL, run_groups },
	{ NULL, NULL, NULL },
};
