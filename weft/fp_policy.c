// SPDX-License-Identifier: MIT
/*
 * Whose FP state is in the registers: the policies of include/weft/fp.h.
 * Called by the switch and by the trap handler.
 */
#include <weft/fp.h>

#include <stddef.h>

#include <weft/arch.h>
#include <weft/assert.h>
#include <weft/cpu.h>
#include <weft/sysreg.h>
#include <weft/task.h>

#include "flags.h"

void weft_task_reset_fp(struct weft_task *task)
{
	weft_assert((weft_read_daif() & WEFT_PSTATE_DAIF) == WEFT_PSTATE_DAIF);
	weft_assert(task == weft_task_current() && task->fp);
	*task->fp = (struct weft_fp){ 0 };
	weft_fp_restore(task->fp);
	task->cpu->fp_owner = task->fp;
}

void weft_task_forget_fp(struct weft_cpu *cpu, const struct weft_fp *fp)
{
	if (cpu->fp_owner == fp)
		cpu->fp_owner = NULL;
}

/* include/weft/fp.h has the argument for when nothing is loaded. */
void weft_fp_hand_over(struct weft_cpu *cpu, struct weft_task *prev,
		       struct weft_task *next)
{
	if (prev->fp) {
		weft_assert(cpu->fp_owner == prev->fp);
		weft_fp_save(prev->fp);
	}
	if (!next->fp)
		return;
	if (cpu->fp_owner == next->fp && next->cpu == cpu)
		return;
	weft_fp_restore(next->fp);
	cpu->fp_owner = next->fp;
}

bool weft_fp_trap(struct weft_task *task, enum weft_fp_use use)
{
	(void)task;
	(void)use;
	return false;
}
