// SPDX-License-Identifier: MIT
/*
 * Two processes, one program, and a call that blocks: what TTBR0 has to do
 * with it. The README has the story; BREAK=1 brings the bug back.
 */
#include <weft/cpu.h>
#include <weft/errno.h>
#include <weft/frame.h>
#include <weft/sysreg.h>
#include <weft/task.h>
#include <weft/trap.h>
#include <weft/uaccess.h>

#include "../common/board.h"
#include "../common/process.h"
#include "calls.h"

#ifndef BREAK
#define BREAK 0
#endif

enum { STACK = 1 << WEFT_STACK_SHIFT };

struct process {
	struct weft_task task;
	struct process_memory memory;
	char name[NAME_SIZE];		/* given to whom it meets */
	bool waits;
	bool ended;
};

extern const char program[];		/* program.S */

static struct weft_cpu cpu = { .spare_stack = (uint64_t)boot_stack_top };
static struct weft_task boot;
static struct process processes[2];
static char stacks[2][2 * STACK] __attribute__((aligned(2 * STACK)));

static struct process *self(void)
{
	return (struct process *)weft_task_current();
}

static void switch_to(struct process *next)
{
	struct weft_task *prev = weft_task_current();

	if (BREAK) {
		/* The stack, with the frame on it; TTBR0 stays as it is. */
		next->task.cpu = prev->cpu;
		weft_switch(prev, &next->task);
	} else {
		weft_switch_to(prev, &next->task);
	}
}

/* A process runs for the first time; @arg is where its frame belongs. */
static void start(struct weft_task *prev, void *arg)
{
	struct weft_frame *frame = arg;

	if (BREAK)	/* "the loader sets TTBR0, and nobody changes it" */
		weft_task_set_space(&self()->task, &self()->memory.space);
	weft_frame_init_user(frame, USER_CODE, USER_STACK);
	weft_enter_user(frame);
}

static long call_print(uint64_t text)
{
	char line[64];
	long length = weft_string_from_user(line, text, sizeof(line));

	if (length >= 0)
		print(line);
	return length;
}

/* Blocks until the other process calls it too. */
static long call_meet(uint64_t mine, uint64_t theirs)
{
	struct process *me = self();
	struct process *other = &processes[me == processes];

	if (weft_copy_from_user(me->name, mine, NAME_SIZE))
		return WEFT_EFAULT;
	me->waits = !other->waits;
	other->waits = false;
	if (me->waits)
		switch_to(other);
	/* Here again, in the middle of the call: whose memory is this? */
	if (weft_copy_to_user(theirs, other->name, NAME_SIZE))
		return WEFT_EFAULT;
	return 0;
}

static long call_exit(void)
{
	struct process *other = &processes[self() == processes];

	self()->ended = true;
	if (other->ended)
		power_off();
	switch_to(other);
	__builtin_unreachable();
}

void weft_hook_syscall(struct weft_frame *frame)
{
	uint64_t a = weft_frame_arg(frame, 0), b = weft_frame_arg(frame, 1);
	long result = WEFT_EINVAL;

	if (weft_frame_syscall(frame) == CALL_PRINT)
		result = call_print(a);
	else if (weft_frame_syscall(frame) == CALL_MEET)
		result = call_meet(a, b);
	else if (weft_frame_syscall(frame) == CALL_EXIT)
		result = call_exit();
	weft_frame_set_result(frame, (uint64_t)result);
}

void weft_hook_irq(struct weft_frame *frame, uint64_t taken)
{
	(void)taken;
	weft_hook_unexpected(frame, WEFT_VECTOR_IRQ);	/* none is enabled */
}

void example_main(void)
{
	int i;

	weft_write_vbar_el1((uint64_t)weft_vectors);
	process_memory_start(WEFT_ASID_GENERATIONS, 256);
	weft_task_adopt(&boot, &cpu, &no_process);
	for (i = 0; i < 2; i++) {
		struct process *p = &processes[i];
		char *top = stacks[i] + sizeof(stacks[i]);

		process_memory_init(&p->memory, program);
		p->memory.data[NAME] = "ab"[i];
		weft_task_init(&p->task, start, top - WEFT_FRAME_SIZE,
			       (uint64_t)top, &p->memory.space, 0);
	}
	switch_to(&processes[0]);
	__builtin_unreachable();
}
