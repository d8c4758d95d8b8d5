// SPDX-License-Identifier: MIT
/*
 * sh: the shell. This file reads the options, finds where commands come
 * from, and runs one complete command after the other; sh.h lists the rest.
 */
#define _GNU_SOURCE
#include "sh.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/find.h"
#include "lib/prog.h"

#define USAGE \
	"usage: sh [-i]\n" \
	"       sh [-i] -c COMMANDS [NAME [ARGUMENT...]]\n" \
	"       sh FILE [ARGUMENT...]\n" \
	"Run commands from standard input, from COMMANDS or from FILE;\n" \
	"-i, or a terminal as standard input, prompts for them. `help' in\n" \
	"the shell says what it knows.\n"

#define PROMPT "loom$ "
#define PROMPT_MORE "> "

struct shell shell;

/* Where commands come from; one of the three. */
struct source {
	const char *text;	/* -c: what is left of it */
	int fd;			/* a file, or standard input; -1 for none */
	bool terminal;
	char block[4096];	/* of a file that nobody else reads */
	size_t at, filled;
};

enum line_result {
	LINE_READ,
	LINE_CANCELLED,
	LINE_END,
};

static enum line_result read_text(struct source *from, struct buf *line)
{
	size_t len = strcspn(from->text, "\n");

	if (*from->text == '\0')
		return LINE_END;
	if (from->text[len] == '\n')
		len++;
	buf_add(line, from->text, len);
	from->text += len;
	return LINE_READ;
}

/*
 * The next byte, or -1. Of standard input never more than is used: what
 * follows is the input of the commands.
 */
static int read_byte(struct source *from)
{
	size_t want = from->fd == STDIN_FILENO ? 1 : sizeof(from->block);
	ssize_t n;

	if (from->at == from->filled) {
		do
			n = read(from->fd, from->block, want);
		while (n < 0 && errno == EINTR);
		if (n < 0)
			complain("read error: %s", strerror(errno));
		if (n <= 0)
			return -1;
		from->at = 0;
		from->filled = (size_t)n;
	}
	return (unsigned char)from->block[from->at++];
}

static enum line_result read_file(struct source *from, struct buf *line)
{
	size_t before = line->len;
	int c;

	do {
		c = read_byte(from);
		if (c >= 0)
			buf_char(line, (char)c);
		/* A line does not go on for ever behind a NUL: /dev/zero. */
	} while (c > 0 && c != '\n');
	return line->len > before ? LINE_READ : LINE_END;
}

static enum line_result read_terminal(struct buf *text, const char *prompt)
{
	struct buf line = { NULL, 0, 0 };
	enum edit_result result = edit_line(prompt, &line);

	if (result == EDIT_LINE)
		buf_add(text, line.data, line.len);
	buf_free(&line);
	return result == EDIT_LINE ? LINE_READ :
	       result == EDIT_END ? LINE_END : LINE_CANCELLED;
}

static enum line_result read_line(struct source *from, struct buf *text)
{
	if (from->terminal)
		return read_terminal(text, text->len ? PROMPT_MORE : PROMPT);
	return from->text != NULL ? read_text(from, text)
				  : read_file(from, text);
}

/*
 * Read lines into @text until they are a complete command, and run it.
 * Returns false at the end of the source.
 */
static bool run_command(struct source *from, struct buf *text,
			struct arena *arena, unsigned long *line)
{
	enum parse_result parsed;
	struct list *list;
	const char *error;
	unsigned long first = *line + 1, where;
	bool last = false;

	do {
		enum line_result got = read_line(from, text);

		if (got == LINE_CANCELLED) {
			shell.status = 130;
			return true;
		}
		last = got == LINE_END;
		if (last && text->len == 0)
			return false;
		*line += !last;
		arena_free(arena);
		where = first;
		parsed = parse(arena, text->data, text->len, last, &where,
			       &list, &error);
	} while (parsed == PARSE_MORE && !last);
	if (parsed == PARSE_OK) {
		exec_list(list);
		return true;
	}
	shell.line = where;
	complain("%s", error);
	shell.status = 2;
	/* What follows a line that was not understood is better not run. */
	return shell.interactive;
}

static void run_source(struct source *from)
{
	struct buf text = { NULL, 0, 0 };
	struct arena arena = { NULL };
	unsigned long line = 0;
	bool more = true;

	while (more && !shell.exiting) {
		jobs_notify();
		shell.interrupted = false;
		text.len = 0;
		more = run_command(from, &text, &arena, &line);
		arena_free(&arena);
	}
	if (from->terminal && !shell.exiting)
		putchar('\n');
	buf_free(&text);
}

/* Open the script, out of the way of the commands' descriptors. */
static int open_script(const char *name)
{
	char start[4] = { 0 };
	int low = open(name, O_RDONLY | O_CLOEXEC), fd = -1;

	if (low >= 0) {
		fd = fcntl(low, F_DUPFD_CLOEXEC, 10);
		close(low);
	}
	if (fd < 0 || pread(fd, start, sizeof(start), 0) < 0) {
		/* A pipe cannot be looked into; the lexer will tell. */
		if (fd >= 0 && errno == ESPIPE)
			return fd;
		complain("%s: %s", name, strerror(errno));
		exit(find_status(errno));
	}
	if (memcmp(start, "\177ELF", sizeof(start)) == 0) {
		complain("%s: a program, not a script", name);
		exit(126);
	}
	return fd;
}

/* The file of this program: another shell is started from it. */
static const char *own_path(const char *arg0)
{
	char *path;

	if (*arg0 == '/')
		return arg0;
	path = strchr(arg0, '/') != NULL ? realpath(arg0, NULL) : NULL;
	return path != NULL ? path : "/loom/bin/sh";
}

static void set_arguments(char **args)
{
	shell.args = args;
	while (args[0] != NULL && args[shell.arg_count + 1] != NULL)
		shell.arg_count++;
}

int main(int argc, char **argv, char **environment)
{
	static struct source from = { .fd = -1 };
	static char *no_name[] = { "sh", NULL };
	bool interactive = false;
	int option;

	prog_help(argc, argv, USAGE);
	while ((option = getopt(argc, argv, "+ic:")) != -1) {
		if (option == '?')
			prog_usage(USAGE);
		if (option == 'c')
			from.text = optarg;
		interactive |= option == 'i';
	}
	vars_import(environment);
	shell.path = own_path(argc > 0 ? argv[0] : "sh");
	set_arguments(optind < argc ? argv + optind : no_name);
	if (from.text == NULL && optind < argc) {
		from.fd = open_script(argv[optind]);
	} else if (from.text == NULL) {
		from.fd = STDIN_FILENO;
		from.terminal = interactive || (isatty(STDIN_FILENO) &&
						isatty(STDERR_FILENO));
	}
	shell.interactive = interactive || from.terminal;
	if (shell.interactive)
		jobs_take_terminal();
	run_source(&from);
	prog_exit(shell.status);
}
