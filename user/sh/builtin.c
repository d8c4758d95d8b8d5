// SPDX-License-Identifier: MIT
/*
 * The commands that change or ask the shell itself, and a few that would be
 * a waste of a process. exec.c calls them with the descriptors in place.
 */
#define _GNU_SOURCE
#include "sh.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/killcmd.h"
#include "lib/prog.h"

static int do_true(int argc, char **argv)
{
	(void)argc, (void)argv;
	return 0;
}

static int do_false(int argc, char **argv)
{
	(void)argc, (void)argv;
	return 1;
}

static int do_echo(int argc, char **argv)
{
	bool newline = argc < 2 || strcmp(argv[1], "-n") != 0;

	for (int i = newline ? 1 : 2; i < argc; i++) {
		fputs(argv[i], stdout);
		if (i + 1 < argc)
			putchar(' ');
	}
	if (newline)
		putchar('\n');
	return 0;
}

static int do_cd(int argc, char **argv)
{
	const char *dir = argc > 1 ? argv[1] : vars_get("HOME", 4);
	bool back = argc > 1 && strcmp(argv[1], "-") == 0;
	char *now;

	if (back)
		dir = vars_get("OLDPWD", 6);
	if (argc > 2 || dir == NULL) {
		complain("cd: %s", argc > 2 ? "too many arguments" :
			 back ? "OLDPWD is not set" : "HOME is not set");
		return 1;
	}
	now = getcwd(NULL, 0);
	if (chdir(dir) != 0) {
		complain("cd: %s: %s", dir, strerror(errno));
		free(now);
		return 1;
	}
	if (back)
		puts(dir);
	if (now != NULL)
		vars_set("OLDPWD", now);
	free(now);
	now = getcwd(NULL, 0);
	if (now != NULL)
		vars_set("PWD", now);
	free(now);
	return 0;
}

static int do_pwd(int argc, char **argv)
{
	char *dir = getcwd(NULL, 0);

	(void)argc, (void)argv;
	if (dir == NULL) {
		complain("pwd: %s", strerror(errno));
		return 1;
	}
	puts(dir);
	free(dir);
	return 0;
}

static int do_exit(int argc, char **argv)
{
	long status = shell.status;

	if (argc > 2) {
		complain("exit: too many arguments");
		return 1;
	}
	shell.exiting = true;
	if (argc == 2 && !prog_number(argv[1], 0, 1L << 31, &status)) {
		complain("exit: %s: not a number", argv[1]);
		return 2;
	}
	return (int)(status & 0xff);
}

static int do_export(int argc, char **argv)
{
	int status = 0;

	if (argc == 1)
		vars_print_exported();
	for (int i = 1; i < argc; i++) {
		size_t len = strcspn(argv[i], "=");
		bool assigns = argv[i][len] == '=';

		if (!vars_is_name(argv[i], len)) {
			complain("export: %s: not a name", argv[i]);
			status = 1;
			continue;
		}
		argv[i][len] = '\0';
		if (assigns)
			vars_set(argv[i], argv[i] + len + 1);
		vars_export(argv[i]);
	}
	return status;
}

static int do_unset(int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
		vars_unset(argv[i]);
	return 0;
}

static int do_jobs(int argc, char **argv)
{
	(void)argc, (void)argv;
	jobs_print();
	return 0;
}

static int do_fg(int argc, char **argv)
{
	return jobs_foreground(argc > 1 ? argv[1] : NULL);
}

static int do_wait(int argc, char **argv)
{
	int status = 0;

	if (argc == 1)
		return jobs_wait(NULL);
	for (int i = 1; i < argc && !shell.interrupted; i++)
		status = jobs_wait(argv[i]);
	return status;
}

static int do_kill(int argc, char **argv)
{
	return kill_command(argc, argv, "sh: kill", jobs_target);
}

static int do_help(int argc, char **argv)
{
	(void)argc, (void)argv;
	fputs("In the shell: cd echo exit export fg help jobs kill pwd unset "
	      "wait true false :\n"
	      "Programs: ls /bin, and each has --help.\n"
	      "Between commands: ; & && || | and ! before one.\n"
	      "Files: < > >> 2> 2>&1. Words: ' \" \\ $NAME ${NAME} $? $$ $! "
	      "$# $@ $1.\n"
	      "Not here: * ? patterns, if, for, while, ( ), { }, $( ), <<.\n"
	      "Keys: arrows, ^A ^E ^W ^U ^K ^L, ^C drops the line or ends "
	      "the program, ^D.\n", stdout);
	return 0;
}

builtin_fn *builtin_find(const char *name)
{
	static const struct {
		const char *name;
		builtin_fn *run;
	} table[] = {
		{ ":", do_true }, { "cd", do_cd }, { "echo", do_echo },
		{ "exit", do_exit }, { "export", do_export },
		{ "false", do_false }, { "fg", do_fg }, { "help", do_help },
		{ "jobs", do_jobs }, { "kill", do_kill }, { "pwd", do_pwd },
		{ "true", do_true }, { "unset", do_unset },
		{ "wait", do_wait },
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++)
		if (strcmp(table[i].name, name) == 0)
			return table[i].run;
	return NULL;
}
