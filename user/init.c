// SPDX-License-Identifier: MIT
/*
 * init: process 1. The kernel starts it with /dev/console as descriptors 0,
 * 1 and 2, and powers off with its exit status when it ends.
 *
 * With a file /run/argv it runs one program and ends with the program's
 * status. The file is a sequence of records, each ended by a NUL: the paths
 * to open as standard input, output and error, then the argument vector.
 * Without the file it greets with /etc/motd and keeps a login shell on the
 * console: the one that /etc/passwd names for root.
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
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "lib/find.h"
#include "lib/prog.h"

#define ARGV_FILE "/run/argv"
#define CONSOLE "/dev/console"
#define HOME "/root"
#define MOTD "/etc/motd"
#define PASSWD "/etc/passwd"
#define PATH "/bin:/loom/bin"
#define SHELL "SHELL="
#define DEFAULT_SHELL "/bin/sh"

static char shell_variable[128] = SHELL DEFAULT_SHELL;

static char *environment[] = {
	"PATH=" PATH, "HOME=" HOME, "TERM=vt100", "USER=root", "LOGNAME=root",
	shell_variable, NULL
};

/* One program to start: its descriptors 0-2, its name and its arguments. */
struct program {
	int fd[3];
	const char *path;
	char **argv;
	bool terminal;		/* it becomes the console's foreground group */
};

/* Console modes to put back when a shell died in the middle of a line. */
static struct termios console_modes;
static bool have_console_modes;

/* Whether the console can be given a foreground group at all. */
static bool have_terminal;

static void say(int fd, const char *what, const char *why)
{
	dprintf(fd, "loom: %s: %s\n", what, why);
}

static const char *reason(int error)
{
	return error == ENOENT ? "not found" : strerror(error);
}

/* Undo, for the program, what init has set for itself. */
static void start_attributes(posix_spawnattr_t *attr)
{
	sigset_t none, all;

	sigemptyset(&none);
	sigfillset(&all);
	posix_spawnattr_init(attr);
	posix_spawnattr_setsigmask(attr, &none);
	posix_spawnattr_setsigdefault(attr, &all);
	posix_spawnattr_setpgroup(attr, 0);
	posix_spawnattr_setflags(attr, POSIX_SPAWN_SETPGROUP |
				 POSIX_SPAWN_SETSIGMASK |
				 POSIX_SPAWN_SETSIGDEF);
}

/*
 * Start @p. Returns 0 and its process id, or an errno value after a message
 * on the program's standard error.
 */
static int start(const struct program *p, pid_t *pid)
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attr;
	char *file;
	int error = find_program(p->path, PATH, &file);

	if (error != 0) {
		say(p->fd[2], p->path, reason(error));
		return error;
	}
	start_attributes(&attr);
	posix_spawn_file_actions_init(&actions);
	if (p->terminal)
		posix_spawn_file_actions_addtcsetpgrp_np(&actions,
							 STDIN_FILENO);
	for (int i = 0; i < 3; i++)
		posix_spawn_file_actions_adddup2(&actions, p->fd[i], i);
	error = posix_spawn(pid, file, &actions, &attr, p->argv, environment);
	if (error != 0)
		say(p->fd[2], p->path, reason(error));
	posix_spawn_file_actions_destroy(&actions);
	posix_spawnattr_destroy(&attr);
	free(file);
	return error;
}

/* Reap whatever ends until @pid does; returns its status as a shell has it. */
static int wait_for(pid_t pid)
{
	for (;;) {
		int status;
		pid_t ended = waitpid(-1, &status, 0);

		if (ended < 0 && errno != EINTR)
			return 1;
		if (ended != pid)
			continue;
		if (WIFSIGNALED(status))
			return 128 + WTERMSIG(status);
		return WEXITSTATUS(status);
	}
}

/* All of @fd in a malloc'ed block with a NUL behind it; NULL with errno. */
static char *read_all(int fd, size_t *size)
{
	char *data = NULL;
	size_t used = 0, room = 0;
	ssize_t n;

	do {
		char *grown = data;

		if (room - used < 1024) {
			room = room * 2 + 4096;
			grown = realloc(data, room);
		}
		if (grown == NULL) {
			free(data);
			return NULL;
		}
		data = grown;
		n = read(fd, data + used, room - used - 1);
		if (n > 0)
			used += (size_t)n;
	} while (n > 0 || (n < 0 && errno == EINTR));
	if (n < 0) {
		free(data);
		return NULL;
	}
	data[used] = '\0';
	*size = used;
	return data;
}

/* The records of @data as a vector that ends in NULL. */
static char **split_records(char *data, size_t size, size_t *count)
{
	char **list, *at, *end = data + size;
	size_t n = 0;

	/* There are no more records than bytes. */
	list = calloc(size + 1, sizeof(*list));
	if (list == NULL)
		return NULL;
	for (at = data; at < end; at += strlen(at) + 1)
		list[n++] = at;
	*count = n;
	return list;
}

static bool is_console(const char *path)
{
	return strcmp(path, CONSOLE) == 0;
}

static int run_program(int argv_fd)
{
	struct program p = { .fd = { 0, 1, 2 } };
	size_t size = 0, count = 0;
	char *data = read_all(argv_fd, &size), **record = NULL;
	pid_t pid;
	int error;

	close(argv_fd);
	if (data != NULL)
		record = split_records(data, size, &count);
	if (record == NULL || count < 4) {
		say(STDERR_FILENO, ARGV_FILE, record == NULL ? strerror(errno) :
		    "three devices and a program are needed");
		free(record);
		return 2;
	}
	for (int i = 0; i < 3; i++) {
		int access = is_console(record[i]) ? O_RDWR :
			     i == 0 ? O_RDONLY : O_WRONLY;

		p.fd[i] = open(record[i], access | O_CLOEXEC | O_NOCTTY);
		if (p.fd[i] < 0) {
			say(STDERR_FILENO, record[i], strerror(errno));
			return 2;
		}
	}
	/* Also if its streams are others: it may open the terminal by name. */
	p.terminal = have_terminal;
	p.argv = record + 3;
	p.path = p.argv[0];
	error = start(&p, &pid);
	return error != 0 ? find_status(error) : wait_for(pid);
}

/* Make the console this session's terminal; it may be so already. */
static void take_console(void)
{
	setsid();
	ioctl(STDIN_FILENO, TIOCSCTTY, 0);
	have_console_modes = tcgetattr(STDIN_FILENO, &console_modes) == 0;
	have_terminal = tcgetpgrp(STDIN_FILENO) >= 0;
}

static void pause_ms(long ms)
{
	struct timespec t = { ms / 1000, ms % 1000 * 1000000 };

	nanosleep(&t, NULL);
}

/* The shell of root, behind SHELL= in the environment. */
static void find_shell(void)
{
	char line[256], *last;
	FILE *file = fopen(PASSWD, "re");

	while (file != NULL && fgets(line, sizeof(line), file) != NULL) {
		line[strcspn(line, "\n")] = '\0';
		last = strrchr(line, ':');
		if (strncmp(line, "root:", 5) == 0 && last[1] == '/')
			snprintf(shell_variable, sizeof(shell_variable),
				 SHELL "%s", last + 1);
	}
	if (file != NULL)
		fclose(file);
}

static void greet(void)
{
	size_t size;
	int fd = open(MOTD, O_RDONLY | O_CLOEXEC);
	char *text = fd >= 0 ? read_all(fd, &size) : NULL;

	if (text != NULL)
		dprintf(STDOUT_FILENO, "\n%s\n", text);
	free(text);
	if (fd >= 0)
		close(fd);
}

static int run_shells(void)
{
	char *shell = shell_variable + strlen(SHELL), name[128];
	char *argv[] = { name, NULL };
	struct program p = { { 0, 1, 2 }, shell, argv, have_terminal };

	find_shell();
	/* A name that starts so tells it that it is the login shell. */
	snprintf(name, sizeof(name), "-%s", strrchr(shell, '/') + 1);
	/* Where there is none, / will do. */
	(void)!chdir(HOME);
	greet();
	for (;;) {
		pid_t pid;
		int error = start(&p, &pid), status;

		if (error != 0)
			return find_status(error);
		status = wait_for(pid);
		if (have_console_modes)
			tcsetattr(STDIN_FILENO, TCSANOW, &console_modes);
		dprintf(STDERR_FILENO, "loom: the shell ended with status %d; "
			"here is another\n", status);
		/* A shell that fails at once must not flood the console. */
		pause_ms(200);
	}
}

/* loom has these from the start; Linux wants to be asked. */
static void fill_root(void)
{
	static const char *const links[][2] = {
		{ "/proc/self/fd", "/dev/fd" },
		{ "/proc/self/fd/0", "/dev/stdin" },
		{ "/proc/self/fd/1", "/dev/stdout" },
		{ "/proc/self/fd/2", "/dev/stderr" },
	};

	if (access("/proc/meminfo", F_OK) == 0)
		return;
	mount("proc", "/proc", "proc", 0, NULL);
	mount("devtmpfs", "/dev", "devtmpfs", 0, NULL);
	sethostname("loom", 4);
	for (size_t i = 0; i < sizeof(links) / sizeof(links[0]); i++)
		(void)!symlink(links[i][0], links[i][1]);
}

/*
 * poweroff, halt and reboot of busybox ask init by a signal. There is one
 * way to end a machine of QEMU.
 */
static void power_off(int signum)
{
	(void)signum;
	/* Plain system calls in every C library, whatever was interrupted. */
	sync();			/* NOLINT(bugprone-signal-handler) */
	reboot(RB_POWER_OFF);	/* NOLINT(bugprone-signal-handler) */
}

int main(void)
{
	int fd;

	signal(SIGUSR1, power_off);
	signal(SIGUSR2, power_off);
	signal(SIGTERM, power_off);

	/* What a terminal sends to its foreground group is not for init. */
	signal(SIGINT, SIG_IGN);
	signal(SIGQUIT, SIG_IGN);
	signal(SIGTTOU, SIG_IGN);
	signal(SIGHUP, SIG_IGN);

	fill_root();
	take_console();
	fd = open(ARGV_FILE, O_RDONLY | O_CLOEXEC);
	if (fd >= 0)
		return run_program(fd);
	if (errno != ENOENT) {
		say(STDERR_FILENO, ARGV_FILE, strerror(errno));
		return 2;
	}
	return run_shells();
}
