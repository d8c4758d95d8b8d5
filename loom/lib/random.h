// SPDX-License-Identifier: MIT
/*
 * The kernel's one random generator: lib/rng.h behind a lock. Boot code seeds
 * it from the device tree; execve and getrandom(2) draw from it.
 */
#ifndef LOOM_LIB_RANDOM_H
#define LOOM_LIB_RANDOM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Any context but with a lock of RANK_RNG or above held. */
void random_seed(const void *entropy, size_t n);
void random_bytes(void *buf, size_t n);
uint64_t random_u64(void);

/*
 * Has it 256 bits of seed? Without, every run draws the same numbers: that is
 * what a deterministic run wants, and then addresses are not randomized.
 */
bool random_is_seeded(void);

#endif
