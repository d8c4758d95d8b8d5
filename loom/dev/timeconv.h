// SPDX-License-Identifier: MIT
/*
 * Conversion between the ticks of a counter and nanoseconds, for
 * dev/timer.c. Pure arithmetic, also compiled for the host's tests.
 *
 * Whole seconds and the rest are converted apart. Neither product overflows
 * then (the rest is below one second, a frequency below 2^34 Hz), and unlike
 * a multiplication by a rounded reciprocal no error adds up over the months.
 * The price is two divisions by a frequency that is not a constant.
 */
#ifndef LOOM_DEV_TIMECONV_H
#define LOOM_DEV_TIMECONV_H

#include <stdbool.h>
#include <stdint.h>

#define TIMECONV_NS_PER_S UINT64_C(1000000000)

/* The architecture asks for 1 MHz..1 GHz; this is what the sums can take. */
static inline bool timeconv_frequency_ok(uint64_t freq_hz)
{
	return freq_hz >= 1000 && freq_hz < UINT64_C(1) << 34;
}

/* Rounded down; UINT64_MAX when it does not fit (after 584 years). */
static inline uint64_t timeconv_ticks_to_ns(uint64_t ticks, uint64_t freq_hz)
{
	uint64_t seconds = ticks / freq_hz;
	uint64_t rest = ticks % freq_hz;
	uint64_t ns;

	if (__builtin_mul_overflow(seconds, TIMECONV_NS_PER_S, &ns))
		return UINT64_MAX;
	if (__builtin_add_overflow(ns, rest * TIMECONV_NS_PER_S / freq_hz, &ns))
		return UINT64_MAX;
	return ns;
}

/*
 * Rounded up, so that a counter that has reached the result has passed @ns:
 * timeconv_ticks_to_ns of it is @ns or later. UINT64_MAX when it does not
 * fit.
 */
static inline uint64_t timeconv_ns_to_ticks(uint64_t ns, uint64_t freq_hz)
{
	uint64_t seconds = ns / TIMECONV_NS_PER_S;
	uint64_t rest = ns % TIMECONV_NS_PER_S;
	uint64_t ticks;

	rest = (rest * freq_hz + TIMECONV_NS_PER_S - 1) / TIMECONV_NS_PER_S;
	if (__builtin_mul_overflow(seconds, freq_hz, &ticks))
		return UINT64_MAX;
	if (__builtin_add_overflow(ticks, rest, &ticks))
		return UINT64_MAX;
	return ticks;
}

#endif
