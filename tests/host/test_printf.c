// SPDX-License-Identifier: MIT
/*
 * loom/lib/printf.c: against the C library wherever ISO C defines the
 * result, and by hand where it does not.
 */
#include "check.h"

#include <limits.h>
#include <string.h>

#include "lib/printf.h"

#pragma GCC diagnostic ignored "-Wformat"
#pragma GCC diagnostic ignored "-Wformat-extra-args"
#pragma GCC diagnostic ignored "-Wformat-truncation"
#pragma GCC diagnostic ignored "-Wformat-overflow"
#pragma GCC diagnostic ignored "-Wformat-zero-length"
#pragma GCC diagnostic ignored "-Wformat-nonliteral"

/* Format into buffers of every size up to the result's and compare. */
#define same(...)							\
	do {								\
		char want[256];						\
		int len = snprintf(want, sizeof(want), __VA_ARGS__);	\
		size_t size;						\
									\
		for (size = 0; size <= (size_t)len + 2; size++) {	\
			char *got = malloc(size ? size : 1);		\
									\
			assert_non_null(got);				\
			assert_int_equal(format(got, size, __VA_ARGS__),\
					 len);				\
			snprintf(want, size ? size : 1, __VA_ARGS__);	\
			if (size)					\
				assert_string_equal(got, want);		\
			free(got);					\
		}							\
	} while (0)

static void is(const char *want, const char *fmt, ...)
{
	char got[128];
	va_list args;
	int len;

	va_start(args, fmt);
	len = format_v(got, sizeof(got), fmt, args);
	va_end(args);
	assert_string_equal(got, want);
	assert_int_equal(len, strlen(want));
}

static void prints_text(void **state)
{
	char *bare = check_copy("abc", 3);

	(void)state;
	same("plain");
	same("");
	same("100%%");
	same("%c%c", 'x', 'y');
	same("[%3c|%-3c]", 'x', 'y');
	same("[%s]", "text");
	same("[%10s|%-10s|%2s]", "text", "text", "text");
	same("[%.2s|%.0s|%.s|%.9s]", "text", "text", "text", "text");
	same("[%*s|%-*s|%*s]", 6, "a", 6, "b", -6, "c");
	same("[%.*s|%.*s]", 2, "text", -1, "text");
	is("abc", "%.3s", bare);
	is("(null)", "%s", (char *)NULL);
	is("(n", "%.2s", (char *)NULL);
	free(bare);
}

static void prints_integers(void **state)
{
	static const long long values[] = { 0, 1, -1, 9, 10, 255, 4096,
		INT_MAX, INT_MIN, LLONG_MAX, LLONG_MIN, 0x123456789abcdef0 };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		long long v = values[i];

		same("%d %i %u %x %X %o", (int)v, (int)v, (int)v, (int)v,
		     (int)v, (int)v);
		same("%ld %lu %lx %lX %lo", v, v, v, v, v);
		same("%lld %llu %llx", v, v, v);
		same("%zd %zu %zx %jd %ju %td", v, v, v, v, v, v);
		same("%hd %hu %hhd %hhu %hhx", (short)v, (unsigned short)v,
		     (signed char)v, (unsigned char)v, (unsigned char)v);
		same("[%25ld|%-25ld|%025ld]", v, v, v);
		same("[%.0ld|%.5ld|%10.5ld|%-10.5ld|%010.5ld]", v, v, v, v, v);
		same("[%+ld|% ld|%+5ld|%+05ld|%-+5ld]", v, v, v, v, v);
		same("[%#lx|%#lo|%#20lx|%#020lx|%-#20lX]", v, v, v, v, v);
		same("[%016lx|%16lx|%.20lx]", v, v, v);
		same("[%*ld|%.*ld|%-*ld]", 12, v, 8, v, 12, v);
	}
	is("[]", "[%.0d]", 0);
	is("0x0", "%p", NULL);
	is("0xdeadbeef", "%p", (void *)0xdeadbeef);
	is("[          0xbeef]", "[%16p]", (void *)0xbeef);
}

static void prints_unknown_conversions_as_they_stand(void **state)
{
	(void)state;
	is("%y 5", "%y %d", 5);
	is("%5.2q!7", "%5.2q!%d", 7);
	is("%", "%");
	is("x%l", "x%l");
	is("%f 3", "%f %d", 3);
	is("%n 3", "%n %d", 3);
}

static void bounds_huge_widths(void **state)
{
	char got[8];

	(void)state;
	assert_int_equal(format(got, sizeof(got), "%2147483647d", 5), INT_MAX);
	assert_string_equal(got, "       ");
	assert_true(format(got, sizeof(got), "%99999999999999999999d", 5) > 0);
	assert_int_equal(format(got, sizeof(got), "%2147483647d%2147483647d",
				5, 5), INT_MAX);
	assert_true(format(got, sizeof(got), "%.*d", INT_MAX, 5) == INT_MAX);
	assert_string_equal(got, "0000000");
	assert_int_equal(format(got, sizeof(got), "%*d", INT_MIN, 5), 1);
	assert_int_equal(format(NULL, 0, "%s", "hello"), 5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(prints_text),
		cmocka_unit_test(prints_integers),
		cmocka_unit_test(prints_unknown_conversions_as_they_stand),
		cmocka_unit_test(bounds_huge_widths),
	};

	return cmocka_run_group_tests_name("printf", tests, NULL, NULL);
}
