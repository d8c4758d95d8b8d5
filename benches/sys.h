/* SPDX-License-Identifier: MIT */
/*
 * What the measured program has instead of a C library. It would have used FP
 * registers before main, and a thread that has used them once pays for them at
 * every switch; here only those pay that are to.
 */
#ifndef BENCHES_SYS_H
#define BENCHES_SYS_H

#include <stddef.h>
#include <stdint.h>

/* A system call; the result is the kernel's: -errno, or what is wanted. */
long sys(long number, long a, long b, long c, long d, long e, long f);

#define sys0(number) sys(number, 0, 0, 0, 0, 0, 0)
#define sys1(number, a) sys(number, (long)(a), 0, 0, 0, 0, 0)
#define sys2(number, a, b) sys(number, (long)(a), (long)(b), 0, 0, 0, 0)
#define sys3(number, a, b, c) \
	sys(number, (long)(a), (long)(b), (long)(c), 0, 0, 0)

/* The result, or the end of the program with a message if it is an error. */
long must(const char *what, long result);

_Noreturn void die(const char *what, long error);

/* To standard output; the text is written when a line ends. */
void put(const char *text);
void put_number(uint64_t value);

int same(const char *a, const char *b);

/* The decimal number that @text begins with. */
long to_number(const char *text);

/* A child, as fork(2) makes it: 0 in the child. */
long fork_child(void);

/* Wait for child @pid; returns its status word. */
int wait_child(long pid);

/*
 * A thread that calls @fn(@arg), which does not return, on the stack that ends
 * at @stack. In start.S.
 */
long start_thread(void *stack, void (*fn)(void *), void *arg);

#endif
