// SPDX-License-Identifier: MIT
/*
 * runlist FILE: run the commands of FILE, one a line, and print what each
 * wrote and how it ended, for a reader that compares two kernels.
 *
 * A line is a limit in seconds and the words of the command, which is found
 * by its absolute path. Each command is a session of its own, with nothing
 * as its standard input; what is left of it when it has ended is killed.
 * Of the output of this program
 *
 *   @begin N             command N starts, counted from 1
 *   |TEXT                is a line of its output (standard error with it)
 *   ~                    the line before had no newline
 *   @end N T status S    it ended after T seconds, S as in a shell; or just
 *                        "late"
 *   @all N               the end of the list
 *
 * so that nothing a command or a kernel prints passes for another's line. An
 * empty line comes before the text: a command that wrote to the terminal
 * itself may have left half a line there, and other modes.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "lib/prog.h"

#define OUTPUT "/tmp/runlist.out"
#define ROOM 262144	/* bytes of it that take no more memory */
#define WORDS 32
#define LATE 1000

static char *environment[] = {
	"PATH=/bin:/loom/bin:/test", "HOME=/root", "TERM=dumb", "LC_ALL=C",
	"USER=root", "LOGNAME=root", "SHELL=/bin/sh", "TZ=UTC", NULL
};

/* Start @argv in a session of its own; 0 and *pid, or an errno value. */
static int start(char **argv, int output, pid_t *pid)
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attr;
	sigset_t all;
	int error;

	sigfillset(&all);
	posix_spawnattr_init(&attr);
	posix_spawnattr_setsigdefault(&attr, &all);
	posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSID |
				 POSIX_SPAWN_SETSIGDEF);
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY,
					 0);
	posix_spawn_file_actions_adddup2(&actions, output, 1);
	posix_spawn_file_actions_adddup2(&actions, output, 2);
	error = posix_spawn(pid, argv[0], &actions, &attr, argv, environment);
	posix_spawn_file_actions_destroy(&actions);
	posix_spawnattr_destroy(&attr);
	return error;
}

/*
 * Wait for @pid until @watchdog ends. Other children are reaped, too.
 * Returns the status as a shell has it, or LATE.
 */
static int wait_for(pid_t pid, pid_t watchdog)
{
	for (;;) {
		int status;
		pid_t ended = waitpid(-1, &status, 0);

		if (ended < 0 && errno != EINTR)
			return LATE;
		if (ended == watchdog)
			return LATE;
		if (ended == pid)
			return WIFSIGNALED(status) ? 128 + WTERMSIG(status)
						   : WEXITSTATUS(status);
	}
}

/* Every process but init and this one, and until the last is reaped. */
static void kill_rest(void)
{
	kill(-1, SIGKILL);
	while (waitpid(-1, NULL, 0) > 0 || errno == EINTR)
		;
}

/*
 * The file that takes the output of the commands. It has its size already:
 * a command that compares how much memory is free must not be disturbed by
 * the memory that its own output takes.
 */
static int make_output(void)
{
	static const char zeros[4096];
	int fd = open(OUTPUT, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	for (size_t i = 0; fd >= 0 && i < ROOM; i += sizeof(zeros))
		prog_write_all(fd, zeros, sizeof(zeros));
	return fd;
}

/* Print what is in @fd up to its position, each line marked. */
static void show_output(int fd)
{
	off_t end = lseek(fd, 0, SEEK_CUR), at = 0;
	char block[4096], last = '\n';

	while (at < end) {
		size_t want = end - at < (off_t)sizeof(block) ?
			      (size_t)(end - at) : sizeof(block);
		ssize_t n = pread(fd, block, want, at);

		if (n <= 0)
			break;
		for (ssize_t i = 0; i < n; i++) {
			if (last == '\n')
				putchar('|');
			last = block[i];
			putchar(last);
		}
		at += n;
	}
	if (last != '\n')
		printf("\n~\n");
}

/* Nothing between here and the reader may change the output. */
static void make_raw(int fd)
{
	struct termios modes;

	if (tcgetattr(fd, &modes) != 0)
		return;
	cfmakeraw(&modes);
	tcsetattr(fd, TCSANOW, &modes);
}

static int run(const char *self, char **argv, char *limit, int output)
{
	char *wait[] = { (char *)self, "--wait", limit, NULL };
	pid_t pid, watchdog;
	int error, status;

	lseek(output, 0, SEEK_SET);
	if (start(wait, output, &watchdog) != 0)
		return LATE;
	error = start(argv, output, &pid);
	if (error != 0)
		dprintf(output, "%s: %s\n", argv[0], strerror(error));
	status = error != 0 ? 127 : wait_for(pid, watchdog);
	kill_rest();
	make_raw(STDOUT_FILENO);
	putchar('\n');
	show_output(output);
	return status;
}

static void run_line(const char *self, char *line, int number,
		     int output)
{
	char *argv[WORDS + 1], *rest, *word;
	char *limit = strtok_r(line, " \n", &rest);
	time_t begin = time(NULL);
	size_t count = 0;
	int status;

	while (count < WORDS && (word = strtok_r(NULL, " \n", &rest)) != NULL)
		argv[count++] = word;
	argv[count] = NULL;
	if (limit == NULL || count == 0)
		return;
	printf("@begin %d\n", number);
	fflush(stdout);
	status = run(self, argv, limit, output);
	printf("@end %d %d ", number, (int)(time(NULL) - begin));
	if (status == LATE)
		printf("late\n");
	else
		printf("status %d\n", status);
	fflush(stdout);
}

int main(int argc, char **argv)
{
	struct timespec limit = { 0, 0 };
	char *line = NULL;
	size_t room = 0;
	int number = 0, output;
	FILE *list;

	if (argc == 3 && strcmp(argv[1], "--wait") == 0) {
		limit.tv_sec = atoi(argv[2]);
		return nanosleep(&limit, NULL) != 0;
	}
	list = argc == 2 ? fopen(argv[1], "re") : NULL;
	output = make_output();
	if (list == NULL || output < 0) {
		fprintf(stderr, "usage: runlist FILE\n");
		return 2;
	}
	make_raw(STDOUT_FILENO);
	while (getline(&line, &room, list) > 0)
		run_line(argv[0], line, ++number, output);
	printf("@all %d\n", number);
	free(line);
	fclose(list);
	close(output);
	return 0;
}
