// SPDX-License-Identifier: MIT
/*
 * The fuzzers' numbers; see rng.h. A counter whose steps are odd, mixed by
 * multiplications and shifts that can be undone: no value comes twice.
 */
#include "rng.h"

#define STEP UINT64_C(0x9e3779b97f4a7c15)

static uint64_t mix(uint64_t x)
{
	x = (x ^ x >> 32) * UINT64_C(0xd6e8feb86659fd93);
	x = (x ^ x >> 32) * UINT64_C(0xd6e8feb86659fd93);
	return x ^ x >> 32;
}

void rng_seed(struct rng *rng, uint64_t seed, uint64_t part)
{
	rng->state = mix(mix(seed + STEP) + part);
}

uint64_t rng_next(struct rng *rng)
{
	rng->state += STEP;
	return mix(rng->state);
}

uint64_t rng_below(struct rng *rng, uint64_t limit)
{
	return rng_next(rng) % limit;
}
