// SPDX-License-Identifier: MIT
/*
 * small: fork, exit and wait, in a program of six pages without a C library:
 * text, read-only data, data and stack. Prints as ops.c does.
 *
 * After each batch it gives way until there is nobody left to run: what the
 * children left to be done is counted, too, in the second line:
 *
 *	op fork each N loop N batches N...
 *	rest fork N...
 *	traced fork N
 */
#include <stdint.h>
#include <sys/syscall.h>

#include "loops.h"

enum {
	ROUNDS = 4,		/* of a batch */
	WARM = 3,
	BATCHES = 40,
};

void start(void);

static uint64_t batch[WARM + BATCHES], rest[WARM + BATCHES];

static long call(long number, long a, long b, long c)
{
	register long x8 __asm__("x8") = number;
	register long x0 __asm__("x0") = a;
	register long x1 __asm__("x1") = b;
	register long x2 __asm__("x2") = c;

	__asm__ volatile("svc #0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2)
			 : "memory");
	return x0;
}

static uint64_t now(void)
{
	uint64_t ticks;

	__asm__ volatile("isb; mrs %0, cntvct_el0" : "=r"(ticks));
	return ticks;
}

static void put(const char *text)
{
	long length = 0;

	while (text[length] != '\0')
		length++;
	call(SYS_write, 1, (long)text, length);
}

static void put_number(uint64_t value)
{
	char text[24], *at = text + sizeof(text);

	*--at = '\0';
	do {
		*--at = (char)('0' + value % 10);
	} while ((value /= 10) != 0);
	put(at);
}

static void put_numbers(const uint64_t *value, int count)
{
	for (int i = 0; i < count; i++) {
		put(" ");
		put_number(value[i]);
	}
}

static uint64_t time_yield(void)
{
	uint64_t begin = now();

	call(SYS_sched_yield, 0, 0, 0);
	return now() - begin;
}

/* What a yield takes when there is nobody to give way to. */
static uint64_t quiet(void)
{
	uint64_t least = UINT64_MAX;

	for (int i = 0; i < 20; i++) {
		uint64_t took = time_yield();

		least = took < least ? took : least;
	}
	return least;
}

/* Give way until nobody wants to run. Returns what that took by itself. */
static uint64_t settle(uint64_t least)
{
	uint64_t ours = 0;

	for (int calm = 0; calm < 3; ours += least)
		calm = time_yield() == least ? calm + 1 : 0;
	return ours;
}

static uint64_t time_empty(uint64_t rounds)
{
	uint64_t begin = now();

	loop_fork_nothing(rounds);
	return now() - begin;
}

static void measure(void)
{
	uint64_t least = quiet(), loop = time_empty(ROUNDS), begin, middle;
	uint64_t ours, looking;

	begin = now();
	ours = settle(least);
	looking = now() - begin - ours;
	for (int i = 0; i < WARM + BATCHES; i++) {
		begin = now();
		loop_fork(ROUNDS);
		middle = now();
		ours = settle(least);
		rest[i] = now() - middle - ours - looking;
		batch[i] = middle - begin - loop - ROUNDS * LOOP_FORK_CHILD;
	}
	trace_on();
	begin = now();
	loop_fork_traced(LOOP_TRACED);
	middle = now();
	trace_off();
	put("op fork each ");
	put_number(ROUNDS);
	put(" loop ");
	put_number((time_empty(2 * ROUNDS) - loop) / ROUNDS +
		   LOOP_FORK_CHILD);
	put(" batches");
	put_numbers(batch + WARM, BATCHES);
	put("\nrest fork");
	put_numbers(rest + WARM, BATCHES);
	put("\ntraced fork ");
	put_number(middle - begin);
	put("\nend\n");
}

void start(void)
{
	/* struct sched_param; on Linux no slice ends in the middle. */
	static int first = 50;

	call(SYS_sched_setscheduler, 0, 1, (long)&first);
	measure();
	call(SYS_exit_group, 0, 0, 0);
}
