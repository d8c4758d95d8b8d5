// SPDX-License-Identifier: MIT
/*
 * Futexes on the build machine, between threads that each stand for a
 * process (shim/fs) and share this program's memory: which waiters a wake-up
 * takes, in which order, what requeue moves, what FUTEX_WAKE_OP computes, the
 * page that is missing under the bucket's lock; and that no wake-up is lost
 * when all this happens at once.
 */
#include <pthread.h>
#include <sched.h>
#include <string.h>

#include <weft/uaccess.h>

#include "mm/aspace.h"
#include "proc/futex.h"
#include "proc/futex_op.h"
#include "proc/process.h"
#include "rig.h"
#include "sched/clock.h"
#include "sched/thread.h"
#include "sched/wait.h"

enum { MAX = 12 };

static const struct futex_deadline never = { WAIT_FOREVER, false };

/*
 * User memory: this program's own. The first @missing accesses to a word
 * fail as those of a page that is not there; aspace_fault brings it.
 */
static int missing;
static int faults, fault_error;
static int busy;	/* so many changes fail with -EAGAIN */

static bool is_there(void)
{
	return !__atomic_load_n(&missing, __ATOMIC_RELAXED);
}

int aspace_fault(struct aspace *as, uint64_t va, unsigned access)
{
	(void)as;
	(void)va;
	(void)access;
	faults++;
	if (fault_error)
		return fault_error;
	missing--;
	return 0;
}

/* The word that is mapped shared, if any. */
static const uint32_t *shared_word;

int aspace_futex_key(struct aspace *as, uint64_t va, bool shared,
		     struct futex_key *key)
{
	if (!shared || va != U(shared_word))
		*key = (struct futex_key){ U(as), va, false };
	else
		*key = (struct futex_key){ 7, 64, true };
	return 0;
}

#define WORD(addr) ((uint32_t *)(uintptr_t)(addr))

int weft_user_load32(uint64_t addr, uint32_t *value)
{
	if (!is_there())
		return -EFAULT;
	*value = __atomic_load_n(WORD(addr), __ATOMIC_ACQUIRE);
	return 0;
}

#define CHANGE(name, op)						\
int weft_user_##name##32(uint64_t addr, uint32_t value, uint32_t *old)	\
{									\
	if (!is_there())						\
		return -EFAULT;						\
	if (busy) {							\
		busy--;							\
		return -EAGAIN;						\
	}								\
	*old = __atomic_##op(WORD(addr), value, __ATOMIC_SEQ_CST);	\
	return 0;							\
}

CHANGE(swap, exchange_n)
CHANGE(add, fetch_add)
CHANGE(or, fetch_or)
CHANGE(xor, fetch_xor)

int weft_user_andn32(uint64_t addr, uint32_t value, uint32_t *old)
{
	*old = __atomic_fetch_and(WORD(addr), ~value, __ATOMIC_SEQ_CST);
	return 0;
}

uint64_t clock_when_realtime(uint64_t ns)
{
	return ns;
}

/* Each thread of the host is one. */
static __thread struct thread self;

struct weft_task *weft_task_current(void)
{
	return &self.task;
}

/* Waiters: threads that report in which order they were woken. */

struct sleeper {
	pthread_t thread;
	uint32_t *word;
	uint32_t value, bits;
	int pid;
	struct aspace *as;
	long result;
	bool shared;
	unsigned turn;		/* 1: the first that came back */
};

static unsigned turns;

static void *sleeper_main(void *arg)
{
	struct sleeper *s = arg;

	shim_enter(s->pid);
	process_current()->aspace = s->as;
	s->result = futex_wait(U(s->word), s->shared, s->value, s->bits,
			       &never);
	__atomic_store_n(&s->turn, __atomic_add_fetch(&turns, 1,
						      __ATOMIC_RELAXED),
			 __ATOMIC_RELEASE);
	shim_leave();
	return NULL;
}

/* Start @n, one after the other sleeps, on @word, which is 0. */
static void start(struct sleeper *s, unsigned n, uint32_t *word)
{
	static int pid;
	unsigned before = shim_sleepers();

	for (unsigned i = 0; i < n; i++) {
		s[i].word = word;
		s[i].pid = 2 + pid++ % 60;
		if (!s[i].bits)
			s[i].bits = FUTEX_ANY;
		assert_int_equal(pthread_create(&s[i].thread, NULL,
						sleeper_main, &s[i]), 0);
		while (shim_sleepers() != before + i + 1)
			sched_yield();
	}
}

static void await_turns(unsigned n)
{
	while (__atomic_load_n(&turns, __ATOMIC_RELAXED) != n)
		sched_yield();
}

static void join(struct sleeper *s, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		pthread_join(s[i].thread, NULL);
}

static int set_up(void **state)
{
	turns = 0;
	missing = faults = fault_error = busy = 0;
	futex_init();
	return rig_start(state);
}

static void test_wait_looks(void **state)
{
	uint32_t word = 5;

	(void)state;
	assert_int_equal(futex_wait(U(&word), false, 4, FUTEX_ANY, &never),
			 -EAGAIN);
	assert_int_equal(futex_wake(U(&word), false, 1, FUTEX_ANY), 0);
	shim_signal(1);
	assert_int_equal(futex_wait(U(&word), false, 5, FUTEX_ANY, &never),
			 -EINTR);
	/* The one that was interrupted is not there any more. */
	assert_int_equal(futex_wake(U(&word), false, 1, FUTEX_ANY), 0);
}

static void test_missing_page(void **state)
{
	uint32_t word = 5;

	(void)state;
	missing = 3;
	assert_int_equal(futex_wait(U(&word), false, 4, FUTEX_ANY, &never),
			 -EAGAIN);
	assert_int_equal(faults, 3);
	missing = 1;
	fault_error = -EFAULT;
	assert_int_equal(futex_wait(U(&word), false, 4, FUTEX_ANY, &never),
			 -EFAULT);
	fault_error = -ENOMEM;
	assert_int_equal(futex_wake_op(U(&word), U(&word), false, 1, 1, 0),
			 -EFAULT);
	fault_error = 0;
	/* As long as others take it away: until a signal comes. */
	missing = 1000000;
	shim_signal(1);
	assert_int_equal(futex_wait(U(&word), false, 4, FUTEX_ANY, &never),
			 -EINTR);
}

static void test_order(void **state)
{
	struct sleeper s[6] = { { .value = 0 } };
	uint32_t word = 0;

	(void)state;
	start(s, 6, &word);
	/* One also for a number below one. */
	assert_int_equal(futex_wake(U(&word), false, 0, FUTEX_ANY), 1);
	await_turns(1);
	assert_int_equal(s[0].turn, 1);
	for (unsigned i = 1; i < 4; i++) {
		assert_int_equal(futex_wake(U(&word), false, 1, FUTEX_ANY), 1);
		await_turns(i + 1);
		assert_int_equal(s[i].turn, i + 1);
	}
	assert_int_equal(futex_wake(U(&word), false, 7, FUTEX_ANY), 2);
	join(s, 6);
	for (unsigned i = 0; i < 6; i++)
		assert_int_equal(s[i].result, 0);
}

static void test_bits_and_spaces(void **state)
{
	struct sleeper s[4] = {
		{ .bits = 1 }, { .bits = 2 }, { .bits = 3 },
		{ .as = (struct aspace *)64 },
	};
	uint32_t word = 0, other = 0;

	(void)state;
	start(s, 4, &word);
	assert_int_equal(futex_wake(U(&other), false, 9, FUTEX_ANY), 0);
	assert_int_equal(futex_wake(U(&word), false, 9, 4), 0);
	assert_int_equal(futex_wake(U(&word), false, 9, 2), 2);
	await_turns(2);
	assert_int_equal(s[0].turn, 0);
	/* The same address in another space is another word. */
	assert_int_equal(futex_wake(U(&word), false, 9, FUTEX_ANY), 1);
	await_turns(3);
	assert_int_equal(s[3].turn, 0);
	futex_wake_addr(s[3].as, U(&word), 1);
	join(s, 4);
}

/* Whatever space it is seen from; and not with who said that it is private. */
static void test_shared_words(void **state)
{
	struct sleeper s[3] = {
		{ .shared = true, .as = (struct aspace *)64 },
		{ .shared = true, .as = (struct aspace *)128 },
		{ .shared = false },
	};
	uint32_t word = 0;

	(void)state;
	shared_word = &word;
	start(s, 3, &word);
	assert_int_equal(futex_wake(U(&word), true, 9, FUTEX_ANY), 2);
	await_turns(2);
	assert_int_equal(s[2].turn, 0);
	assert_int_equal(futex_wake(U(&word), false, 9, FUTEX_ANY), 1);
	join(s, 3);
	shared_word = NULL;
}

static void test_requeue(void **state)
{
	struct sleeper s[6] = { { .value = 0 } }, last[1] = { { .value = 0 } };
	uint32_t from = 0, to = 0, expected = 1;

	(void)state;
	start(last, 1, &to);
	start(s, 6, &from);
	assert_int_equal(futex_requeue(U(&from), U(&to), false, 1, 1,
				       &expected), -EAGAIN);
	assert_int_equal(futex_requeue(U(&from), U(&to), false, -1, 1, NULL),
			 -EINVAL);
	assert_int_equal(futex_requeue(U(&from), U(&to), false, 1, -1, NULL),
			 -EINVAL);
	expected = 0;
	assert_int_equal(futex_requeue(U(&from), U(&to), false, 2, 3,
				       &expected), 5);
	await_turns(2);
	assert_true(s[0].turn && s[1].turn);
	/* Behind the one that was there, in their order. */
	for (unsigned i = 0; i < 4; i++) {
		assert_int_equal(futex_wake(U(&to), false, 1, FUTEX_ANY), 1);
		await_turns(3 + i);
		assert_int_equal(i ? s[1 + i].turn : last[0].turn, 3 + i);
	}
	assert_int_equal(futex_wake(U(&to), false, 9, FUTEX_ANY), 0);
	/* To where it is already: nothing is lost, and it ends. */
	assert_int_equal(futex_requeue(U(&from), U(&from), false, 0, 9, NULL),
			 1);
	assert_int_equal(futex_wake(U(&from), false, 9, FUTEX_ANY), 1);
	join(s, 6);
	join(last, 1);
}

static void test_moved_and_interrupted(void **state)
{
	struct sleeper s[2] = { { .value = 0 } };
	uint32_t from = 0, to = 0;

	(void)state;
	start(s, 2, &from);
	assert_int_equal(futex_requeue(U(&from), U(&to), false, 0, 2, NULL),
			 2);
	shim_signal(s[0].pid);
	await_turns(1);
	assert_int_equal(s[0].result, -EINTR);
	assert_int_equal(futex_wake(U(&to), false, 9, FUTEX_ANY), 1);
	join(s, 2);
	assert_int_equal(s[1].result, 0);
}

#define OP(op, arg, cmp, cmparg)					\
	((uint32_t)(op) << 28 | (uint32_t)(cmp) << 24 |			\
	 ((uint32_t)(arg) & 0xfff) << 12 | ((uint32_t)(cmparg) & 0xfff))

static void test_wake_op_words(void **state)
{
	static const struct {
		uint32_t op, before, after;
	} rows[] = {
		{ OP(0, 7, 0, 0), 3, 7 },		/* set */
		{ OP(0, -1, 0, 0), 3, UINT32_MAX },
		{ OP(1, -2, 0, 0), 3, 1 },		/* add */
		{ OP(2, 4, 0, 0), 3, 7 },		/* or */
		{ OP(3, 1, 0, 0), 3, 2 },		/* and not */
		{ OP(4, 1, 0, 0), 3, 2 },		/* exclusive or */
		{ OP(8 | 2, 31, 0, 0), 3, 0x80000003 },	/* a bit's number */
		{ OP(8 | 1, 33, 0, 0), 3, 5 },
	};
	uint32_t word, old;

	(void)state;
	for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		word = rows[i].before;
		assert_int_equal(futex_change_word(U(&word), rows[i].op, &old),
				 0);
		assert_int_equal(old, rows[i].before);
		assert_int_equal(word, rows[i].after);
	}
	assert_int_equal(futex_change_word(U(&word), OP(5, 0, 0, 0), &old),
			 -ENOSYS);
}

static void test_wake_op_compares(void **state)
{
	/* ==, !=, <, <=, >, >= with less, the same, more */
	static const char *const want[] = {
		"010", "101", "100", "110", "001", "011"
	};
	int value[] = { -3, -2, 5 };

	(void)state;
	for (unsigned cmp = 0; cmp < 6; cmp++)
		for (unsigned i = 0; i < 3; i++)
			assert_int_equal(futex_compare(OP(0, 0, cmp, -2),
						       (uint32_t)value[i]),
					 want[cmp][i] - '0');
	assert_int_equal(futex_compare(OP(0, 0, 6, 0), 0), -ENOSYS);
}

static void test_wake_op_wakes(void **state)
{
	struct sleeper one[2] = { { .value = 0 } }, two[2] = { { .value = 0 } };
	uint32_t first = 0, second = 0;

	(void)state;
	start(one, 2, &first);
	start(two, 2, &second);
	busy = 2;	/* and others change the word at the same time */
	assert_int_equal(futex_wake_op(U(&first), U(&second), false, 1, 1,
				       OP(1, 1, 0, 1)), 1);
	assert_int_equal(second, 1);
	assert_int_equal(futex_wake_op(U(&first), U(&second), false, 1, 9,
				       OP(1, 1, 0, 1)), 3);
	assert_int_equal(second, 2);
	assert_int_equal(futex_wake_op(U(&first), U(&second), false, 1, 1,
				       OP(6, 1, 0, 1)), -ENOSYS);
	join(one, 2);
	join(two, 2);
}

/*
 * A lock and a counter as C libraries make them: 0 free, 1 taken, 2 taken and
 * someone waits. A wake-up that is lost leaves a thread asleep for ever.
 */
static uint32_t lock_word, ticket[2];
static unsigned counter;

enum { ROUNDS = 20000, WORKERS = 6 };

static void take_lock(void)
{
	uint32_t seen = 0;

	if (__atomic_compare_exchange_n(&lock_word, &seen, 1, false,
					__ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
		return;
	while (__atomic_exchange_n(&lock_word, 2, __ATOMIC_ACQUIRE))
		futex_wait(U(&lock_word), false, 2, FUTEX_ANY, &never);
}

static void let_go(void)
{
	if (__atomic_exchange_n(&lock_word, 0, __ATOMIC_RELEASE) == 2)
		futex_wake(U(&lock_word), false, 1, FUTEX_ANY);
}

static void *worker(void *arg)
{
	shim_enter(20 + (int)(uintptr_t)arg);
	for (int i = 0; i < ROUNDS; i++) {
		take_lock();
		counter++;
		let_go();
	}
	shim_leave();
	return NULL;
}

static void test_no_wakeup_is_lost(void **state)
{
	pthread_t thread[WORKERS];

	(void)state;
	counter = 0;
	for (uintptr_t i = 0; i < WORKERS; i++)
		pthread_create(&thread[i], NULL, worker, (void *)i);
	for (int i = 0; i < WORKERS; i++)
		pthread_join(thread[i], NULL);
	assert_int_equal(counter, ROUNDS * WORKERS);
	assert_int_equal(futex_wake(U(&lock_word), false, 9, FUTEX_ANY), 0);
}

/*
 * Woken, moved to and fro, and interrupted, all at once: who was woken, as the
 * waker counts, knows it.
 */
static bool over;
static long heard;

static void *restless(void *arg)
{
	int pid = 30 + (int)(uintptr_t)arg;

	shim_enter(pid);
	while (!__atomic_load_n(&over, __ATOMIC_RELAXED)) {
		if (futex_wait(U(&ticket[(uintptr_t)arg % 2]), false, 0,
			       FUTEX_ANY, &never) == 0)
			__atomic_fetch_add(&heard, 1, __ATOMIC_RELAXED);
		__atomic_store_n(&process_current()->signals.harmless, 0,
				 __ATOMIC_RELAXED);
	}
	shim_leave();
	return NULL;
}

static void test_all_at_once(void **state)
{
	pthread_t thread[WORKERS];
	uint64_t a = U(&ticket[0]), b = U(&ticket[1]);
	long told = 0;

	(void)state;
	over = false;
	heard = 0;
	for (uintptr_t i = 0; i < WORKERS; i++)
		pthread_create(&thread[i], NULL, restless, (void *)i);
	for (int i = 0; i < ROUNDS; i++) {
		switch (i % 5) {
		case 0:
			futex_requeue(a, b, false, 0, 2, NULL);
			break;
		case 1:
			futex_requeue(b, a, false, 0, 9, NULL);
			break;
		case 2:
			told += futex_wake(a, false, 1, FUTEX_ANY);
			break;
		case 3:
			told += futex_wake_op(a, b, false, 1, 1,
					      OP(1, 0, 0, 0));
			break;
		default:
			shim_signal(30 + i / 5 % WORKERS);
			break;
		}
	}
	__atomic_store_n(&over, true, __ATOMIC_RELAXED);
	__atomic_store_n(&ticket[0], 1, __ATOMIC_RELEASE);
	__atomic_store_n(&ticket[1], 1, __ATOMIC_RELEASE);
	told += futex_wake(a, false, 99, FUTEX_ANY);
	told += futex_wake(b, false, 99, FUTEX_ANY);
	for (int i = 0; i < WORKERS; i++)
		pthread_join(thread[i], NULL);
	assert_int_equal(futex_wake(a, false, 99, FUTEX_ANY), 0);
	assert_int_equal(futex_wake(b, false, 99, FUTEX_ANY), 0);
	assert_int_equal(heard, told);
	ticket[0] = ticket[1] = 0;
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, set_up, rig_end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_wait_looks),
		TEST(test_missing_page),
		TEST(test_order),
		TEST(test_bits_and_spaces),
		TEST(test_shared_words),
		TEST(test_requeue),
		TEST(test_moved_and_interrupted),
		TEST(test_wake_op_words),
		TEST(test_wake_op_compares),
		TEST(test_wake_op_wakes),
		TEST(test_no_wakeup_is_lost),
		TEST(test_all_at_once),
	};

	return cmocka_run_group_tests_name("futex", tests, NULL, NULL);
}
