// SPDX-License-Identifier: MIT
/*
 * sigstorm [PROCESSES [SECONDS]]: processes that send each other signals of
 * all kinds as fast as they can, while each keeps numbers in its general and
 * its vector registers, in the handler others than outside, and looks
 * whether they are still there. They also block signals, wait for them, sleep
 * and yield, so that a signal comes at any moment of a switch.
 *
 * Each real-time signal that was queued must have come once; nothing is lost.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "lib/child.h"
#include "lib/counts.h"
#include "lib/rng.h"
#include "lib/tap.h"

enum { MOST = 16, PATIENCE = 100000 };

/* What all of them see; atomic. */
struct storm {
	pid_t pid[MOST];
	bool begin, end;
	uint32_t queued[MOST];		/* real-time signals sent to it */
	uint32_t taken[MOST];		/* and handled by it */
	uint32_t ready;
};

static struct storm *storm;
static int me, processes;
static volatile uint32_t wrong;

static bool look(const bool *flag)
{
	return __atomic_load_n(flag, __ATOMIC_ACQUIRE);
}

/*
 * Keep numbers that follow from @seed in registers for a while: true if they
 * were there afterwards. Callee-saved ones, others, and vectors.
 */
static bool hold(uint64_t seed, unsigned rounds)
{
	uint64_t bad;

	__asm__ volatile(
		"mov	x9, %[seed]\n\t"
		"add	x10, x9, #1\n\t"
		"add	x19, x9, #2\n\t"
		"add	x28, x9, #3\n\t"
		"dup	v0.2d, x9\n\t"
		"dup	v7.2d, x10\n\t"
		"dup	v8.2d, x19\n\t"
		"dup	v15.2d, x28\n\t"
		"dup	v16.2d, x9\n\t"
		"dup	v31.2d, x10\n\t"
		"mov	w11, %w[rounds]\n"
		"1:	subs	w11, w11, #1\n\t"
		"b.ne	1b\n\t"
		"sub	x12, x10, #1\n\t"
		"eor	%[bad], x12, x9\n\t"
		"sub	x12, x19, #2\n\t"
		"eor	x12, x12, x9\n\t"
		"orr	%[bad], %[bad], x12\n\t"
		"sub	x12, x28, #3\n\t"
		"eor	x12, x12, x9\n\t"
		"orr	%[bad], %[bad], x12\n\t"
		"eor	x12, x9, %[seed]\n\t"
		"orr	%[bad], %[bad], x12\n\t"
		"dup	v1.2d, x9\n\t"
		"eor	v2.16b, v0.16b, v1.16b\n\t"
		"eor	v3.16b, v16.16b, v1.16b\n\t"
		"orr	v2.16b, v2.16b, v3.16b\n\t"
		"dup	v1.2d, x10\n\t"
		"eor	v3.16b, v7.16b, v1.16b\n\t"
		"orr	v2.16b, v2.16b, v3.16b\n\t"
		"eor	v3.16b, v31.16b, v1.16b\n\t"
		"orr	v2.16b, v2.16b, v3.16b\n\t"
		"dup	v1.2d, x19\n\t"
		"eor	v3.16b, v8.16b, v1.16b\n\t"
		"orr	v2.16b, v2.16b, v3.16b\n\t"
		"dup	v1.2d, x28\n\t"
		"eor	v3.16b, v15.16b, v1.16b\n\t"
		"orr	v2.16b, v2.16b, v3.16b\n\t"
		"mov	x12, v2.d[0]\n\t"
		"orr	%[bad], %[bad], x12\n\t"
		"mov	x12, v2.d[1]\n\t"
		"orr	%[bad], %[bad], x12\n\t"
		: [bad] "=&r"(bad)
		: [seed] "r"(seed), [rounds] "r"(rounds)
		: "x9", "x10", "x11", "x12", "x19", "x28", "v0", "v1", "v2",
		  "v3", "v7", "v8", "v15", "v16", "v31", "cc");
	return bad == 0;
}

static void on_signal(int sig)
{
	if (!hold((uint64_t)sig << 32 | (uint32_t)me, 20))
		wrong++;
}

static void on_queued(int sig, siginfo_t *info, void *context)
{
	(void)context;
	__atomic_add_fetch(&storm->taken[me], 1, __ATOMIC_RELAXED);
	if (info->si_code != SI_QUEUE || info->si_value.sival_int != sig ||
	    !hold((uint64_t)sig << 40, 20))
		wrong++;
}

static void catch_all(void)
{
	struct sigaction one = { .sa_flags = SA_RESTART },
			 two = { .sa_flags = SA_SIGINFO };

	one.sa_handler = on_signal;
	two.sa_sigaction = on_queued;
	sigaction(SIGUSR1, &one, NULL);
	one.sa_flags = SA_NODEFER;
	sigaction(SIGUSR2, &one, NULL);
	sigaction(SIGRTMIN, &two, NULL);
	sigfillset(&two.sa_mask);
	sigaction(SIGRTMIN + 1, &two, NULL);
}

static void send_one(struct rng *rng)
{
	int to = (int)rng_below(rng, (uint64_t)processes);
	int sig = SIGRTMIN + (int)rng_below(rng, 2);

	switch (rng_below(rng, 4)) {
	case 0:
		kill(storm->pid[to], SIGUSR1);
		break;
	case 1:
		kill(storm->pid[to], SIGUSR2);
		break;
	default:
		/* Counted before it comes; what is refused has not come. */
		__atomic_add_fetch(&storm->queued[to], 1, __ATOMIC_RELAXED);
		if (sigqueue(storm->pid[to], sig,
			     (union sigval){ .sival_int = sig }) != 0)
			__atomic_sub_fetch(&storm->queued[to], 1,
					   __ATOMIC_RELAXED);
		break;
	}
}

static void pause_somehow(struct rng *rng)
{
	struct timespec nap = { 0, (long)rng_below(rng, 300000) };
	sigset_t all, before;

	switch (rng_below(rng, 6)) {
	case 0:
		nanosleep(&nap, NULL);
		break;
	case 1:
		sched_yield();
		break;
	case 2:
		sigfillset(&all);
		sigprocmask(SIG_BLOCK, &all, &before);
		if (!hold(rng_next(rng), 200))
			wrong++;
		sigprocmask(SIG_SETMASK, &before, NULL);
		break;
	default:
		break;
	}
}

static _Noreturn void live(int number)
{
	struct rng rng;

	me = number;
	rng_seed(&rng, 1, (uint64_t)number);
	catch_all();
	__atomic_add_fetch(&storm->ready, 1, __ATOMIC_RELEASE);
	while (!look(&storm->begin))
		child_sleep(1);
	while (!look(&storm->end)) {
		send_one(&rng);
		if (!hold(rng_next(&rng), 100))
			wrong++;
		pause_somehow(&rng);
	}
	/* Until all others have sent their last. */
	__atomic_sub_fetch(&storm->ready, 1, __ATOMIC_RELEASE);
	while (__atomic_load_n(&storm->ready, __ATOMIC_ACQUIRE) > 0)
		child_sleep(2);
	_exit(wrong ? 1 : 0);
}

static void play(int seconds)
{
	uint32_t sent = 0, lost = 0;
	int bad = 0;

	for (int i = 0; i < processes; i++) {
		pid_t pid = fork();

		if (pid == 0)
			live(i);
		if (pid < 0)
			tap_bail("fork");
		storm->pid[i] = pid;
	}
	while (__atomic_load_n(&storm->ready, __ATOMIC_ACQUIRE) <
	       (uint32_t)processes)
		child_sleep(2);
	__atomic_store_n(&storm->begin, true, __ATOMIC_RELEASE);
	child_sleep(1000L * seconds);
	__atomic_store_n(&storm->end, true, __ATOMIC_RELEASE);
	for (int i = 0; i < processes; i++)
		bad += child_wait_ms(storm->pid[i], PATIENCE) != 0;
	for (int i = 0; i < processes; i++) {
		sent += storm->queued[i];
		lost += storm->queued[i] != storm->taken[i];
	}
	tap_note("%u signals were queued", sent);
	tap_equal(bad, 0, "registers keep what they held");
	tap_equal(lost, 0, "what was queued has come, once");
	tap_ok(sent > 0, "there was a storm");
}

int main(int argc, char **argv)
{
	static struct counts before;
	int seconds = argc > 2 ? atoi(argv[2]) : 2;

	child_init(argv[0]);
	processes = argc > 1 ? atoi(argv[1]) : 8;
	if (processes < 1 || processes > MOST)
		processes = MOST;
	storm = mmap(NULL, sizeof(*storm), PROT_READ | PROT_WRITE,
		     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (storm == MAP_FAILED)
		tap_bail("mmap");
	memset(storm, 0, sizeof(*storm));
	tap_note("a storm of signals");
	counts_take(&before);
	counts_take(&before);
	play(seconds);
	counts_check(&before);
	return tap_done();
}
