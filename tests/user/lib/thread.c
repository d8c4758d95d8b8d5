// SPDX-License-Identifier: MIT
/* Threads made by clone(2); see thread.h. */
#define _GNU_SOURCE
#include "thread.h"

#include <errno.h>
#include <linux/futex.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "state.h"
#include "tap.h"

#define STACK_SIZE (64 * 1024)

long raw_call(long number, long a, long b, long c, long d, long e, long f)
{
	register long x8 __asm__("x8") = number;
	register long x0 __asm__("x0") = a;
	register long x1 __asm__("x1") = b;
	register long x2 __asm__("x2") = c;
	register long x3 __asm__("x3") = d;
	register long x4 __asm__("x4") = e;
	register long x5 __asm__("x5") = f;

	__asm__ volatile("svc #0"
			 : "+r"(x0)
			 : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5)
			 : "memory");
	return x0;
}

/*
 * The child comes out of the system call on its own stack, on which what it
 * is to call lies ready.
 */
__asm__(
"	.type	clone_onto, %function\n"
"clone_onto:\n"
"	mov	x8, #220\n"		/* clone */
"	svc	#0\n"
"	cbnz	x0, 1f\n"
"	mov	x29, xzr\n"
"	mov	x30, xzr\n"
"	ldp	x1, x0, [sp], #16\n"
"	blr	x1\n"
"	mov	x8, #93\n"		/* exit */
"	svc	#0\n"
"1:	ret\n"
"	.size	clone_onto, . - clone_onto\n");

long clone_onto(uint64_t flags, void *stack, int *ptid, void *tls, int *ctid);

long raw_clone(uint64_t flags, void *stack, int *ptid, void *tls, int *ctid,
	       int (*fn)(void *arg), void *arg)
{
	void **top = stack;

	*--top = arg;
	*--top = (void *)fn;
	return clone_onto(flags, top, ptid, tls, ctid);
}

int thread_start_with(struct thread *t, uint64_t flags, void *tls,
		      int (*fn)(void *arg), void *arg)
{
	long tid;

	t->stack = mmap(NULL, STACK_SIZE, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (t->stack == MAP_FAILED)
		tap_bail("no memory for a stack");
	t->fn = fn;
	t->arg = arg;
	t->tid = 0;
	/* Until the kernel has written it, it is not that of an ended one. */
	t->alive = -1;
	tid = raw_clone(flags | THREAD_FLAGS | CLONE_PARENT_SETTID |
			CLONE_CHILD_SETTID | CLONE_CHILD_CLEARTID,
			t->stack + STACK_SIZE, &t->tid, tls, (int *)&t->alive,
			fn, arg);
	if (tid < 0)
		munmap(t->stack, STACK_SIZE);
	return (int)tid;
}

int thread_start(struct thread *t, int (*fn)(void *arg), void *arg)
{
	return thread_start_with(t, 0, NULL, fn, arg);
}

bool thread_join(struct thread *t)
{
	struct timespec limit = { 30, 0 };
	int alive;

	while ((alive = t->alive) != 0) {
		/* The wake-up at the end is for the shared kind. */
		if (raw_call(SYS_futex, (long)&t->alive, FUTEX_WAIT, alive,
			     (long)&limit, 0, 0) == -ETIMEDOUT)
			return false;
	}
	munmap(t->stack, STACK_SIZE);
	return true;
}

bool thread_settled(int tid, const volatile int *entered,
		    const volatile int *done)
{
	struct timespec nap = { 0, 200000 };

	for (unsigned i = 0; i < 50000; i++) {
		if (__atomic_load_n(done, __ATOMIC_ACQUIRE) ||
		    (__atomic_load_n(entered, __ATOMIC_ACQUIRE) &&
		     state_of_thread(tid) == 'S'))
			return true;
		nanosleep(&nap, NULL);
	}
	return false;
}

void raw_sleep(long ms)
{
	struct timespec t = { ms / 1000, ms % 1000 * 1000000 };

	raw_call(SYS_nanosleep, (long)&t, (long)&t, 0, 0, 0, 0);
}
