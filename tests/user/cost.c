// SPDX-License-Identifier: MIT
/*
 * What a system call, a yield and a pipe cost, in instructions: run with
 * ./run --icount, where the counter counts them (QEMU's -icount shift=0: a
 * nanosecond each, user and kernel together). Prints one line each; what the
 * loop itself costs is taken off. Pinned to the CPU that it starts on.
 *
 *	./run --icount -- /test/cost
 */
#define _GNU_SOURCE
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { ROUNDS = 20000 };

static uint64_t now_ns(void)
{
	uint64_t ticks, hz;

	__asm__ volatile("isb; mrs %0, cntvct_el0" : "=r"(ticks));
	__asm__ volatile("mrs %0, cntfrq_el0" : "=r"(hz));
	return (uint64_t)((__uint128_t)ticks * 1000000000 / hz);
}

static long call0(long number)
{
	register long x8 __asm__("x8") = number;
	register long x0 __asm__("x0");

	__asm__ volatile("svc #0" : "=r"(x0) : "r"(x8) : "memory");
	return x0;
}

static void nothing(void)
{
	__asm__ volatile("" ::: "memory");
}

static void null_call(void)
{
	call0(SYS_getppid);
}

static void yield(void)
{
	call0(SYS_sched_yield);
}

static uint64_t cost_of(void (*fn)(void))
{
	uint64_t start;
	int i;

	for (i = 0; i < 100; i++)
		fn();
	start = now_ns();
	for (i = 0; i < ROUNDS; i++)
		fn();
	return now_ns() - start;
}

static void tell(const char *what, uint64_t ns, unsigned each)
{
	printf("%-34s %6llu\n", what,
	       (unsigned long long)(ns / ((uint64_t)ROUNDS * each)));
}

static int there[2], back[2];

static void pass_on(void)
{
	char byte = 0;

	if (write(there[1], &byte, 1) != 1 || read(back[0], &byte, 1) != 1)
		abort();
}

static void answer(void)
{
	char byte;

	while (read(there[0], &byte, 1) == 1)
		if (write(back[1], &byte, 1) != 1)
			abort();
}

int main(void)
{
	uint64_t loop = cost_of(nothing);
	cpu_set_t one;
	pid_t other;

	CPU_ZERO(&one);
	CPU_SET(sched_getcpu(), &one);
	sched_setaffinity(0, sizeof(one), &one);
	tell("null call", cost_of(null_call) - loop, 1);
	other = fork();
	if (other == 0)
		for (;;)
			yield();
	tell("yield to another process", cost_of(yield) - loop, 2);
	kill(other, SIGKILL);
	waitpid(other, NULL, 0);
	if (pipe(there) || pipe(back))
		abort();
	other = fork();
	if (other == 0) {
		close(there[1]);
		answer();
		_exit(0);
	}
	tell("a byte through a pipe, one way", cost_of(pass_on) - loop, 2);
	close(there[1]);
	waitpid(other, NULL, 0);
	return 0;
}
