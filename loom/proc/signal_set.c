// SPDX-License-Identifier: MIT
/*
 * What signals are called and what they do: the tables and sets of signal.h,
 * without any process. Used by signal.c and the kernel's reports.
 */
#include "proc/signal.h"

static const char *const names[] = {
	[SIGHUP] = "SIGHUP", [SIGINT] = "SIGINT", [SIGQUIT] = "SIGQUIT",
	[SIGILL] = "SIGILL", [SIGTRAP] = "SIGTRAP", [SIGABRT] = "SIGABRT",
	[SIGBUS] = "SIGBUS", [SIGFPE] = "SIGFPE", [SIGKILL] = "SIGKILL",
	[SIGUSR1] = "SIGUSR1", [SIGSEGV] = "SIGSEGV", [SIGUSR2] = "SIGUSR2",
	[SIGPIPE] = "SIGPIPE", [SIGALRM] = "SIGALRM", [SIGTERM] = "SIGTERM",
	[SIGSTKFLT] = "SIGSTKFLT", [SIGCHLD] = "SIGCHLD",
	[SIGCONT] = "SIGCONT", [SIGSTOP] = "SIGSTOP", [SIGTSTP] = "SIGTSTP",
	[SIGTTIN] = "SIGTTIN", [SIGTTOU] = "SIGTTOU", [SIGURG] = "SIGURG",
	[SIGXCPU] = "SIGXCPU", [SIGXFSZ] = "SIGXFSZ",
	[SIGVTALRM] = "SIGVTALRM", [SIGPROF] = "SIGPROF",
	[SIGWINCH] = "SIGWINCH", [SIGIO] = "SIGIO", [SIGPWR] = "SIGPWR",
	[SIGSYS] = "SIGSYS",
};

#define BIT(sig) (UINT64_C(1) << ((sig) - 1))

static const uint64_t default_nothing =
	BIT(SIGCHLD) | BIT(SIGCONT) | BIT(SIGURG) | BIT(SIGWINCH);
static const uint64_t default_stops =
	BIT(SIGSTOP) | BIT(SIGTSTP) | BIT(SIGTTIN) | BIT(SIGTTOU);

const char *signal_name(int sig)
{
	if (sig < 1 || sig > SIGNAL_MAX)
		return "no signal";
	if (sig > SIGSYS)
		return "real-time signal";
	return names[sig];
}

enum signal_default signal_default(int sig)
{
	if (default_nothing & BIT(sig))
		return SIGNAL_NOTHING;
	if (default_stops & BIT(sig))
		return SIGNAL_STOPS;
	return SIGNAL_ENDS;
}

uint64_t signal_harmless(uint64_t ignored, bool is_init)
{
	return is_init ? UINT64_MAX : ignored | default_nothing | default_stops;
}

int signal_first(uint64_t pending)
{
	if (pending & BIT(SIGKILL))
		return SIGKILL;
	return pending ? __builtin_ctzll(pending) + 1 : 0;
}
