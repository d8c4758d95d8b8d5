// SPDX-License-Identifier: MIT
/*
 * The shell's parts and what they say to each other.
 *
 *   main.c      options, where commands come from, the loop over them
 *   lineedit.c  one line from a terminal, edited
 *   lex.c       text to tokens
 *   parse.c     tokens to lists of pipelines; knows when a line is not enough
 *   expand.c    quotes and $ in a word, when it is used
 *   vars.c      variables and the environment
 *   exec.c      runs lists, pipelines, builtins
 *   redir.c     redirections and pipes: a command's descriptors
 *   start.c     starts processes
 *   jobs.c      what was started: waiting, notices, the terminal
 *   builtin.c   the commands that must be in the shell itself
 *   util.c      memory and messages
 *
 * There is no fork on loom. What other shells do in a forked copy of
 * themselves (a builtin in a pipeline, `a && b &') is done here by a fresh
 * shell that is given the text.
 */
#ifndef USER_SH_SH_H
#define USER_SH_SH_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* util.c */

/* Text that grows; always followed by a NUL once something was added. */
struct buf {
	char *data;
	size_t len, room;
};

void buf_add(struct buf *b, const char *data, size_t len);
void buf_char(struct buf *b, char c);
void buf_text(struct buf *b, const char *text);
void buf_free(struct buf *b);
/* Add @text in quotes that make any shell read it as one word. */
void buf_quoted(struct buf *b, const char *text);

/* Strings in a NULL-terminated vector; each is malloc'ed. */
struct strings {
	char **list;
	size_t count, room;
};

void strings_take(struct strings *s, char *text);
void strings_free(struct strings *s);

/*
 * Memory with one end: everything of one command line is freed together.
 * Running out ends the shell with a message; so do xmalloc and friends.
 */
struct arena {
	struct arena_block *blocks;
};

void *arena_alloc(struct arena *a, size_t size);
void arena_free(struct arena *a);
void *xrealloc(void *p, size_t size);
char *xstrdup(const char *text);

/* "sh: ..." on standard error, with the line number where there is one. */
void complain(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* main.c */

struct shell {
	bool interactive;	/* prompts, edits lines, has jobs in groups */
	bool exiting;		/* set by exit; status is the one to use */
	bool interrupted;	/* ^C ended a job: drop the rest of the line */
	int status;		/* $? */
	pid_t last_background;	/* $!, 0 before the first */
	unsigned long line;	/* of the command that runs, for messages */
	const char *path;	/* this program, for a shell within the shell */
	char **args;		/* $0 $1 ..., NULL-terminated */
	size_t arg_count;	/* $# */
};

extern struct shell shell;

/* lex.c */

enum token_kind {
	TOK_WORD,
	TOK_REDIR,
	TOK_NEWLINE,
	TOK_SEMI,
	TOK_AMP,
	TOK_AND,
	TOK_OR,
	TOK_PIPE,
	TOK_END,		/* of the text */
	TOK_INCOMPLETE,		/* a quote or a continued line is open */
	TOK_ERROR,		/* lexer.error says why */
};

enum redir_op {
	REDIR_IN,		/* < */
	REDIR_OUT,		/* > */
	REDIR_APPEND,		/* >> */
	REDIR_DUP,		/* >& and <& */
};

struct token {
	enum token_kind kind;
	const char *start;	/* in the text; words with their quotes */
	size_t len;
	enum redir_op op;
	int fd;			/* the descriptor a redirection changes */
};

struct lexer {
	const char *at, *end;
	bool last;		/* no further line will come */
	const char *error;
};

/* Text of @len bytes; @last says that INCOMPLETE is of no use. */
void lex_init(struct lexer *lex, const char *text, size_t len, bool last);
void lex_next(struct lexer *lex, struct token *token);

/* parse.c */

struct word {
	struct word *next;
	const char *text;	/* as written; not NUL-terminated */
	size_t len;
};

struct redir {
	struct redir *next;
	enum redir_op op;
	int fd;
	struct word *target;
};

/* NAME=VALUE..., WORD..., redirections; any may be missing, but not all. */
struct command {
	struct command *next;	/* in the pipeline */
	struct word *assigns, *words;
	struct redir *redirs;
};

struct pipeline {
	struct pipeline *next;	/* in the list of && and || */
	bool after_or;		/* runs if the one before failed */
	bool negate;
	struct command *commands;
	const char *text;
	size_t len;
};

/* Pipelines joined by && and ||, ended by ; & or newline. */
struct list {
	struct list *next;
	bool background;
	unsigned long line;
	struct pipeline *pipelines;
	const char *text;
	size_t len;
};

enum parse_result {
	PARSE_OK,
	PARSE_MORE,		/* add a line and parse again */
	PARSE_ERROR,		/* *error, *line say what and where */
};

/*
 * Parse @text, which begins in line *@line, into *@out (NULL if there is
 * nothing to run). Everything lives in @arena and points into @text. @last
 * says that there is no further line. *@error is in @arena too.
 */
enum parse_result parse(struct arena *arena, const char *text, size_t len,
			bool last, unsigned long *line, struct list **out,
			const char **error);

/* expand.c */

/* The words that @word stands for (none, one or more), added to @out. */
void expand_word(const struct word *word, struct strings *out);

/* The one string that @text stands for: no splitting. malloc'ed. */
char *expand_text(const char *text, size_t len);

/* vars.c */

void vars_import(char **environment);
const char *vars_get(const char *name, size_t len);
void vars_set(const char *name, const char *value);
void vars_unset(const char *name);
void vars_export(const char *name);
/* Whether the @len bytes at @text are a name, such as PATH or _x1. */
bool vars_is_name(const char *text, size_t len);
/* The length of NAME in NAME=..., or 0 if @text is not an assignment. */
size_t vars_assignment(const char *text, size_t len);
/* NAME=VALUE of the exported ones, with those in @extra put over them. */
void vars_environment(const struct strings *extra, struct strings *out);
void vars_print_exported(void);
/* Add assignments of the variables that a new shell would not inherit. */
void vars_save(struct buf *script);

/* exec.c */

/* Run what was parsed; the result is shell.status. */
void exec_list(const struct list *list);

/* jobs.c */

struct job;

/* An empty job; the process group is that of the first process added. */
struct job *job_new(const char *text, size_t len, bool background);
void job_add(struct job *job, pid_t pid);
/* The group for the next process of @job: 0 means one of its own. */
pid_t job_group(const struct job *job);
/* The last command had no process of its own; @status is what it gave. */
void job_fixed_status(struct job *job, int status);
/* Wait in the foreground for all of @job, then forget it; its status. */
int job_wait(struct job *job);
/* Keep @job in the background; says its number and last process. */
void job_background(struct job *job);
/* Forget a job that got no process. */
void job_drop(struct job *job);

/* Take the terminal, if there is one, for the shell. */
void jobs_take_terminal(void);
/* Whether jobs have process groups, one of which has the terminal. */
bool jobs_control(void);
/* Print a notice for each background job that has ended. */
void jobs_notify(void);
void jobs_print(void);
/* Wait for one job by %number or process id, or all for NULL; the status. */
int jobs_wait(const char *which);
/* Bring one to the foreground; NULL is the latest. */
int jobs_foreground(const char *which);
/* The process or, negative, the group that %number names; 0: no such job. */
pid_t jobs_target(const char *which);

/* builtin.c */

typedef int builtin_fn(int argc, char **argv);

builtin_fn *builtin_find(const char *name);

/* lineedit.c */

enum edit_result {
	EDIT_LINE,
	EDIT_CANCELLED,		/* ^C */
	EDIT_END,		/* ^D on an empty line, or end of file */
};

/*
 * Prompt on standard output and read a line from the terminal on standard
 * input into @line, with its newline. The terminal is raw meanwhile.
 */
enum edit_result edit_line(const char *prompt, struct buf *line);

#endif
