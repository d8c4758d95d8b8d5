// SPDX-License-Identifier: MIT
/*
 * Starting and waiting for child processes; see child.h.
 */
#define _GNU_SOURCE
#include "child.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tap.h"

static const char *self;

void child_init(const char *argv0)
{
	self = argv0;
	if (strchr(argv0, '/') == NULL)
		tap_bail("start me by a path, not as %s", argv0);
	/* Some checkers change the working directory. */
	if (*argv0 != '/')
		self = realpath(argv0, NULL);
	if (self == NULL)
		tap_bail("%s", argv0);
}

const char *child_self(void)
{
	return self;
}

const char *child_beside(const char *name)
{
	int dir = (int)(strrchr(self, '/') - self);
	char *path;

	if (asprintf(&path, "%.*s/%s", dir, self, name) < 0)
		tap_bail("out of memory");
	return path;
}

pid_t child_start(const char *path, char **argv, int in, int out)
{
	posix_spawn_file_actions_t actions;
	char *copy = strdup(path);
	pid_t pid;
	int error;

	argv[0] = copy;
	posix_spawn_file_actions_init(&actions);
	if (in >= 0)
		posix_spawn_file_actions_adddup2(&actions, in, 0);
	if (out >= 0)
		posix_spawn_file_actions_adddup2(&actions, out, 1);
	error = posix_spawn(&pid, path, &actions, NULL, argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	free(copy);
	if (error != 0) {
		errno = error;
		tap_bail("cannot start %s", path);
	}
	return pid;
}

pid_t child_again(const char *a, const char *b, const char *c, int in,
		  int out)
{
	char *argv[] = { NULL, (char *)a, (char *)b, (char *)c, NULL };

	return child_start(self, argv, in, out);
}

int child_wait(pid_t pid)
{
	int status;
	pid_t got;

	do
		got = waitpid(pid, &status, 0);
	while (got < 0 && errno == EINTR);
	if (got != pid)
		return -1000 - errno;
	return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
}

static long now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

int child_wait_ms(pid_t pid, long ms)
{
	struct timespec nap = { 0, 200000 };
	long end = now_ms() + ms;
	siginfo_t info;

	for (;;) {
		info.si_pid = 0;
		if (waitid(P_PID, (id_t)pid, &info,
			   WEXITED | WNOHANG | WNOWAIT) != 0 ||
		    info.si_pid == pid)
			return child_wait(pid);
		if (now_ms() >= end)
			break;
		nanosleep(&nap, NULL);
		if (nap.tv_nsec < 5000000)
			nap.tv_nsec *= 2;
	}
	kill(pid, SIGKILL);
	child_wait(pid);
	return CHILD_LATE;
}

void child_sleep(long ms)
{
	struct timespec t = { ms / 1000, ms % 1000 * 1000000 };

	while (nanosleep(&t, &t) != 0 && errno == EINTR)
		;
}

void child_share_cpu(void)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(sched_getcpu(), &set);
	if (sched_setaffinity(0, sizeof(set), &set))
		tap_bail("sched_setaffinity fails");
}
