// SPDX-License-Identifier: MIT
/*
 * A ring of bytes in pages that come when they are first used: what is in a
 * pipe. Who owns the ring locks it; `used` alone is also looked at without.
 */
#ifndef LOOM_FS_PIPE_RING_H
#define LOOM_FS_PIPE_RING_H

#include <stddef.h>
#include <stdint.h>

struct pieces;

struct pipe_ring {
	uint64_t *page;		/* physical; 0 until first used */
	uint32_t size;		/* bytes, whole pages; atomic to look at */
	uint32_t start;		/* of the oldest byte */
	uint32_t used;		/* bytes; atomic to look at */
};

/* An empty ring of @size bytes, a multiple of the page: 0 or -ENOMEM. */
int pipe_ring_init(struct pipe_ring *r, uint32_t size);
void pipe_ring_free(struct pipe_ring *r);

/* Bytes moved; -EFAULT if none can be, -ENOMEM. There is something to move. */
long pipe_ring_put(struct pipe_ring *r, struct pieces *from);
long pipe_ring_get(struct pipe_ring *r, struct pieces *to);

/* What is in it stays: 0; -EBUSY if that is more than @size, -ENOMEM. */
int pipe_ring_resize(struct pipe_ring *r, uint32_t size);

/* Without the lock: bytes in it, and bytes that fit. */
uint32_t pipe_ring_used(const struct pipe_ring *r);
uint32_t pipe_ring_room(const struct pipe_ring *r);

#endif
