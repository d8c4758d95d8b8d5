// SPDX-License-Identifier: MIT
/*
 * What a futex word is, whatever its address: two threads that wait and wake
 * mean the same word when their keys are equal. Made by aspace_futex_key
 * (mm/inspect.c) for proc/futex.c.
 *
 * A key holds no reference. One of a private word names the address space, in
 * which whoever waits lives, and one of a shared word names an object by a
 * number that is never used again; so a key that outlives what it names is
 * equal to no other.
 */
#ifndef LOOM_MM_FUTEX_KEY_H
#define LOOM_MM_FUTEX_KEY_H

#include <stdbool.h>
#include <stdint.h>

struct futex_key {
	uint64_t object;	/* the aspace's address, or an inode's number */
	uint64_t offset;	/* an address in it, or an offset in the file */
	bool shared;		/* an inode's */
};

static inline bool futex_key_equal(const struct futex_key *a,
				   const struct futex_key *b)
{
	return a->offset == b->offset && a->object == b->object &&
	       a->shared == b->shared;
}

#endif
