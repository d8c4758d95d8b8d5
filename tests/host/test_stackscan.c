// SPDX-License-Identifier: MIT
/* Chains of frame records on a stack (loom/lib/stackscan.c). */
#include "check.h"

#include <string.h>

#include "lib/stackscan.h"

#define BASE	UINT64_C(0xffffffe000004000)
#define CODE	UINT64_C(0xffffffc000000000)

enum { RECORDS = 64 };

static uint64_t stack[RECORDS * 2];
static struct stackscan scan;

static bool is_code(uint64_t address)
{
	return address >= CODE && address < CODE + 0x10000;
}

static uint64_t at(unsigned record)
{
	return BASE + record * 16;
}

/* Record @i, called from @caller (0: from nowhere) at CODE + @i. */
static void put(unsigned i, unsigned caller)
{
	stack[2 * i] = caller ? at(caller) : 0;
	stack[2 * i + 1] = CODE + i;
}

static int setup(void **state)
{
	(void)state;
	memset(stack, 0, sizeof(stack));
	memset(&scan, 0, sizeof(scan));
	scan.stack = stack;
	scan.base = BASE;
	scan.count = RECORDS * 2;
	scan.is_code = is_code;
	return 0;
}

/* Say the chain from @record on: how many were new. */
static unsigned say(uint64_t record)
{
	uint64_t lr, caller;
	unsigned n = 0;

	while (record && stackscan_say(&scan, record, &lr, &caller)) {
		assert_true(is_code(lr));
		record = caller;
		n++;
	}
	return n;
}

static void test_nothing(void **state)
{
	unsigned i;

	(void)state;
	assert_int_equal(stackscan_find(&scan), 0);
	/* Callers without code, code without callers that are any. */
	for (i = 0; i < RECORDS; i++)
		stack[2 * i] = at(i + 1);
	assert_int_equal(stackscan_find(&scan), 0);
	for (i = 0; i < RECORDS; i++) {
		stack[2 * i] = i % 2 ? 8 : UINT64_MAX - 15;
		stack[2 * i + 1] = CODE;
	}
	assert_int_equal(stackscan_find(&scan), 0);
	scan.count = 0;
	assert_int_equal(stackscan_find(&scan), 0);
}

static void test_chain(void **state)
{
	(void)state;
	put(5, 9);
	put(9, 10);
	put(10, 60);
	put(60, 0);
	assert_int_equal(stackscan_find(&scan), at(5));
	assert_int_equal(say(at(5)), 4);
	assert_int_equal(stackscan_find(&scan), 0);
}

/* The outermost record may lead to two zeros: to a program's frame. */
static void test_zeros(void **state)
{
	(void)state;
	put(5, 9);
	put(9, 63);
	assert_int_equal(stackscan_find(&scan), at(5));
	stack[2 * 63 + 1] = 1;
	assert_int_equal(stackscan_find(&scan), 0);
}

/* A caller is further out, on this stack, and a multiple of 16. */
static void test_wild(void **state)
{
	static const uint64_t wild[] = {
		BASE - 16, BASE, BASE + 5 * 16, BASE + 6 * 16 + 8,
		BASE + RECORDS * 16, UINT64_MAX, 1, 16,
	};

	(void)state;
	put(6, 0);
	for (unsigned i = 0; i < sizeof(wild) / sizeof(wild[0]); i++) {
		scan.said[6] = false;
		put(5, 6);
		assert_int_equal(stackscan_find(&scan), at(5));
		stack[2 * 5] = wild[i];
		assert_int_equal(stackscan_find(&scan), at(6));
	}
}

/* The most new records first; what is shared is said once. */
static void test_choice(void **state)
{
	uint64_t lr, caller;

	(void)state;
	put(60, 0);
	put(50, 60);
	put(40, 50);	/* true: 40 50 60 */
	put(20, 30);	/* over: 10 20 30 50 60 */
	put(30, 50);
	put(10, 20);
	assert_int_equal(stackscan_find(&scan), at(10));
	assert_int_equal(say(at(10)), 5);
	assert_int_equal(stackscan_find(&scan), at(40));
	assert_true(stackscan_say(&scan, at(40), &lr, &caller));
	assert_int_equal(caller, at(50));
	assert_int_equal(lr, CODE + 40);
	assert_false(stackscan_say(&scan, at(50), &lr, &caller));
	assert_int_equal(lr, CODE + 50);
	assert_int_equal(stackscan_find(&scan), 0);
}

/* An address that is on no stack, as one that changed meanwhile may be. */
static void test_say_outside(void **state)
{
	uint64_t lr = 1, caller = 1;

	(void)state;
	assert_false(stackscan_say(&scan, BASE - 16, &lr, &caller));
	assert_int_equal(lr | caller, 0);
	assert_false(stackscan_say(&scan, at(RECORDS), &lr, &caller));
	assert_int_equal(lr | caller, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_nothing, setup),
		cmocka_unit_test_setup(test_chain, setup),
		cmocka_unit_test_setup(test_zeros, setup),
		cmocka_unit_test_setup(test_wild, setup),
		cmocka_unit_test_setup(test_choice, setup),
		cmocka_unit_test_setup(test_say_outside, setup),
	};

	return cmocka_run_group_tests_name("stackscan", tests, NULL, NULL);
}
