// SPDX-License-Identifier: MIT
/*
 * The random generator; see rng.h. The nonce keeps the two uses of a key
 * apart: one value for output, another for mixing in a seed.
 */
#include "lib/rng.h"

#include "lib/string.h"

#define KEY_BYTES	32
#define DOUBLE_ROUNDS	10

static const uint32_t output_nonce[3] = { 0x6c6f6f6d, 0, 0 };

static uint32_t rotate_left(uint32_t v, unsigned int n)
{
	return v << n | v >> (32 - n);
}

static void quarter_round(uint32_t *s, int a, int b, int c, int d)
{
	s[a] += s[b];
	s[d] = rotate_left(s[d] ^ s[a], 16);
	s[c] += s[d];
	s[b] = rotate_left(s[b] ^ s[c], 12);
	s[a] += s[b];
	s[d] = rotate_left(s[d] ^ s[a], 8);
	s[c] += s[d];
	s[b] = rotate_left(s[b] ^ s[c], 7);
}

static void store_le32(uint8_t *p, uint32_t v)
{
	p[0] = (uint8_t)v;
	p[1] = (uint8_t)(v >> 8);
	p[2] = (uint8_t)(v >> 16);
	p[3] = (uint8_t)(v >> 24);
}

static uint32_t load_le32(const uint8_t *p)
{
	return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 |
	       (uint32_t)p[3] << 24;
}

void rng_chacha20_block(uint8_t out[RNG_BLOCK_SIZE], const uint32_t key[8],
			uint32_t counter, const uint32_t nonce[3])
{
	const uint32_t start[16] = {
		/* "expand 32-byte k" */
		0x61707865, 0x3320646e, 0x79622d32, 0x6b206574,
		key[0], key[1], key[2], key[3],
		key[4], key[5], key[6], key[7],
		counter, nonce[0], nonce[1], nonce[2],
	};
	uint32_t s[16];
	int i;

	memcpy(s, start, sizeof(s));
	for (i = 0; i < DOUBLE_ROUNDS; i++) {
		quarter_round(s, 0, 4, 8, 12);
		quarter_round(s, 1, 5, 9, 13);
		quarter_round(s, 2, 6, 10, 14);
		quarter_round(s, 3, 7, 11, 15);
		quarter_round(s, 0, 5, 10, 15);
		quarter_round(s, 1, 6, 11, 12);
		quarter_round(s, 2, 7, 8, 13);
		quarter_round(s, 3, 4, 9, 14);
	}
	for (i = 0; i < 16; i++)
		store_le32(out + 4 * i, s[i] + start[i]);
}

static void set_key(struct rng *rng, const uint8_t *bytes)
{
	int i;

	for (i = 0; i < 8; i++)
		rng->key[i] = load_le32(bytes + 4 * i);
}

void rng_init(struct rng *rng)
{
	memset(rng, 0, sizeof(*rng));
}

/*
 * One chunk of at most 32 bytes: added to the key by exclusive or, then the
 * key is replaced by a block of its own key stream. The length is in the
 * nonce, so that a short chunk differs from the same one padded with zeros.
 */
static void mix(struct rng *rng, const uint8_t *bytes, size_t n)
{
	const uint32_t nonce[3] = { 0x73656564, (uint32_t)n, 0 };
	uint8_t block[RNG_BLOCK_SIZE];
	uint8_t chunk[KEY_BYTES] = { 0 };
	int i;

	memcpy(chunk, bytes, n);
	for (i = 0; i < 8; i++)
		rng->key[i] ^= load_le32(chunk + 4 * i);
	rng_chacha20_block(block, rng->key, 0, nonce);
	set_key(rng, block);
}

void rng_seed(struct rng *rng, const void *entropy, size_t n)
{
	const uint8_t *p = entropy;

	rng->seeded = n > SIZE_MAX - rng->seeded ? SIZE_MAX : rng->seeded + n;
	while (n) {
		size_t chunk = n < KEY_BYTES ? n : KEY_BYTES;

		mix(rng, p, chunk);
		p += chunk;
		n -= chunk;
	}
}

bool rng_is_seeded(const struct rng *rng)
{
	return rng->seeded >= KEY_BYTES;
}

void rng_bytes(struct rng *rng, void *buf, size_t n)
{
	uint8_t block[RNG_BLOCK_SIZE];
	uint8_t *p = buf;

	while (n) {
		size_t chunk = RNG_BLOCK_SIZE - KEY_BYTES;

		if (chunk > n)
			chunk = n;
		rng_chacha20_block(block, rng->key, 0, output_nonce);
		set_key(rng, block);
		memcpy(p, block + KEY_BYTES, chunk);
		p += chunk;
		n -= chunk;
	}
}

uint64_t rng_u64(struct rng *rng)
{
	uint64_t v;

	rng_bytes(rng, &v, sizeof(v));
	return v;
}
