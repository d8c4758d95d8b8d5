// SPDX-License-Identifier: MIT
/*
 * The hand-over of a CPU from one task to another, around the stack switch of
 * switch.S, and the setters of a task.
 *
 * Order, and what each step needs:
 *
 *	FP registers	prev's into memory, next's from it; needs next->cpu as
 *			it was (where it last ran), so before that is written
 *	thread regs	TPIDR_EL0 may have been written by the program: read
 *			back from the register, never from a copy
 *	keys		IB, DA, DB, GA; in EL1 the key IA is the kernel's
 *	TTBR0		the space of next
 *	next->cpu	who runs next finds its CPU here
 *	stack, current	weft_switch or weft_switch_away; TPIDR_EL1 goes with
 *			the stack, and names one of the two at any moment
 *
 * Between the first and the last the registers are of both: all of DAIF is
 * masked, so nobody can look. The order of the first three is free otherwise:
 * none of them is read by the kernel on the way.
 *
 * Barriers. Here are none but one:
 *
 *	after FP, thread registers
 *			none: EL0 uses them, and ERET is a context
 *			synchronization event
 *	after TTBR0, next goes on in the kernel
 *			ISB, in weft_switch_to behind the switch (it runs in
 *			the one who returns) and in weft_resume_first: that
 *			thread may touch user memory without an ERET
 *	after TTBR0, next goes on at its frame
 *			ISB in weft_resume_frame, before the client's hook
 *			publishes prev: until then this CPU may still walk
 *			prev's root, which another CPU could free. (Behind
 *			weft_switch the ISB is there for that, too.)
 *	after TTBR0, weft_hand_over
 *			none: the frame switch ends in ERET
 *	between prev's stores and another CPU's loads of them
 *			none here: the release of the client's run-queue lock,
 *			after the switch, and the acquire of it by whoever
 *			resumes prev. A barrier before the switch would not be
 *			enough: prev runs on its stack until then
 *	between the stack of prev and that of next
 *			none: one CPU sees its own stores
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
#include <weft/trace.h>

#include "entry.h"
#include "flags.h"

static void assert_masked(void)
{
	weft_assert((weft_read_daif() & WEFT_PSTATE_DAIF) == WEFT_PSTATE_DAIF);
}

static __attribute__((noinline)) void
init(struct weft_task *task, uintptr_t sp, const char *pc,
     struct weft_space *space, struct weft_fp *fp)
{
	weft_assert(sp % 16 == 0 && (space || !WEFT_USER));
	*task = (struct weft_task){
		.sp = sp,
		.pc = (uint64_t)(uintptr_t)pc,
		.space = space,
		.fp = fp,
	};
	if (WEFT_FP && fp)
		*fp = (struct weft_fp){ 0 };
}

void weft_task_init(struct weft_task *task,
		    void (*entry)(struct weft_task *prev, void *arg),
		    void *arg, uint64_t stack_top, struct weft_space *space,
		    struct weft_fp *fp)
{
	uintptr_t sp = (uintptr_t)stack_top - WEFT_FRAME_SIZE -
		       WEFT_SAVED_SIZE;
	struct weft_saved *saved = (struct weft_saved *)sp;

	init(task, sp, weft_resume_first, space, fp);
	*saved = (struct weft_saved){ 0 };
	saved->x[0] = (uint64_t)(uintptr_t)entry;
	saved->x[1] = (uint64_t)(uintptr_t)arg;
}

#if WEFT_USER
void weft_task_init_user(struct weft_task *task, struct weft_frame *frame,
			 struct weft_space *space, struct weft_fp *fp)
{
	weft_assert(weft_pstate_user_ok(frame->pstate));
	init(task, (uintptr_t)frame, weft_resume_frame, space, fp);
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
#endif

void weft_task_adopt(struct weft_task *task, struct weft_cpu *cpu,
		     struct weft_space *space)
{
	assert_masked();
	*task = (struct weft_task){ .cpu = cpu, .space = space };
	weft_write_tpidr_el1((uint64_t)(uintptr_t)task);
#if WEFT_USER
	/* The firmware may have left anything in what a program can read. */
	weft_write_tpidr_el0(0);
	weft_write_tpidrro_el0(0);
	weft_space_install(cpu, space);
#endif
}

#if WEFT_TLS
void weft_task_set_tls(struct weft_task *task, uint64_t value)
{
	if (task == weft_task_current())
		weft_write_tpidr_el0(value);
	else
		task->tpidr_el0 = value;
}
#endif

static void hand_over_tls(struct weft_task *prev, struct weft_task *next)
{
	prev->tpidr_el0 = weft_read_tpidr_el0();
	weft_write_tpidr_el0(next->tpidr_el0);
	weft_write_tpidrro_el0(next->tpidrro_el0);
}

/*
 * All but what names the running thread: its stack and TPIDR_EL1. One copy of
 * it for the three below.
 */
static __attribute__((noinline)) void
hand_over(struct weft_task *prev, struct weft_task *next)
{
	struct weft_cpu *cpu = prev->cpu;

	assert_masked();
	weft_assert(prev == weft_task_current() && prev != next);
	if (WEFT_FP)
		weft_fp_hand_over(cpu, prev, next);
	if (WEFT_TLS)
		hand_over_tls(prev, next);
	if (WEFT_PAUTH)
		weft_keys_hand_over(prev, next);
	if (WEFT_USER)
		weft_space_install(cpu, next->space);
	next->cpu = cpu;
	weft_trace(WEFT_TRACE_SWITCH, (uintptr_t)prev, (uintptr_t)next);
}

#if WEFT_LEAF
void weft_leaf_hand_over(struct weft_task *prev, struct weft_task *next)
{
	hand_over(prev, next);
}
#endif

void weft_hand_over(struct weft_task *prev, struct weft_task *next)
{
	hand_over(prev, next);
	weft_write_tpidr_el1((uint64_t)(uintptr_t)next);
}

struct weft_task *weft_switch_to(struct weft_task *prev,
				 struct weft_task *next)
{
	hand_over(prev, next);
	prev = weft_switch(prev, next);
	if (WEFT_USER)
		weft_isb();	/* TTBR0: the kernel may use it next */
	return prev;
}

/* @frame is above the frame of its caller, on the same stack. */
static void assert_on_stack(const struct weft_frame *frame)
{
#if WEFT_DEBUG
	uintptr_t sp = (uintptr_t)__builtin_frame_address(0);

	weft_assert((uintptr_t)frame % 16 == 0 && (uintptr_t)frame > sp);
	weft_assert(((uintptr_t)frame ^ sp) >> WEFT_STACK_SHIFT == 0);
#else
	(void)frame;
#endif
}

void weft_switch_from_frame(struct weft_task *prev, struct weft_frame *frame,
			    struct weft_task *next)
{
	assert_on_stack(frame);
	hand_over(prev, next);
	prev->sp = (uint64_t)(uintptr_t)frame;
	prev->pc = (uint64_t)(uintptr_t)weft_resume_frame;
	if (WEFT_LEAF)
		prev->leaf_cpu = NULL;
	weft_switch_away(prev, next);
}
