// SPDX-License-Identifier: MIT
/*
 * What the shell has started. A job is a pipeline: its processes, its
 * process group, its text. With a terminal each job is a group of its own
 * and one group, a job's or the shell's, is the terminal's foreground; that
 * is how ^C reaches the job and not the shell.
 *
 * exec.c makes jobs; builtin.c asks about them.
 */
#define _GNU_SOURCE
#include "sh.h"

#include <errno.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "lib/find.h"
#include "lib/prog.h"
#include "lib/signame.h"

struct process {
	pid_t pid;
	bool ended;
	int status;		/* as waitpid gave it */
};

struct job {
	struct job *next;
	int number;		/* 0 in the foreground */
	pid_t group;		/* 0 while it has no process */
	struct process *processes;
	size_t count;
	bool fixed;		/* the last command had no process */
	int fixed_status;
	char *text;
};

/* Background jobs, the oldest first. */
static struct job *jobs;

/* With job control: the shell's group, and the terminal's proper modes. */
static bool control;
static pid_t shell_group;
static struct termios shell_modes;

struct job *job_new(const char *text, size_t len, bool background)
{
	struct job *job = xrealloc(NULL, sizeof(*job));

	*job = (struct job){ .number = background ? -1 : 0 };
	job->text = xrealloc(NULL, len + 1);
	memcpy(job->text, text, len);
	job->text[len] = '\0';
	return job;
}

void job_drop(struct job *job)
{
	free(job->processes);
	free(job->text);
	free(job);
}

void job_add(struct job *job, pid_t pid)
{
	size_t size = (job->count + 1) * sizeof(*job->processes);

	job->processes = xrealloc(job->processes, size);
	job->processes[job->count++] = (struct process){ .pid = pid };
	job->fixed = false;
	if (job->group == 0)
		job->group = pid;
}

pid_t job_group(const struct job *job)
{
	return job->group;
}

void job_fixed_status(struct job *job, int status)
{
	job->fixed = true;
	job->fixed_status = status;
}

static bool job_ended(const struct job *job)
{
	for (size_t i = 0; i < job->count; i++)
		if (!job->processes[i].ended)
			return false;
	return true;
}

/* The signal that ended the last process, or 0. */
static int job_signal(const struct job *job)
{
	int status;

	if (job->fixed || job->count == 0)
		return 0;
	status = job->processes[job->count - 1].status;
	return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

static int job_status(const struct job *job)
{
	if (job->fixed || job->count == 0)
		return job->fixed_status;
	if (job_signal(job) != 0)
		return 128 + job_signal(job);
	return WEXITSTATUS(job->processes[job->count - 1].status);
}

static void forget(struct job *job)
{
	struct job **link = &jobs;

	while (*link != NULL && *link != job)
		link = &(*link)->next;
	if (*link != NULL)
		*link = job->next;
	job_drop(job);
}

/* Give the terminal back to the shell, in the modes it had. */
static void reclaim_terminal(void)
{
	if (!control)
		return;
	tcsetpgrp(STDIN_FILENO, shell_group);
	tcsetattr(STDIN_FILENO, TCSADRAIN, &shell_modes);
}

/* Say how a foreground job died, unless the user knows already. */
static void report_death(const struct job *job)
{
	int sig = job_signal(job);

	if (sig == SIGINT && shell.interactive) {
		fputc('\n', stderr);
		shell.interrupted = true;
	}
	if (sig != 0 && sig != SIGINT && sig != SIGPIPE)
		fprintf(stderr, "%s\n", signame_text(sig));
}

int job_wait(struct job *job)
{
	int status;

	for (size_t i = 0; i < job->count; i++) {
		struct process *p = &job->processes[i];

		while (!p->ended) {
			pid_t pid = waitpid(p->pid, &p->status, 0);

			p->ended = pid == p->pid || errno != EINTR;
		}
	}
	reclaim_terminal();
	report_death(job);
	status = job_status(job);
	forget(job);
	return status;
}

void job_background(struct job *job)
{
	struct job **link = &jobs;

	job->number = 1;
	for (; *link != NULL; link = &(*link)->next)
		job->number = (*link)->number + 1;
	*link = job;
	shell.last_background = job->processes[job->count - 1].pid;
	if (shell.interactive)
		fprintf(stderr, "[%d] %d\n", job->number,
			(int)shell.last_background);
}

bool jobs_control(void)
{
	return control;
}

void jobs_take_terminal(void)
{
	/* A shell that is stopped or killed by its own terminal is no use. */
	static const int ignored[] = {
		SIGINT, SIGQUIT, SIGTSTP, SIGTTIN, SIGTTOU,
	};

	for (size_t i = 0; i < sizeof(ignored) / sizeof(*ignored); i++)
		signal(ignored[i], SIG_IGN);
	/* Refused for a session's leader, which has its group already. */
	setpgid(0, 0);
	shell_group = getpgrp();
	control = tcsetpgrp(STDIN_FILENO, shell_group) == 0 &&
		  tcgetattr(STDIN_FILENO, &shell_modes) == 0;
	if (!control)
		return;
	/* Jobs are not stopped and continued here: ^Z is a character. */
	shell_modes.c_lflag |= ICANON | ECHO | ISIG;
	shell_modes.c_cc[VSUSP] = _POSIX_VDISABLE;
	tcsetattr(STDIN_FILENO, TCSADRAIN, &shell_modes);
}

/* Note that @pid has ended, if it belongs to a background job. */
static void note(pid_t pid, int status)
{
	for (struct job *job = jobs; job != NULL; job = job->next)
		for (size_t i = 0; i < job->count; i++) {
			struct process *p = &job->processes[i];

			if (p->pid == pid && !p->ended) {
				p->ended = true;
				p->status = status;
				return;
			}
		}
}

static void poll_ended(void)
{
	for (struct job *job = jobs; job != NULL; job = job->next)
		for (size_t i = 0; i < job->count; i++) {
			struct process *p = &job->processes[i];

			/* An error says that it is no child: over, too. */
			if (!p->ended)
				p->ended = waitpid(p->pid, &p->status,
						   WNOHANG) != 0;
		}
}

static void print_job(const struct job *job)
{
	char state[40] = "Running";

	if (job_ended(job) && job_signal(job) != 0)
		snprintf(state, sizeof(state), "%s",
			 signame_text(job_signal(job)));
	else if (job_ended(job) && job_status(job) != 0)
		snprintf(state, sizeof(state), "Exit %d", job_status(job));
	else if (job_ended(job))
		strcpy(state, "Done");
	printf("[%d]%c %-10s  %s\n", job->number,
	       job->next == NULL ? '+' : ' ', state, job->text);
}

void jobs_notify(void)
{
	struct job *job, *next;

	poll_ended();
	/* A script may still ask, with wait, how they ended. */
	if (!shell.interactive)
		return;
	for (job = jobs; job != NULL; job = next) {
		next = job->next;
		if (!job_ended(job))
			continue;
		print_job(job);
		forget(job);
	}
	fflush(stdout);
}

void jobs_print(void)
{
	struct job *job, *next;

	poll_ended();
	for (job = jobs; job != NULL; job = next) {
		next = job->next;
		print_job(job);
		if (job_ended(job))
			forget(job);
	}
}

/* %3, or the id of one of its processes; NULL is the latest job. */
static struct job *find_job(const char *which)
{
	struct job *job;
	bool by_number = which != NULL && *which == '%';
	long number = 0;

	if (which != NULL && !prog_number(which + by_number, 1, 1L << 30,
					  &number))
		return NULL;
	for (job = jobs; job != NULL; job = job->next) {
		if (which == NULL && job->next == NULL)
			return job;
		if (by_number && job->number == number)
			return job;
		for (size_t i = 0; !by_number && i < job->count; i++)
			if (job->processes[i].pid == number)
				return job;
	}
	return NULL;
}

pid_t jobs_target(const char *which)
{
	struct job *job = find_job(which);

	if (job == NULL || job_ended(job))
		return 0;
	return control ? -job->group : job->processes[job->count - 1].pid;
}

/*
 * The shell ignores ^C, so while it waits for background jobs another
 * process is the terminal's foreground, and its death ends the wait.
 */
static pid_t start_sentinel(void)
{
	char *argv[] = { "sleep", "999999999", NULL }, *env[] = { NULL };
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attr;
	sigset_t interrupt;
	char *file;
	pid_t pid = -1;

	if (!control || find_program("sleep", vars_get("PATH", 4), &file) != 0)
		return -1;
	sigemptyset(&interrupt);
	sigaddset(&interrupt, SIGINT);
	posix_spawnattr_init(&attr);
	posix_spawnattr_setpgroup(&attr, 0);
	posix_spawnattr_setsigdefault(&attr, &interrupt);
	posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETPGROUP |
				 POSIX_SPAWN_SETSIGDEF);
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addtcsetpgrp_np(&actions, STDIN_FILENO);
	if (posix_spawn(&pid, file, &actions, &attr, argv, env) != 0)
		pid = -1;
	posix_spawn_file_actions_destroy(&actions);
	posix_spawnattr_destroy(&attr);
	free(file);
	return pid;
}

static void stop_sentinel(pid_t pid)
{
	kill(pid, SIGKILL);
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
}

/* Wait until @job, or all if NULL, has ended; false if ^C came first. */
static bool wait_ended(struct job *job)
{
	pid_t sentinel = start_sentinel();
	bool finished = true;

	for (;;) {
		struct job *j = jobs;
		pid_t pid;
		int status;

		while (j != NULL && ((job != NULL && j != job) ||
				     job_ended(j)))
			j = j->next;
		if (j == NULL)
			break;
		pid = waitpid(-1, &status, 0);
		if (pid < 0 && errno != EINTR)
			break;
		if (pid > 0 && pid == sentinel) {
			finished = false;
			break;
		}
		note(pid, status);
	}
	if (sentinel > 0 && finished)
		stop_sentinel(sentinel);
	reclaim_terminal();
	if (!finished) {
		fputc('\n', stderr);
		shell.interrupted = true;
	}
	return finished;
}

int jobs_wait(const char *which)
{
	struct job *job = NULL;
	int status;

	if (which != NULL) {
		job = find_job(which);
		if (job == NULL) {
			complain("wait: %s: no such job", which);
			return 127;
		}
	}
	poll_ended();
	if (!(job == NULL ? jobs == NULL : job_ended(job)) &&
	    !wait_ended(job))
		return 128 + SIGINT;
	if (job != NULL) {
		status = job_status(job);
		forget(job);
		return status;
	}
	jobs_notify();
	while (jobs != NULL)
		forget(jobs);
	return 0;
}

int jobs_foreground(const char *which)
{
	struct job *job = find_job(which);

	if (!control) {
		complain("fg: no terminal");
		return 1;
	}
	if (job == NULL) {
		complain("fg: %s: no such job", which ? which : "current");
		return 1;
	}
	fprintf(stderr, "%s\n", job->text);
	tcsetpgrp(STDIN_FILENO, job->group);
	kill(-job->group, SIGCONT);
	return job_wait(job);
}
