// SPDX-License-Identifier: MIT
/*
 * Fixed-size bit sets in arrays of 64-bit words: descriptor tables, process
 * numbers and the like. Nothing here is atomic; the lock that guards the
 * array guards every function on it.
 */
#ifndef LOOM_LIB_BITMAP_H
#define LOOM_LIB_BITMAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* How many words a set of @bits needs. */
#define BITMAP_WORDS(bits)	(((bits) + 63) / 64)

static inline void bitmap_set(uint64_t *map, size_t bit)
{
	map[bit / 64] |= UINT64_C(1) << (bit % 64);
}

static inline void bitmap_clear(uint64_t *map, size_t bit)
{
	map[bit / 64] &= ~(UINT64_C(1) << (bit % 64));
}

static inline bool bitmap_test(const uint64_t *map, size_t bit)
{
	return map[bit / 64] >> (bit % 64) & 1;
}

/* The first clear bit at @from or after it; @bits when there is none. */
static inline size_t bitmap_find_clear(const uint64_t *map, size_t bits,
				       size_t from)
{
	while (from < bits) {
		uint64_t free = ~map[from / 64] >> (from % 64);

		if (free) {
			from += (size_t)__builtin_ctzll(free);
			return from < bits ? from : bits;
		}
		from = (from / 64 + 1) * 64;
	}
	return bits;
}

/* The first set bit at @from or after it; @bits when there is none. */
static inline size_t bitmap_find_set(const uint64_t *map, size_t bits,
				     size_t from)
{
	while (from < bits) {
		uint64_t rest = map[from / 64] >> (from % 64);

		if (rest) {
			from += (size_t)__builtin_ctzll(rest);
			return from < bits ? from : bits;
		}
		from = (from / 64 + 1) * 64;
	}
	return bits;
}

#endif
