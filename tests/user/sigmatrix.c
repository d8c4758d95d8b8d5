// SPDX-License-Identifier: MIT
/*
 * sigmatrix: every way into the kernel with every way out, with switches in
 * between. A process comes in by a system call, an interrupt, a fault or
 * rt_sigreturn, and goes out to where it was or into a handler. Two processes
 * run beside each other, each pair of ways, all registers hold a pattern that
 * is the process's and the round's own, and are compared after each time. A
 * pair counts only if both were switched away from in between, by the kernel's
 * own count.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "lib/child.h"
#include "lib/tap.h"
#include "lib/thread.h"
#include "pattern.h"
#include "sigforge.h"

#define PAGE 4096
#define BIG (8 * 1024 * 1024)
#define SPINS 1000000
#define ENOUGH 4		/* switches in windows */
#define LIMIT_MS 20000		/* a hang, or a kernel that does not switch */

enum { BAD_REGISTERS = 1, FEW_SWITCHES = 2, FEW_HANDLERS = 4 };

enum way {
	CALL_RETURN, CALL_SIGNAL, IRQ_RETURN, IRQ_SIGNAL, FAULT_RETURN,
	FAULT_SIGNAL, SIGRETURN_SIGNAL, WAYS
};

static const char *const way_name[WAYS] = {
	"system call, back", "system call, handler", "interrupt, back",
	"interrupt, handler", "fault, back", "fault, handler",
	"rt_sigreturn, handler",
};

static struct pattern_regs want, got;
static char *page;		/* that a fault brings, or that is forbidden */
static volatile int holding;

static long ms_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static long switches(void)
{
	struct rusage usage;

	if (getrusage(RUSAGE_THREAD, &usage) != 0)
		tap_bail("getrusage");
	return usage.ru_nvcsw + usage.ru_nivcsw;
}

static void set(int sig, void (*handler)(int, siginfo_t *, void *))
{
	struct sigaction sa;

	memset(&sa, 0, sizeof(sa));
	sa.sa_sigaction = handler;
	sa.sa_flags = SA_SIGINFO;
	sigaddset(&sa.sa_mask, SIGUSR2);
	if (sigaction(sig, &sa, NULL) != 0)
		tap_bail("sigaction: errno %d", errno);
}

/* A thread that keeps the lock of the memory most of the time. */
static int hold_memory(void *arg)
{
	(void)arg;
	for (;;) {
		long at = raw_call(SYS_mmap, 0, BIG, PROT_READ | PROT_WRITE,
				   MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE,
				   -1, 0);

		holding = 1;
		for (long i = 0; i < BIG; i += PAGE)
			*(volatile char *)(at + i) = 1;
		raw_call(SYS_mprotect, at, BIG, PROT_READ, 0, 0, 0);
		raw_call(SYS_munmap, at, BIG, 0, 0, 0, 0);
	}
	return 0;
}

static void prepare(enum way way)
{
	static struct thread holder;

	page = mmap(NULL, PAGE, way == FAULT_SIGNAL ? PROT_NONE :
		    PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
		    0);
	if (page == MAP_FAILED)
		tap_bail("mmap");
	trash_pid = (uint64_t)getpid();
	trash_count = 0;
	set(SIGUSR1, way == SIGRETURN_SIGNAL ? trash_send : trash_yield);
	set(SIGUSR2, trash_yield);
	set(SIGALRM, trash_yield);
	set(SIGSEGV, trash_skip);
	if (way == FAULT_RETURN) {
		if (thread_start(&holder, hold_memory, NULL) < 0)
			tap_bail("clone");
		while (!holding)
			raw_sleep(1);
	}
}

static void timer(long us)
{
	const struct itimerval t = { { 0, 0 }, { 0, us } };

	if (setitimer(ITIMER_REAL, &t, NULL) != 0)
		tap_bail("setitimer: errno %d", errno);
}

static void call_window(long number, long a, long b)
{
	want.x[0] = (uint64_t)a;
	want.x[1] = (uint64_t)b;
	want.x[8] = (uint64_t)number;
	pattern_window(&want, &got, OP_SVC);
	want.x[0] = 0;
}

static void spin_window(void)
{
	want.x[0] = SPINS;
	pattern_window(&want, &got, OP_SPIN_X0);
	want.x[0] = 0;
	want.nzcv = got.nzcv;
}

/* Once; the number of switches in it. */
static long pass(enum way way)
{
	long before;

	if (way == FAULT_RETURN) {
		madvise(page, PAGE, MADV_DONTNEED);
		raw_sleep(1);
	}
	if (way == IRQ_SIGNAL)
		timer(300);
	before = switches();
	switch (way) {
	case CALL_RETURN:
		call_window(SYS_sched_yield, 0, 0);
		break;
	case CALL_SIGNAL:
	case SIGRETURN_SIGNAL:
		call_window(SYS_kill, getpid(), SIGUSR1);
		break;
	case FAULT_RETURN:
	case FAULT_SIGNAL:
		want.x[0] = (uintptr_t)page;
		pattern_window(&want, &got, OP_LOAD);
		break;
	default:
		spin_window();
		break;
	}
	return switches() - before;
}

static bool same(enum way way)
{
	const char *name = way_name[way];

	for (int i = 0; i < 31; i++) {
		if (want.x[i] != got.x[i]) {
			tap_note("%s: x%d: %lx instead of %lx", name, i,
				 (long)got.x[i], (long)want.x[i]);
			return false;
		}
	}
	for (int i = 0; i < 32; i++) {
		if (memcmp(want.v[i], got.v[i], 16) != 0) {
			tap_note("%s: v%d: %lx %lx instead of %lx %lx", name,
				 i, (long)got.v[i][0], (long)got.v[i][1],
				 (long)want.v[i][0], (long)want.v[i][1]);
			return false;
		}
	}
	if (got.sp || want.nzcv != got.nzcv || want.fpcr != got.fpcr ||
	    want.fpsr != got.fpsr || want.tpidr != got.tpidr) {
		tap_note("%s: sp, nzcv, fpcr, fpsr or tpidr_el0", name);
		return false;
	}
	return true;
}

/* Tell the other side that this one has seen enough, and whether it has. */
static bool both_done(int tell, int hear, bool done, bool *told)
{
	char c;

	if (done && !*told)
		*told = write(tell, "x", 1) == 1;
	/* It does not block: the other end has O_NONBLOCK. */
	return *told && read(hear, &c, 1) == 1;
}

static int run(enum way way, int tell, int hear)
{
	static const uint64_t handlers[WAYS] = {
		[CALL_SIGNAL] = ENOUGH, [IRQ_SIGNAL] = 1,
		[FAULT_SIGNAL] = ENOUGH, [SIGRETURN_SIGNAL] = 2 * ENOUGH,
	};
	long end = ms_now() + LIMIT_MS, seen = 0;
	unsigned int round = 0;
	bool told = false;

	prepare(way);
	while (!both_done(tell, hear, seen >= ENOUGH &&
			  trash_count >= handlers[way], &told)) {
		if (ms_now() > end)
			return seen < ENOUGH ? FEW_SWITCHES :
			       trash_count < handlers[way] ? FEW_HANDLERS : 0;
		pattern_fill(&want, (uint64_t)getpid(), ++round);
		seen += pass(way);
		if (!same(way))
			return BAD_REGISTERS;
	}
	return 0;
}

static pid_t start(enum way way, int tell, int hear)
{
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (pid < 0)
		tap_bail("fork");
	if (pid == 0)
		_exit(run(way, tell, hear));
	return pid;
}

static void check_pair(enum way a, enum way b)
{
	int to_a[2], to_b[2], result_a, result_b;
	pid_t pid_a, pid_b;

	if (pipe2(to_a, O_NONBLOCK) != 0 || pipe2(to_b, O_NONBLOCK) != 0)
		tap_bail("pipe");
	pid_a = start(a, to_b[1], to_a[0]);
	pid_b = start(b, to_a[1], to_b[0]);
	result_a = child_wait(pid_a);
	result_b = child_wait(pid_b);
	if (!tap_ok(result_a == 0 && result_b == 0, "%s / %s", way_name[a],
		    way_name[b]))
		tap_note("%d and %d (1: registers, 2: few switches, 4: few "
			 "handlers)", result_a, result_b);
	for (int i = 0; i < 2; i++) {
		close(to_a[i]);
		close(to_b[i]);
	}
}

int main(int argc, char **argv)
{
	(void)argc;
	child_init(argv[0]);
	/* Both of a pair, or there would be no switches between them. */
	child_share_cpu();
	for (enum way a = 0; a < WAYS; a++) {
		for (enum way b = a; b < WAYS; b++)
			check_pair(a, b);
	}
	return tap_done();
}
