// SPDX-License-Identifier: MIT
/*
 * Two threads at EL1, switched by the timer. Each waits in a loop for the
 * other to take its turn: without preemption one would wait forever.
 */
#include <weft/cpu.h>
#include <weft/task.h>
#include <weft/timer.h>
#include <weft/trap.h>

#include "../common/board.h"

enum { TURNS = 10, TIMER_IRQ = 27, STACK = 1 << WEFT_STACK_SHIFT };
enum { GICD = 0x08000000, GICC = 0x08010000 };	/* GICv2; in words: */
enum { GICD_CTLR = 0, GICD_ISENABLER = 0x40 };
enum { GICC_CTLR = 0, GICC_PMR = 1, GICC_IAR = 3, GICC_EOIR = 4 };

static char stacks[2][2 * STACK] __attribute__((aligned(2 * STACK)));
static struct weft_cpu cpu = { .spare_stack = (uint64_t)&stacks[1] };
static struct weft_task threads[2];
static volatile int turn;

static void slice_begins(void)
{
	weft_vtimer_set(weft_vtimer_now() + weft_timer_frequency() / 100);
}

void weft_hook_irq(struct weft_frame *frame, uint64_t taken)
{
	uint32_t irq = DEVICE(GICC)[GICC_IAR];

	(void)taken;
	slice_begins();			/* the timer no longer asserts it */
	DEVICE(GICC)[GICC_EOIR] = irq;
}

/* On the way back from an interrupt of EL1: the other thread's turn. */
void weft_hook_preempt(struct weft_frame *frame)
{
	struct weft_task *self = weft_task_current();

	weft_switch_to(self, &threads[self == &threads[0]]);
}

__attribute__((noreturn)) static void thread(struct weft_task *prev, void *arg)
{
	int self = weft_task_current() == &threads[1];

	for (weft_unmask_irq(); turn < TURNS; turn++) {
		while (turn % 2 != self)
			;		/* does not yield */
		print(self ? "  b's turn\n" : "a's turn\n");
	}
	power_off();
}

void example_main(void)
{
	weft_write_vbar_el1((uint64_t)weft_vectors);
	weft_task_adopt(&threads[0], &cpu, 0);
	weft_task_init(&threads[1], thread, 0, (uint64_t)&stacks[2], 0, 0);
	DEVICE(GICD)[GICD_ISENABLER] = 1u << TIMER_IRQ;
	DEVICE(GICD)[GICD_CTLR] = 1;
	DEVICE(GICC)[GICC_PMR] = 0xff;
	DEVICE(GICC)[GICC_CTLR] = 1;
	slice_begins();
	thread(0, 0);
}
