// SPDX-License-Identifier: MIT
/*
 * loom/mm/user.c: which addresses are refused, how partial copies count. In
 * place of weft's copies: the two highest pages of the user half are there,
 * the rest is a fault.
 */
#include "check.h"

#include <weft/uaccess.h>

#include "lib/errno.h"
#include "lib/string.h"
#include "mm/layout.h"
#include "mm/user.h"

#define LOW	(USER_TOP - 2 * PAGE_SIZE)	/* first byte that is there */

static char memory[2 * PAGE_SIZE];

/* How many of @len bytes at @va can be touched. */
static size_t reach(uint64_t va, size_t len)
{
	/* The callers' check came first: never a kernel or tagged address. */
	assert_true(len == 0 || (va <= USER_TOP && len <= USER_TOP - va));
	return va < LOW ? 0 : len;
}

size_t weft_copy_from_user(void *dst, uint64_t src, size_t len)
{
	size_t n = reach(src, len);

	if (n)
		memcpy(dst, &memory[src - LOW], n);
	return len - n;
}

size_t weft_copy_to_user(uint64_t dst, const void *src, size_t len)
{
	size_t n = reach(dst, len);

	if (n)
		memcpy(&memory[dst - LOW], src, n);
	return len - n;
}

size_t weft_clear_user(uint64_t dst, size_t len)
{
	size_t n = reach(dst, len);

	if (n)
		memset(&memory[dst - LOW], 0, n);
	return len - n;
}

long weft_string_from_user(char *dst, uint64_t src, size_t size)
{
	size_t n = reach(src, size), i;

	for (i = 0; i < n; i++) {
		dst[i] = memory[src - LOW + i];
		if (!dst[i])
			return (long)i;
	}
	return n < size ? -EFAULT : -ENAMETOOLONG;
}

static void test_range(void **state)
{
	(void)state;
	assert_true(user_range_ok(0, 0));
	assert_true(user_range_ok(0, USER_TOP));
	assert_true(user_range_ok(USER_TOP, 0));
	assert_true(user_range_ok(USER_TOP - 1, 1));
	assert_false(user_range_ok(USER_TOP - 1, 2));
	assert_false(user_range_ok(USER_TOP, 1));
	assert_false(user_range_ok(0, USER_TOP + 1));
	assert_false(user_range_ok(1, SIZE_MAX));
	assert_false(user_range_ok(UINT64_MAX, 2));
	assert_false(user_range_ok(UINT64_C(1) << 56, 1));
	assert_false(user_range_ok(UINT64_C(0xffffff8000000000), 1));
}

static void test_copies(void **state)
{
	char buf[16] = "abcdefghijklmno";

	(void)state;
	assert_int_equal(copy_to_user(USER_TOP - 16, buf, 16), 0);
	memset(buf, 0, 16);
	assert_int_equal(copy_from_user(buf, USER_TOP - 16, 16), 0);
	assert_string_equal(buf, "abcdefghijklmno");
	assert_int_equal(clear_user(USER_TOP - 16, 15), 0);
	assert_int_equal(memory[sizeof(memory) - 2], 0);

	assert_int_equal(copy_from_user(buf, USER_TOP - 15, 16), -EFAULT);
	assert_int_equal(copy_to_user(USER_TOP - 15, buf, 16), -EFAULT);
	assert_int_equal(clear_user(USER_TOP - 15, 16), -EFAULT);
	assert_int_equal(copy_from_user(buf, LOW - 1, 16), -EFAULT);
	assert_int_equal(copy_to_user(LOW - 1, buf, 16), -EFAULT);
	assert_int_equal(clear_user(LOW - 1, 16), -EFAULT);
	assert_int_equal(copy_to_user(UINT64_MAX - 3, buf, 16), -EFAULT);
}

static void test_partial(void **state)
{
	char buf[32] = "0123456789";

	(void)state;
	assert_int_equal(copy_to_user_partial(USER_TOP - 5, buf, 10), 5);
	assert_memory_equal(&memory[sizeof(memory) - 5], "01234", 5);
	assert_int_equal(copy_from_user_partial(buf, USER_TOP - 5, 32), 5);
	assert_int_equal(copy_from_user_partial(buf, USER_TOP, 32), 0);
	assert_int_equal(copy_from_user_partial(buf, UINT64_MAX, 32), 0);
	assert_int_equal(copy_to_user_partial(UINT64_MAX, buf, 32), 0);
	assert_int_equal(copy_to_user_partial(LOW - 9, buf, 8), 0);
}

static void test_string(void **state)
{
	char buf[16];

	(void)state;
	memcpy(memory, "hello", 6);
	memset(memory + sizeof(memory) - 4, 'x', 4);
	assert_int_equal(string_from_user(buf, LOW, 16), 5);
	assert_string_equal(buf, "hello");
	assert_int_equal(string_from_user(buf, LOW, 6), 5);
	assert_int_equal(string_from_user(buf, LOW, 5), -ENAMETOOLONG);
	assert_int_equal(string_from_user(buf, LOW, 0), -ENAMETOOLONG);
	/* Up to the end of the user half without a NUL. */
	assert_int_equal(string_from_user(buf, USER_TOP - 4, 16), -EFAULT);
	assert_int_equal(string_from_user(buf, USER_TOP - 4, 4),
			 -ENAMETOOLONG);
	assert_int_equal(string_from_user(buf, USER_TOP, 16), -EFAULT);
	assert_int_equal(string_from_user(buf, UINT64_MAX, 16), -EFAULT);
	assert_int_equal(string_from_user(buf, LOW - 100, 16), -EFAULT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_range),
		cmocka_unit_test(test_copies),
		cmocka_unit_test(test_partial),
		cmocka_unit_test(test_string),
	};

	return cmocka_run_group_tests_name("user", tests, NULL, NULL);
}
