// SPDX-License-Identifier: MIT
/*
 * Whose FP state is in the registers: the policies of include/weft/fp.h, which
 * has the facts, the invariants and the reasons for each barrier and each
 * absence of one. Called by the switch, the trap handler and clients.
 */
#include <weft/config.h>

#if WEFT_FP

#include <weft/fp.h>

#include <stddef.h>

#include <weft/arch.h>
#include <weft/assert.h>
#include <weft/cpu.h>
#include <weft/sysreg.h>
#include <weft/task.h>

#define CPACR_EL0 (WEFT_CPACR_FPEN_EL0 | WEFT_CPACR_ZEN_EL0)

static void assert_running(const struct weft_task *task)
{
	weft_assert((weft_read_daif() & WEFT_PSTATE_DAIF) == WEFT_PSTATE_DAIF);
	weft_assert(task == weft_task_current());
	(void)task;
}

static uint64_t cpacr_of(uint64_t live)
{
	if (live == WEFT_FP_NOTHING)
		return 0;
	return live == WEFT_FP_SVE ? CPACR_EL0 : WEFT_CPACR_FPEN_EL0;
}

/* EL0 from now on; no ISB, the ERET that takes it there is one. */
static void set_live(struct weft_cpu *cpu, uint64_t live)
{
	if (cpu->fp_live == live)
		return;
	cpu->fp_live = live;
	weft_write_cpacr_el1((weft_read_cpacr_el1() & ~CPACR_EL0) |
			     cpacr_of(live));
}

static void save(const struct weft_cpu *cpu, const struct weft_task *task)
{
	weft_assert(cpu->fp_owner == task->fp);
	(void)cpu;
	weft_fp_save(task->fp);
}

/* From memory, unless the registers hold it. */
static void load(struct weft_cpu *cpu, const struct weft_task *task)
{
	if (cpu->fp_owner == task->fp)
		return;
	weft_fp_restore(task->fp);
	cpu->fp_owner = task->fp;
}

static void enable(struct weft_cpu *cpu, struct weft_task *task)
{
	if (task->fp_used == WEFT_FP_NOTHING)
		task->fp_used = WEFT_FP_SIMD;
	load(cpu, task);
	set_live(cpu, task->fp_used);
}

/* @task runs on @cpu from now on. */
static void arrive(struct weft_cpu *cpu, struct weft_task *task)
{
	uint64_t policy = cpu->fp_policy;

	if (task->fp && (policy == WEFT_FP_EAGER ||
			 (policy == WEFT_FP_TRACKED && task->fp_used)))
		enable(cpu, task);
	else
		set_live(cpu, WEFT_FP_NOTHING);
}

void weft_task_forget_fp(struct weft_cpu *cpu, const struct weft_fp *fp)
{
	if (cpu->fp_owner == fp)
		cpu->fp_owner = NULL;
}

void weft_fp_hand_over(struct weft_cpu *cpu, struct weft_task *prev,
		       struct weft_task *next)
{
	if (cpu->fp_live)
		save(cpu, prev);
	if (next->cpu != cpu)
		weft_task_forget_fp(cpu, next->fp);
	arrive(cpu, next);
}

bool weft_fp_trap(struct weft_task *task, enum weft_fp_use use)
{
	struct weft_cpu *cpu = task->cpu;

	assert_running(task);
	if (!task->fp || cpu->fp_live >= use || use == WEFT_FP_SVE)
		return false;
	enable(cpu, task);
	return true;
}

void weft_task_save_fp(struct weft_task *task)
{
	assert_running(task);
	if (task->cpu->fp_live)
		save(task->cpu, task);
}

void weft_task_load_fp(struct weft_task *task)
{
	struct weft_cpu *cpu = task->cpu;

	if (task != weft_task_current()) {
		task->cpu = NULL;	/* no CPU's registers count as its */
		return;
	}
	assert_running(task);
	weft_task_forget_fp(cpu, task->fp);
	if (cpu->fp_live)
		load(cpu, task);
}

void weft_task_copy_fp(struct weft_task *to, const struct weft_task *from)
{
	assert_running(from);
	weft_assert(to->fp && from->fp && !to->cpu);
	if (from->cpu->fp_live)
		weft_fp_save(to->fp);
	else
		*to->fp = *from->fp;
	to->fp_used = from->fp_used ? WEFT_FP_SIMD : WEFT_FP_NOTHING;
}

void weft_task_reset_fp(struct weft_task *task)
{
	assert_running(task);
	weft_assert(task->fp);
	*task->fp = (struct weft_fp){ 0 };
	task->fp_used = WEFT_FP_NOTHING;
	weft_task_forget_fp(task->cpu, task->fp);
	arrive(task->cpu, task);
}

bool weft_fp_is_right(const struct weft_task *task)
{
	const struct weft_cpu *cpu = task->cpu;
	uint64_t live = cpu->fp_live;

	if ((weft_read_cpacr_el1() & CPACR_EL0) != cpacr_of(live))
		return false;
	if (live == WEFT_FP_NOTHING)
		return true;
	return task->fp && cpu->fp_owner == task->fp && task->fp_used == live;
}

#endif
