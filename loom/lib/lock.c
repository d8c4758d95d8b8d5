// SPDX-License-Identifier: MIT
/*
 * Ticket spinlocks, and the debug build's check of their order. Called from
 * every subsystem, in any context.
 *
 * The pairs that make it a lock: the store-release of `owner` in release() is
 * seen by the load-acquire of the thread whose ticket it names (in take(), or
 * in wait_turn()), so everything done under the lock is seen by the next
 * holder. In a release build lock.h has both inline for those locks that are
 * taken with interrupts masked.
 *
 * Waiting uses WFE, and nobody executes SEV: the waiter's LDAXRH marks the
 * address in its exclusive monitor, and the holder's store to `owner` clears
 * that monitor, which is a wake-up event (Arm ARM D1.6, "the clearing of the
 * global monitor for the PE"). A store between LDAXRH and WFE has set the event
 * register, so the WFE falls through. An interrupt between the two clears the
 * monitor as well, but the ERET that ends it sets the event register. SEVL
 * makes the first WFE fall through.
 */
#include "lib/lock.h"

#include <stddef.h>

#include <weft/arch.h>
#include <weft/pauth.h>
#include <weft/sysreg.h>

#include "dev/timer.h"
#include "lib/assert.h"
#include "lib/cmdline.h"
#include "lib/cpu_max.h"
#include "lib/ksyms.h"
#include "lib/lockset.h"
#include "lib/lockstat.h"
#include "sched/chaos.h"
#include "sched/clock.h"
#include "sched/sched.h"
#include "sched/thread.h"
#include "sched/watchdog.h"

void spin_init(struct spinlock *lock, enum lock_rank rank, const char *name)
{
	lock->next = 0;
	lock->owner = 0;
	lock->rank = (uint16_t)rank;
	lock->unused = 0;
	lock->name = name;
}

/* Wait until *@owner is @ticket; acquires. */
static void wait_turn(const uint16_t *owner, uint16_t ticket)
{
	uint32_t now;

	__asm__ volatile("	sevl\n"
			 "1:	wfe\n"
			 "	ldaxrh	%w0, %1\n"
			 "	cmp	%w0, %w2\n"
			 "	b.ne	1b\n"
			 : "=&r"(now)
			 : "Q"(*owner), "r"((uint32_t)ticket)
			 : "cc", "memory");
}

#if LOOM_DEBUG
/* Beside what lockset.h knows of: see spin_adopt. */
enum { ADOPTED = 0x100U };

#define NS_PER_SECOND	UINT64_C(1000000000)
#define NS_PER_US	UINT64_C(1000)
#define STEP_NS		UINT64_C(100000000)

static struct lockstat stats[CPU_MAX];
static uint64_t masked_limit_ns;	/* 0: none; set at boot */

static bool irqs_on(void)
{
	return !(weft_read_daif() & WEFT_PSTATE_I);
}

uint64_t lock_stat_now(void)
{
	/* Without an ISB: it may be early by what is executed meanwhile. */
	return weft_read_cntvct_el0();
}

/* DAIF masked. */
static struct lockstat *stat_of(const struct thread *self)
{
	return &stats[self->task.cpu->index];
}

/*
 * The set changes with interrupts masked: a handler that came between the
 * store of an entry and the store of the count would put its own lock there.
 */
static void note(const void *lock, unsigned rank, const char *name,
		 unsigned how)
{
	struct thread *self = thread_current();
	uint64_t daif = weft_read_daif();
	const char *complaint;

	/* Before the first thread there is one CPU and nobody to race with. */
	if (!self)
		return;
	weft_mask_all();
	if (stat_of(self)->in_handler)
		how |= LOCKSET_IN_HANDLER;
	complaint = lockset_add(&self->held, lock, rank, how & ~ADOPTED);
	if (!complaint && !(how & ADOPTED)) {
		self->held.since[self->held.count - 1] = lock_stat_now();
		lockstat_taken(stat_of(self), rank);
	} else if (!complaint) {
		self->held.since[self->held.count - 1] =
			stat_of(self)->handed_over;
	}
	weft_write_daif(daif);
	if (complaint)
		check_failed("lock %s (rank %u): %s", name ? name : "?", rank,
			     complaint);
}

/* Its time as a holder ends here, DAIF masked. */
static void note_end(struct thread *self, const void *lock)
{
	int at = lockset_find(&self->held, lock);

	if (at >= 0)
		lockstat_held(stat_of(self), self->held.rank[at],
			      lock_stat_now() - self->held.since[at]);
}

static void unnote(const void *lock, const char *name)
{
	struct thread *self = thread_current();
	uint64_t daif = weft_read_daif();
	const char *complaint;

	if (!self)
		return;
	weft_mask_all();
	note_end(self, lock);
	complaint = lockset_remove(&self->held, lock);
	weft_write_daif(daif);
	if (complaint)
		check_failed("lock %s: %s", name ? name : "?", complaint);
}

/* It was waited for, and its time as a holder begins. */
void lock_note_wait(const void *lock, uint64_t asked)
{
	struct thread *self = thread_current();
	uint64_t daif = weft_read_daif();
	uint64_t now = lock_stat_now();
	int at;

	if (!self || !asked)
		return;
	weft_mask_all();
	at = lockset_find(&self->held, lock);
	if (at >= 0) {
		self->held.since[at] = now;
		lockstat_waited(stat_of(self), self->held.rank[at],
				now - asked);
	}
	weft_write_daif(daif);
}

uint64_t lock_handler_begins(void)
{
	stat_of(thread_current())->in_handler = true;
	return lock_stat_now();
}

void lock_handler_ends(uint64_t start, uintptr_t fn)
{
	struct lockstat *s = stat_of(thread_current());

	s->in_handler = false;
	lockstat_handled(s, lock_stat_now() - start, fn);
}

/* Interrupts are masked for @lock and were not before, by who called @where. */
static void note_mask(const void *lock, const void *where)
{
	struct thread *self = thread_current();
	uint64_t lr = weft_pauth_strip((uint64_t)(uintptr_t)where);

	if (self)
		lockstat_mask(stat_of(self), lock, lock_stat_now(), lr - 4);
}

static void note_unmask(const void *lock)
{
	struct thread *self = thread_current();
	uint64_t by, ns, ticks;
	struct ksym sym = { .name = "?" };

	if (!self)
		return;
	by = stat_of(self)->masked_by;
	ticks = lockstat_unmask(stat_of(self), lock, lock_stat_now());
	if (!masked_limit_ns || !ticks)
		return;
	ns = timer_ticks_to_ns(ticks);
	if (ns <= masked_limit_ns)
		return;
	ksym_lookup(by, &sym);
	check_failed("interrupts masked for %llu us by %s, lock %s",
		     (unsigned long long)(ns / 1000), sym.name,
		     ((const struct spinlock *)lock)->name);
}

void lock_stat_sum(struct lockstat *sum)
{
	unsigned i;

	for (i = 0; i < CPU_MAX; i++)
		lockstat_add(sum, &stats[i]);
}

void lock_stat_init(const char *cmdline)
{
	uint64_t us;

	if (cmdline_u64(cmdline, "loom.irqoff_limit", &us) &&
	    us < UINT64_MAX / NS_PER_US)
		masked_limit_ns = us * NS_PER_US;
}

/*
 * The same without WFE, for debug builds: who waits as long as the watchdog
 * lets a CPU hang reports it. That CPU may be deaf, and so may all others be
 * that would look at it. Only short steps count as waiting: in a long one the
 * whole machine was stopped.
 */
static void wait_watched(const struct spinlock *lock, uint16_t ticket)
{
	uint64_t limit = watchdog_seconds() * NS_PER_SECOND;
	uint64_t last = 0, waited = 0, now;

	while (__atomic_load_n(&lock->owner, __ATOMIC_ACQUIRE) != ticket) {
		weft_yield_hint();
		now = clock_now();
		if (last)
			waited += now - last < STEP_NS ? now - last : STEP_NS;
		last = now;
		if (waited > limit)
			check_failed("lock %s: waited for in vain for %u s",
				     lock->name, watchdog_seconds());
	}
}

static void wait_for(struct spinlock *lock, uint16_t ticket)
{
	uint64_t asked = lock_stat_now();

	if (watchdog_seconds())
		wait_watched(lock, ticket);
	else
		wait_turn(&lock->owner, ticket);
	lock_note_wait(lock, asked);
}

static void take(struct spinlock *lock, unsigned how)
{
	uint16_t ticket;

	if (irqs_on())
		how |= LOCKSET_IRQS_ON;
	note(lock, lock->rank, lock->name, how);
	ticket = __atomic_fetch_add(&lock->next, 1, __ATOMIC_RELAXED);
	if (__atomic_load_n(&lock->owner, __ATOMIC_ACQUIRE) != ticket)
		wait_for(lock, ticket);
}

/* Only the holder writes owner, so it may read it without atomicity. */
static void release(struct spinlock *lock)
{
	unnote(lock, lock->name);
	__atomic_store_n(&lock->owner, (uint16_t)(lock->owner + 1),
			 __ATOMIC_RELEASE);
}

void spin_lock(struct spinlock *lock)
{
	preempt_disable();
	take(lock, 0);
	assert(lock->rank < RANK_FIRST_IRQ);
}

void spin_lock_nested(struct spinlock *lock)
{
	preempt_disable();
	take(lock, LOCKSET_NESTED);
	assert(lock->rank < RANK_FIRST_IRQ);
}

void spin_unlock(struct spinlock *lock)
{
	release(lock);
	preempt_enable();
}

void spin_lock_masked(struct spinlock *lock)
{
	assert(!irqs_on());
	take(lock, 0);
}

void spin_lock_masked_nested(struct spinlock *lock)
{
	assert(!irqs_on());
	take(lock, LOCKSET_NESTED);
}

void spin_unlock_masked(struct spinlock *lock)
{
	assert(!irqs_on());
	release(lock);
}

uint64_t spin_lock_irqsave(struct spinlock *lock)
{
	uint64_t daif = weft_read_daif();

	weft_mask_all();
	if (!(daif & WEFT_PSTATE_I))
		note_mask(lock, __builtin_return_address(0));
	take(lock, 0);
	return daif;
}

void spin_unlock_irqrestore(struct spinlock *lock, uint64_t daif)
{
	release(lock);
	if (!(daif & WEFT_PSTATE_I))
		note_unmask(lock);
	weft_write_daif(daif);
	if (!chaos_on())
		return;
	/* A switch may come here, so with chaos it does. */
	preempt_disable();
	preempt_enable();
}

bool spin_held(const struct spinlock *lock)
{
	struct thread *self = thread_current();

	return !self || lockset_has(&self->held, lock);
}

void spin_disown(struct spinlock *lock)
{
	struct thread *self = thread_current();
	int at;

	if (!self)
		return;
	at = lockset_find(&self->held, lock);
	assert(at >= 0);
	stat_of(self)->handed_over = self->held.since[at];
	lockset_remove(&self->held, lock);
}

void spin_adopt(struct spinlock *lock)
{
	/* The acquisition was that of the thread that left this CPU. */
	assert(lock->owner != lock->next);
	note(lock, lock->rank, lock->name, ADOPTED);
}

void lock_note(const void *lock, unsigned rank, const char *name, bool nested)
{
	/* Interrupts do not matter to a lock that sleeps. */
	note(lock, rank, name, nested ? LOCKSET_NESTED : 0);
}

void lock_unnote(const void *lock, const char *name)
{
	unnote(lock, name);
}

void lock_assert_none_spinning(void)
{
	struct thread *self = thread_current();
	uint64_t daif = weft_read_daif();
	bool in_handler;

	if (!self)
		return;
	weft_mask_all();
	in_handler = stat_of(self)->in_handler;
	weft_write_daif(daif);
	if (in_handler)
		check_failed("an interrupt's handler sleeps in thread %s",
			     self->name);
	if (lockset_has_spin(&self->held))
		check_failed("thread %s sleeps with a spinlock held",
			     self->name);
}
#else
void lock_stat_sum(struct lockstat *sum)
{
	(void)sum;
}

void lock_stat_init(const char *cmdline)
{
	(void)cmdline;
}

void spin_wait(struct spinlock *lock, uint16_t ticket)
{
	wait_turn(&lock->owner, ticket);
}

void spin_lock(struct spinlock *lock)
{
	preempt_disable();
	spin_lock_masked(lock);
}

void spin_lock_nested(struct spinlock *lock)
{
	spin_lock(lock);
}

void spin_lock_masked_nested(struct spinlock *lock)
{
	spin_lock_masked(lock);
}

void spin_unlock(struct spinlock *lock)
{
	spin_unlock_masked(lock);
	preempt_enable();
}
#endif
