// SPDX-License-Identifier: MIT
/*
 * Lab 3: two threads take turns on the FP unit, and each looks whether it finds
 * what it left. It runs as a program, for FP registers are the same at EL0.
 *
 * Compiled with -mgeneral-regs-only: the compiler uses no FP register, so what
 * is put into one stays there.
 */
#include <stdbool.h>
#include <stdio.h>

#include "course.h"

/* Cumulative flags and QC; rounding and flush-to-zero. */
#define FPSR_BITS	0x0800009full
#define FPCR_BITS	0x01c00000ull

#define EACH(do)							\
	do(0) do(1) do(2) do(3) do(4) do(5) do(6) do(7)			\
	do(8) do(9) do(10) do(11) do(12) do(13) do(14) do(15)		\
	do(16) do(17) do(18) do(19) do(20) do(21) do(22) do(23)		\
	do(24) do(25) do(26) do(27) do(28) do(29) do(30) do(31)

static uint64_t half(uint64_t seed, unsigned n, unsigned high)
{
	return seed * 0x0101010101010101ull + n * 2 + high;
}

#define FILL(n)								\
	__asm__ volatile("fmov d" #n ", %0\n\tfmov v" #n ".d[1], %1"	\
			 :: "r"(half(seed, n, 0)), "r"(half(seed, n, 1)));

/* The registers as thread @seed uses them. */
static void fill(uint64_t seed)
{
	EACH(FILL)
	__asm__ volatile("msr fpcr, %0\n\tmsr fpsr, %1"
			 :: "r"(seed & 1 ? FPCR_BITS : 0),
			    "r"(seed & 1 ? FPSR_BITS : 0));
}

#define LOOK(n)								\
	__asm__ volatile("fmov %0, d" #n "\n\tfmov %1, v" #n ".d[1]"	\
			 : "=r"(low), "=r"(high));			\
	if (low != half(seed, n, 0) || high != half(seed, n, 1)) {	\
		if (!lost++)						\
			first = "v" #n;					\
	}

/* How much thread @seed lost; @first is the first of it. */
static unsigned look(uint64_t seed, const char **where)
{
	const char *first = "";
	uint64_t low, high;
	unsigned lost = 0;

	EACH(LOOK)
	__asm__ volatile("mrs %0, fpcr\n\tmrs %1, fpsr"
			 : "=r"(low), "=r"(high));
	if (low != (seed & 1 ? FPCR_BITS : 0) && !lost++)
		first = "fpcr";
	if (high != (seed & 1 ? FPSR_BITS : 0) && !lost++)
		first = "fpsr";
	*where = first;
	return lost;
}

int main(void)
{
	static struct course_fp state[2];
	const char *first[2];
	unsigned lost[2];
	bool ok;
	int i;

	fill(1);
	course_fp_save(&state[0]);
	fill(2);
	course_fp_save(&state[1]);
	fill(3);
	for (i = 0; i < 2; i++) {
		course_fp_restore(&state[i]);
		lost[i] = look((uint64_t)i + 1, &first[i]);
	}
	ok = !lost[0] && !lost[1];
	for (i = 0; i < 2; i++) {
		if (lost[i])
			printf("thread %d lost %u registers, %s first\n",
			       i + 1, lost[i], first[i]);
	}
	if (ok)
		puts("both threads find what they left");
	return 0;
}
