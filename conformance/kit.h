// SPDX-License-Identifier: MIT
/*
 * What the programs of this kit share: system calls, and results. They have no
 * C library, and need nothing of the kernel that they do not say: no arguments,
 * no environment, no stack, no thread pointer.
 *
 * Results are lines of the Test Anything Protocol. Many programs may write to
 * one console: each line is one write, and says whose it is. summary.py takes
 * them apart.
 */
#ifndef CONFORMANCE_KIT_H
#define CONFORMANCE_KIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Linux's numbers on AArch64. */
enum {
	NR_WRITE = 64,
	NR_EXIT = 93,
	NR_EXIT_GROUP = 94,
	NR_SCHED_YIELD = 124,
	NR_KILL = 129,
	NR_RT_SIGACTION = 134,
	NR_GETPID = 172,
	NR_MUNMAP = 215,
	NR_CLONE = 220,
	NR_MMAP = 222,
	NR_MPROTECT = 226,
	NR_WAIT4 = 260,
};

enum { KIT_SIGKILL = 9, KIT_SIGUSR1 = 10, KIT_SIGSEGV = 11, KIT_SIGCHLD = 17 };

/* Of Linux's errors: there is no such call. */
enum { KIT_ENOSYS = 38 };

/* "registers-3" and 3: name.c, which the Makefile compiles for each. */
extern const char kit_name[];
extern const unsigned int kit_identity;

/* A line of comment, for who writes it himself. */
extern const char kit_line[];
extern const unsigned int kit_line_size;

/* Greater than one where all is to be done so many times as often. */
#ifndef KIT_ROUNDS
#define KIT_ROUNDS 1
#endif

/* A system call: x0 as it comes back. */
long kit_call(long number, long a, long b, long c, long d, long e, long f);
long kit_call1(long number, long a);
void kit_yield(void);

/*
 * A line of comment. Of printf's conversions: %s, %ld, %016lx.
 */
void kit_note(const char *format, ...) __attribute__((format(printf, 1, 2)));

/*
 * How many results there will be. Before that a program says in comments what
 * it needs: if it ends early, they are the last that is read of it.
 */
void kit_plan(int results);

/* One result; returns @passed. */
bool kit_ok(bool passed, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* One that this kernel, or this run, cannot show. */
void kit_skip(const char *why, const char *what);

/* End this process (its only thread) with @status. */
_Noreturn void kit_exit(int status);

/* What each program is; the status it ends with is that of its results. */
void kit_main(void);
int kit_status(void);

/* What is called in a window: x8, x0 to x3, and the result. */
struct kit_svc {
	long number, arg[4], result;
};

/*
 * Fill all registers with what is right for @identity and @generation, let
 * @op (pattern.h) happen, which is the call @svc if that is not NULL, and
 * compare. Every difference is noted, up to four, and a result of @svc that is
 * wrong; @over says what happened.
 */
bool kit_window(uint64_t identity, uint64_t generation, unsigned int op,
		const struct kit_svc *svc, const char *over);

/*
 * The first result of who uses windows: each register is changed in turn, and
 * it, and nothing else, has to be found.
 */
void kit_check_checker(void);

/* Loops without a call; long enough for a timer's tick in some of them. */
bool kit_spin(uint64_t identity, uint64_t generation);

/* The same over sched_yield. */
bool kit_yields(uint64_t identity, uint64_t generation);

/* The second tier. */

/*
 * clone for a thread, which calls @fn(@arg) on the stack that ends at @stack,
 * then exit with its result.
 */
long kit_thread(uint64_t flags, void *stack, int *ptid, void *tls,
		volatile int *ctid, int (*fn)(void *arg), void *arg);

/* What a thread has in common with its process. */
#define KIT_THREAD_FLAGS 0x50f00u	/* VM FS FILES SIGHAND THREAD SYSVSEM */
#define KIT_SETTLS 0x80000u
#define KIT_CHILD_CLEARTID 0x200000u

/* clone as fork has it: 0 in the child, else its number or -errno. */
long kit_fork(void);

/* The status of a child as wait4 has it; or -1. */
int kit_wait(long pid);

/* A process that ends with @status. */
#define KIT_EXITED(status) ((status) << 8)

#endif
