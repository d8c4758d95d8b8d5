// SPDX-License-Identifier: MIT
/*
 * What exec.c, start.c and redir.c share: a command made ready to run.
 */
#ifndef USER_SH_EXEC_H
#define USER_SH_EXEC_H

#include "sh.h"

/* redir.c */

#define FDS 10			/* what a redirection can name */

/* For each descriptor of a command what is to stand there. */
enum { FD_KEEP = -1, FD_CLOSE = -2 };

/*
 * Every descriptor the shell holds for a command is FDS or more and
 * close-on-exec, and commands are given 0-9 only: the moves into place
 * cannot overwrite one another, whatever their order.
 */
struct fdmap {
	int source[FDS];
};

void map_init(struct fdmap *map);
/* The map owns @source, from high_fd or make_pipe, from here on. */
void map_set(struct fdmap *map, int fd, int source);
void map_close(struct fdmap *map);
/* Open what @redir names into @map; -1 after a message. */
int map_redirect(struct fdmap *map, const struct redir *redir);
/* Standard input from /dev/null: what is typed is not for the background. */
void map_without_input(struct fdmap *map);
/* A pipe above the commands' descriptors; -1 with errno. */
int make_pipe(int end[2]);

struct saved_fds {
	int copy[FDS];
	bool moved[FDS];
};

/* Put what @map says in place for a builtin, and back. */
void map_swap_in(const struct fdmap *map, struct saved_fds *saved);
void map_swap_out(const struct saved_fds *saved);
/* Say that @name cannot be used, where the command's errors go by @map. */
void map_complain(const struct fdmap *map, const char *name, const char *why);

/* start.c */

struct prepared {
	struct strings argv;
	struct strings assigns;		/* NAME=VALUE */
	struct fdmap map;
};

/* Where a process belongs. */
struct place {
	struct job *job;
	bool background;
};

/*
 * Start a process for @p and add it to the job: the program it names, this
 * shell on @text, or this shell on the builtin it names. Returns 0, or an
 * errno value after a message.
 */
int start_program(const struct prepared *p, const struct place *at);
int start_shell(const char *text, const struct prepared *p,
		const struct place *at);
int start_builtin(const struct prepared *p, const struct place *at);

#endif
