// SPDX-License-Identifier: MIT
/*
 * Numbers that look random and come again for the same seed, here and on any
 * other machine: what a fuzzer prints is enough to repeat what it did.
 */
#ifndef TESTS_USER_LIB_RNG_H
#define TESTS_USER_LIB_RNG_H

#include <stdint.h>

struct rng {
	uint64_t state;
};

/* @part is for one of many sequences of one seed. */
void rng_seed(struct rng *rng, uint64_t seed, uint64_t part);
uint64_t rng_next(struct rng *rng);
/* From 0 to @limit - 1; @limit is not 0. */
uint64_t rng_below(struct rng *rng, uint64_t limit);

#endif
