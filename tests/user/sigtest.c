// SPDX-License-Identifier: MIT
/*
 * sigtest: signals as programs see them: handlers and what they are told,
 * masks, nesting, alternate stacks, queues, waiting for signals, faults,
 * interrupted system calls, children, fork and execve. sigforge has the frames
 * and registers, sigstop stopping and continuing. Everything is done three
 * times, and nothing may be lost.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <limits.h>
#include <linux/futex.h>
#include <setjmp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

#include "lib/child.h"
#include "lib/counts.h"
#include "lib/state.h"
#include "lib/tap.h"
#include "lib/thread.h"

#define PAGE 4096
#define MANY 10			/* of one real-time signal */
#define RT (SIGRTMIN + 2)

#ifndef SS_AUTODISARM
#define SS_AUTODISARM (1u << 31)
#endif

/* What the last handler was told, and what it found. */
static volatile sig_atomic_t hits;
static siginfo_t seen;
static sigset_t mask_in_handler, mask_in_frame;
static stack_t stack_in_handler;
static uintptr_t sp_in_handler;
static volatile sig_atomic_t order[16];

static void note(int sig, siginfo_t *info, void *context)
{
	const ucontext_t *uc = context;
	int local;

	seen = *info;
	mask_in_frame = uc->uc_sigmask;
	sigprocmask(SIG_SETMASK, NULL, &mask_in_handler);
	sigaltstack(NULL, &stack_in_handler);
	sp_in_handler = (uintptr_t)&local;
	if (hits < 16)
		order[hits] = sig;
	hits++;
}

static void set(int sig, void (*handler)(int, siginfo_t *, void *), int flags,
		int also)
{
	struct sigaction sa;

	memset(&sa, 0, sizeof(sa));
	sa.sa_sigaction = handler;
	sa.sa_flags = flags | SA_SIGINFO;
	if (also)
		sigaddset(&sa.sa_mask, also);
	if (sigaction(sig, &sa, NULL) != 0)
		tap_bail("sigaction: errno %d", errno);
	hits = 0;
	memset(&seen, 0, sizeof(seen));
}

static void set_default(int sig, void (*what)(int))
{
	if (signal(sig, what) == SIG_ERR)
		tap_bail("signal: errno %d", errno);
}

static void block(int how, int sig)
{
	sigset_t s;

	sigemptyset(&s);
	sigaddset(&s, sig);
	if (sigprocmask(how, &s, NULL) != 0)
		tap_bail("sigprocmask: errno %d", errno);
}

static bool is_blocked(int sig)
{
	sigset_t s;

	sigprocmask(SIG_SETMASK, NULL, &s);
	return sigismember(&s, sig);
}

static bool is_pending(int sig)
{
	sigset_t s;

	sigpending(&s);
	return sigismember(&s, sig);
}

static long queue(pid_t pid, int sig, int code, int value)
{
	siginfo_t info;

	memset(&info, 0, sizeof(info));
	info.si_code = code;
	info.si_pid = getpid();
	info.si_value.sival_int = value;
	return syscall(SYS_rt_sigqueueinfo, pid, sig, &info);
}

static long tgkill_self(int sig)
{
	return syscall(SYS_tgkill, getpid(), syscall(SYS_gettid), sig);
}

static pid_t must_fork(void)
{
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (pid < 0)
		tap_bail("fork");
	return pid;
}

static int in_child(int (*fn)(void))
{
	pid_t pid = must_fork();

	if (pid == 0)
		_exit(fn());
	return child_wait(pid);
}

static long ms_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

/*
 * A child that sends @sig to this program @times times, each after @ms and
 * when this program sleeps: what came before would not interrupt it.
 */
static pid_t sender(int sig, long ms, int times)
{
	pid_t pid = must_fork(), parent = getppid();

	if (pid)
		return pid;
	parent = getppid();
	while (times--) {
		child_sleep(ms);
		state_await_sleep(parent);
		kill(parent, sig);
	}
	_exit(0);
}

/*
 * One that never stops: the first may come before the call that it is to
 * interrupt.
 */
static pid_t pester(int sig, long ms)
{
	return sender(sig, ms, INT_MAX);
}

static void end(pid_t pid)
{
	kill(pid, SIGKILL);
	child_wait(pid);
}

/* Handlers and masks */

static void test_kill(void)
{
	set(SIGUSR1, note, 0, SIGUSR2);
	block(SIG_BLOCK, SIGHUP);
	tap_ok(kill(getpid(), SIGUSR1) == 0 && hits == 1,
	       "kill: the handler ran before kill returned");
	tap_ok(seen.si_signo == SIGUSR1 && seen.si_code == SI_USER &&
	       seen.si_pid == getpid() && seen.si_uid == getuid() &&
	       seen.si_errno == 0, "kill: who it was");
	tap_ok(sigismember(&mask_in_handler, SIGUSR1) &&
	       sigismember(&mask_in_handler, SIGUSR2) &&
	       sigismember(&mask_in_handler, SIGHUP) &&
	       !sigismember(&mask_in_handler, SIGTERM),
	       "the handler has itself and its mask blocked, too");
	tap_ok(!sigismember(&mask_in_frame, SIGUSR1) &&
	       sigismember(&mask_in_frame, SIGHUP),
	       "its frame has the mask to go back to");
	tap_ok(!is_blocked(SIGUSR1) && !is_blocked(SIGUSR2) &&
	       is_blocked(SIGHUP), "the mask is as before after it");
	block(SIG_UNBLOCK, SIGHUP);
	set(SIGUSR1, note, 0, 0);
	tap_ok(tgkill_self(SIGUSR1) == 0 && hits == 1 &&
	       seen.si_code == SI_TKILL && seen.si_pid == getpid(),
	       "tgkill: SI_TKILL");
	set(SIGUSR1, note, SA_NODEFER, 0);
	kill(getpid(), SIGUSR1);
	tap_ok(hits == 1 && !sigismember(&mask_in_handler, SIGUSR1),
	       "SA_NODEFER: not blocked in its handler");
}

static void again(int sig, siginfo_t *info, void *context)
{
	(void)info;
	(void)context;
	if (++hits < 20)
		kill(getpid(), sig);
}

static void other(int sig, siginfo_t *info, void *context)
{
	note(sig, info, context);
	if (sig == SIGUSR1)
		kill(getpid(), SIGUSR2);
	if (hits < 16)
		order[hits] = -sig;
	hits++;
}

static void test_nesting(void)
{
	set(SIGUSR1, again, SA_NODEFER, 0);
	kill(getpid(), SIGUSR1);
	tap_equal(hits, 20, "a handler within itself, 20 deep");
	set(SIGUSR1, again, 0, 0);
	kill(getpid(), SIGUSR1);
	tap_equal(hits, 20, "a handler after itself, 20 times");
	set(SIGUSR2, other, 0, 0);
	set(SIGUSR1, other, 0, 0);
	kill(getpid(), SIGUSR1);
	tap_ok(hits == 4 && order[0] == SIGUSR1 && order[1] == SIGUSR2 &&
	       order[2] == -SIGUSR2 && order[3] == -SIGUSR1,
	       "a handler within another");
	set(SIGUSR1, other, 0, SIGUSR2);
	kill(getpid(), SIGUSR1);
	tap_ok(hits == 4 && order[0] == SIGUSR1 && order[1] == -SIGUSR1 &&
	       order[2] == SIGUSR2 && order[3] == -SIGUSR2,
	       "or after it, if its mask says so");
}

static void test_actions(void)
{
	struct sigaction sa, old;
	/* As the kernel has it. */
	struct { uint64_t handler, flags, restorer, mask; } raw;

	set(SIGUSR1, note, SA_RESETHAND, 0);
	kill(getpid(), SIGUSR1);
	sigaction(SIGUSR1, NULL, &old);
	tap_ok(hits == 1 && old.sa_handler == SIG_DFL,
	       "SA_RESETHAND: once, then the default");
	memset(&sa, 0, sizeof(sa));
	sa.sa_sigaction = note;
	sa.sa_flags = SA_SIGINFO | SA_RESTART | SA_ONSTACK | SA_NODEFER;
	sigfillset(&sa.sa_mask);
	sigaction(SIGUSR1, &sa, NULL);
	sigaction(SIGUSR1, NULL, &old);
	tap_ok(old.sa_sigaction == note && old.sa_flags == sa.sa_flags,
	       "sigaction returns what was set");
	tap_ok(!sigismember(&old.sa_mask, SIGKILL) &&
	       !sigismember(&old.sa_mask, SIGSTOP) &&
	       sigismember(&old.sa_mask, SIGTERM),
	       "without KILL and STOP in the mask");
	raw.handler = (uintptr_t)note;
	raw.flags = 0xffffffff;
	raw.mask = 0;
	raw.restorer = 0;
	syscall(SYS_rt_sigaction, SIGUSR1, &raw, NULL, 8);
	syscall(SYS_rt_sigaction, SIGUSR1, NULL, &raw, 8);
	tap_ok((raw.flags & ~0x800ul) == 0xdc000007,
	       "unknown flags are not kept");
	tap_ok(syscall(SYS_rt_sigaction, SIGKILL, &raw, NULL, 8) == -1 &&
	       errno == EINVAL &&
	       syscall(SYS_rt_sigaction, SIGSTOP, &raw, NULL, 8) == -1 &&
	       errno == EINVAL &&
	       syscall(SYS_rt_sigaction, SIGKILL, NULL, &raw, 8) == 0,
	       "KILL and STOP have their default, which may be asked for");
	tap_ok(syscall(SYS_rt_sigaction, 0, NULL, &raw, 8) == -1 &&
	       errno == EINVAL &&
	       syscall(SYS_rt_sigaction, 65, NULL, &raw, 8) == -1 &&
	       errno == EINVAL &&
	       syscall(SYS_rt_sigaction, 1, NULL, &raw, 16) == -1 &&
	       errno == EINVAL, "EINVAL for what is no signal, no set");
	set_default(SIGUSR1, SIG_DFL);
}

static void test_blocking(void)
{
	sigset_t s, old;

	set(SIGUSR1, note, 0, 0);
	block(SIG_BLOCK, SIGUSR1);
	kill(getpid(), SIGUSR1);
	kill(getpid(), SIGUSR1);
	tap_ok(hits == 0 && is_pending(SIGUSR1), "blocked: pending");
	block(SIG_UNBLOCK, SIGUSR1);
	tap_ok(hits == 1 && !is_pending(SIGUSR1),
	       "unblocked: handled, once, before sigprocmask returned");
	block(SIG_BLOCK, SIGUSR1);
	kill(getpid(), SIGUSR1);
	set_default(SIGUSR1, SIG_IGN);
	tap_ok(!is_pending(SIGUSR1), "ignored: not pending any more");
	kill(getpid(), SIGUSR1);
	tap_ok(is_pending(SIGUSR1), "blocked and ignored: pending");
	set(SIGUSR1, note, 0, 0);
	block(SIG_UNBLOCK, SIGUSR1);
	tap_equal(hits, 1, "a handler of later gets it");
	sigfillset(&s);
	syscall(SYS_rt_sigprocmask, SIG_SETMASK, &s, &old, 8);
	sigprocmask(SIG_SETMASK, NULL, &s);
	tap_ok(!sigismember(&s, SIGKILL) && !sigismember(&s, SIGSTOP) &&
	       sigismember(&s, SIGTERM), "all but KILL and STOP are blocked");
	syscall(SYS_rt_sigprocmask, SIG_SETMASK, &old, NULL, 8);
	tap_ok(syscall(SYS_rt_sigprocmask, 3, &s, NULL, 8) == -1 &&
	       errno == EINVAL, "sigprocmask: EINVAL");
}

/* Queues */

static void values(int sig, siginfo_t *info, void *context)
{
	(void)sig;
	(void)context;
	if (hits < 16)
		order[hits] = info->si_value.sival_int;
	seen = *info;
	hits++;
}

static void test_queues(void)
{
	bool sorted = true;

	set(SIGUSR1, values, 0, 0);
	block(SIG_BLOCK, SIGUSR1);
	tap_ok(queue(getpid(), SIGUSR1, SI_QUEUE, 7) == 0 &&
	       queue(getpid(), SIGUSR1, SI_QUEUE, 8) == 0, "rt_sigqueueinfo");
	block(SIG_UNBLOCK, SIGUSR1);
	tap_ok(hits == 1 && seen.si_code == SI_QUEUE &&
	       seen.si_value.sival_int == 7,
	       "a standard signal: the first info counts");
	set(RT, values, 0, 0);
	block(SIG_BLOCK, RT);
	for (int i = 0; i < MANY; i++)
		queue(getpid(), RT, SI_QUEUE, i + 100);
	block(SIG_UNBLOCK, RT);
	for (int i = 0; i < MANY; i++)
		sorted &= order[i] == i + 100;
	tap_ok(hits == MANY && sorted, "a real-time signal: all, in order");
	tap_ok(queue(getppid(), RT, SI_USER, 0) == -1 && errno == EPERM &&
	       queue(getppid(), RT, SI_TKILL, 0) == -1 && errno == EPERM &&
	       queue(getppid(), RT, 1, 0) == -1 && errno == EPERM,
	       "nobody else's signals may be forged");
	hits = 0;
	tap_ok(queue(getpid(), RT, SI_USER, 5) == 0 && hits == 1 &&
	       seen.si_code == SI_USER, "one's own may");
	tap_ok(queue(getpid(), 65, SI_QUEUE, 0) == -1 && errno == EINVAL &&
	       queue(getpid(), 0, SI_QUEUE, 0) == 0,
	       "EINVAL for what is no signal, 0 only asks");
	set_default(RT, SIG_DFL);
}

static void test_queue_limit(void)
{
	siginfo_t info;
	const struct timespec now = { 0, 0 };
	sigset_t s;
	long sent = 0, taken = 0;

	sigemptyset(&s);
	sigaddset(&s, RT);
	block(SIG_BLOCK, RT);
	while (sent < 1000000 && queue(getpid(), RT, SI_QUEUE, (int)sent) == 0)
		sent++;
	tap_ok(sent > 50 && sent < 1000000 && errno == EAGAIN,
	       "a queue ends, with EAGAIN");
	while (sigtimedwait(&s, &info, &now) == RT) {
		if (info.si_value.sival_int != taken)
			break;
		taken++;
	}
	tap_ok(taken == sent && !is_pending(RT),
	       "and all that was accepted comes");
	block(SIG_UNBLOCK, RT);
}

/* Waiting for signals */

static void test_sigwait(void)
{
	const struct timespec now = { 0, 0 }, soon = { 0, 30000000 };
	const struct timespec bad = { 0, 1000000000 };
	struct timespec long_time = { 20, 0 };
	siginfo_t info;
	sigset_t s;
	long before;
	pid_t pid;
	int got[4];

	sigemptyset(&s);
	for (int sig = RT; sig < RT + 3; sig++) {
		sigaddset(&s, sig);
		block(SIG_BLOCK, sig);
	}
	queue(getpid(), RT + 2, SI_QUEUE, 1);
	queue(getpid(), RT, SI_QUEUE, 2);
	queue(getpid(), RT + 1, SI_QUEUE, 3);
	queue(getpid(), RT, SI_QUEUE, 4);
	for (int i = 0; i < 4; i++) {
		if (sigtimedwait(&s, &info, &now) < RT)
			break;
		got[i] = info.si_value.sival_int;
	}
	tap_ok(got[0] == 2 && got[1] == 4 && got[2] == 3 && got[3] == 1,
	       "the lowest real-time signal comes first, then the oldest");
	tap_ok(sigtimedwait(&s, &info, &now) == -1 && errno == EAGAIN,
	       "sigtimedwait: nothing there");
	before = ms_now();
	tap_ok(sigtimedwait(&s, &info, &soon) == -1 && errno == EAGAIN &&
	       ms_now() - before >= 29, "sigtimedwait: nothing came");
	tap_ok(sigtimedwait(&s, &info, &bad) == -1 && errno == EINVAL,
	       "sigtimedwait: EINVAL");
	pid = sender(RT + 1, 20, 1);
	tap_ok(sigtimedwait(&s, &info, &long_time) == RT + 1 &&
	       info.si_signo == RT + 1 && info.si_code == SI_USER &&
	       info.si_pid == pid && !is_pending(RT + 1),
	       "sigtimedwait: one came");
	child_wait(pid);
	tap_ok(is_blocked(RT + 1), "and is blocked as before");
	set(SIGUSR1, note, SA_RESTART, 0);
	pid = pester(SIGUSR1, 20);
	tap_ok(sigtimedwait(&s, &info, &long_time) == -1 && errno == EINTR &&
	       hits > 0, "sigtimedwait: another came");
	end(pid);
	/* What is ignored by default can be waited for. */
	sigemptyset(&s);
	sigaddset(&s, SIGCHLD);
	block(SIG_BLOCK, SIGCHLD);
	pid = must_fork();
	if (pid == 0) {
		child_sleep(20);
		_exit(9);
	}
	tap_ok(sigtimedwait(&s, &info, &long_time) == SIGCHLD &&
	       info.si_pid == pid && info.si_code == CLD_EXITED &&
	       info.si_status == 9, "sigtimedwait for SIGCHLD");
	child_wait(pid);
	block(SIG_UNBLOCK, SIGCHLD);
	for (int sig = RT; sig < RT + 3; sig++)
		block(SIG_UNBLOCK, sig);
}

static void test_sigsuspend(void)
{
	sigset_t empty, s;
	pid_t pid;

	sigemptyset(&empty);
	set(SIGUSR1, note, SA_RESTART, 0);
	block(SIG_BLOCK, SIGUSR1);
	kill(getpid(), SIGUSR1);
	tap_ok(sigsuspend(&empty) == -1 && errno == EINTR && hits == 1,
	       "sigsuspend: what was pending");
	tap_ok(is_blocked(SIGUSR1) && sigismember(&mask_in_frame, SIGUSR1),
	       "the mask of before is back, the frame has it");
	pid = sender(SIGUSR1, 20, 1);
	tap_ok(sigsuspend(&empty) == -1 && errno == EINTR && hits == 2,
	       "sigsuspend: what comes");
	child_wait(pid);
	block(SIG_UNBLOCK, SIGUSR1);
	/* Blocked in sigsuspend, so only SIGUSR2 ends it; then both run. */
	set(SIGUSR2, note, 0, 0);
	set(SIGUSR1, note, 0, 0);
	sigemptyset(&s);
	sigaddset(&s, SIGUSR1);
	pid = must_fork();
	if (pid == 0) {
		state_await_sleep(getppid());
		kill(getppid(), SIGUSR1);
		child_sleep(20);
		kill(getppid(), SIGUSR2);
		_exit(0);
	}
	tap_ok(sigsuspend(&s) == -1 && errno == EINTR && hits == 2 &&
	       order[0] == SIGUSR2 && order[1] == SIGUSR1,
	       "sigsuspend: what it blocks waits until it is over");
	child_wait(pid);
}

/* Alternate stacks */

static char alternate[32768] __attribute__((aligned(16)));
static sigjmp_buf back;

static bool on_alternate(uintptr_t sp)
{
	return sp > (uintptr_t)alternate &&
	       sp <= (uintptr_t)alternate + sizeof(alternate);
}

static int set_stack(int flags)
{
	stack_t s = { .ss_sp = alternate, .ss_size = sizeof(alternate) };

	s.ss_flags = flags;
	return sigaltstack(&s, NULL);
}

static volatile sig_atomic_t set_errno;

static void change_stack(int sig, siginfo_t *info, void *context)
{
	note(sig, info, context);
	set_errno = set_stack(SS_DISABLE) ? errno : 0;
}

static void test_altstack(void)
{
	stack_t s = { .ss_sp = alternate, .ss_size = 5119 };

	sigaltstack(NULL, &stack_in_handler);
	tap_ok(stack_in_handler.ss_flags == SS_DISABLE,
	       "no alternate stack at first");
	tap_ok(sigaltstack(&s, NULL) == -1 && errno == ENOMEM,
	       "one that is too small");
	s.ss_size = sizeof(alternate);
	s.ss_flags = 5;
	tap_ok(sigaltstack(&s, NULL) == -1 && errno == EINVAL,
	       "flags that are none");
	set_stack(0);
	set(SIGUSR1, note, SA_ONSTACK, 0);
	kill(getpid(), SIGUSR1);
	tap_ok(hits == 1 && on_alternate(sp_in_handler) &&
	       stack_in_handler.ss_flags == SS_ONSTACK &&
	       stack_in_handler.ss_sp == alternate,
	       "SA_ONSTACK: there, and it knows");
	sigaltstack(NULL, &stack_in_handler);
	tap_ok(stack_in_handler.ss_flags == 0 &&
	       stack_in_handler.ss_size == sizeof(alternate),
	       "and off it afterwards");
	set(SIGUSR1, note, 0, 0);
	kill(getpid(), SIGUSR1);
	tap_ok(hits == 1 && !on_alternate(sp_in_handler),
	       "not without SA_ONSTACK");
	set(SIGUSR2, note, SA_ONSTACK, 0);
	set(SIGUSR1, other, SA_ONSTACK, 0);
	kill(getpid(), SIGUSR1);
	tap_ok(hits == 3 && order[1] == SIGUSR2 &&
	       on_alternate(sp_in_handler), "nested on it");
	set(SIGUSR1, change_stack, SA_ONSTACK, 0);
	kill(getpid(), SIGUSR1);
	tap_ok(hits == 1 && set_errno == EPERM,
	       "it cannot be changed from there");
	set_stack((int)SS_AUTODISARM);
	kill(getpid(), SIGUSR1);
	tap_ok(hits == 2 && set_errno == 0 && on_alternate(sp_in_handler) &&
	       stack_in_handler.ss_flags == SS_DISABLE,
	       "SS_AUTODISARM: it can");
	sigaltstack(NULL, &stack_in_handler);
	tap_ok(stack_in_handler.ss_flags == (int)SS_AUTODISARM &&
	       stack_in_handler.ss_sp == alternate,
	       "and is armed again afterwards");
	set_stack(SS_DISABLE);
	set(SIGUSR1, note, SA_ONSTACK, 0);
	kill(getpid(), SIGUSR1);
	tap_ok(hits == 1 && !on_alternate(sp_in_handler), "SS_DISABLE");
}

/* Faults */

static uint64_t pc_in_frame, address_in_frame;
static uint32_t esr_in_frame;

static uint32_t find_esr(const ucontext_t *uc)
{
	const uint8_t *at = (const uint8_t *)uc->uc_mcontext.__reserved;
	uint32_t head[2];
	uint64_t esr;

	for (;;) {
		memcpy(head, at, sizeof(head));
		if (!head[0] || !head[1])
			return 0;
		if (head[0] == 0x45535201) {
			memcpy(&esr, at + 8, sizeof(esr));
			return (uint32_t)esr;
		}
		at += head[1];
	}
}

static void jump(int sig, siginfo_t *info, void *context)
{
	const ucontext_t *uc = context;

	note(sig, info, context);
	pc_in_frame = uc->uc_mcontext.pc;
	address_in_frame = uc->uc_mcontext.fault_address;
	esr_in_frame = find_esr(uc);
	siglongjmp(back, 1);
}

static void skip(int sig, siginfo_t *info, void *context)
{
	ucontext_t *uc = context;

	note(sig, info, context);
	pc_in_frame = uc->uc_mcontext.pc;
	uc->uc_mcontext.pc += 4;
}

#define CLASS(esr) ((esr) >> 26)

static void test_faults(void)
{
	char *page = mmap(NULL, 2 * PAGE, PROT_READ,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	munmap(page + PAGE, PAGE);
	set(SIGSEGV, jump, 0, 0);
	if (!sigsetjmp(back, 1))
		*(volatile char *)(page + PAGE + 5) = 1;
	tap_ok(hits == 1 && seen.si_code == SEGV_MAPERR &&
	       seen.si_addr == page + PAGE + 5, "SEGV_MAPERR and its address");
	tap_ok(address_in_frame == (uintptr_t)(page + PAGE + 5) &&
	       CLASS(esr_in_frame) == 0x24 && (esr_in_frame & 0x40),
	       "the frame has both, and ESR: a write");
	if (!sigsetjmp(back, 1))
		*(volatile char *)(page + 6) = 1;
	tap_ok(hits == 2 && seen.si_code == SEGV_ACCERR &&
	       seen.si_addr == page + 6, "SEGV_ACCERR and its address");
	mprotect(page, PAGE, PROT_NONE);
	if (!sigsetjmp(back, 1))
		(void)*(volatile char *)(page + 7);
	tap_ok(hits == 3 && seen.si_code == SEGV_ACCERR &&
	       seen.si_addr == page + 7 && !(esr_in_frame & 0x40),
	       "a read of what may not be read");
	if (!sigsetjmp(back, 1))
		((void (*)(void))(uintptr_t)(page + 8))();
	tap_ok(hits == 4 && seen.si_addr == page + 8 &&
	       CLASS(esr_in_frame) == 0x20 &&
	       pc_in_frame == (uintptr_t)(page + 8),
	       "execution of what may not be executed");
	if (!sigsetjmp(back, 1))
		*(volatile char *)0xffffff8000000010 = 1;
	tap_ok(hits == 5 && seen.si_code == SEGV_MAPERR &&
	       seen.si_addr == (void *)0xffffff8000000010 &&
	       (esr_in_frame & 0x3f) == 4,
	       "the kernel's half looks as if nothing were there");
	tap_ok(!is_blocked(SIGSEGV), "siglongjmp brings the mask back");
	set_default(SIGSEGV, SIG_DFL);
	munmap(page, PAGE);
}

static void test_traps(void)
{
	static uint64_t words[2] __attribute__((aligned(16)));
	uint64_t at, value;

	set(SIGILL, skip, 0, 0);
	__asm__ volatile("adr %0, 1f\n1:\tudf #0" : "=r"(at));
	tap_ok(hits == 1 && seen.si_code == ILL_ILLOPC &&
	       (uintptr_t)seen.si_addr == at && pc_in_frame == at,
	       "SIGILL, its instruction, and on behind it");
	set_default(SIGILL, SIG_DFL);
	set(SIGTRAP, skip, 0, 0);
	__asm__ volatile("adr %0, 1f\n1:\tbrk #7" : "=r"(at));
	tap_ok(hits == 1 && seen.si_code == TRAP_BRKPT &&
	       (uintptr_t)seen.si_addr == at && pc_in_frame == at,
	       "SIGTRAP of a breakpoint");
	set_default(SIGTRAP, SIG_DFL);
	set(SIGBUS, skip, 0, 0);
	at = (uintptr_t)words + 1;
	__asm__ volatile("ldxr %0, [%1]" : "=r"(value) : "r"(at));
	tap_ok(hits == 1 && seen.si_code == BUS_ADRALN &&
	       (uintptr_t)seen.si_addr == at,
	       "SIGBUS of a misaligned exclusive load");
	set(SIGBUS, jump, 0, 0);
	at = (uintptr_t)test_traps + 2;
	if (!sigsetjmp(back, 1))
		__asm__ volatile("br %0" : : "r"(at));
	tap_ok(hits == 1 && seen.si_code == BUS_ADRALN &&
	       (uintptr_t)seen.si_addr == at, "SIGBUS of a misaligned pc");
	set_default(SIGBUS, SIG_DFL);
}

/* A variable, for the compiler knows that nothing is at a constant 8. */
static volatile char *volatile nowhere = (volatile char *)8;

static int fault_blocked(void)
{
	set(SIGSEGV, note, 0, 0);
	block(SIG_BLOCK, SIGSEGV);
	*nowhere = 1;
	return 0;
}

static int fault_ignored(void)
{
	set_default(SIGSEGV, SIG_IGN);
	*nowhere = 1;
	return 0;
}

static int fault_in_handler_of_fault(void)
{
	set(SIGSEGV, note, SA_ONSTACK, 0);
	/* The frame cannot be written, twice. */
	__asm__ volatile("mov sp, %0\n\tstr xzr, [sp]" : : "r"(64l));
	return 0;
}

static int no_stack_at_all(void)
{
	set(SIGUSR1, note, 0, 0);
	__asm__ volatile("mov x0, %0\n\tmov x1, %1\n\tmov x8, #129\n\t"
			 "mov sp, %2\n\tsvc #0" : :
			 "r"((long)getpid()), "r"((long)SIGUSR1), "r"(64l) :
			 "x0", "x1", "x8");
	return 0;
}

static int stack_overflow(void)
{
	volatile char much[65536];

	much[0] = much[65535] = 1;
	/* Always, but the compiler must not know. */
	if (much[0] == much[65535])
		return stack_overflow() + much[0] + much[65535];
	return 0;
}
static int no_alternate_stack(void)
{
	stack_t s = { .ss_sp = (void *)0x1000, .ss_size = 8192 };

	sigaltstack(&s, NULL);
	set(SIGUSR1, note, SA_ONSTACK, 0);
	kill(getpid(), SIGUSR1);
	return 0;
}

static void test_deadly_faults(void)
{
	uint64_t sp;

	tap_equal(in_child(fault_blocked), -SIGSEGV, "blocked, it kills");
	tap_equal(in_child(fault_ignored), -SIGSEGV, "ignored, it kills");
	tap_equal(in_child(fault_in_handler_of_fault), -SIGSEGV,
		  "so does a handler without a stack");
	tap_equal(in_child(no_stack_at_all), -SIGSEGV,
		  "of any signal");
	tap_equal(in_child(no_alternate_stack), -SIGSEGV,
		  "and one on an alternate stack that is not there");
	set_stack(0);
	set(SIGSEGV, jump, SA_ONSTACK, 0);
	if (!sigsetjmp(back, 1))
		stack_overflow();
	tap_ok(hits == 1 && on_alternate(sp_in_handler),
	       "the end of the stack is handled on another");
	set(SIGUSR1, note, 0, 0);
	set(SIGSEGV, jump, SA_ONSTACK, 0);
	if (!sigsetjmp(back, 1))
		__asm__ volatile("mov %0, sp\n\tmov x0, %1\n\tmov x1, %2\n\t"
				 "mov x8, #129\n\tmov sp, %3\n\tsvc #0\n\t"
				 "mov sp, %0" : "=&r"(sp) :
				 "r"((long)getpid()), "r"((long)SIGUSR1),
				 "r"(64l) : "x0", "x1", "x8", "memory");
	tap_ok(hits == 1 && seen.si_code == SI_KERNEL &&
	       seen.si_signo == SIGSEGV,
	       "a frame that cannot be written is SIGSEGV");
	set_stack(SS_DISABLE);
	set_default(SIGSEGV, SIG_DFL);
}

/* System calls */

/*
 * A sleep of a second, stopped and continued after 800 ms: how many it took,
 * -1: it failed. No handler runs.
 */
static long nap_over_stop(void)
{
	const struct timespec nap = { 1, 0 };
	pid_t pid = must_fork();
	long before, result;

	if (pid == 0) {
		child_sleep(800);
		kill(getppid(), SIGCONT);
		kill(getppid(), SIGWINCH);
		kill(getppid(), SIGSTOP);
		child_sleep(20);
		kill(getppid(), SIGCONT);
		_exit(0);
	}
	before = ms_now();
	result = nanosleep(&nap, NULL);
	before = ms_now() - before;
	child_wait(pid);
	return result == 0 ? before : -1;
}

/*
 * Begun again, it would take 1800 ms each time; a machine that has other
 * things to do may make it as long, but not always.
 */
static bool nap_goes_on(void)
{
	long ms = 0;

	for (int i = 0; i < 8; i++) {
		ms = nap_over_stop();
		if (ms < 1750)
			break;
	}
	return ms >= 999 && ms < 1750;
}

static void test_restart(void)
{
	const struct timespec long_time = { 20, 0 };
	struct timespec left = { 0, 0 };
	int ends[2], word = 0, status;
	pid_t pid, dead;
	long result;
	char c = 0;

	if (pipe(ends) != 0)
		tap_bail("pipe");
	set(SIGUSR1, note, SA_RESTART, 0);
	pid = must_fork();
	if (pid == 0) {
		state_await_sleep(getppid());
		kill(getppid(), SIGUSR1);
		child_sleep(20);
		_exit(write(ends[1], "x", 1) != 1);
	}
	tap_ok(read(ends[0], &c, 1) == 1 && c == 'x' && hits == 1,
	       "SA_RESTART: a read goes on");
	child_wait(pid);
	set(SIGUSR1, note, 0, 0);
	pid = pester(SIGUSR1, 20);
	tap_ok(read(ends[0], &c, 1) == -1 && errno == EINTR && hits > 0,
	       "without it, a read ends");
	end(pid);
	set(SIGUSR1, note, SA_RESTART, 0);
	dead = sender(SIGUSR1, 20, 2);
	tap_ok(waitpid(dead, &status, 0) == dead && hits == 2,
	       "SA_RESTART: waitpid goes on");
	set(SIGUSR1, note, SA_RESTART, 0);
	pid = pester(SIGUSR1, 50);
	result = nanosleep(&long_time, &left);
	tap_ok(result == -1 && errno == EINTR && hits > 0 &&
	       left.tv_sec < 20 && left.tv_sec > 0,
	       "nanosleep ends in spite of it, and says what is left");
	end(pid);
	tap_ok(nap_goes_on(),
	       "nanosleep goes on if no handler runs, with what is left");
	pid = pester(SIGUSR1, 20);
	result = syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, 0, &long_time);
	tap_ok(result == -1 && errno == EINTR,
	       "a futex wait with a timeout ends");
	end(pid);
	close(ends[0]);
	close(ends[1]);
}

/* Children */

static int exit_3(void)
{
	return 3;
}

static int die(void)
{
	return kill(getpid(), SIGTERM);
}

static void test_children(void)
{
	siginfo_t first;
	sigset_t empty;

	sigemptyset(&empty);
	set(SIGCHLD, note, 0, 0);
	tap_ok(in_child(exit_3) == 3 && hits == 1 &&
	       seen.si_code == CLD_EXITED && seen.si_status == 3 &&
	       seen.si_pid > 0 && seen.si_uid == getuid(),
	       "SIGCHLD of one that exited");
	first = seen;
	tap_ok(in_child(die) == -SIGTERM && hits == 2 &&
	       seen.si_code == CLD_KILLED && seen.si_status == SIGTERM &&
	       seen.si_pid != first.si_pid, "of one that was killed");
	set(SIGCHLD, note, SA_NOCLDWAIT, 0);
	tap_ok(in_child(exit_3) == -1000 - ECHILD && hits == 1,
	       "SA_NOCLDWAIT: told, but nothing is left to wait for");
	set_default(SIGCHLD, SIG_IGN);
	tap_ok(in_child(exit_3) == -1000 - ECHILD, "nor with SIG_IGN");
	set_default(SIGCHLD, SIG_DFL);
}

static int inherited(void)
{
	int bad = 0;

	bad |= is_pending(SIGUSR1) ? 1 : 0;
	bad |= is_blocked(SIGUSR1) ? 0 : 2;
	block(SIG_UNBLOCK, SIGUSR1);
	bad |= hits ? 4 : 0;
	kill(getpid(), SIGUSR1);
	bad |= hits == 1 && seen.si_pid == getpid() ? 0 : 8;
	sigaltstack(NULL, &stack_in_handler);
	bad |= stack_in_handler.ss_sp == alternate ? 0 : 16;
	return bad;
}

/* "sigtest look": after an execve. */
static int look(void)
{
	struct sigaction sa;
	int bad = 0;

	sigaction(SIGUSR1, NULL, &sa);
	bad |= sa.sa_handler == SIG_DFL && !sa.sa_flags ? 0 : 1;
	sigaction(SIGUSR2, NULL, &sa);
	bad |= sa.sa_handler == SIG_IGN ? 0 : 2;
	bad |= is_blocked(SIGUSR1) ? 0 : 4;
	bad |= is_pending(SIGUSR1) ? 0 : 8;
	sigaltstack(NULL, &stack_in_handler);
	bad |= stack_in_handler.ss_flags == SS_DISABLE ? 0 : 16;
	return bad;
}

static int exec_look(void)
{
	char *argv[] = { (char *)(uintptr_t)child_self(), "look", NULL };

	kill(getpid(), SIGUSR1);
	set_default(SIGUSR2, SIG_IGN);
	execv(child_self(), argv);
	return 99;
}

static void test_inheritance(void)
{
	set_stack(0);
	set(SIGUSR1, note, SA_ONSTACK, 0);
	block(SIG_BLOCK, SIGUSR1);
	kill(getpid(), SIGUSR1);
	tap_equal(in_child(inherited), 0,
		  "fork: handler, mask and stack pass on, pending does not");
	tap_equal(in_child(exec_look), 0,
		  "execve: ignored, mask and pending stay, handlers go");
	block(SIG_UNBLOCK, SIGUSR1);
	set_stack(SS_DISABLE);
}

/* Threads */

static volatile int taker, ready, stop;

static void who(int sig, siginfo_t *info, void *context)
{
	(void)sig;
	(void)info;
	(void)context;
	taker = (int)raw_call(SYS_gettid, 0, 0, 0, 0, 0, 0);
}

/* Waits with @arg unblocked, until told to stop. */
static int take_signals(void *arg)
{
	uint64_t s = UINT64_C(1) << ((long)arg - 1);

	raw_call(SYS_rt_sigprocmask, SIG_UNBLOCK, (long)&s, 0, 8, 0, 0);
	ready = 1;
	while (!stop)
		raw_sleep(5);
	return 0;
}

static bool taken_by(int tid)
{
	for (int i = 0; i < 1000 && !taker; i++)
		raw_sleep(2);
	return taker == tid;
}

static void test_threads(void)
{
	struct thread t;
	int tid, self = (int)syscall(SYS_gettid);

	ready = stop = taker = 0;
	set(SIGUSR1, who, SA_RESTART, 0);
	set(SIGUSR2, who, SA_RESTART, 0);
	block(SIG_BLOCK, SIGUSR1);
	tid = thread_start(&t, take_signals, (void *)SIGUSR1);
	if (tid < 0)
		tap_bail("clone: error %d", -tid);
	while (!ready)
		raw_sleep(2);
	kill(getpid(), SIGUSR1);
	tap_ok(taken_by(tid), "a signal goes to the thread that can take it");
	taker = 0;
	syscall(SYS_tgkill, getpid(), tid, SIGUSR2);
	tap_ok(taken_by(tid), "tgkill: to the one that is named");
	taker = 0;
	kill(getpid(), SIGUSR2);
	tap_ok(taken_by(self), "to the main thread if it can");
	tap_ok(syscall(SYS_tgkill, getpid() + 1, tid, SIGUSR2) == -1 &&
	       errno == ESRCH && syscall(SYS_tgkill, -1, tid, 1) == -1 &&
	       errno == EINVAL, "tgkill: of that process only");
	stop = 1;
	if (!thread_join(&t))
		tap_bail("a thread does not end");
	block(SIG_UNBLOCK, SIGUSR1);
}

static int wait_forever(void *arg)
{
	(void)arg;
	for (;;)
		raw_sleep(1000);
	return 0;
}

static int kill_group(void)
{
	static struct thread t[4];

	for (int i = 0; i < 4; i++)
		thread_start(&t[i], wait_forever, NULL);
	block(SIG_BLOCK, SIGTERM);
	/* Only the others can take it, and one does, for all. */
	syscall(SYS_tgkill, getpid(), t[2].tid, SIGTERM);
	wait_forever(NULL);
	return 0;
}

static void one_round(void)
{
	test_kill();
	test_nesting();
	test_actions();
	test_blocking();
	test_queues();
	test_queue_limit();
	test_sigwait();
	test_sigsuspend();
	test_altstack();
	test_faults();
	test_traps();
	test_deadly_faults();
	test_restart();
	test_children();
	test_inheritance();
	test_threads();
	tap_equal(in_child(kill_group), -SIGTERM,
		  "a deadly signal to one thread ends all");
}

int main(int argc, char **argv)
{
	struct counts before;

	child_init(argv[0]);
	if (argc > 1 && strcmp(argv[1], "look") == 0)
		return look();
	one_round();
	/* What is touched for the first time stays, counting included. */
	counts_take(&before);
	one_round();
	/* A thread that was joined may not have gone yet. */
	child_sleep(100);
	counts_take(&before);
	one_round();
	counts_check(&before);
	return tap_done();
}
