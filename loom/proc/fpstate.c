// SPDX-License-Identifier: MIT
/* What loom decides about FP state; see fpstate.h. */
#include "proc/fpstate.h"

#include <weft/fp.h>

#include "lib/cmdline.h"
#include "lib/panic.h"
#include "lib/string.h"
#include "sched/cpu.h"

static const char *const policies[] = {
	[WEFT_FP_EAGER] = "eager",
	[WEFT_FP_LAZY] = "lazy",
	[WEFT_FP_TRACKED] = "tracked",
};

#define POLICIES (sizeof(policies) / sizeof(policies[0]))

static enum weft_fp_policy choose(const char *cmdline)
{
	char name[16];
	unsigned i;

	if (!cmdline_get(cmdline, "loom.fp", name, sizeof(name)))
		return WEFT_FP_TRACKED;
	for (i = 0; i < POLICIES; i++)
		if (!strcmp(name, policies[i]))
			return (enum weft_fp_policy)i;
	fatal("loom.fp=%s: must be eager, lazy or tracked", name);
}

void fpstate_init(const char *cmdline)
{
	enum weft_fp_policy policy = choose(cmdline);
	unsigned i;

	for (i = 0; i < CPU_MAX; i++)
		cpus[i].weft.fp_policy = policy;
}
