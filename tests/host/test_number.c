// SPDX-License-Identifier: MIT
/*
 * The numbers of processes, threads, groups and sessions (proc/number.c),
 * against a plain array.
 */
#include "check.h"

#include <limits.h>
#include <stdbool.h>

#include "lib/assert.h"
#include "mm/kmem.h"
#include "proc/number.h"

/* The kernel's, for number.c. */

void *kzalloc(size_t size)
{
	return calloc(1, size);
}

void kfree(void *ptr)
{
	free(ptr);
}

void assert_failed(const char *file, int line, const char *expr)
{
	fail_msg("%s:%d: %s", file, line, expr);
	abort();
}

/* Any address will do for a process or a thread: only NULL is looked at. */
static int thing;
#define A_PROCESS ((struct process *)(void *)&thing)
#define A_THREAD ((struct thread *)(void *)&thing)

static struct number *enter(bool process)
{
	struct number *n = number_alloc();

	assert_non_null(n);
	number_enter(n);
	n->thread = A_THREAD;
	if (process)
		n->process = A_PROCESS;
	return n;
}

static void leave(struct number *n)
{
	n->process = NULL;
	n->thread = NULL;
	number_drop(n);
}

static void numbers_rise(void **state)
{
	struct number *a = enter(true), *b = enter(true);
	int value = a->value;

	(void)state;
	assert_int_equal(b->value, value + 1);
	leave(a);
	leave(b);
	a = enter(true);
	assert_int_equal(a->value, value + 2);
	assert_ptr_equal(number_find(value + 2), a);
	assert_null(number_find(value));
	leave(a);
	assert_int_equal(number_count(), 0);
}

static void odd_numbers_are_not_found(void **state)
{
	(void)state;
	assert_null(number_find(-1));
	assert_null(number_find(NUMBER_MAX));
	assert_null(number_find(NUMBER_MAX + 1));
	assert_null(number_find(INT_MAX));
	assert_null(number_find(INT_MIN));
	assert_null(number_next_process(INT_MAX));
	assert_null(number_next_process(0));
	assert_null(number_next_process(INT_MIN));
	/* The group of process 1 before its setsid is always there. */
	assert_non_null(number_find(0));
	number_drop(number_find(0));
	assert_non_null(number_find(0));
}

/* A number stays taken as long as it names anything. */
static void uses_keep_a_number(void **state)
{
	struct number *n = enter(true);
	struct list group, session;
	int value = n->value;

	(void)state;
	list_add_tail(&n->group, &group);
	list_add_tail(&n->session, &session);
	n->process = NULL;
	number_drop(n);
	n->thread = NULL;
	number_drop(n);
	assert_ptr_equal(number_find(value), n);
	assert_null(number_next_process(value - 1));
	list_del(&group);
	number_drop(n);
	assert_ptr_equal(number_find(value), n);
	list_del(&session);
	number_drop(n);
	assert_null(number_find(value));
}

static struct number *model[NUMBER_MAX + 1];
static bool is_process[NUMBER_MAX + 1];

static void compare(int value)
{
	int next = value + 1;

	assert_ptr_equal(number_find(value), model[value]);
	while (next <= NUMBER_MAX && !is_process[next])
		next++;
	assert_ptr_equal(number_next_process(value),
			 next > NUMBER_MAX ? NULL : model[next]);
}

static void model_drop(int value)
{
	leave(model[value]);
	model[value] = NULL;
	is_process[value] = false;
}

/* Round the whole space several times, with thousands taken. */
static void as_an_array(void **state)
{
	uint64_t rng = check_seed(7);
	unsigned count = 0;

	(void)state;
	for (int i = 0; i < 300000; i++) {
		int value = (int)(check_random(&rng) % NUMBER_MAX) + 1;

		if (model[value]) {
			model_drop(value);
			count--;
		}
		if (count < 24000) {
			bool process = check_random(&rng) & 1;
			struct number *n = enter(process);

			assert_null(model[n->value]);
			assert_true(n->value >= NUMBER_MIN &&
				    n->value <= NUMBER_MAX);
			model[n->value] = n;
			is_process[n->value] = process;
			count++;
		}
		assert_int_equal(number_count(), count);
		compare((int)(check_random(&rng) % NUMBER_MAX) + 1);
	}
	/* From the second time round the low ones stay free. */
	for (int i = 0; i < 1000; i++)
		if (model[NUMBER_MIN + i])
			model_drop(NUMBER_MIN + i);
	for (int i = 0; i < 8000; i++) {
		struct number *n = enter(true);

		assert_true(n->value >= NUMBER_LOW);
		model[n->value] = n;
	}
	for (int i = 0; i <= NUMBER_MAX; i++)
		if (model[i])
			model_drop(i);
	assert_int_equal(number_count(), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_rise),
		cmocka_unit_test(odd_numbers_are_not_found),
		cmocka_unit_test(uses_keep_a_number),
		cmocka_unit_test(as_an_array),
	};

	return cmocka_run_group_tests_name("number", tests, NULL, NULL);
}
