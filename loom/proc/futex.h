// SPDX-License-Identifier: MIT
/*
 * Futexes: threads that sleep until someone says that a word of user memory
 * has changed (futex(2)). For syscall/sys_futex.c, which decodes, and for the
 * end of a thread.
 *
 * A word is known by its key: a word of shared memory by the object that it
 * lies in and its place there, any other by address space and address. With
 * @shared the key is looked for (FUTEX_PRIVATE_FLAG is absent); without it the
 * program promises that the word is private, and the address will do.
 *
 * Who waits longest is woken first. All calls are about the calling thread's
 * memory, may fault it in and may sleep, unless said; addresses are multiples
 * of 4 in the user half. Errors as Linux: -EFAULT; -EINTR, a signal.
 */
#ifndef LOOM_PROC_FUTEX_H
#define LOOM_PROC_FUTEX_H

#include <stdbool.h>
#include <stdint.h>

struct aspace;
struct thread;

#define FUTEX_ANY UINT32_MAX	/* a set of bits that meets every other */

/* Once, before the first program. */
void futex_init(void);

/* When to give up: a reading of clock_now(), or of clock_realtime(). */
struct futex_deadline {
	uint64_t ns;		/* WAIT_FOREVER: never */
	bool realtime;
};

/*
 * Sleep if the word at @addr is @value, until a wake-up whose set of bits
 * meets @bits: 0, -EAGAIN (it is not @value), -ETIMEDOUT, -EINTR, -EFAULT.
 */
long futex_wait(uint64_t addr, bool shared, uint32_t value, uint32_t bits,
		const struct futex_deadline *deadline);

/* The calling thread goes on in the wait that it began in a leaf call. */
long futex_wait_again(void);

/*
 * Wake up to @n that wait for the word (one also if @n < 1, as Linux does):
 * how many.
 */
long futex_wake(uint64_t addr, bool shared, int n, uint32_t bits);

/*
 * Wake up to @nwake that wait for the word @from, and let up to @nmove others
 * wait for @to instead: how many were woken or moved. With @expected: -EAGAIN
 * and nothing done if the word @from is not that. -EINVAL: a number below 0.
 */
long futex_requeue(uint64_t from, uint64_t to, bool shared, int nwake,
		   int nmove, const uint32_t *expected);

/*
 * Change the word @second as @op says (FUTEX_WAKE_OP's encoding), wake up to
 * @n that wait for @first, and, if the old value was as @op says, up to @n2
 * that wait for @second: how many. -ENOSYS: no such operation.
 */
long futex_wake_op(uint64_t first, uint64_t second, bool shared, int n, int n2,
		   uint32_t op);

/*
 * Wake up to @n that wait for the word at @addr of @as, whatever it is: what
 * CLONE_CHILD_CLEARTID asks for. Any value of @addr.
 */
void futex_wake_addr(struct aspace *as, uint64_t addr, int n);

/* The real-time clock was set: who waits for a moment of it looks again. */
void futex_clock_was_set(void);

/*
 * The calling thread is about to end or to leave its memory: the mutexes on
 * its robust list (set_robust_list(2)) are marked as those of a dead owner,
 * and who waits for them is woken. Whatever the list looks like, at most
 * FUTEX_ROBUST_MAX entries are followed.
 */
#define FUTEX_ROBUST_MAX 2048
void futex_exit_robust(struct thread *thread);

#endif
