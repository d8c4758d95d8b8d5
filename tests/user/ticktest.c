// SPDX-License-Identifier: MIT
/*
 * ticktest: what the timer's interrupt finds in a program that computes and
 * makes no system calls. Most ticks only count (loom/sched/tick.c); each of
 * what a tick may find besides has to be seen all the same: a timer of real
 * time, one of CPU time, a signal from elsewhere, another program that waits.
 */
#define _GNU_SOURCE
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "lib/tap.h"

#define MS 1000000L
#define NS_PER_S 1000000000L
#define PATIENCE (60 * NS_PER_S)

static volatile sig_atomic_t rang;

static void ring(int sig)
{
	(void)sig;
	rang = 1;
}

static uint64_t counter(void)
{
#ifdef __aarch64__
	uint64_t value;

	__asm__ volatile("isb\nmrs %0, cntvct_el0" : "=r"(value));
	return value;
#else
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * NS_PER_S + (uint64_t)ts.tv_nsec;
#endif
}

static uint64_t counts_of(long ns)
{
#ifdef __aarch64__
	uint64_t hz;

	__asm__ volatile("mrs %0, cntfrq_el0" : "=r"(hz));
	return (uint64_t)((double)ns / NS_PER_S * (double)hz);
#else
	return (uint64_t)ns;
#endif
}

/* Without a system call, until @*until is not 0 or time is over. */
static bool compute(const volatile sig_atomic_t *until, long ns)
{
	uint64_t end = counter() + counts_of(ns);

	while (!*until && counter() < end)
		;
	return *until;
}

static long user_ms(void)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	return usage.ru_utime.tv_sec * 1000 + usage.ru_utime.tv_usec / 1000;
}

/* More than one slice, so that it is renewed. */
static void test_charge(void)
{
	static const volatile sig_atomic_t never;
	uint64_t start = counter();
	long before = user_ms(), used, passed;

	compute(&never, 300 * MS);
	used = user_ms() - before;
	passed = (long)((counter() - start) / counts_of(MS)) + 1;
	tap_note("%ld ms of %ld", used, passed);
	tap_ok(used >= 30 && used <= passed + 10,
	       "what a program computes is charged to it");
}

static void test_timer(int which, int sig, const char *text)
{
	struct itimerval value = { .it_value.tv_usec = 150000 };

	rang = 0;
	signal(sig, ring);
	setitimer(which, &value, NULL);
	tap_ok(compute(&rang, PATIENCE), "%s rings", text);
	signal(sig, SIG_DFL);
}

static void test_signal(void)
{
	pid_t parent = getpid(), child;

	rang = 0;
	signal(SIGUSR1, ring);
	child = fork();
	if (child == 0) {
		usleep(50000);
		kill(parent, SIGUSR1);
		_exit(0);
	}
	tap_ok(compute(&rang, PATIENCE), "a signal of another comes");
	waitpid(child, NULL, 0);
	signal(SIGUSR1, SIG_DFL);
}

/* Two on one CPU: none has it all, and each goes on where it was. */
static void test_others(void)
{
	volatile sig_atomic_t *shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
					     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	cpu_set_t old, one;
	pid_t child;
	int status;

	if (shared == MAP_FAILED)
		tap_bail("no memory");
	sched_getaffinity(0, sizeof(old), &old);
	CPU_ZERO(&one);
	CPU_SET(sched_getcpu(), &one);
	sched_setaffinity(0, sizeof(one), &one);
	child = fork();
	if (child == 0) {
		for (int i = 0; i < 5; i++) {
			/* Its turn, then ours. */
			if (!compute(&shared[0], PATIENCE))
				_exit(1);
			shared[0] = 0;
			shared[1] = 1;
		}
		_exit(0);
	}
	for (int i = 0; i < 5; i++) {
		shared[0] = 1;
		if (!compute(&shared[1], PATIENCE))
			break;
		shared[1] = 0;
	}
	waitpid(child, &status, 0);
	tap_equal(status, 0, "two that compute on one CPU take turns");
	sched_setaffinity(0, sizeof(old), &old);
	munmap((void *)shared, 4096);
}

/* Of "cpu  USER NICE SYSTEM IDLE": the first, or the third. */
static bool read_stat(unsigned long *user, unsigned long *system)
{
	FILE *file = fopen("/proc/stat", "re");
	unsigned long nice;
	bool ok;

	if (!file)
		return false;
	ok = fscanf(file, "cpu %lu %lu %lu", user, &nice, system) == 3;
	fclose(file);
	return ok;
}

/* Looked at while another CPU counts ticks, if there is one. */
static void test_sum(void)
{
	static const volatile sig_atomic_t never;
	unsigned long user, system, last_user = 0, last_system = 0;
	unsigned back = 0, looks = 0;
	pid_t child = fork();

	if (child == 0) {
		compute(&never, 400 * MS);
		_exit(0);
	}
	while (!waitpid(child, NULL, WNOHANG)) {
		if (!read_stat(&user, &system))
			tap_bail("no /proc/stat");
		back += user < last_user || system < last_system;
		last_user = user;
		last_system = system;
		looks++;
	}
	tap_note("%u looks", looks);
	tap_equal(back, 0, "no sum of CPU time goes back");
}

int main(void)
{
	test_charge();
	test_timer(ITIMER_REAL, SIGALRM, "a timer of real time");
	test_timer(ITIMER_VIRTUAL, SIGVTALRM, "a timer of time in user mode");
	test_timer(ITIMER_PROF, SIGPROF, "a timer of CPU time");
	test_signal();
	test_others();
	test_sum();
	return tap_done();
}
