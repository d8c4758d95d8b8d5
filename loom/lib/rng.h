// SPDX-License-Identifier: MIT
/*
 * Random bytes: for AT_RANDOM, getrandom() and address randomization.
 *
 * The state is one ChaCha20 key (RFC 8439). Every request replaces the key
 * with the first half of a key-stream block before it hands out the rest,
 * so a state that leaks later does not reveal what was handed out before.
 * Seeding adds: input that an attacker knows, or chose, never makes the
 * state easier to guess.
 *
 * Pure computation on the caller's struct; the caller locks. Output depends
 * on the seeds and requests alone, so a run with fixed seeds repeats.
 */
#ifndef LOOM_LIB_RNG_H
#define LOOM_LIB_RNG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RNG_BLOCK_SIZE	64

struct rng {
	uint32_t key[8];
	size_t seeded;		/* bytes given to rng_seed, saturating */
};

void rng_init(struct rng *rng);

/* Mix @n bytes at @entropy into the state. */
void rng_seed(struct rng *rng, const void *entropy, size_t n);

/* Has a full key's worth of bytes (32) been mixed in? */
bool rng_is_seeded(const struct rng *rng);

/* Fill @buf; works before any seeding, but then anyone can predict it. */
void rng_bytes(struct rng *rng, void *buf, size_t n);

uint64_t rng_u64(struct rng *rng);

/*
 * The ChaCha20 block function of RFC 8439, section 2.3; key and nonce are
 * read as little-endian words, @out is the serialized block.
 */
void rng_chacha20_block(uint8_t out[RNG_BLOCK_SIZE], const uint32_t key[8],
			uint32_t counter, const uint32_t nonce[3]);

#endif
