// SPDX-License-Identifier: MIT
/*
 * loom/mm/user.c: which addresses are refused, how partial copies count; and
 * user_struct.c: structures longer and shorter than ours. In place of weft's
 * copies: the two highest pages of the user half are there, the rest is a
 * fault.
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

/* A structure of 24 bytes; callers know 8, 24 and more of it. */
static void test_struct(void **state)
{
	uint64_t got[3];

	(void)state;
	memset(memory, 0, sizeof(memory));
	memset(memory, 1, 24);
	memset(got, 0xee, sizeof(got));
	assert_int_equal(struct_from_user(got, sizeof(got), LOW, 8), 0);
	assert_int_equal(got[0], UINT64_C(0x0101010101010101));
	assert_int_equal(got[1] | got[2], 0);
	assert_int_equal(struct_from_user(got, sizeof(got), LOW, 24), 0);
	assert_int_equal(got[2], got[0]);
	assert_int_equal(struct_from_user(got, sizeof(got), LOW, PAGE_SIZE), 0);
	assert_int_equal(struct_from_user(got, sizeof(got), LOW, PAGE_SIZE + 1),
			 -E2BIG);
	/* What we do not know may not ask for anything, up to the last byte. */
	for (size_t at = 24; at < 24 + 130; at++) {
		memory[at] = 1;
		assert_int_equal(struct_from_user(got, sizeof(got), LOW,
						  24 + 130), -E2BIG);
		memory[at] = 0;
	}
	memory[24 + 130] = 1;
	assert_int_equal(struct_from_user(got, sizeof(got), LOW, 24 + 130), 0);
	assert_int_equal(struct_from_user(got, sizeof(got), LOW - 8, 24),
			 -EFAULT);
	assert_int_equal(struct_from_user(got, sizeof(got), USER_TOP - 24, 25),
			 -EFAULT);
	assert_int_equal(struct_from_user(got, sizeof(got), UINT64_MAX, 8),
			 -EFAULT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_range),
		cmocka_unit_test(test_copies),
		cmocka_unit_test(test_partial),
		cmocka_unit_test(test_string),
		cmocka_unit_test(test_struct),
	};

	return cmocka_run_group_tests_name("user", tests, NULL, NULL);
}
