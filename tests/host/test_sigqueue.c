// SPDX-License-Identifier: MIT
/*
 * Queues of pending signals: what collapses, what queues and in which order,
 * the limit, memory that is short; and that nothing is left behind.
 */
#include "check.h"

#include <stdbool.h>
#include <stdlib.h>

#include "lib/assert.h"
#include "lib/errno.h"
#include "mm/kmem.h"
#include "signal/queue.h"

static bool no_memory;

void assert_failed(const char *file, int line, const char *expr)
{
	print_error("%s:%d: %s\n", file, line, expr);
	abort();
}

void *kmalloc(size_t size)
{
	return no_memory ? NULL : malloc(size);
}

void kfree(void *ptr)
{
	free(ptr);
}

static int add(struct signal_queue *q, int sig, int code, uint64_t value)
{
	const struct siginfo info = {
		.signo = sig,
		.code = code,
		.from.value = value,
	};

	return signal_queue_add(q, &info);
}

static uint64_t take(struct signal_queue *q, int sig, int *code)
{
	struct siginfo info;

	signal_queue_take(q, sig, &info);
	assert_int_equal(info.signo, sig);
	*code = info.code;
	return info.from.value;
}

static uint64_t bit(int sig)
{
	return UINT64_C(1) << (sig - 1);
}

static void standard_signals_collapse(void **state)
{
	struct signal_queue q;
	int code;

	(void)state;
	signal_queue_init(&q);
	assert_int_equal(add(&q, 10, SI_QUEUE, 1), 0);
	assert_int_equal(add(&q, 10, SI_QUEUE, 2), 0);
	assert_int_equal(add(&q, 31, SI_USER, 3), 0);
	assert_int_equal(signal_queue_count(), 2);
	assert_true(signal_queue_set(&q) == (bit(10) | bit(31)));
	assert_int_equal(take(&q, 10, &code), 1);
	assert_int_equal(code, SI_QUEUE);
	assert_true(signal_queue_set(&q) == bit(31));
	assert_int_equal(take(&q, 31, &code), 3);
	assert_true(!signal_queue_set(&q));
	assert_int_equal(signal_queue_count(), 0);
}

static void real_time_signals_queue(void **state)
{
	struct signal_queue q;
	int code;

	(void)state;
	signal_queue_init(&q);
	for (unsigned i = 0; i < 5; i++) {
		assert_int_equal(add(&q, 40, SI_QUEUE, i), 0);
		assert_int_equal(add(&q, SIGNAL_RT, SI_TKILL, 10 + i), 0);
	}
	for (unsigned i = 0; i < 5; i++) {
		assert_true(signal_queue_set(&q) & bit(40));
		assert_int_equal(take(&q, 40, &code), i);
	}
	assert_true(signal_queue_set(&q) == bit(SIGNAL_RT));
	for (unsigned i = 0; i < 5; i++)
		assert_int_equal(take(&q, SIGNAL_RT, &code), 10 + i);
	assert_true(!signal_queue_set(&q));
	assert_int_equal(signal_queue_count(), 0);
}

static void what_is_dropped_is_gone(void **state)
{
	struct signal_queue q;
	int code;

	(void)state;
	signal_queue_init(&q);
	add(&q, 18, SI_USER, 0);
	add(&q, 19, SI_USER, 0);
	add(&q, 50, SI_QUEUE, 1);
	add(&q, 50, SI_QUEUE, 2);
	signal_queue_drop(&q, bit(18) | bit(20));
	assert_true(signal_queue_set(&q) == (bit(19) | bit(50)));
	signal_queue_drop(&q, bit(50));
	assert_int_equal(signal_queue_count(), 1);
	take(&q, 19, &code);
	assert_int_equal(signal_queue_count(), 0);
}

static void there_is_a_limit(void **state)
{
	struct signal_queue q, other;
	int code;

	(void)state;
	signal_queue_init(&q);
	signal_queue_init(&other);
	for (unsigned i = 0; i < SIGNAL_QUEUE_MAX; i++)
		assert_int_equal(add(&q, 34, SI_QUEUE, i), 0);
	/* Of all queues together. */
	assert_int_equal(add(&other, 34, SI_QUEUE, 0), -EAGAIN);
	assert_int_equal(add(&other, 34, SI_TKILL, 0), -EAGAIN);
	assert_true(!signal_queue_set(&other));
	/* kill comes without info; the kernel's standard signals have room. */
	assert_int_equal(add(&other, 35, SI_USER, 7), 0);
	assert_int_equal(add(&other, 11, SI_KERNEL, 8), 0);
	assert_int_equal(add(&other, 12, SI_QUEUE, 9), 0);
	assert_int_equal(take(&other, 35, &code), 0);
	assert_int_equal(code, SI_USER);
	assert_int_equal(take(&other, 11, &code), 8);
	assert_int_equal(take(&other, 12, &code), 0);
	assert_true(!signal_queue_set(&other));
	take(&q, 34, &code);
	assert_int_equal(add(&other, 34, SI_QUEUE, 0), 0);
	signal_queue_drop(&q, UINT64_MAX);
	signal_queue_drop(&other, UINT64_MAX);
	assert_int_equal(signal_queue_count(), 0);
}

static void without_memory_infos_are_lost(void **state)
{
	struct signal_queue q;
	int code;

	(void)state;
	signal_queue_init(&q);
	no_memory = true;
	assert_int_equal(add(&q, 9, SI_USER, 1), 0);
	assert_int_equal(add(&q, 33, SI_USER, 1), 0);
	assert_int_equal(add(&q, 33, SI_KERNEL, 1), 0);
	assert_int_equal(add(&q, 36, SI_QUEUE, 1), -EAGAIN);
	no_memory = false;
	assert_true(signal_queue_set(&q) == (bit(9) | bit(33)));
	assert_int_equal(take(&q, 9, &code), 0);
	assert_int_equal(take(&q, 33, &code), 0);
	assert_int_equal(code, SI_USER);
	assert_true(!signal_queue_set(&q));
	assert_int_equal(signal_queue_count(), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(standard_signals_collapse),
		cmocka_unit_test(real_time_signals_queue),
		cmocka_unit_test(what_is_dropped_is_gone),
		cmocka_unit_test(there_is_a_limit),
		cmocka_unit_test(without_memory_infos_are_lost),
	};

	return cmocka_run_group_tests_name("sigqueue", tests, NULL, NULL);
}
