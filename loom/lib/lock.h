// SPDX-License-Identifier: MIT
/*
 * Spinlocks and their order.
 *
 * A spinlock is a ticket lock: waiters get it in the order in which they asked.
 * Holding one raises the thread's preemption count, so the holder is never
 * switched away. A lock that an interrupt handler takes is always taken with
 * interrupts masked (the _irqsave forms); the rank says which locks those are.
 *
 * Locks are taken in the order of their rank, lowest first. Two of the same
 * rank are never held together unless the second is taken with
 * spin_lock_nested, and has the higher address. A debug build keeps the locks
 * that a thread holds and panics on the first acquisition out of order, whether
 * it would deadlock this time or not.
 */
#ifndef LOOM_LIB_LOCK_H
#define LOOM_LIB_LOCK_H

#include <stdbool.h>
#include <stdint.h>

struct lockstat;

/* The written lock order. Sleeping locks (sched/mutex.h) come first. */
enum lock_rank {
	RANK_NONE,

	/* mutexes: may be held over a sleep; not taken under a spinlock */
	RANK_IPI,		/* who asks other CPUs to call a function */
	RANK_SET_TIMER,		/* who sets or frees a program's timer */
	RANK_FILE,		/* struct file: position */
	RANK_RENAME,		/* the whole tree, while a directory moves */
	RANK_DIR,		/* struct inode of a directory */
	RANK_INODE,		/* struct inode of anything else, pipes too */
	RANK_FILELOCK,		/* the locks of all files */
	RANK_OOM,		/* who is killed when there is no memory */
	RANK_ASPACE,		/* struct aspace: areas and page table */
	RANK_LAST_MUTEX = RANK_ASPACE,

	/* spinlocks that interrupts never take */
	RANK_FDTABLE,		/* struct files */
	RANK_FS_CONTEXT,	/* struct fs_context */
	RANK_EVENT,		/* the count of an eventfd */
	RANK_ENDPOINT,		/* who waits at some endpoints, for whom */
	RANK_UTS,		/* the names of the system */
	RANK_SPACES,		/* the list of all address spaces */
	RANK_PAGETREE,		/* struct pagetree: the pages of a file */

	/* spinlocks that interrupts take: always with interrupts masked */
	RANK_TIMERS,		/* programs' timers: they send signals */
	RANK_FIRST_IRQ = RANK_TIMERS,
	RANK_TREE,		/* process table, parents, children, groups */
	RANK_TTY,		/* line discipline and its buffers */
	RANK_SIGNAL,		/* pending and blocked sets of a process */
	RANK_THREADS,		/* the list of all threads */
	RANK_LOAD,		/* load averages */
	RANK_BOUND,		/* interrupts that are bound to notifications */
	RANK_NOTIFICATION,	/* struct notification */
	RANK_TIMER,		/* the queue of timeouts */
	RANK_FUTEX,		/* waiters for words of user memory */
	RANK_WAITQ,		/* struct waitq */
	RANK_RUNQ,		/* run queue of one CPU */
	RANK_KVM,		/* the kernel's page table, stack slots */
	RANK_ASID,		/* the ASID allocator */
	RANK_KMEM,		/* kmalloc's size classes */
	RANK_FAIL,		/* allocations that fail on purpose */
	RANK_PAGE,		/* the page allocator */
	RANK_RNG,		/* the random generator */
	RANK_IRQ,		/* interrupt controller and handler table */
	RANK_UART,		/* the console's transmit ring */
	RANK_LOG,		/* the message buffer: the innermost */
	RANK_COUNT
};

struct spinlock {
	uint16_t next;		/* ticket that the next asker draws */
	uint16_t owner;		/* ticket that holds the lock */
	uint16_t rank;		/* enum lock_rank */
	uint16_t unused;
	const char *name;	/* for reports */
};

#define SPINLOCK_INIT(rank_, name_) \
	{ .next = 0, .owner = 0, .rank = (rank_), .name = (name_) }

void spin_init(struct spinlock *lock, enum lock_rank rank, const char *name);

/*
 * Take or release @lock with interrupts left as they are. Only for ranks that
 * interrupts never take, or where the caller has masked interrupts.
 */
void spin_lock(struct spinlock *lock);
void spin_lock_nested(struct spinlock *lock);
void spin_unlock(struct spinlock *lock);

/*
 * Mask interrupts, take @lock; release it and put DAIF back. The value that
 * spin_lock_irqsave returns belongs to the spin_unlock_irqrestore of the same
 * function.
 */
uint64_t spin_lock_irqsave(struct spinlock *lock);
void spin_unlock_irqrestore(struct spinlock *lock, uint64_t daif);

/* True if the calling thread holds @lock (debug builds; else always true). */
bool spin_held(const struct spinlock *lock);

/*
 * For sched/sched.c, whose run-queue lock is taken by one thread and released
 * by the next: move it out of and into the calling thread's books. The lock
 * stays held, and each thread keeps the preemption count that goes with it.
 */
void spin_disown(struct spinlock *lock);
void spin_adopt(struct spinlock *lock);

/*
 * For sched/mutex.c: enter or strike out a sleeping lock in the books, with
 * the same rules (debug builds; else nothing).
 */
void lock_note(const void *lock, unsigned rank, const char *name,
	       bool nested);
void lock_unnote(const void *lock, const char *name);

/*
 * Debug builds: the sum of the statistics of all CPUs, added to @sum, which is
 * zeros, and loom.irqoff_limit=US of the command line: interrupts that a
 * spinlock keeps masked for longer than that are a failed check.
 */
void lock_stat_sum(struct lockstat *sum);
void lock_stat_init(const char *cmdline);

#if LOOM_DEBUG
/* Now, for the statistics. */
uint64_t lock_stat_now(void);

/* @lock is taken, and was waited for since @asked; 0: not at all. */
void lock_note_wait(const void *lock, uint64_t asked);

/*
 * Around the handler @fn of an interrupt, DAIF masked: it may take only the
 * locks that are for it, and must not sleep; and how long it takes is counted.
 * The second is given what the first returned.
 */
uint64_t lock_handler_begins(void);
void lock_handler_ends(uint64_t start, uintptr_t fn);
#else
static inline uint64_t lock_stat_now(void)
{
	return 0;
}

static inline void lock_note_wait(const void *lock, uint64_t asked)
{
	(void)lock;
	(void)asked;
}

static inline uint64_t lock_handler_begins(void)
{
	return 0;
}

static inline void lock_handler_ends(uint64_t start, uintptr_t fn)
{
	(void)start;
	(void)fn;
}
#endif

/*
 * Debug builds: fails if the caller must not sleep: it holds a spinlock, or is
 * the handler of an interrupt.
 */
void lock_assert_none_spinning(void);

#endif
