// SPDX-License-Identifier: MIT
/*
 * Starting processes for exec.c. There is no fork: what would run in a copy
 * of the shell is given, as text, to a fresh one. See exec.h.
 */
#define _GNU_SOURCE
#include "exec.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/find.h"

static void start_attributes(posix_spawnattr_t *attr, const struct place *at)
{
	static const int signals[] = {
		SIGINT, SIGQUIT, SIGTSTP, SIGTTIN, SIGTTOU,
	};
	short flags = 0;
	sigset_t set;

	posix_spawnattr_init(attr);
	if (shell.interactive) {
		sigemptyset(&set);
		for (size_t i = 0; i < sizeof(signals) / sizeof(*signals); i++)
			sigaddset(&set, signals[i]);
		posix_spawnattr_setsigdefault(attr, &set);
		flags |= POSIX_SPAWN_SETSIGDEF;
	}
	if (jobs_control()) {
		posix_spawnattr_setpgroup(attr, job_group(at->job));
		flags |= POSIX_SPAWN_SETPGROUP;
	}
	posix_spawnattr_setflags(attr, flags);
}

static void start_actions(posix_spawn_file_actions_t *actions,
			  const struct fdmap *map, const struct place *at)
{
	posix_spawn_file_actions_init(actions);
	/*
	 * In the child and before it runs: later it could already have read
	 * from a terminal that was not yet its own.
	 */
	if (jobs_control() && !at->background)
		posix_spawn_file_actions_addtcsetpgrp_np(actions,
							 STDIN_FILENO);
	for (int fd = 0; fd < FDS; fd++) {
		if (map->source[fd] >= 0)
			posix_spawn_file_actions_adddup2(actions,
							 map->source[fd], fd);
		else if (map->source[fd] == FD_CLOSE)
			posix_spawn_file_actions_addclose(actions, fd);
	}
}

/* Spawn @file for @p; 0 or an errno value. */
static int spawn(const char *file, char **argv, const struct prepared *p,
		 const struct place *at)
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attr;
	struct strings env = { NULL, 0, 0 };
	pid_t pid;
	int error;

	start_attributes(&attr, at);
	start_actions(&actions, &p->map, at);
	vars_environment(&p->assigns, &env);
	fflush(stdout);
	error = posix_spawn(&pid, file, &actions, &attr, argv, env.list);
	if (error == 0)
		job_add(at->job, pid);
	strings_free(&env);
	posix_spawn_file_actions_destroy(&actions);
	posix_spawnattr_destroy(&attr);
	return error;
}

/* Whether @file may be a script: its first bytes hold no NUL. */
static bool is_text(const char *file)
{
	char start[128];
	int fd = open(file, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, start, sizeof(start));

	if (fd >= 0)
		close(fd);
	return n >= 0 && memchr(start, '\0', (size_t)n) == NULL;
}

/* A script that does not name its interpreter is one for this shell. */
static int spawn_script(const char *file, const struct prepared *p,
			const struct place *at)
{
	char **argv = xrealloc(NULL, (p->argv.count + 2) * sizeof(*argv));
	int error;

	argv[0] = xstrdup(shell.path);
	argv[1] = xstrdup(file);
	memcpy(argv + 2, p->argv.list + 1, p->argv.count * sizeof(*argv));
	error = spawn(shell.path, argv, p, at);
	free(argv[0]);
	free(argv[1]);
	free(argv);
	return error;
}

int start_program(const struct prepared *p, const struct place *at)
{
	const char *name = p->argv.list[0];
	char *file = NULL;
	int error = find_program(name, vars_get("PATH", 4), &file);

	if (error == 0) {
		error = spawn(file, p->argv.list, p, at);
		if (error == ENOEXEC && is_text(file))
			error = spawn_script(file, p, at);
	}
	if (error == ENOENT && strchr(name, '/') == NULL)
		map_complain(&p->map, name, "command not found");
	else if (error != 0)
		map_complain(&p->map, name, strerror(error));
	free(file);
	return error;
}

/* Start this shell on a script of @text, with the same arguments. */
int start_shell(const char *text, const struct prepared *p,
		const struct place *at)
{
	size_t count = shell.arg_count + 1;
	char **argv = xrealloc(NULL, (count + 4) * sizeof(*argv));
	struct buf script = { NULL, 0, 0 };
	int error;

	vars_save(&script);
	buf_text(&script, text);
	argv[0] = xstrdup(shell.path);
	argv[1] = xstrdup("-c");
	argv[2] = script.data;
	memcpy(argv + 3, shell.args, (count + 1) * sizeof(*argv));
	error = spawn(shell.path, argv, p, at);
	if (error != 0)
		map_complain(&p->map, shell.path, strerror(error));
	free(argv[0]);
	free(argv[1]);
	free(argv);
	buf_free(&script);
	return error;
}

/* A builtin that needs a process of its own gets a shell for it. */
int start_builtin(const struct prepared *p, const struct place *at)
{
	struct buf text = { NULL, 0, 0 };
	int error;

	for (size_t i = 0; i < p->argv.count; i++) {
		buf_quoted(&text, p->argv.list[i]);
		buf_char(&text, ' ');
	}
	error = start_shell(text.data, p, at);
	buf_free(&text);
	return error;
}
