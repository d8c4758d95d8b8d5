// SPDX-License-Identifier: MIT
/*
 * Futexes; see futex.h. Waiters hang on a table of buckets, by the hash of
 * their key.
 *
 * Why no wake-up is lost
 *
 *	who waits			who wakes
 *	S1 lock(bucket)			W1 the program changes the word
 *	S2 read the word		W2 lock(bucket)
 *	S3 if as expected, queue	W3 take waiters off, wake them
 *	S4 unlock(bucket), sleep	W4 unlock(bucket)
 *
 * The lock orders the two sections. If S is first, W3 finds the waiter. If W
 * is first, its unlock is a release that comes after W1 and S1 is an acquire
 * that sees it: S2 reads the new value. So a waker always takes the lock, also
 * if nobody seems to be there.
 *
 * The word is read under the lock, where nobody may sleep, so not fault: with
 * a spinlock held the fault hook refuses (kernel_page_fault in trap.c) and the
 * access comes back with an error. Then the lock is dropped, the page fetched
 * as for any fault, and all begins again; so often as others take the page
 * away in between, or until a signal comes.
 *
 * A waiter is a part of its thread, which waits for one word at a time. It
 * belongs to the bucket that w->bucket names, also when it was woken, and is
 * touched by others only under that bucket's lock. So the thread takes the lock
 * before it uses the waiter again. w->bucket changes under the locks of both
 * buckets (requeue): who locks what it names looks again once it has the lock.
 *
 * The commonest cases are leaf calls (futex_leaf.c), which queue their waiters
 * here, too. Two buckets are locked in the order of their addresses.
 */
#include "proc/futex.h"

#include <stddef.h>

#include <weft/uaccess.h>

#include "lib/errno.h"
#include "lib/list.h"
#include "lib/lock.h"
#include "mm/aspace.h"
#include "proc/futex_impl.h"
#include "proc/futex_op.h"
#include "proc/process.h"
#include "sched/clock.h"
#include "sched/sched.h"
#include "sched/thread.h"
#include "sched/wait.h"
#include "signal/signal.h"

struct futex_bucket futex_buckets[FUTEX_BUCKETS];

void futex_init(void)
{
	for (unsigned i = 0; i < FUTEX_BUCKETS; i++) {
		spin_init(&futex_buckets[i].lock, RANK_FUTEX, "futex");
		list_init(&futex_buckets[i].waiters);
	}
}

/* The lower address first; both may be one. */
static uint64_t lock_two(struct futex_bucket *a, struct futex_bucket *b)
{
	struct futex_bucket *low = a < b ? a : b, *high = a < b ? b : a;
	uint64_t daif = spin_lock_irqsave(&low->lock);

	if (high != low)
		spin_lock_masked_nested(&high->lock);
	return daif;
}

static void unlock_two(struct futex_bucket *a, struct futex_bucket *b,
		       uint64_t daif)
{
	struct futex_bucket *low = a < b ? a : b, *high = a < b ? b : a;

	if (high != low)
		spin_unlock_masked(&high->lock);
	spin_unlock_irqrestore(&low->lock, daif);
}

/*
 * An access under a bucket's lock failed with @err; the lock is dropped now.
 * 0: it may be tried again.
 */
static int mend(uint64_t addr, int err, unsigned access)
{
	if (signal_pending())
		return -EINTR;
	if (err == -EAGAIN) {	/* too many others change the word */
		sched_yield();
		return 0;
	}
	return aspace_fault(process_current()->aspace, addr, access) ?
	       -EFAULT : 0;
}

/*
 * Waking. All under the bucket's lock.
 */

static void wake_waiter(struct futex_waiter *w)
{
	list_del(&w->link);
	/* Release: with it the thread sees what its waker did before. */
	__atomic_store_n(&w->woken, true, __ATOMIC_RELEASE);
	watch_ring(&w->watch);
}

static int wake_matching(struct futex_bucket *bucket,
			 const struct futex_key *key, int n, uint32_t bits)
{
	struct futex_waiter *w, *next;
	int woken = 0;

	list_for_each_entry_safe(w, next, &bucket->waiters,
				 struct futex_waiter, link) {
		if (!futex_key_equal(&w->key, key) || !(w->bits & bits))
			continue;
		wake_waiter(w);
		if (++woken >= n)
			break;
	}
	return woken;
}

static long wake_key(const struct futex_key *key, int n, uint32_t bits)
{
	struct futex_bucket *bucket = futex_bucket_of(key);
	uint64_t daif = spin_lock_irqsave(&bucket->lock);
	long woken = wake_matching(bucket, key, n, bits);

	spin_unlock_irqrestore(&bucket->lock, daif);
	return woken;
}

long futex_wake(uint64_t addr, bool shared, int n, uint32_t bits)
{
	struct futex_key key;
	int err = aspace_futex_key(process_current()->aspace, addr, shared,
				   &key);

	return err ? err : wake_key(&key, n, bits);
}

void futex_wake_addr(struct aspace *as, uint64_t addr, int n)
{
	struct futex_key key;

	if (aspace_futex_key(as, addr, true, &key) == 0)
		(void)wake_key(&key, n, FUTEX_ANY);
}

/*
 * Waiting.
 */

/* Queue @w if the word is @value: 0, -EAGAIN, -EFAULT, -EINTR. */
static int queue(struct futex_waiter *w, uint64_t addr, bool shared,
		 uint32_t value)
{
	struct futex_bucket *bucket;
	uint64_t daif;
	uint32_t now;
	int err;

	do {
		err = aspace_futex_key(process_current()->aspace, addr, shared,
			       &w->key);
		if (err)
			return err;
		bucket = futex_bucket_of(&w->key);
		daif = spin_lock_irqsave(&bucket->lock);
		err = weft_user_load32(addr, &now);
		if (!err && now == value)
			futex_enqueue(w, bucket);
		spin_unlock_irqrestore(&bucket->lock, daif);
		if (!err)
			return now == value ? 0 : -EAGAIN;
		err = mend(addr, err, AREA_READ);
	} while (!err);
	return err;
}

static uint64_t sleep_end(const struct futex_deadline *deadline)
{
	if (deadline->ns == WAIT_FOREVER || !deadline->realtime)
		return deadline->ns;
	return clock_when_realtime(deadline->ns);
}

/* Until woken, interrupted (-EINTR) or late (-ETIMEDOUT). */
static int sleep_on(struct futex_waiter *w,
		    const struct futex_deadline *deadline)
{
	int err = 0;

	for (;;) {
		watch_begin(&w->watch);
		if (err || __atomic_load_n(&w->woken, __ATOMIC_ACQUIRE))
			return err;
		err = watch_sleep(&w->watch, sleep_end(deadline));
	}
}

/* The bucket that @w belongs to, locked. */
static struct futex_bucket *lock_bucket(struct futex_waiter *w, uint64_t *daif)
{
	struct futex_bucket *bucket;

	for (;;) {
		bucket = __atomic_load_n(&w->bucket, __ATOMIC_RELAXED);
		*daif = spin_lock_irqsave(&bucket->lock);
		if (__atomic_load_n(&w->bucket, __ATOMIC_RELAXED) == bucket)
			return bucket;
		spin_unlock_irqrestore(&bucket->lock, *daif);
	}
}

/* Nobody else touches @w from then on. True if it was woken. */
static bool leave(struct futex_waiter *w)
{
	uint64_t daif;
	struct futex_bucket *bucket = lock_bucket(w, &daif);
	bool woken = w->woken;

	list_del(&w->link);
	spin_unlock_irqrestore(&bucket->lock, daif);
	return woken;
}

/* A wake-up counts, whatever else came: its sender counted on it. */
static long wait_on_queue(struct futex_waiter *w,
			  const struct futex_deadline *deadline)
{
	int err = sleep_on(w, deadline);

	return leave(w) ? 0 : err;
}

long futex_wait(uint64_t addr, bool shared, uint32_t value, uint32_t bits,
		const struct futex_deadline *deadline)
{
	struct futex_waiter *w = &thread_current()->futex;
	int err;

	w->bits = bits;
	w->realtime = deadline->realtime;
	w->woken = false;
	watch_init(&w->watch);
	err = queue(w, addr, shared, value);
	return err ? err : wait_on_queue(w, deadline);
}

long futex_wait_again(void)
{
	const struct futex_deadline never = { WAIT_FOREVER, false };

	return wait_on_queue(&thread_current()->futex, &never);
}

void futex_clock_was_set(void)
{
	struct futex_waiter *w;
	uint64_t daif;

	for (unsigned i = 0; i < FUTEX_BUCKETS; i++) {
		daif = spin_lock_irqsave(&futex_buckets[i].lock);
		list_for_each_entry(w, &futex_buckets[i].waiters,
				    struct futex_waiter, link)
			if (w->realtime)
				watch_ring(&w->watch);
		spin_unlock_irqrestore(&futex_buckets[i].lock, daif);
	}
}

/*
 * Two words.
 */

/* Both keys: 0 or an error. */
static int find_two(uint64_t first, uint64_t second, bool shared,
		    struct futex_key key[2])
{
	struct aspace *as = process_current()->aspace;
	int err = aspace_futex_key(as, first, shared, &key[0]);

	return err ? err : aspace_futex_key(as, second, shared, &key[1]);
}

/* Both buckets' locks held. */
static int move_matching(struct futex_bucket *from,
			 const struct futex_key key[2],
			 struct futex_bucket *to, int nwake, int nmove)
{
	struct futex_waiter *w, *next;
	struct list moved;
	int woken = 0, n = 0;

	list_init(&moved);
	list_for_each_entry_safe(w, next, &from->waiters, struct futex_waiter,
				 link) {
		if (!futex_key_equal(&w->key, &key[0]))
			continue;
		if (woken < nwake) {
			wake_waiter(w);
			woken++;
			continue;
		}
		if (n == nmove)
			break;
		list_del(&w->link);
		list_add_tail(&moved, &w->link);
		w->key = key[1];
		__atomic_store_n(&w->bucket, to, __ATOMIC_RELAXED);
		n++;
	}
	/* Behind those that wait there, which may be on the list walked. */
	while (!list_empty(&moved))
		list_add_tail(&to->waiters, list_pop(&moved));
	return woken + n;
}

long futex_requeue(uint64_t from, uint64_t to, bool shared, int nwake,
		   int nmove, const uint32_t *expected)
{
	struct futex_bucket *a, *b;
	struct futex_key key[2];
	uint32_t now = 0;
	uint64_t daif;
	long result = 0;
	int err;

	if (nwake < 0 || nmove < 0)
		return -EINVAL;
	do {
		err = find_two(from, to, shared, key);
		if (err)
			return err;
		a = futex_bucket_of(&key[0]);
		b = futex_bucket_of(&key[1]);
		daif = lock_two(a, b);
		if (expected)
			err = weft_user_load32(from, &now);
		if (!err && expected && now != *expected)
			result = -EAGAIN;
		else if (!err)
			result = move_matching(a, key, b, nwake, nmove);
		unlock_two(a, b, daif);
		if (!err)
			return result;
		err = mend(from, err, AREA_READ);
	} while (!err);
	return err;
}

long futex_wake_op(uint64_t first, uint64_t second, bool shared, int n, int n2,
		   uint32_t op)
{
	struct futex_bucket *a, *b;
	struct futex_key key[2];
	uint32_t old = 0;
	uint64_t daif;
	long result = 0;
	int err;

	do {
		err = find_two(first, second, shared, key);
		if (err)
			return err;
		a = futex_bucket_of(&key[0]);
		b = futex_bucket_of(&key[1]);
		daif = lock_two(a, b);
		err = futex_change_word(second, op, &old);
		if (!err)
			result = futex_compare(op, old);
		if (!err && result >= 0) {
			bool both = result;

			result = wake_matching(a, &key[0], n, FUTEX_ANY);
			if (both)
				result += wake_matching(b, &key[1], n2,
							FUTEX_ANY);
		}
		unlock_two(a, b, daif);
		if (!err || err == -ENOSYS)
			return err ? err : result;
		err = mend(second, err, AREA_WRITE);
	} while (!err);
	return err;
}
