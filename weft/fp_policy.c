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
#include <weft/sve.h>
#include <weft/sysreg.h>
#include <weft/task.h>
#include <weft/trace.h>

#include "flags.h"

/* Called from many places: one copy. */
#define SHARED __attribute__((noinline))

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
	return WEFT_SVE && live == WEFT_FP_SVE ? CPACR_EL0 :
	       WEFT_CPACR_FPEN_EL0;
}

/* EL0 from now on; no ISB, the ERET that takes it there is one. */
static SHARED void change_live(struct weft_cpu *cpu, uint64_t live)
{
	cpu->fp_live = live;
	weft_write_cpacr_el1((weft_read_cpacr_el1() & ~CPACR_EL0) |
			     cpacr_of(live));
	weft_trace(WEFT_TRACE_FP_LIVE, live, 0);
}

static void set_live(struct weft_cpu *cpu, uint64_t live)
{
	if (cpu->fp_live != live)
		change_live(cpu, live);
}

static void save(const struct weft_cpu *cpu, const struct weft_task *task)
{
	weft_assert(cpu->fp_owner == task->fp);
	if (WEFT_SVE && cpu->fp_live == WEFT_FP_SVE)
		weft_sve_save(task->sve, task->fp);
	else
		weft_fp_save(task->fp);
	weft_trace(WEFT_TRACE_FP_SAVE, (uintptr_t)task, cpu->fp_live);
}

static void set_length(struct weft_cpu *cpu, const struct weft_sve *sve)
{
	uint64_t zcr = sve->vl / 16 - 1;

	if (cpu->zcr == zcr)
		return;
	cpu->zcr = zcr;
	weft_sve_set_zcr(zcr);
}

/*
 * From memory, unless the registers hold it. Then ZCR_EL1 is right, too: it
 * changes only here and in begin_sve, with the owner.
 */
static void load(struct weft_cpu *cpu, const struct weft_task *task)
{
	const struct weft_fp *owner = cpu->fp_owner;
	uint64_t loads = cpu->fp_loads;

	/* Loaded as a pair, as they are stored: so counting takes nothing. */
	__asm__("" : "+r"(owner), "+r"(loads));
	if (owner == task->fp)
		return;
	cpu->fp_owner = task->fp;
	cpu->fp_loads = loads + 1;
	if (WEFT_SVE && task->fp_used == WEFT_FP_SVE) {
		set_length(cpu, task->sve);
		weft_sve_restore(task->sve, task->fp);
	} else {
		weft_fp_restore(task->fp);
	}
	weft_trace(WEFT_TRACE_FP_LOAD, (uintptr_t)task, task->fp_used);
}

static SHARED void enable(struct weft_cpu *cpu, struct weft_task *task)
{
	if (task->fp_used == WEFT_FP_NOTHING)
		task->fp_used = WEFT_FP_SIMD;
	load(cpu, task);
	set_live(cpu, task->fp_used);
}

/* SVE joins what the registers hold of @task, all zeros above v0-v31. */
static void begin_sve(struct weft_cpu *cpu, struct weft_task *task)
{
	set_length(cpu, task->sve);
	weft_sve_extend();
	task->fp_used = WEFT_FP_SVE;
	set_live(cpu, WEFT_FP_SVE);
}

/* @task runs on @cpu from now on. */
static SHARED void arrive(struct weft_cpu *cpu, struct weft_task *task)
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
	/* A choice and not a branch: it is part of larger functions. */
#if WEFT_TRACE
	if (fp && cpu->fp_owner == fp)
		weft_trace(WEFT_TRACE_FP_LOAD, 0, 0);
#endif
	cpu->fp_owner = cpu->fp_owner == fp ? NULL : cpu->fp_owner;
}

void weft_fp_hand_over(struct weft_cpu *cpu, struct weft_task *prev,
		       struct weft_task *next)
{
	uint64_t saves = cpu->fp_saves, live = cpu->fp_live;

	__asm__("" : "+r"(saves), "+r"(live));	/* a pair, as in load() */
	if (__builtin_expect(live, 1)) {
		cpu->fp_saves = saves + 1;
		save(cpu, prev);
	}
	if (next->cpu != cpu)
		weft_task_forget_fp(cpu, next->fp);
	arrive(cpu, next);
}

bool weft_fp_trap(struct weft_task *task, enum weft_fp_use use)
{
	struct weft_cpu *cpu = task->cpu;

	assert_running(task);
	if (!task->fp || cpu->fp_live >= use ||
	    (use == WEFT_FP_SVE && (!WEFT_SVE || !task->sve)))
		return false;
	enable(cpu, task);
	if (WEFT_SVE && cpu->fp_live < use)
		begin_sve(cpu, task);
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
		enable(cpu, task);
}

void weft_task_copy_fp(struct weft_task *to, const struct weft_task *from)
{
	assert_running(from);
	weft_assert(to->fp && from->fp && !to->cpu);
	if (!from->fp_used)
		return;		/* zeros, as @to has from weft_task_init */
	*to->fp = *from->fp;
	to->fp_used = WEFT_FP_SIMD;
	if (from->cpu->fp_live)
		weft_fp_save(to->fp);
	else if (WEFT_SVE && from->fp_used == WEFT_FP_SVE)
		weft_sve_to_simd(from->sve, to->fp);
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

#if WEFT_SVE
/*
 * The registers may hold more than is kept, here or after a load that finds
 * them right: what is above 128 bits is out of reach until begin_sve.
 */
void weft_task_discard_sve(struct weft_task *task)
{
	bool live = task == weft_task_current() && task->cpu->fp_live;

	if (task->fp_used != WEFT_FP_SVE)
		return;
	task->fp_used = WEFT_FP_SIMD;
	if (live) {
		assert_running(task);
		set_live(task->cpu, WEFT_FP_SIMD);
	} else {
		weft_sve_to_simd(task->sve, task->fp);
	}
}
#endif

bool weft_fp_is_right(const struct weft_task *task)
{
	const struct weft_cpu *cpu = task->cpu;
	uint64_t live = cpu->fp_live;

	if ((weft_read_cpacr_el1() & CPACR_EL0) != cpacr_of(live))
		return false;
	if (live == WEFT_FP_NOTHING)
		return true;
	if (WEFT_SVE && live == WEFT_FP_SVE &&
	    (!task->sve || weft_sve_current_vl() != task->sve->vl))
		return false;
	return task->fp && cpu->fp_owner == task->fp && task->fp_used == live;
}

#endif
