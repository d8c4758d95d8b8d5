// SPDX-License-Identifier: MIT
/* loom/dev/timeconv.h against 128-bit arithmetic, with odd frequencies too. */
#include "check.h"

#include "dev/timeconv.h"

__extension__ typedef unsigned __int128 wide;

static const uint64_t frequencies[] = {
	1000, 32768, 1000000, 19200000, 24000000, 62500000, 999999937,
	1000000000, (UINT64_C(1) << 34) - 1,
};

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static uint64_t saturated(wide value)
{
	return value > UINT64_MAX ? UINT64_MAX : (uint64_t)value;
}

static uint64_t exact_ns(uint64_t ticks, uint64_t freq)
{
	return saturated((wide)ticks * TIMECONV_NS_PER_S / freq);
}

static uint64_t exact_ticks(uint64_t ns, uint64_t freq)
{
	return saturated(((wide)ns * freq + TIMECONV_NS_PER_S - 1) /
			 TIMECONV_NS_PER_S);
}

static void check_value(uint64_t value, uint64_t freq)
{
	uint64_t ticks = timeconv_ns_to_ticks(value, freq);

	assert_int_equal(timeconv_ticks_to_ns(value, freq),
			 exact_ns(value, freq));
	assert_int_equal(ticks, exact_ticks(value, freq));
	/* an interrupt at that tick is not before the time asked for */
	if (ticks != UINT64_MAX)
		assert_true(timeconv_ticks_to_ns(ticks, freq) >= value);
}

static void agrees_with_128_bits(void **state)
{
	uint64_t rng = check_seed(7);
	size_t f, round;

	(void)state;
	for (f = 0; f < COUNT(frequencies); f++) {
		for (round = 0; round < 20000; round++) {
			uint64_t value = check_random(&rng);

			check_value(value >> check_below(&rng, 64),
				    frequencies[f]);
		}
	}
}

static void agrees_at_the_edges(void **state)
{
	size_t f;
	int i;

	(void)state;
	for (f = 0; f < COUNT(frequencies); f++) {
		uint64_t freq = frequencies[f];

		/* around 0, 2^64, a second, and where results stop to fit */
		for (i = -2; i <= 2; i++) {
			uint64_t d = (uint64_t)(int64_t)i;

			check_value(d, freq);
			check_value(freq + d, freq);
			check_value(TIMECONV_NS_PER_S + d, freq);
			check_value(saturated((wide)UINT64_MAX * freq /
					      TIMECONV_NS_PER_S) + d, freq);
			check_value(saturated((wide)UINT64_MAX *
					      TIMECONV_NS_PER_S / freq) + d,
				    freq);
		}
	}
}

static void time_does_not_go_back(void **state)
{
	uint64_t rng = check_seed(8);
	size_t f, round;

	(void)state;
	for (f = 0; f < COUNT(frequencies); f++) {
		uint64_t ticks = 0, before = 0;

		for (round = 0; round < 20000; round++) {
			uint64_t now;

			ticks += check_below(&rng, frequencies[f] / 300 + 2);
			now = timeconv_ticks_to_ns(ticks, frequencies[f]);
			assert_true(now >= before);
			before = now;
		}
	}
}

static void refuses_odd_frequencies(void **state)
{
	size_t f;

	(void)state;
	for (f = 0; f < COUNT(frequencies); f++)
		assert_true(timeconv_frequency_ok(frequencies[f]));
	assert_false(timeconv_frequency_ok(0));
	assert_false(timeconv_frequency_ok(999));
	assert_false(timeconv_frequency_ok(UINT64_C(1) << 34));
	assert_false(timeconv_frequency_ok(UINT64_MAX));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(agrees_with_128_bits),
		cmocka_unit_test(agrees_at_the_edges),
		cmocka_unit_test(time_does_not_go_back),
		cmocka_unit_test(refuses_odd_frequencies),
	};

	return cmocka_run_group_tests_name("timeconv", tests, NULL, NULL);
}
