// SPDX-License-Identifier: MIT
/*
 * The hand-over of a CPU from one task to another, around the stack switch of
 * switch.S, and the setters of a task.
 *
 * Order, and what each step needs:
 *
 *	FP registers	prev's into memory, next's from it
 *	thread regs	TPIDR_EL0 may have been written by the program: read
 *			back from the register, never from a copy
 *	keys		IB, DA, DB, GA; in EL1 the key IA is the kernel's
 *	TTBR0		the space of next; no ISB, see below
 *	stack		weft_switch
 *
 * Barriers: none between these. The registers are for EL0, which is entered
 * by ERET, a context synchronization event; a task that goes on in the kernel
 * and may touch user memory has the ISB after weft_switch (weft_resume_first
 * has its own). Other CPUs see what was stored here through the release of
 * the client's run-queue lock after the return.
 */
#include <weft/task.h>

#include <stddef.h>

#include <weft/assert.h>
#include <weft/config.h>
#include <weft/cpu.h>
#include <weft/fp.h>
#include <weft/frame.h>
#include <weft/pauth.h>
#include <weft/space.h>
#include <weft/sysreg.h>

static void assert_masked(void)
{
	weft_assert((weft_read_daif() & WEFT_PSTATE_DAIF) == WEFT_PSTATE_DAIF);
}

/*
 * Memory that is @fp of a new task was forgotten when the last one died: or
 * this CPU would take what its registers hold for the new one's state.
 */
static void assert_no_owner(const struct weft_fp *fp)
{
#if WEFT_DEBUG
	const struct weft_task *self = weft_task_current();

	weft_assert(!fp || !self || self->cpu->fp_owner != fp);
#else
	(void)fp;
#endif
}

void weft_task_init(struct weft_task *task,
		    void (*entry)(struct weft_task *prev, void *arg),
		    void *arg, uint64_t stack_top, struct weft_space *space,
		    struct weft_fp *fp)
{
	struct weft_saved *saved;

	weft_assert(stack_top % 16 == 0 && space);
	assert_no_owner(fp);
	saved = (struct weft_saved *)(uintptr_t)(stack_top - WEFT_FRAME_SIZE -
						 WEFT_SAVED_SIZE);
	*saved = (struct weft_saved){ 0 };
	saved->x[0] = (uint64_t)(uintptr_t)entry;
	saved->x[1] = (uint64_t)(uintptr_t)arg;
	*task = (struct weft_task){
		.sp = (uint64_t)(uintptr_t)saved,
		.pc = (uint64_t)(uintptr_t)weft_resume_first,
		.space = space,
		.fp = fp,
	};
	if (fp)
		*fp = (struct weft_fp){ 0 };
}

void weft_task_adopt(struct weft_task *task, struct weft_cpu *cpu,
		     struct weft_space *space)
{
	assert_masked();
	*task = (struct weft_task){ .cpu = cpu, .space = space };
	weft_write_tpidr_el1((uint64_t)(uintptr_t)task);
	/* The firmware may have left anything in what a program can read. */
	weft_write_tpidr_el0(0);
	weft_write_tpidrro_el0(0);
	weft_space_install(cpu, space);
}

void weft_task_set_space(struct weft_task *task, struct weft_space *space)
{
	task->space = space;
	if (task != weft_task_current())
		return;
	assert_masked();
	weft_space_install(task->cpu, space);
	weft_isb();	/* the caller may touch user memory next */
}

void weft_task_set_tls(struct weft_task *task, uint64_t value)
{
	if (task == weft_task_current())
		weft_write_tpidr_el0(value);
	else
		task->tpidr_el0 = value;
}

static void hand_over_tls(struct weft_task *prev, struct weft_task *next)
{
	prev->tpidr_el0 = weft_read_tpidr_el0();
	weft_write_tpidr_el0(next->tpidr_el0);
	weft_write_tpidrro_el0(next->tpidrro_el0);
}

struct weft_task *weft_switch_to(struct weft_task *prev,
				 struct weft_task *next)
{
	struct weft_cpu *cpu = prev->cpu;

	assert_masked();
	weft_assert(prev == weft_task_current() && prev != next);
	weft_fp_hand_over(cpu, prev, next);
	hand_over_tls(prev, next);
	if (WEFT_PAUTH)
		weft_keys_hand_over(prev, next);
	weft_space_install(cpu, next->space);
	next->cpu = cpu;
	prev = weft_switch(prev, next);
	weft_isb();	/* TTBR0, before the kernel touches user memory */
	return prev;
}
