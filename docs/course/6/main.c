// SPDX-License-Identifier: MIT
/*
 * Lab 6: two threads that do nothing but switch to each other, see whether
 * their registers are kept, and count what it costs. ROUNDS switches each way
 * are counted, less what an empty loop of the same form takes.
 */
#include <weft/sysreg.h>
#include <weft/timer.h>

#include "board.h"
#include "course.h"

enum { ROUNDS = 1000, STACK = 4096 };

static struct course_context boot, a, b;
static char stacks[2][STACK] __attribute__((aligned(16)));

static void print_number(uint64_t value)
{
	char text[21];
	int at = 20;

	text[at] = 0;
	do
		text[--at] = (char)('0' + value % 10);
	while (value /= 10);
	print(text + at);
}

static void other(void)
{
	/* The first time it comes from the probe, then from the count. */
	uint64_t wrong = course_probe(&b, &a, 5000);

	if (wrong) {
		print("thread b lost x");
		print_number(wrong);
		print("\n");
		power_off();
	}
	for (;;)
		course_switch(&b, &a);
}

static uint64_t ticks(void (*round)(void))
{
	uint64_t begun;
	int i;

	weft_isb();	/* not before what precedes it */
	begun = weft_vtimer_now();
	for (i = 0; i < ROUNDS; i++)
		round();
	weft_isb();
	return weft_vtimer_now() - begun;
}

static void nothing(void)
{
	__asm__ volatile("");
}

static void there_and_back(void)
{
	course_switch(&a, &b);
}

static void first(void)
{
	uint64_t wrong = course_probe(&a, &b, 1000);
	uint64_t empty, cost;

	if (wrong) {
		print("thread a lost x");
		print_number(wrong);
		print("\n");
		power_off();
	}
	course_switch(&a, &b);		/* its probe ends */
	print("both threads keep x19-x29\n");
	empty = ticks(nothing);
	cost = ticks(there_and_back) - empty;
	print("a switch takes ");
	print_number((cost + ROUNDS) / (2 * ROUNDS));
	print(" instructions\n");
	power_off();
}

void example_main(void)
{
	course_start(&a, first, stacks[0] + STACK);
	course_start(&b, other, stacks[1] + STACK);
	course_switch(&boot, &a);
	__builtin_unreachable();	/* nobody switches to boot */
}
