// SPDX-License-Identifier: MIT
/*
 * sequence's signals: sent to itself while they are blocked, ignored, caught
 * or waited for. Each handler says that it begins and ends, with which signal,
 * value and mask, so the order is part of what is compared.
 *
 * Left out: SIGKILL, SIGSTOP and default actions that would end it; faults;
 * how many real-time signals can be queued.
 */
#define _GNU_SOURCE
#include "sequence.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

enum { DEEPEST = 12, QUEUED = 100 };

/* Numbers as the kernel has them; the C library keeps 32 and 33. */
static const int signals[] = {
	SIGHUP, SIGINT, SIGQUIT, SIGUSR1, SIGSEGV, SIGUSR2, SIGPIPE, SIGALRM,
	SIGTERM, SIGCHLD, SIGCONT, SIGTSTP, SIGTTIN, SIGURG, SIGWINCH, 34, 35,
	50, 64,
};

enum { SIGNALS = sizeof(signals) / sizeof(*signals) };

static int depth, queued;
static bool caught[65];
static char stack[65536];

/* The signals of a set, as the bits of a number. */
static unsigned long long bits(const sigset_t *set)
{
	unsigned long long word;

	memcpy(&word, set, sizeof(word));
	return word;
}

static unsigned long long mask_now(void)
{
	sigset_t set;

	sigprocmask(SIG_BLOCK, NULL, &set);
	return bits(&set);
}

static bool on_stack(void)
{
	char here;

	return (uintptr_t)&here - (uintptr_t)stack < sizeof(stack);
}

static void on_signal(int sig)
{
	depth++;
	say(" [%d %llx%s", sig, mask_now(), on_stack() ? " stack" : "");
	say(" %d]", sig);
	depth--;
}

static void on_info(int sig, siginfo_t *info, void *context)
{
	const ucontext_t *uc = context;

	depth++;
	say(" [%d code %d", sig, info->si_code);
	if (info->si_code == SI_QUEUE)
		say(" value %d", info->si_value.sival_int);
	if (info->si_code <= 0)
		say("%s", info->si_pid == getpid() ? " own" : "");
	say(" was %llx now %llx%s", bits(&uc->uc_sigmask), mask_now(),
	    on_stack() ? " stack" : "");
	/* One that sends another, while it is not too deep. */
	if (depth < 3 && sig % 3 == 0) {
		say(" raise");
		raise(SIGWINCH);
	}
	say(" %d]", sig);
	depth--;
}

static void a_set(sigset_t *set)
{
	unsigned count = draw(6);

	sigemptyset(set);
	while (count-- > 0)
		sigaddset(set, DRAW(signals));
	say("%llx", bits(set));
}

static void do_action(void)
{
	struct sigaction action = { 0 }, old = { 0 };
	int sig = DRAW(signals), done;
	unsigned kind = draw(8);

	say("sigaction(%d, ", sig);
	if (kind == 0)
		action.sa_handler = SIG_IGN;
	else if (kind < 4)
		action.sa_handler = on_signal;
	else {
		action.sa_sigaction = on_info;
		action.sa_flags = SA_SIGINFO;
	}
	action.sa_flags |= draw(4) ? 0 : SA_NODEFER;
	action.sa_flags |= draw(4) ? 0 : SA_ONSTACK;
	action.sa_flags |= draw(2) ? 0 : SA_RESTART;
	a_set(&action.sa_mask);
	say(", %#x, %s)", (unsigned)action.sa_flags, kind ? "caught"
	    : "ignored");
	done = sigaction(sig, &action, &old);
	caught[sig] = true;
	result_with(done, "%#x %llx", (unsigned)old.sa_flags,
		    bits(&old.sa_mask));
}

static void do_mask(void)
{
	int how = (int)draw(4);
	sigset_t set, old;
	int done;

	sigemptyset(&old);
	say("sigprocmask(%d, ", how);
	a_set(&set);
	say(")");
	done = sigprocmask(how, &set, &old);
	result_with(done, "%llx", bits(&old));
}

static void do_send(void)
{
	int sig = DRAW(signals);
	int value = (int)draw(1000);

	if (!caught[sig]) {
		say("default %d\n", sig);
		return;
	}
	if (queued++ > QUEUED)
		return;
	switch (draw(5)) {
	case 0:
		say("kill(%d)", sig);
		result(kill(getpid(), sig));
		break;
	case 1:
		say("tgkill(%d)", sig);
		result(syscall(SYS_tgkill, getpid(), gettid(), sig));
		break;
	case 2:
		say("raise(%d)", sig);
		result(raise(sig));
		break;
	default:
		say("sigqueue(%d, %d)", sig, value);
		result(sigqueue(getpid(), sig,
				(union sigval){ .sival_int = value }));
		break;
	}
}

static void do_pending(void)
{
	sigset_t set;

	sigemptyset(&set);
	say("sigpending()");
	result_with(sigpending(&set), "%llx", bits(&set));
}

static void do_wait(void)
{
	struct timespec none = { 0, 0 };
	siginfo_t info = { 0 };
	sigset_t set;
	int sig;

	say("sigtimedwait(");
	a_set(&set);
	say(")");
	sig = sigtimedwait(&set, &info, &none);
	result_with(sig, "code %d value %d", info.si_code,
		    info.si_code == SI_QUEUE ? info.si_value.sival_int : 0);
}

/* Blocked and sent, so that it is there when the wait begins. */
static void do_suspend(void)
{
	int sig = DRAW(signals);
	struct sigaction now;
	sigset_t set, all, old;

	sigaction(sig, NULL, &now);
	if (!caught[sig] || now.sa_handler == SIG_IGN) {
		say("not caught\n");
		return;
	}
	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, &old);
	say("sigsuspend(%d, ", sig);
	raise(sig);
	a_set(&set);
	sigdelset(&set, sig);
	say(")");
	result(sigsuspend(&set));
	say("    mask");
	result_with(0, "%llx", mask_now());
	say("    back");
	sigprocmask(SIG_SETMASK, &old, NULL);
	result(0);
}

static void do_stack(void)
{
	static const size_t sizes[] = { 100, 32768, sizeof(stack) };
	static const int flags[] = { 0, 0, 0, SS_DISABLE, 77 };
	stack_t new = { .ss_sp = stack, .ss_size = DRAW(sizes),
			.ss_flags = DRAW(flags) }, old = { 0 };

	say("sigaltstack(%zu, %d)", new.ss_size, new.ss_flags);
	/* What is in none is not told. */
	result_with(sigaltstack(&new, &old), "%zu %d",
		    old.ss_flags & SS_DISABLE ? 0 : old.ss_size, old.ss_flags);
}

static void do_alarm(void)
{
	struct itimerval set = { .it_value = { 1000 + (long)draw(100), 0 } };
	struct itimerval old = { 0 };

	if (draw(2))
		set.it_value.tv_sec = 0;
	say("setitimer(%ld)", (long)set.it_value.tv_sec);
	/* What is left of one may have become a second less. */
	result_with(setitimer(ITIMER_REAL, &set, &old), "%d",
		    old.it_value.tv_sec > 0);
}

static void do_odd(void)
{
	static const int odd[] = { 0, -1, 65, SIGKILL, SIGSTOP, 1000 };
	struct sigaction action = { .sa_handler = on_signal };
	int sig = DRAW(odd);

	if (draw(2)) {
		say("sigaction(%d)", sig);
		result(sigaction(sig, &action, NULL));
	} else {
		sig = draw(2) ? 0 : 65;
		say("kill(%d)", sig);
		result(kill(getpid(), sig));
	}
}

static void step(void)
{
	static void (*const steps[])(void) = {
		do_action, do_action, do_action, do_mask, do_mask, do_send,
		do_send, do_send, do_send, do_send, do_pending, do_wait,
		do_wait, do_suspend, do_stack, do_alarm, do_odd,
	};

	DRAW(steps)();
	queued = 0;
}

const struct topic topic_signals = { "signals", NULL, step, NULL };
