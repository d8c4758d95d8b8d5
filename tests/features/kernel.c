// SPDX-License-Identifier: MIT
/*
 * A kernel that uses all that weft is built with, and finds out what is not
 * there. It is compiled with the same switches; tools/features_test.py builds
 * and boots every set of them, and knows what each must print.
 */
#include <weft/asid.h>
#include <weft/config.h>
#include <weft/cpu.h>
#include <weft/fp.h>
#include <weft/frame.h>
#include <weft/pauth.h>
#include <weft/space.h>
#include <weft/sve.h>
#include <weft/sysreg.h>
#include <weft/task.h>
#include <weft/trap.h>

#include "../../examples/common/board.h"
#include "../../examples/common/process.h"
#include "kernel.h"

enum { STACK = 1 << WEFT_STACK_SHIFT };

struct weft_cpu cpu = { .spare_stack = (uint64_t)boot_stack_top };
struct weft_task boot;
struct weft_features features;

static struct weft_task threads[TASKS];
static char stacks[TASKS][2 * STACK] __attribute__((aligned(2 * STACK)));

static void print_number(uint64_t n)
{
	char digits[24], *p = digits + sizeof(digits);

	*--p = '\0';
	do
		*--p = (char)('0' + n % 10);
	while (n /= 10);
	print(p);
}

void tell(const char *what, const char *result)
{
	print(what);
	print(": ");
	print(result);
	print("\n");
}

uint64_t stack_top(int i)
{
	return (uint64_t)&stacks[i + 1];
}

static unsigned steps;

/* Thread i makes the steps i, i + TASKS, i + 2 * TASKS ... */
static void thread(struct weft_task *prev, void *arg)
{
	unsigned self = (unsigned)(uint64_t)arg, step = self;

	for (;; step += TASKS) {
		unsigned next = (self + 1) % TASKS;

		if (steps != step)
			tell("switch", "out of order");
		if (++steps == TASKS * ROUNDS)
			weft_switch_to(&threads[self], &boot);
		else
			weft_switch_to(&threads[self], &threads[next]);
	}
}

static void try_switch(struct weft_space *space)
{
	int i;

	for (i = 0; i < TASKS; i++)
		weft_task_init(&threads[i], thread, (void *)(uint64_t)i,
			       stack_top(i), space, NULL);
	weft_switch_to(&boot, &threads[0]);
	tell("switch", steps == TASKS * ROUNDS ? "works" : "lost steps");
}

void weft_hook_irq(struct weft_frame *frame, uint64_t taken)
{
	(void)taken;
	weft_hook_unexpected(frame, WEFT_VECTOR_IRQ);	/* none is enabled */
}

/* The same in every build. */
static void tell_sizes(void)
{
	static const uint64_t sizes[] = {
		sizeof(struct weft_cpu), sizeof(struct weft_task),
		sizeof(struct weft_frame), sizeof(struct weft_saved),
		sizeof(struct weft_fp), sizeof(struct weft_sve),
		sizeof(struct weft_keys), sizeof(struct weft_space),
		sizeof(struct weft_asid_domain), sizeof(struct weft_pgtable),
		sizeof(struct weft_features),
	};
	unsigned i;

	print("sizes:");
	for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		print(" ");
		print_number(sizes[i]);
	}
	print("\n");
}

__attribute__((noreturn)) static void go_on(void *arg)
{
	struct weft_space *space = WEFT_USER ? &no_process : NULL;

#if WEFT_PAUTH && WEFT_USER
	if (weft_pauth_on())
		weft_write_vbar_el1((uint64_t)weft_vectors_pauth);
#endif
	weft_features_read(&features);
#if WEFT_USER
	process_memory_start(WEFT_ASID_FLUSH_CHANGE, 0);
#endif
	weft_task_adopt(&boot, &cpu, space);
	tell_sizes();
	try_switch(space);
#if WEFT_USER
	try_processes();
#endif
	print("end\n");
	power_off();
}

void example_main(void)
{
	weft_write_vbar_el1((uint64_t)weft_vectors);
#if WEFT_PAUTH
	weft_pauth_start(&cpu, 0x0706050403020100, 0x0f0e0d0c0b0a0908, go_on,
			 NULL);
#else
	go_on(NULL);
#endif
}
