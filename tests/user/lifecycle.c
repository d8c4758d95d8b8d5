// SPDX-License-Identifier: MIT
/*
 * lifecycle: processes that start, end, are waited for, orphaned and killed,
 * in whatever they were doing, and the pipes between them. Everything is done
 * twice; what the kernel counts (free memory, processes, files) must be the
 * same after the second time as after the first.
 *
 * The other processes are this program again, told by an argument which role
 * to play. None can outlive the test: each ends when its standard input does.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "lib/child.h"
#include "lib/counts.h"
#include "lib/state.h"
#include "lib/tap.h"

#define SPAWNS 100
#define AT_ONCE 20
#define STREAM (1024 * 1024)

static void make_pipe(int end[2])
{
	if (pipe2(end, O_CLOEXEC) != 0)
		tap_bail("pipe");
}

/* Roles */

/* Until standard input ends. */
static int role_read(void)
{
	char c;

	while (read(STDIN_FILENO, &c, 1) > 0)
		;
	return 0;
}

static int role_sleep(void)
{
	child_sleep(60000);
	return 0;
}

static int role_burn(void)
{
	struct timespec start, now;

	clock_gettime(CLOCK_MONOTONIC, &start);
	do
		clock_gettime(CLOCK_MONOTONIC, &now);
	while (now.tv_sec - start.tv_sec < 60);
	return 0;
}

/* Wait for a child that reads what this process was given to read. */
static int role_wait(void)
{
	return child_wait(child_again("--read", NULL, NULL, -1, -1));
}

/* Fill standard output, a pipe that nobody reads, until it is full. */
static int role_write(void)
{
	static char block[4096];

	while (write(STDOUT_FILENO, block, sizeof(block)) > 0)
		;
	return 0;
}

static unsigned char stream_byte(size_t at)
{
	return (unsigned char)(at * 7 + at / 251);
}

static int role_stream(void)
{
	unsigned char block[1000];
	size_t at = 0;

	while (at < STREAM) {
		size_t n = STREAM - at < sizeof(block) ? STREAM - at
						       : sizeof(block);
		ssize_t done;

		for (size_t i = 0; i < n; i++)
			block[i] = stream_byte(at + i);
		done = write(STDOUT_FILENO, block, n);
		if (done <= 0)
			return 1;
		at += (size_t)done;
	}
	return 0;
}

/* Start one that outlives this process, and say who it is. */
static int role_parent(void)
{
	child_again("--orphan", NULL, NULL, -1, -1);
	return 0;
}

/* Report when the parent is no longer the one this began with. */
static int role_orphan(void)
{
	pid_t parent = getppid();

	/* It may have ended already: then 1 is who adopted this process. */
	for (int i = 0; i < 1000 && getppid() == parent && parent != 1; i++)
		child_sleep(5);
	return write(STDOUT_FILENO, getppid() == parent && parent != 1 ?
		     "n" : "y", 1) == 1 ? 0 : 1;
}

static int role_args(int argc, char **argv)
{
	for (int i = 2; i < argc; i++)
		if (strlen(argv[i]) != 511 || argv[i][510] != 'x')
			return 1;
	return argc == 66 ? 0 : 2;
}

/* The first descriptor must be open, the second closed. */
static int role_descriptors(char **argv)
{
	if (fcntl(atoi(argv[2]), F_GETFD) < 0)
		return 1;
	return fcntl(atoi(argv[3]), F_GETFD) < 0 ? 0 : 2;
}

static int play(int argc, char **argv)
{
	static const struct {
		const char *name;
		int (*run)(void);
	} roles[] = {
		{ "--read", role_read }, { "--sleep", role_sleep },
		{ "--burn", role_burn }, { "--wait", role_wait },
		{ "--write", role_write }, { "--stream", role_stream },
		{ "--parent", role_parent }, { "--orphan", role_orphan },
	};

	if (strcmp(argv[1], "--exit") == 0 && argc == 3)
		return atoi(argv[2]);
	if (strcmp(argv[1], "--args") == 0)
		return role_args(argc, argv);
	if (strcmp(argv[1], "--descriptors") == 0 && argc == 4)
		return role_descriptors(argv);
	for (size_t i = 0; i < sizeof(roles) / sizeof(*roles); i++)
		if (strcmp(argv[1], roles[i].name) == 0)
			return roles[i].run();
	fputs("usage: lifecycle\n", stderr);
	return 2;
}

/* Looking at other processes */

/* Wait, for some seconds, until @pid is in @state and seems to stay. */
static bool reaches(pid_t pid, char state)
{
	int seen = 0;

	for (int i = 0; i < 1000 && seen < 10; i++) {
		seen = state_of(pid) == state ? seen + 1 : 0;
		child_sleep(3);
	}
	return seen == 10;
}

/* Checks */

static void check_exit_status(void)
{
	static const char *const statuses[] = { "0", "1", "42", "255" };

	for (size_t i = 0; i < 4; i++)
		tap_equal(child_wait(child_again("--exit", statuses[i], NULL,
						 -1, -1)),
			  atoi(statuses[i]), "exit status %s", statuses[i]);
}

static void check_wait(void)
{
	int end[2], status;
	pid_t pid;

	errno = 0;
	tap_ok(waitpid(-1, &status, 0) == -1 && errno == ECHILD,
	       "waiting without a child is an error");
	errno = 0;
	tap_ok(waitpid(1, &status, 0) == -1 && errno == ECHILD,
	       "waiting for one that is no child is an error");
	make_pipe(end);
	pid = child_again("--read", NULL, NULL, end[0], -1);
	close(end[0]);
	tap_equal(waitpid(pid, &status, WNOHANG), 0,
		  "WNOHANG returns while the child runs");
	tap_equal(kill(pid, 0), 0, "a child that runs can be signalled");
	close(end[1]);
	tap_ok(reaches(pid, 'Z'), "a child that has ended is a zombie");
	tap_equal(kill(pid, 0), 0, "a zombie can be signalled");
	tap_ok(waitpid(-1, &status, 0) == pid && status == 0,
	       "waiting for any finds it");
	errno = 0;
	tap_ok(kill(pid, 0) == -1 && errno == ESRCH,
	       "after that it does not exist");
	tap_equal(state_of(pid), 0, "and is not in /proc");
}

/* Kill a process that does @role once it is in @state. */
static void check_kill(const char *role, const char *doing, char state,
		       int sig)
{
	int in[2], out[2];
	pid_t pid;

	make_pipe(in);
	make_pipe(out);
	pid = child_again(role, NULL, NULL, in[0], out[1]);
	close(in[0]);
	close(out[1]);
	if (!tap_ok(reaches(pid, state), "a child that %s is in state %c",
		    doing, state))
		tap_note("it is in state %c", state_of(pid));
	kill(pid, sig);
	tap_equal(child_wait(pid), -sig, "signal %d ends it", sig);
	close(in[1]);
	close(out[0]);
}

static void check_kills(void)
{
	static const int signals[] = { SIGKILL, SIGTERM, SIGINT };

	for (size_t i = 0; i < 3; i++) {
		check_kill("--read", "reads a pipe", 'S', signals[i]);
		check_kill("--sleep", "sleeps", 'S', signals[i]);
		check_kill("--wait", "waits for a child", 'S', signals[i]);
		check_kill("--write", "writes to a full pipe", 'S',
			   signals[i]);
		check_kill("--burn", "computes", 'R', signals[i]);
	}
}

static void check_ignored(void)
{
	int end[2];
	pid_t pid;

	make_pipe(end);
	signal(SIGINT, SIG_IGN);
	pid = child_again("--read", NULL, NULL, end[0], -1);
	signal(SIGINT, SIG_DFL);
	close(end[0]);
	reaches(pid, 'S');
	kill(pid, SIGINT);
	child_sleep(50);
	tap_equal(waitpid(pid, NULL, WNOHANG), 0,
		  "an ignored signal is still ignored after exec");
	kill(pid, SIGTERM);
	tap_equal(child_wait(pid), -SIGTERM, "the next ends it");
	close(end[1]);
}

/* Kill two processes by their group. */
static void check_group(void)
{
	posix_spawnattr_t attr;
	pid_t pid[2] = { 0, 0 };
	char *argv[] = { (char *)child_self(), "--sleep", NULL };
	int error = 0;

	posix_spawnattr_init(&attr);
	posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETPGROUP);
	for (int i = 0; i < 2; i++) {
		posix_spawnattr_setpgroup(&attr, pid[0]);
		error |= posix_spawn(&pid[i], child_self(), NULL, &attr, argv,
				     environ);
	}
	posix_spawnattr_destroy(&attr);
	tap_equal(error, 0, "two children share a group");
	tap_ok(getpgid(pid[0]) == pid[0] && getpgid(pid[1]) == pid[0],
	       "it has the first one's number");
	tap_equal(kill(-pid[0], SIGTERM), 0, "the group can be signalled");
	tap_equal(child_wait(pid[0]), -SIGTERM, "which ends the first");
	tap_equal(child_wait(pid[1]), -SIGTERM, "and the second");
	errno = 0;
	tap_ok(kill(-pid[0], SIGTERM) == -1 && errno == ESRCH,
	       "an empty group does not exist");
}

static void check_orphan(void)
{
	int end[2];
	char c = '?';

	make_pipe(end);
	tap_equal(child_wait(child_again("--parent", NULL, NULL, -1,
					 end[1])),
		  0, "a parent ends before its child");
	close(end[1]);
	tap_ok(read(end[0], &c, 1) == 1 && c == 'y', "the child is adopted");
	tap_equal(read(end[0], &c, 1), 0, "and ends, unseen by us");
	close(end[0]);
}

static void check_pipe_ends(void)
{
	int end[2];
	char c;

	make_pipe(end);
	tap_equal(write(end[1], "ab", 2), 2, "a pipe takes two bytes");
	close(end[1]);
	tap_ok(read(end[0], &c, 1) == 1 && c == 'a' &&
	       read(end[0], &c, 1) == 1 && c == 'b',
	       "they can be read when the writer is gone");
	tap_equal(read(end[0], &c, 1), 0, "then the pipe is at its end");
	close(end[0]);

	make_pipe(end);
	close(end[0]);
	signal(SIGPIPE, SIG_IGN);
	errno = 0;
	tap_ok(write(end[1], "a", 1) == -1 && errno == EPIPE,
	       "without a reader, writing is an error");
	signal(SIGPIPE, SIG_DFL);
	tap_equal(child_wait(child_again("--write", NULL, NULL, -1, end[1])),
		  -SIGPIPE, "or SIGPIPE's death");
	close(end[1]);

	make_pipe(end);
	fcntl(end[0], F_SETFL, O_NONBLOCK);
	errno = 0;
	tap_ok(read(end[0], &c, 1) == -1 && errno == EAGAIN,
	       "an empty pipe does not block with O_NONBLOCK");
	close(end[0]);
	close(end[1]);
}

/* A writer that dies wakes the reader that waits for it. */
static void check_wake_by_death(void)
{
	int out[2], in[2];
	pid_t reader, writer;

	make_pipe(out);
	make_pipe(in);
	writer = child_again("--read", NULL, NULL, in[0], out[1]);
	reader = child_again("--read", NULL, NULL, out[0], -1);
	close(in[0]);
	close(out[0]);
	close(out[1]);
	tap_ok(reaches(reader, 'S'), "a reader waits");
	kill(writer, SIGKILL);
	tap_equal(child_wait(reader), 0, "the writer's death is its end");
	tap_equal(child_wait(writer), -SIGKILL, "the writer was killed");
	close(in[1]);
}

static void check_stream(void)
{
	unsigned char block[777];
	size_t at = 0;
	bool same = true;
	ssize_t n;
	int end[2];
	pid_t pid;

	make_pipe(end);
	pid = child_again("--stream", NULL, NULL, -1, end[1]);
	close(end[1]);
	while ((n = read(end[0], block, sizeof(block))) > 0)
		for (ssize_t i = 0; i < n; i++)
			same &= block[i] == stream_byte(at++);
	close(end[0]);
	tap_equal((long)at, STREAM, "a megabyte comes through a pipe");
	tap_ok(same, "and is what was sent");
	tap_equal(child_wait(pid), 0, "the sender saw no error");
}

static int spawn_error(const char *path, char **argv)
{
	pid_t pid;
	int error = posix_spawn(&pid, path, NULL, NULL, argv, environ);

	if (error == 0) {
		tap_note("it was started and gave %d", child_wait(pid));
		return 0;
	}
	if (waitpid(-1, NULL, WNOHANG) != -1)
		tap_note("it has left a process");
	return error;
}

static void make_file(const char *name, const char *text, mode_t mode)
{
	int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);

	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		tap_bail("%s", name);
	close(fd);
}

static void check_bad_programs(void)
{
	static char huge[3 * 1024 * 1024];
	char *argv[] = { "x", NULL, NULL };
	char name[] = "lifecycle.tmp";

	tap_equal(spawn_error("/nosuch", argv), ENOENT,
		  "a program that does not exist: ENOENT");
	tap_equal(spawn_error("/", argv), EACCES, "a directory: EACCES");
	make_file(name, "\177ELF", 0755);
	tap_equal(spawn_error(name, argv), ENOEXEC,
		  "half a header: ENOEXEC");
	make_file(name, "", 0755);
	tap_equal(spawn_error(name, argv), ENOEXEC,
		  "an empty file: ENOEXEC");
	chmod(name, 0644);
	tap_equal(spawn_error(name, argv), EACCES,
		  "a file without x: EACCES");
	unlink(name);
	memset(huge, 'x', sizeof(huge) - 1);
	argv[1] = huge;
	tap_equal(spawn_error(child_self(), argv), E2BIG,
		  "an argument of 3 MB: E2BIG");
}

static void check_arguments(void)
{
	char *argv[67] = { NULL, "--args" };
	static char text[512];

	memset(text, 'x', sizeof(text) - 1);
	for (int i = 2; i < 66; i++)
		argv[i] = text;
	tap_equal(child_wait(child_start(child_self(), argv, -1, -1)), 0,
		  "64 arguments of 511 bytes arrive");
}

static void check_cloexec(void)
{
	int kept = open("/dev/null", O_RDONLY);
	int closed = open("/dev/null", O_RDONLY | O_CLOEXEC);
	char a[16], b[16];

	snprintf(a, sizeof(a), "%d", kept);
	snprintf(b, sizeof(b), "%d", closed);
	tap_equal(child_wait(child_again("--descriptors", a, b, -1, -1)), 0,
		  "exec keeps one descriptor, closes the one with CLOEXEC");
	close(kept);
	close(closed);
}

static void check_many(void)
{
	pid_t pid[AT_ONCE];
	int wrong = 0, end[2];

	for (int i = 0; i < SPAWNS; i++)
		wrong += child_wait(child_again("--exit", "7", NULL, -1,
						-1)) != 7;
	tap_equal(wrong, 0, "%d children, one after the other", SPAWNS);
	wrong = 0;
	make_pipe(end);
	for (int i = 0; i < AT_ONCE; i++)
		pid[i] = child_again("--read", NULL, NULL, end[0], -1);
	close(end[0]);
	close(end[1]);
	for (int i = 0; i < AT_ONCE; i++)
		wrong += !reaches(pid[i], 'Z');
	tap_equal(wrong, 0, "%d children at once become zombies", AT_ONCE);
	for (int i = AT_ONCE - 1; i >= 0; i--)
		wrong += child_wait(pid[i]) != 0;
	tap_equal(wrong, 0, "and are reaped");
}

static void run_all(void)
{
	check_exit_status();
	check_wait();
	check_kills();
	check_ignored();
	check_group();
	check_orphan();
	check_pipe_ends();
	check_wake_by_death();
	check_stream();
	check_bad_programs();
	check_arguments();
	check_cloexec();
	check_many();
}

int main(int argc, char **argv)
{
	static struct counts before;

	child_init(argv[0]);
	if (argc > 1)
		return play(argc, argv);
	run_all();
	/* Orphans of the first round are gone before counting. */
	child_sleep(200);
	/* Counting itself takes memory: the first time it is not counted. */
	counts_take(&before);
	counts_take(&before);
	run_all();
	counts_check(&before);
	return tap_done();
}
