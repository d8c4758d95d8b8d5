// SPDX-License-Identifier: MIT
/*
 * Lab 2: what the kernel of examples/userland calls where it called
 * weft_switch_to: in a call that blocks, and when a process ends.
 */
#include <weft/asid.h>
#include <weft/space.h>
#include <weft/sysreg.h>
#include <weft/task.h>

struct weft_task *course_switch_to(struct weft_task *prev,
				   struct weft_task *next);

/* User addresses mean @space from now on. */
static void install(struct weft_space *space)
{
	weft_asid_assign(space->domain, 0, space);
	weft_write_ttbr0_el1(space->ttbr);
	weft_isb();	/* nothing is walked under the old root any more */
}

/* Returns the task that was left, when somebody switches back to @prev. */
struct weft_task *course_switch_to(struct weft_task *prev,
				   struct weft_task *next)
{
	next->cpu = prev->cpu;
	if (!next->space->context)	/* it never ran: as a loader does */
		install(next->space);
	return weft_switch(prev, next);	/* the stack, and the frame on it */
}
