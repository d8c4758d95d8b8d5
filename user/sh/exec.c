// SPDX-License-Identifier: MIT
/*
 * Running what was parsed. A command is first prepared: its words expanded,
 * its files opened. Then it is a builtin called with the descriptors swapped
 * in, or a process started with them. main.c is the caller.
 */
#define _GNU_SOURCE
#include "exec.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/find.h"

/* NAME=VALUE with the value expanded. */
static char *expand_assignment(const struct word *word)
{
	size_t name = vars_assignment(word->text, word->len) + 1;
	struct buf text = { NULL, 0, 0 };
	char *value = expand_text(word->text + name, word->len - name);

	buf_add(&text, word->text, name);
	buf_text(&text, value);
	free(value);
	return text.data;
}

/*
 * Fill @p, whose map the caller has begun, from @command. After a failure,
 * which has been reported, it must be released all the same.
 */
static int prepare(const struct command *command, struct prepared *p)
{
	for (const struct word *w = command->words; w != NULL; w = w->next)
		expand_word(w, &p->argv);
	for (const struct word *w = command->assigns; w != NULL; w = w->next)
		strings_take(&p->assigns, expand_assignment(w));
	for (const struct redir *r = command->redirs; r != NULL; r = r->next)
		if (map_redirect(&p->map, r) != 0)
			return -1;
	return 0;
}

static void release(struct prepared *p)
{
	strings_free(&p->argv);
	strings_free(&p->assigns);
	map_close(&p->map);
}

static void set_assignment(const char *text)
{
	size_t len = vars_assignment(text, strlen(text));
	char *name = xstrdup(text);

	name[len] = '\0';
	vars_set(name, text + len + 1);
	free(name);
}

/* In turn: in A=1 B=$A the second sees the first. */
static void set_assignments(const struct word *word)
{
	for (; word != NULL; word = word->next) {
		char *text = expand_assignment(word);

		set_assignment(text);
		free(text);
	}
}

/* Flush what the builtin printed, while its descriptors are in place. */
static int finish_output(int status)
{
	if (fflush(stdout) == 0 && !ferror(stdout))
		return status;
	complain("write error: %s", strerror(errno));
	clearerr(stdout);
	return status == 0 ? 1 : status;
}

/*
 * X=1 before a builtin holds while it runs. @old gets, for each assignment,
 * the value to put back, or NULL for none.
 */
static char **assign_for_builtin(const struct strings *assigns)
{
	char **old = xrealloc(NULL, (assigns->count + 1) * sizeof(*old));

	for (size_t i = 0; i < assigns->count; i++) {
		const char *text = assigns->list[i];
		size_t name = vars_assignment(text, strlen(text));
		const char *value = vars_get(text, name);

		old[i] = value == NULL ? NULL : xstrdup(value);
		set_assignment(text);
	}
	return old;
}

static void unassign(const struct strings *assigns, char **old)
{
	/* Backwards: the first of two for one name has the true value. */
	for (size_t i = assigns->count; i-- > 0;) {
		char *name = xstrdup(assigns->list[i]);

		name[vars_assignment(name, strlen(name))] = '\0';
		if (old[i] == NULL)
			vars_unset(name);
		else
			vars_set(name, old[i]);
		free(name);
		free(old[i]);
	}
	free(old);
}

static int run_builtin(builtin_fn *run, const struct prepared *p)
{
	struct saved_fds saved;
	char **old = assign_for_builtin(&p->assigns);
	int status;

	map_swap_in(&p->map, &saved);
	status = run((int)p->argv.count, p->argv.list);
	status = finish_output(status);
	map_swap_out(&saved);
	unassign(&p->assigns, old);
	return status;
}

/*
 * Start one command of a pipeline, with the ends of pipes in @p's map. What
 * has no process (an error, an empty command) leaves its status in the job.
 */
static void start_stage(const struct command *command, struct prepared *p,
			const struct place *at)
{
	int error = 0;

	if (prepare(command, p) != 0) {
		job_fixed_status(at->job, 1);
	} else if (p->argv.count == 0) {
		job_fixed_status(at->job, 0);
	} else {
		if (builtin_find(p->argv.list[0]) != NULL)
			error = start_builtin(p, at);
		else
			error = start_program(p, at);
		if (error != 0)
			job_fixed_status(at->job, find_status(error));
	}
	release(p);
}

/* Start all commands of @pipeline as the processes of one job. */
static void start_stages(const struct pipeline *pipeline,
			 const struct place *at)
{
	const struct command *command = pipeline->commands;
	int input = -1;

	for (; command != NULL; command = command->next) {
		struct prepared p = { .argv = { NULL, 0, 0 } };
		int end[2] = { -1, -1 };

		map_init(&p.map);
		if (input >= 0)
			map_set(&p.map, STDIN_FILENO, input);
		else if (at->background && !jobs_control())
			map_without_input(&p.map);
		if (command->next != NULL && make_pipe(end) != 0) {
			complain("pipe: %s", strerror(errno));
			release(&p);
			job_fixed_status(at->job, 1);
			return;
		}
		if (end[1] >= 0)
			map_set(&p.map, STDOUT_FILENO, end[1]);
		start_stage(command, &p, at);
		input = end[0];
	}
}

/* A single command that the shell runs itself, or starts and waits for. */
static int run_simple(const struct pipeline *pipeline)
{
	struct prepared p = { .argv = { NULL, 0, 0 } };
	struct place at = { NULL, false };
	builtin_fn *builtin = NULL;
	int status = 1, error;

	map_init(&p.map);
	if (prepare(pipeline->commands, &p) == 0) {
		if (p.argv.count > 0)
			builtin = builtin_find(p.argv.list[0]);
		if (p.argv.count == 0) {
			set_assignments(pipeline->commands->assigns);
			status = 0;
		} else if (builtin != NULL) {
			status = run_builtin(builtin, &p);
		} else {
			at.job = job_new(pipeline->text, pipeline->len, false);
			error = start_program(&p, &at);
			if (error != 0)
				job_fixed_status(at.job, find_status(error));
		}
	}
	/* Before waiting: a pipe's reader must see the end of what it gets. */
	release(&p);
	return at.job != NULL ? job_wait(at.job) : status;
}

static int run_pipeline(const struct pipeline *pipeline)
{
	struct place at = { NULL, false };
	int status;

	if (pipeline->commands->next == NULL) {
		status = run_simple(pipeline);
	} else {
		at.job = job_new(pipeline->text, pipeline->len, false);
		start_stages(pipeline, &at);
		status = job_wait(at.job);
	}
	return pipeline->negate ? status == 0 : status;
}

static void run_list(const struct list *list)
{
	const struct pipeline *pipeline = list->pipelines;

	shell.status = run_pipeline(pipeline);
	while ((pipeline = pipeline->next) != NULL) {
		if (shell.exiting || shell.interrupted)
			return;
		if (pipeline->after_or == (shell.status != 0))
			shell.status = run_pipeline(pipeline);
	}
}

static void run_background(const struct list *list)
{
	const struct pipeline *only = list->pipelines;
	struct place at = { job_new(list->text, list->len, true), true };

	if (only->next == NULL && !only->negate) {
		start_stages(only, &at);
	} else {
		struct prepared p = { .argv = { NULL, 0, 0 } };
		struct buf text = { NULL, 0, 0 };

		map_init(&p.map);
		if (!jobs_control())
			map_without_input(&p.map);
		buf_add(&text, list->text, list->len);
		start_shell(text.data, &p, &at);
		buf_free(&text);
		release(&p);
	}
	shell.status = 0;
	if (job_group(at.job) == 0)
		job_drop(at.job);
	else
		job_background(at.job);
}

void exec_list(const struct list *list)
{
	for (; list != NULL && !shell.exiting && !shell.interrupted;
	     list = list->next) {
		shell.line = list->line;
		if (list->background)
			run_background(list);
		else
			run_list(list);
	}
}
