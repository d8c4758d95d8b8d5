// SPDX-License-Identifier: MIT
/*
 * An event-driven kernel: one kernel stack, empty whenever a program runs. A
 * call that blocks leaves nothing in the kernel but its process's frame; when
 * the answer comes, it is written into that frame.
 */
#include <weft/cpu.h>
#include <weft/event.h>
#include <weft/frame.h>
#include <weft/sysreg.h>
#include <weft/task.h>
#include <weft/trap.h>

#include "../common/board.h"
#include "../common/process.h"
#include "calls.h"

struct process {
	struct weft_frame frame;	/* SP_EL1 is here while it runs */
	struct weft_task task;
	struct process_memory memory;
	bool ready;
} __attribute__((aligned(16)));

extern const char client_program[], server_program[];	/* programs.S */

static char event_stack[2 << WEFT_STACK_SHIFT]
	__attribute__((aligned(2 << WEFT_STACK_SHIFT)));
static struct weft_cpu cpu = {
	.event_stack = (uint64_t)(&event_stack + 1),
	.spare_stack = (uint64_t)boot_stack_top,	/* once it has booted */
};
static struct weft_task boot;
static struct process client, server;
static enum { NOTHING, ASKED, TAKEN } question;	/* the client's */

static void print_number(uint64_t number)
{
	char digits[24], *p = digits + sizeof(digits);

	*--p = '\0';
	*--p = '\n';
	do
		*--p = (char)('0' + number % 10);
	while (number /= 10);
	print(p);
}

/* A question that nobody has taken, and a server that waits for one. */
static void deliver(void)
{
	if (question != ASKED || server.ready)
		return;
	weft_frame_set_result(&server.frame, weft_frame_arg(&client.frame, 0));
	question = TAKEN;
	server.ready = true;
}

static void call_ask(void)
{
	client.ready = false;		/* until the answer */
	question = ASKED;
	deliver();
}

static void call_serve(uint64_t answer)
{
	if (question == TAKEN) {
		weft_frame_set_result(&client.frame, answer);
		question = NOTHING;
		client.ready = true;
	}
	server.ready = false;		/* until the next question */
	deliver();
}

void weft_hook_syscall(struct weft_frame *frame)
{
	uint64_t arg = weft_frame_arg(frame, 0);

	if (weft_frame_syscall(frame) == CALL_PRINT)
		print_number(arg);
	else if (weft_frame_syscall(frame) == CALL_ASK)
		call_ask();
	else if (weft_frame_syscall(frame) == CALL_SERVE)
		call_serve(arg);
	else if (weft_frame_syscall(frame) == CALL_EXIT)
		power_off();
}

/* The event is handled: who goes on? The server first, it is waited for. */
struct weft_frame *weft_hook_resume(struct weft_frame *frame)
{
	struct weft_task *self = weft_task_current();
	struct process *next = server.ready ? &server : &client;

	if (!next->ready) {
		print("nobody is ready\n");
		power_off();
	}
	if (self != &next->task)
		weft_hand_over(self, &next->task);
	return &next->frame;
}

void weft_hook_irq(struct weft_frame *frame, uint64_t taken)
{
	(void)taken;
	weft_hook_unexpected(frame, WEFT_VECTOR_IRQ);	/* none is enabled */
}

static void process_init(struct process *process, const char *program)
{
	process_memory_init(&process->memory, program);
	weft_frame_init_user(&process->frame, USER_CODE, USER_STACK);
	weft_task_init_user(&process->task, &process->frame,
			    &process->memory.space, 0);
	process->ready = true;
}

void example_main(void)
{
	weft_write_vbar_el1((uint64_t)weft_event_vectors);
	process_memory_start(WEFT_ASID_GENERATIONS, 256);
	weft_task_adopt(&boot, &cpu, &no_process);
	process_init(&client, client_program);
	process_init(&server, server_program);
	weft_event_start();
}
