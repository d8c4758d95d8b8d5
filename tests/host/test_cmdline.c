// SPDX-License-Identifier: MIT
/* loom/lib/cmdline.c: keys, quotes, numbers and the words behind `--`. */
#include "check.h"

#include <string.h>

#include "lib/cmdline.h"

static void value_is(const char *line, const char *key, const char *want)
{
	char *copy = check_copy(line, strlen(line) + 1);
	char value[32] = "unset";

	assert_int_equal(cmdline_get(copy, key, value, sizeof(value)),
			 want != NULL);
	assert_string_equal(value, want ? want : "unset");
	free(copy);
}

static void finds_keys(void **state)
{
	(void)state;
	value_is("console=ttyAMA0 quiet init=/bin/sh", "init", "/bin/sh");
	value_is("console=ttyAMA0 quiet init=/bin/sh", "console", "ttyAMA0");
	value_is("console=ttyAMA0 quiet init=/bin/sh", "quiet", "");
	value_is("a=1 a=2", "a", "2");
	value_is("\t a=1\n", "a", "1");
	value_is("a=", "a", "");
	value_is("a=b=c", "a", "b=c");
	value_is("", "a", NULL);
	value_is("   ", "a", NULL);
	value_is("ab=1 xa=2", "a", NULL);
	value_is("a", "ab", NULL);
	value_is("a=1", "", NULL);
	value_is("=1", "", NULL);
	assert_false(cmdline_get(NULL, "a", NULL, 0));
	assert_true(cmdline_get("x a=1", "a", NULL, 0));
}

static void respects_quotes(void **state)
{
	(void)state;
	value_is("a=\"b c\" d=e", "a", "b c");
	value_is("a=\"b c\" d=e", "d", "e");
	value_is("a=\"b c", "a", "b c");
	value_is("a=x\"b c\"y", "a", "xb cy");
	value_is("a=\"b -- c\" d", "d", "");
}

static void cuts_what_does_not_fit(void **state)
{
	size_t size;

	(void)state;
	for (size = 1; size < 8; size++) {
		char *value = malloc(size);

		assert_non_null(value);
		assert_true(cmdline_get("k=abcd", "k", value, size));
		assert_int_equal(strlen(value), size - 1 < 4 ? size - 1 : 4);
		assert_memory_equal(value, "abcd", strlen(value));
		free(value);
	}
}

static void stops_at_the_separator(void **state)
{
	(void)state;
	value_is("a=1 -- a=2 b", "a", "1");
	value_is("a=1 -- a=2 b", "b", NULL);
	assert_string_equal(cmdline_rest("a=1 -- a=2 b"), "a=2 b");
	assert_string_equal(cmdline_rest("a=1 --  \t x"), "x");
	assert_string_equal(cmdline_rest("-- "), "");
	assert_string_equal(cmdline_rest("--a b"), "");
	assert_string_equal(cmdline_rest("a --- b"), "");
	assert_string_equal(cmdline_rest(""), "");
	assert_string_equal(cmdline_rest(NULL), "");
}

static void number_is(const char *line, bool found, uint64_t want)
{
	uint64_t value = 77;

	assert_int_equal(cmdline_u64(line, "n", &value), found);
	assert_true(value == (found ? want : 77));
}

static void reads_numbers(void **state)
{
	(void)state;
	number_is("n=0", true, 0);
	number_is("n=12", true, 12);
	number_is("n=0x1F", true, 31);
	number_is("n=0xffffffffffffffff", true, UINT64_MAX);
	number_is("n=18446744073709551615", true, UINT64_MAX);
	number_is("n=18446744073709551616", false, 0);
	number_is("n=0x10000000000000000", false, 0);
	number_is("n=99999999999999999999999999999999999", false, 0);
	number_is("n=", false, 0);
	number_is("n", false, 0);
	number_is("n=0x", false, 0);
	number_is("n=12k", false, 0);
	number_is("n=-1", false, 0);
	number_is("n=a", false, 0);
	number_is("m=1", false, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_keys),
		cmocka_unit_test(respects_quotes),
		cmocka_unit_test(cuts_what_does_not_fit),
		cmocka_unit_test(stops_at_the_separator),
		cmocka_unit_test(reads_numbers),
	};

	return cmocka_run_group_tests_name("cmdline", tests, NULL, NULL);
}
