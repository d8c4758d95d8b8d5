// SPDX-License-Identifier: MIT
/*
 * Robust mutexes: what becomes of those that a thread holds when it ends. The
 * thread keeps a list of them in its own memory (set_robust_list(2)); its head
 * is
 *
 *	next		the first entry, or the head itself
 *	offset		from an entry to its mutex's word, signed
 *	pending		an entry that is about to be put on or taken off
 *
 * and each entry begins with the address of the next one. Bit 0 of an address
 * says that the mutex inherits priority. The memory is the program's: it may
 * hold anything, and change while it is read.
 */
#include <weft/uaccess.h>

#include "lib/errno.h"
#include "mm/user.h"
#include "proc/futex.h"
#include "proc/process.h"
#include "sched/sched.h"
#include "sched/thread.h"

#define WORD_OWNER	UINT32_C(0x3fffffff)	/* the tid of who holds it */
#define WORD_OWNER_DIED UINT32_C(0x40000000)
#define WORD_WAITERS	UINT32_C(0x80000000)

enum {
	ENTRY_PI = 1,
	TRIES = 1000,	/* at a word that others change all the time */
};

struct robust_head {
	uint64_t next;
	uint64_t offset;
	uint64_t pending;
};

/*
 * Put the mark of a dead owner into the word at @addr if @tid holds it: 0 or
 * -EFAULT. *@was is the word before.
 */
static int mark_dead(uint64_t addr, uint32_t tid, uint32_t *was)
{
	uint32_t now = 0;
	int err = weft_user_load32(addr, was);

	for (int i = 0; !err && i < TRIES; i++) {
		if ((*was & WORD_OWNER) != tid)
			return 0;
		err = weft_user_cas32(addr, *was, (*was & WORD_WAITERS) |
				      WORD_OWNER_DIED, &now);
		if (!err && now == *was)
			return 0;
		if (!err)
			*was = now;
		else if (err == -EAGAIN)
			err = 0;
		sched_yield();
	}
	return err ? -EFAULT : 0;
}

/*
 * The mutex whose word is at @addr, if @tid holds it. @pending: it may be
 * between the moment that it was let go of and the wake-up for the next, which
 * nobody else would send. False: the list leads astray.
 */
static bool bury(uint64_t addr, uint32_t tid, bool pi, bool pending)
{
	uint32_t was;

	if (addr % sizeof(was) || !user_range_ok(addr, sizeof(was)) ||
	    mark_dead(addr, tid, &was))
		return false;
	if (pi)
		return true;
	if ((pending && !was) ||
	    ((was & WORD_OWNER) == tid && was & WORD_WAITERS))
		(void)futex_wake(addr, true, 1, FUTEX_ANY);
	return true;
}

static uint64_t without_flag(uint64_t entry)
{
	return entry & ~(uint64_t)ENTRY_PI;
}

void futex_exit_robust(struct thread *thread)
{
	uint64_t list = thread->robust_list, entry, next;
	struct robust_head head;
	bool good = true;

	thread->robust_list = 0;
	if (!list || copy_from_user(&head, list, sizeof(head)))
		return;
	entry = head.next;
	for (int i = 0; i < FUTEX_ROBUST_MAX; i++) {
		if (without_flag(entry) == list || !good)
			break;
		/* Before the mutex is given away: its memory may go with it. */
		good = !copy_from_user(&next, without_flag(entry),
				       sizeof(next));
		if (without_flag(entry) != without_flag(head.pending) &&
		    !bury(without_flag(entry) + head.offset, thread->tid,
			  entry & ENTRY_PI, false))
			return;
		entry = next;
	}
	if (good && head.pending)
		(void)bury(without_flag(head.pending) + head.offset,
			   thread->tid, head.pending & ENTRY_PI, true);
}
