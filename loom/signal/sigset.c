// SPDX-License-Identifier: MIT
/*
 * What signals are called and what they do: the tables and sets of signal.h,
 * without any process. Used by all of signal/ and the kernel's reports.
 */
#include "signal/signal.h"

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

/* An instruction raised them: before it is tried again. */
static const uint64_t faults =
	SIGNAL_BIT(SIGSEGV) | SIGNAL_BIT(SIGBUS) | SIGNAL_BIT(SIGILL) |
	SIGNAL_BIT(SIGTRAP) | SIGNAL_BIT(SIGFPE) | SIGNAL_BIT(SIGSYS);

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
	if (SIGNAL_NOTHING_SET & signal_bit(sig))
		return SIGNAL_NOTHING;
	if (SIGNAL_STOPS_SET & signal_bit(sig))
		return SIGNAL_STOPS;
	return SIGNAL_ENDS;
}

int signal_first(uint64_t set)
{
	if (set & SIGNAL_BIT(SIGKILL))
		return SIGKILL;
	if (set & faults)
		set &= faults;
	return set ? __builtin_ctzll(set) + 1 : 0;
}
