// SPDX-License-Identifier: MIT
/*
 * sequence's processes: children that end, stop, go on and are waited for in
 * every way, groups and sessions. A child does what it is told through a pipe
 * and answers when it is done, so nothing depends on who runs first.
 *
 * Left out: waiting for a change that nothing tells of (all waits are with
 * WNOHANG, but for a child of which it is known that it ends or stops).
 */
#define _GNU_SOURCE
#include "sequence.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

enum { SLOTS = 6 };

enum state { NONE, RUNNING, STOPPED, ENDED };

static struct child {
	pid_t pid;
	int to, from;		/* the pipes */
	enum state state;
} child[SLOTS];

/* The number of a process: of a slot, or what it is otherwise. */
static const char *who(pid_t pid)
{
	static char text[2][24];
	static unsigned turn;
	char *name = text[turn++ % 2];

	snprintf(name, sizeof(text[0]), "%s", pid == 0 ? "0" :
		 pid == getpid() ? "self" : pid < 0 ? "-" : "other");
	for (unsigned i = 0; i < SLOTS; i++)
		if (child[i].pid == pid && child[i].state != NONE)
			snprintf(name, sizeof(text[0]), "#%u", i);
	return name;
}

/* The life of a child: one order after the other. */
static void obey(int in, int out)
{
	char order[2];

	while (read(in, order, 2) == 2) {
		int answer = 0;

		switch (order[0]) {
		case 'x':
			_exit(order[1]);
		case 'k':
			signal(order[1], SIG_DFL);
			raise(order[1]);
			answer = 1;
			break;
		case 's':
			answer = setsid() < 0 ? errno : 0;
			break;
		case 'g':
			answer = setpgid(0, 0) < 0 ? errno : 0;
			break;
		case 'c':	/* init's to reap, and its own */
			if (fork() == 0) {
				/* It must not keep the group alive. */
				if (vfork() == 0)
					_exit(setsid() > 0);
				_exit(5);
			}
			if (wait(&answer) > 0)
				answer >>= 8;
			break;
		}
		if (write(out, &answer, sizeof(answer)) != sizeof(answer))
			_exit(100);
	}
	_exit(101);
}

static bool tell(struct child *c, char what, int argument)
{
	char order[2] = { what, (char)argument };

	return write(c->to, order, 2) == 2;
}

static int answer_of(struct child *c)
{
	int answer = -1;

	if (read(c->from, &answer, sizeof(answer)) != sizeof(answer))
		return -1;
	return answer;
}

static void close_pipes(struct child *c)
{
	close(c->to);
	close(c->from);
}

static void do_fork(void)
{
	unsigned number = draw(SLOTS);
	struct child *c = &child[number];
	int down[2], up[2];

	say("fork() #%u", number);
	if (c->state != NONE) {
		say(" taken\n");
		return;
	}
	fflush(stdout);
	if (pipe(down) != 0 || pipe(up) != 0)
		abort();
	c->pid = fork();
	if (c->pid == 0) {
		close(down[1]);
		close(up[0]);
		for (unsigned i = 0; i < SLOTS; i++)
			if (child[i].state != NONE)
				close_pipes(&child[i]);
		obey(down[0], up[1]);
	}
	close(down[0]);
	close(up[1]);
	c->to = down[1];
	c->from = up[0];
	c->state = c->pid > 0 ? RUNNING : NONE;
	result(c->pid > 0 ? 0 : -1);
}

/* Until it has come to that: the kernel says so to who does not reap. */
static void await(struct child *c, int options, enum state state)
{
	siginfo_t info;

	waitid(P_PID, (id_t)c->pid, &info, options | WNOWAIT);
	c->state = state;
}

static void do_end(void)
{
	static const int deadly[] = {
		SIGHUP, SIGINT, SIGQUIT, SIGKILL, SIGTERM, SIGUSR1, SIGSEGV,
		SIGABRT, 34,
	};
	unsigned number = draw(SLOTS);
	struct child *c = &child[number];
	int code = (int)draw(256), sig = DRAW(deadly);

	if (c->state != RUNNING) {
		say("end #%u: does not run\n", number);
		return;
	}
	switch (draw(3)) {
	case 0:
		say("#%u: exit(%d)", number, code);
		tell(c, 'x', code);
		break;
	case 1:
		say("#%u: raise(%d)", number, sig);
		tell(c, 'k', sig);
		break;
	default:
		say("kill(#%u, %d)", number, sig);
		result(kill(c->pid, sig));
		await(c, WEXITED, ENDED);
		return;
	}
	await(c, WEXITED, ENDED);
	result(0);
}

static void do_stop(void)
{
	unsigned number = draw(SLOTS);
	struct child *c = &child[number];
	int stop = draw(2) ? SIGSTOP : SIGTSTP;

	if (c->state == RUNNING) {
		if (stop == SIGTSTP)
			stop = SIGSTOP;	/* a group may be orphaned */
		say("kill(#%u, %d)", number, stop);
		result(kill(c->pid, stop));
		await(c, WSTOPPED, STOPPED);
	} else if (c->state == STOPPED) {
		say("kill(#%u, %d)", number, SIGCONT);
		result(kill(c->pid, SIGCONT));
		await(c, WCONTINUED, RUNNING);
	} else {
		say("stop #%u: does not run\n", number);
	}
}

/* The child does it, in which case it is the one that it happens to. */
static void do_order(void)
{
	static const char orders[] = { 's', 'g', 'c' };
	unsigned number = draw(SLOTS);
	struct child *c = &child[number];
	char order = DRAW(orders);

	if (c->state != RUNNING) {
		say("order #%u: does not run\n", number);
		return;
	}
	say("#%u: %c", number, order);
	tell(c, order, 0);
	result(answer_of(c));
}

static void say_status(int status)
{
	say(" %s %d%s", WIFEXITED(status) ? "exit" : WIFSIGNALED(status) ?
	    "killed" : WIFSTOPPED(status) ? "stopped" : WIFCONTINUED(status) ?
	    "continued" : "none", WIFEXITED(status) ? WEXITSTATUS(status) :
	    WIFSIGNALED(status) ? WTERMSIG(status) : WIFSTOPPED(status) ?
	    WSTOPSIG(status) : 0,
	    WIFSIGNALED(status) && WCOREDUMP(status) ? " core" : "");
}

static void gone(pid_t pid)
{
	for (unsigned i = 0; i < SLOTS; i++) {
		if (child[i].state != NONE && child[i].pid == pid) {
			close_pipes(&child[i]);
			child[i].state = NONE;
			child[i].pid = 0;
		}
	}
}

static void do_wait(void)
{
	static const int some[] = {
		WNOHANG, WNOHANG, WNOHANG | WUNTRACED, WNOHANG | WCONTINUED,
		WNOHANG | WUNTRACED | WCONTINUED, WNOHANG | 0x40,
	};
	unsigned number = draw(SLOTS);
	int options = DRAW(some), status = 0;
	pid_t pid = draw(8) == 0 ? -1 : draw(8) == 0 ? 0 :
		child[number].state == NONE ? 999999 : child[number].pid, got;

	/* Of several that ended, which comes first is Linux's own order. */
	if (pid <= 0)
		for (unsigned i = 0, ended = 0; i < SLOTS; i++)
			if (child[i].state != NONE &&
			    child[i].state != RUNNING && ++ended > 1)
				pid = child[i].pid;
	say("wait4(%s, %#x)", pid == 999999 ? "nobody" : who(pid),
	    (unsigned)options);
	got = wait4(pid, &status, options, NULL);
	if (got > 0) {
		say(" = %s", who(got));
		say_status(status);
		say("\n");
		if (WIFEXITED(status) || WIFSIGNALED(status))
			gone(got);
	} else {
		result(got);
	}
}

static void do_waitid(void)
{
	static const int some[] = {
		WEXITED, WEXITED | WNOWAIT, WSTOPPED, WCONTINUED,
		WEXITED | WSTOPPED | WCONTINUED, 0, WSTOPPED | WNOWAIT,
	};
	unsigned number = draw(SLOTS);
	struct child *c = &child[number];
	int options = DRAW(some) | WNOHANG, done;
	siginfo_t info = { 0 };

	say("waitid(#%u, %#x)", number, (unsigned)options);
	if (c->state == NONE) {
		say(" none\n");
		return;
	}
	done = waitid(P_PID, (id_t)c->pid, &info, options);
	result_with(done, "%s code %d status %d signo %d",
		    info.si_pid == c->pid ? "it" : info.si_pid ? "other" :
		    "nobody", info.si_code, info.si_status, info.si_signo);
	if (done == 0 && info.si_pid == c->pid && !(options & WNOWAIT) &&
	    (info.si_code == CLD_EXITED || info.si_code == CLD_KILLED ||
	     info.si_code == CLD_DUMPED))
		gone(c->pid);
}

static void do_group(void)
{
	unsigned number = draw(SLOTS), other = draw(SLOTS);
	struct child *c = &child[number], *d = &child[other];

	if (c->state == NONE || d->state == NONE) {
		say("group: none\n");
		return;
	}
	switch (draw(3)) {
	case 0:
		say("setpgid(#%u, #%u)", number, other);
		result(setpgid(c->pid, d->pid));
		break;
	case 1:
		say("setpgid(#%u, own)", number);
		result(setpgid(c->pid, getpgid(0)));
		break;
	default:
		say("kill(-#%u, 0)", number);
		result(kill(-c->pid, 0));
		break;
	}
	say("    getpgid(#%u) %s getsid %s", number, who(getpgid(c->pid)),
	    getsid(c->pid) == getsid(0) ? "own" : who(getsid(c->pid)));
	result(kill(c->pid, 0));
}

static void do_priority(void)
{
	unsigned number = draw(SLOTS);
	int nice = (int)draw(25);

	if (child[number].state != RUNNING && child[number].state != STOPPED) {
		say("priority: none\n");
		return;
	}
	say("setpriority(#%u, %d)", number, nice);
	result(setpriority(PRIO_PROCESS, (id_t)child[number].pid, nice));
	say("    getpriority(#%u)", number);
	errno = 0;
	result(getpriority(PRIO_PROCESS, (id_t)child[number].pid));
}

static void step(void)
{
	static void (*const steps[])(void) = {
		do_fork, do_fork, do_fork, do_end, do_end, do_stop, do_stop,
		do_order, do_order, do_wait, do_wait, do_wait, do_waitid,
		do_waitid, do_group, do_group, do_priority,
	};

	DRAW(steps)();
}

static void end(void)
{
	int status;

	for (unsigned i = 0; i < SLOTS; i++) {
		if (child[i].state == NONE)
			continue;
		kill(child[i].pid, SIGKILL);
		say("end #%u", i);
		if (waitpid(child[i].pid, &status, 0) == child[i].pid)
			say_status(status);
		say("\n");
		gone(child[i].pid);
	}
}

/*
 * Whoever started it, it leads a group, and has a parent of the same session
 * in another: else its group were orphaned, and hung up.
 */
static void begin(void)
{
	int status;
	pid_t pid = fork();

	if (pid > 0) {
		waitpid(pid, &status, 0);
		exit(WIFEXITED(status) ? WEXITSTATUS(status) : 1);
	}
	setpgid(0, 0);
}

const struct topic topic_processes = { "processes", begin, step, end };
