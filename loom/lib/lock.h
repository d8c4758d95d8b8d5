// SPDX-License-Identifier: MIT
/*
 * Spinlocks and their order.
 *
 * A spinlock is a ticket lock: waiters get it in the order in which they asked.
 * The holder is never switched away. A lock that interrupts never take raises
 * the thread's preemption count (spin_lock). One that an interrupt handler
 * takes is always taken with interrupts masked (spin_lock_irqsave, or
 * spin_lock_masked where they are masked already), and who has masked them is
 * not preempted anyway: those count nothing, and in a release build they are
 * inline. The rank says which locks those are.
 *
 * So a release is not a point where a switch happens that was asked for under
 * the lock. That is done by who asked (sched/sched.c), if interrupts were on;
 * else by what comes next of: the end of an interrupt, of a preempt_disable,
 * of spin_lock's kind of lock, the way out of the kernel.
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

#if !LOOM_DEBUG
#include <weft/sysreg.h>
#endif

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
	RANK_TABLES,		/* pages of zeros for page tables */
	RANK_FAIL,		/* allocations that fail on purpose */
	RANK_PAGE,		/* the page allocator */
	RANK_RNG,		/* the random generator */
	RANK_IRQ,		/* interrupt controller and handler table */
	RANK_UART,		/* the console's transmit ring */
	RANK_LOG,		/* the message buffer: the innermost */
	RANK_COUNT
};

/* The tickets are halves of a word: what goes over the end of next is lost. */
struct spinlock {
	_Alignas(uint32_t) uint16_t owner;	/* ticket that holds the lock */
	uint16_t next;		/* ticket that the next asker draws */
	uint16_t rank;		/* enum lock_rank */
	uint16_t unused;
	const char *name;	/* for reports */
};

#define SPINLOCK_INIT(rank_, name_) \
	{ .next = 0, .owner = 0, .rank = (rank_), .name = (name_) }

void spin_init(struct spinlock *lock, enum lock_rank rank, const char *name);

/* Take or release @lock, of a rank that interrupts never take. */
void spin_lock(struct spinlock *lock);
void spin_lock_nested(struct spinlock *lock);
void spin_unlock(struct spinlock *lock);

#if LOOM_DEBUG
/* The same for a rank that interrupts take, by a caller that masked them. */
void spin_lock_masked(struct spinlock *lock);
void spin_unlock_masked(struct spinlock *lock);

/*
 * Mask interrupts, take @lock; release it and put DAIF back. The value that
 * spin_lock_irqsave returns belongs to the spin_unlock_irqrestore of the same
 * function.
 */
uint64_t spin_lock_irqsave(struct spinlock *lock);
void spin_unlock_irqrestore(struct spinlock *lock, uint64_t daif);
#else
/* Wait until @ticket holds @lock; acquires. */
void spin_wait(struct spinlock *lock, uint16_t ticket);

/*
 * The acquire is for a lock that is free: what its last holder did is seen
 * after the load that finds that holder's store-release of `owner`.
 */
static inline void spin_lock_masked(struct spinlock *lock)
{
	uint32_t *word = (uint32_t *)(void *)&lock->owner;
	uint32_t old, drawn, failed;

	__asm__ volatile("1:	ldaxr	%w0, %3\n"
			 "	add	%w1, %w0, #0x10, lsl #12\n"
			 "	stxr	%w2, %w1, %3\n"
			 "	cbnz	%w2, 1b\n"
			 : "=&r"(old), "=&r"(drawn), "=&r"(failed), "+Q"(*word)
			 :
			 : "memory");
	/* Are the halves equal? */
	if (__builtin_expect((old ^ (old >> 16 | old << 16)) != 0, 0))
		spin_wait(lock, (uint16_t)(old >> 16));
}

/* Only the holder writes owner, so it may read it without atomicity. */
static inline void spin_unlock_masked(struct spinlock *lock)
{
	__atomic_store_n(&lock->owner, (uint16_t)(lock->owner + 1),
			 __ATOMIC_RELEASE);
}

static inline uint64_t spin_lock_irqsave(struct spinlock *lock)
{
	uint64_t daif = weft_read_daif();

	weft_mask_all();
	spin_lock_masked(lock);
	return daif;
}

static inline void spin_unlock_irqrestore(struct spinlock *lock, uint64_t daif)
{
	spin_unlock_masked(lock);
	weft_write_daif(daif);
}
#endif

/* The same with another one of its rank held, of a lower address. */
void spin_lock_masked_nested(struct spinlock *lock);

/* True if the calling thread holds @lock (debug builds; else always true). */
#if LOOM_DEBUG
bool spin_held(const struct spinlock *lock);
#else
static inline bool spin_held(const struct spinlock *lock)
{
	(void)lock;
	return true;
}
#endif

/*
 * For sched/sched.c, whose run-queue lock is taken by one thread and released
 * by the next: move it out of and into the calling thread's books. The lock
 * stays held.
 */
#if LOOM_DEBUG
void spin_disown(struct spinlock *lock);
void spin_adopt(struct spinlock *lock);
#else
static inline void spin_disown(struct spinlock *lock)
{
	(void)lock;
}

static inline void spin_adopt(struct spinlock *lock)
{
	(void)lock;
}
#endif

/*
 * For sched/mutex.c: enter or strike out a sleeping lock in the books, with
 * the same rules (debug builds; else nothing).
 */
#if LOOM_DEBUG
void lock_note(const void *lock, unsigned rank, const char *name,
	       bool nested);
void lock_unnote(const void *lock, const char *name);
#else
static inline void lock_note(const void *lock, unsigned rank, const char *name,
			     bool nested)
{
	(void)lock;
	(void)rank;
	(void)name;
	(void)nested;
}

static inline void lock_unnote(const void *lock, const char *name)
{
	(void)lock;
	(void)name;
}
#endif

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
#if LOOM_DEBUG
void lock_assert_none_spinning(void);
#else
static inline void lock_assert_none_spinning(void)
{
}
#endif

#endif
