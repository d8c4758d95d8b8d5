// SPDX-License-Identifier: MIT
/*
 * What every host test includes first: cmocka with the headers that it
 * wants before it, and random numbers that repeat.
 */
#ifndef TESTS_HOST_CHECK_H
#define TESTS_HOST_CHECK_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

/*
 * The seed of a test's random choices: HOST_TEST_SEED, or @fallback. A test
 * that fails prints it, so that the run can be repeated.
 */
static inline uint64_t check_seed(uint64_t fallback)
{
	const char *text = getenv("HOST_TEST_SEED");

	return text ? strtoull(text, NULL, 0) : fallback;
}

/* The next number of a xorshift64* generator; *@state is not 0. */
static inline uint64_t check_random(uint64_t *state)
{
	uint64_t x = *state;

	x ^= x >> 12;
	x ^= x << 25;
	x ^= x >> 27;
	*state = x;
	return x * UINT64_C(2685821657736338717);
}

/* A number below @n, which is not 0. */
static inline size_t check_below(uint64_t *state, size_t n)
{
	return (size_t)(check_random(state) >> 11) % n;
}

/* A heap copy of exactly @n bytes, so that the sanitizer sees its ends. */
static inline void *check_copy(const void *from, size_t n)
{
	unsigned char *copy = malloc(n ? n : 1);
	size_t i;

	assert_non_null(copy);
	for (i = 0; i < n; i++)
		copy[i] = ((const unsigned char *)from)[i];
	return copy;
}

#endif
