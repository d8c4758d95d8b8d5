// SPDX-License-Identifier: MIT
/*
 * Signal names; see signame.h. The C library has the tables.
 */
#define _GNU_SOURCE
#include "signame.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "prog.h"

int signame_number(const char *name)
{
	long number;
	int sig;

	if (prog_number(name, 0, _NSIG - 1, &number))
		return (int)number;
	if (strncasecmp(name, "SIG", 3) == 0)
		name += 3;
	for (sig = 1; sig < _NSIG; sig++) {
		const char *known = sigabbrev_np(sig);

		if (known != NULL && strcasecmp(name, known) == 0)
			return sig;
	}
	return -1;
}

const char *signame_short(int sig)
{
	return sigabbrev_np(sig);
}

const char *signame_text(int sig)
{
	static char other[32];
	const char *text = sigdescr_np(sig);

	if (text != NULL)
		return text;
	snprintf(other, sizeof(other), "Signal %d", sig);
	return other;
}

void signame_print(void)
{
	int sig;

	for (sig = 1; sig < _NSIG; sig++)
		if (sigabbrev_np(sig) != NULL)
			printf("%2d %s\n", sig, sigabbrev_np(sig));
}
