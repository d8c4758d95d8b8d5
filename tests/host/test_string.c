// SPDX-License-Identifier: MIT
/*
 * loom/lib/string.c against the C library, on exact-sized heap buffers. The
 * build compiles it with the names below.
 */
#include "check.h"

#include <string.h>

int kernel_memcmp(const void *a, const void *b, size_t n);
void *kernel_memchr(const void *s, int byte, size_t n);
size_t kernel_strlen(const char *s);
size_t kernel_strnlen(const char *s, size_t max);
int kernel_strcmp(const char *a, const char *b);
int kernel_strncmp(const char *a, const char *b, size_t n);
char *kernel_strchr(const char *s, int c);
char *kernel_strrchr(const char *s, int c);
size_t kernel_strlcpy(char *dst, const char *src, size_t size);

static int sign(int v)
{
	return (v > 0) - (v < 0);
}

/* A string of up to 11 bytes of a tiny alphabet that has signed bytes. */
static char *random_string(uint64_t *rng)
{
	static const char alphabet[] = {
		'a', 'b', '/', (char)0x80, (char)0xff,
	};
	char text[12];
	size_t n = check_below(rng, sizeof(text));
	size_t i;

	for (i = 0; i < n; i++)
		text[i] = alphabet[check_below(rng, sizeof(alphabet))];
	text[n] = '\0';
	return check_copy(text, n + 1);
}

static void compares_like_libc(void **state)
{
	uint64_t rng = check_seed(1);
	int round;

	(void)state;
	for (round = 0; round < 20000; round++) {
		char *a = random_string(&rng);
		char *b = random_string(&rng);
		size_t la = strlen(a) + 1;
		size_t lb = strlen(b) + 1;
		size_t n = check_below(&rng, 14);
		size_t common = la < lb ? la : lb;

		assert_int_equal(sign(kernel_strcmp(a, b)),
				 sign(strcmp(a, b)));
		assert_int_equal(sign(kernel_strncmp(a, b, n)),
				 sign(strncmp(a, b, n)));
		assert_int_equal(sign(kernel_memcmp(a, b, common)),
				 sign(memcmp(a, b, common)));
		assert_int_equal(kernel_memcmp(a, b, 0), 0);
		free(a);
		free(b);
	}
}

static void searches_like_libc(void **state)
{
	static const int wanted[] = { 'a', 'b', '/', 'z', 0, 0x80, -1, 0x161 };
	uint64_t rng = check_seed(2);
	int round;

	(void)state;
	for (round = 0; round < 20000; round++) {
		char *s = random_string(&rng);
		size_t size = strlen(s) + 1;
		int c = wanted[check_below(&rng, 8)];

		assert_ptr_equal(kernel_strchr(s, c), strchr(s, c));
		assert_ptr_equal(kernel_strrchr(s, c), strrchr(s, c));
		assert_ptr_equal(kernel_memchr(s, c, size),
				 memchr(s, c, size));
		assert_null(kernel_memchr(s, *s, 0));
		free(s);
	}
}

static void measures_strings(void **state)
{
	char *unterminated = check_copy("abc", 3);
	char *empty = check_copy("", 1);

	(void)state;
	assert_int_equal(kernel_strlen("hello"), 5);
	assert_int_equal(kernel_strlen(empty), 0);
	assert_int_equal(kernel_strnlen(unterminated, 3), 3);
	assert_int_equal(kernel_strnlen(unterminated, 0), 0);
	assert_int_equal(kernel_strnlen("ab", SIZE_MAX), 2);
	free(unterminated);
	free(empty);
}

static void strlcpy_cuts_and_terminates(void **state)
{
	size_t size;

	(void)state;
	for (size = 0; size < 9; size++) {
		char *dst = malloc(size ? size : 1);
		size_t i;

		assert_non_null(dst);
		assert_int_equal(kernel_strlcpy(dst, "loomed", size), 6);
		if (size) {
			size_t n = size - 1 < 6 ? size - 1 : 6;

			for (i = 0; i < n; i++)
				assert_int_equal(dst[i], "loomed"[i]);
			assert_int_equal(dst[n], '\0');
		}
		free(dst);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(compares_like_libc),
		cmocka_unit_test(searches_like_libc),
		cmocka_unit_test(measures_strings),
		cmocka_unit_test(strlcpy_cuts_and_terminates),
	};

	return cmocka_run_group_tests_name("string", tests, NULL, NULL);
}
