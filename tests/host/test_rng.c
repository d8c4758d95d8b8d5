// SPDX-License-Identifier: MIT
/*
 * loom/lib/rng.c: the block function against RFC 8439, and what the
 * generator promises about seeds and state.
 */
#include "check.h"

#include <string.h>

#include "lib/rng.h"

/* The key of the examples in RFC 8439: bytes 0, 1, ... 31. */
static const uint32_t rfc_key[8] = {
	0x03020100, 0x07060504, 0x0b0a0908, 0x0f0e0d0c,
	0x13121110, 0x17161514, 0x1b1a1918, 0x1f1e1d1c,
};

/* RFC 8439, section 2.3.2. */
static void block_matches_the_rfc(void **state)
{
	static const uint8_t want[RNG_BLOCK_SIZE] = {
		0x10, 0xf1, 0xe7, 0xe4, 0xd1, 0x3b, 0x59, 0x15,
		0x50, 0x0f, 0xdd, 0x1f, 0xa3, 0x20, 0x71, 0xc4,
		0xc7, 0xd1, 0xf4, 0xc7, 0x33, 0xc0, 0x68, 0x03,
		0x04, 0x22, 0xaa, 0x9a, 0xc3, 0xd4, 0x6c, 0x4e,
		0xd2, 0x82, 0x64, 0x46, 0x07, 0x9f, 0xaa, 0x09,
		0x14, 0xc2, 0xd7, 0x05, 0xd9, 0x8b, 0x02, 0xa2,
		0xb5, 0x12, 0x9c, 0xd1, 0xde, 0x16, 0x4e, 0xb9,
		0xcb, 0xd0, 0x83, 0xe8, 0xa2, 0x50, 0x3c, 0x4e,
	};
	static const uint32_t nonce[3] = { 0x09000000, 0x4a000000, 0 };
	uint8_t got[RNG_BLOCK_SIZE];

	(void)state;
	rng_chacha20_block(got, rfc_key, 1, nonce);
	assert_memory_equal(got, want, sizeof(want));
}

/* RFC 8439, appendix A.1, test vector 1: everything zero. */
static void zero_block_matches_the_rfc(void **state)
{
	static const uint8_t want[] = {
		0x76, 0xb8, 0xe0, 0xad, 0xa0, 0xf1, 0x3d, 0x90,
		0x40, 0x5d, 0x6a, 0xe5, 0x53, 0x86, 0xbd, 0x28,
	};
	static const uint32_t zero[8];
	uint8_t got[RNG_BLOCK_SIZE];

	(void)state;
	rng_chacha20_block(got, zero, 0, zero);
	assert_memory_equal(got, want, sizeof(want));
}

static void first_bytes(const void *seed, size_t n, uint8_t out[32])
{
	struct rng rng;

	rng_init(&rng);
	rng_seed(&rng, seed, n);
	rng_bytes(&rng, out, 32);
}

static void repeats_and_differs_by_seed(void **state)
{
	uint8_t seeds[6][40] = { { 0 } };
	size_t lengths[6] = { 0, 1, 32, 33, 40, 40 };
	uint8_t outputs[6][32], again[32];
	int i, j;

	(void)state;
	seeds[5][39] = 1;
	for (i = 0; i < 6; i++) {
		first_bytes(seeds[i], lengths[i], outputs[i]);
		first_bytes(seeds[i], lengths[i], again);
		assert_memory_equal(outputs[i], again, 32);
		for (j = 0; j < i; j++)
			assert_memory_not_equal(outputs[i], outputs[j], 32);
	}
}

static void says_when_it_is_seeded(void **state)
{
	struct rng rng;

	(void)state;
	rng_init(&rng);
	assert_false(rng_is_seeded(&rng));
	rng_seed(&rng, "0123456789abcdef", 16);
	rng_seed(&rng, "0123456789abcde", 15);
	assert_false(rng_is_seeded(&rng));
	rng_seed(&rng, "x", 1);
	assert_true(rng_is_seeded(&rng));
}

/* Any length is filled to its end, and the old key is gone afterwards. */
static void fills_exactly_and_erases_its_key(void **state)
{
	struct rng rng;
	size_t n;

	(void)state;
	rng_init(&rng);
	rng_seed(&rng, "seed", 4);
	for (n = 0; n < 100; n++) {
		struct rng before = rng;
		uint8_t *buf = calloc(1, n + 1);
		uint8_t *other = calloc(1, n + 1);

		assert_non_null(buf);
		assert_non_null(other);
		rng_bytes(&rng, buf, n);
		if (n)
			assert_memory_not_equal(before.key, rng.key, 32);
		before.key[7] ^= 1;
		rng_bytes(&before, other, n);
		if (n >= 16)
			assert_memory_not_equal(buf + n - 8, other + n - 8, 8);
		assert_int_equal(buf[n], 0);
		free(buf);
		free(other);
	}
	assert_true(rng_u64(&rng) != rng_u64(&rng));
}

/* Every bit is set about half of the time. */
static void bits_are_balanced(void **state)
{
	int ones[64] = { 0 };
	struct rng rng;
	int i, bit;

	(void)state;
	rng_init(&rng);
	for (i = 0; i < 10000; i++) {
		uint64_t v = rng_u64(&rng);

		for (bit = 0; bit < 64; bit++)
			ones[bit] += v >> bit & 1;
	}
	for (bit = 0; bit < 64; bit++)
		assert_in_range(ones[bit], 4700, 5300);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(block_matches_the_rfc),
		cmocka_unit_test(zero_block_matches_the_rfc),
		cmocka_unit_test(repeats_and_differs_by_seed),
		cmocka_unit_test(says_when_it_is_seeded),
		cmocka_unit_test(fills_exactly_and_erases_its_key),
		cmocka_unit_test(bits_are_balanced),
	};

	return cmocka_run_group_tests_name("rng", tests, NULL, NULL);
}
