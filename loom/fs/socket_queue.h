// SPDX-License-Identifier: MIT
/*
 * What is on the way to a socket: chunks of bytes, a message being one or
 * several. Whoever owns a queue locks it; a message that is being built or
 * taken apart belongs to one thread.
 */
#ifndef LOOM_FS_SOCKET_QUEUE_H
#define LOOM_FS_SOCKET_QUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/list.h"
#include "mm/layout.h"

struct pieces;

struct chunk {
	struct list link;
	uint32_t start;		/* of what was not received yet, in data */
	uint32_t end;
	bool last;		/* of its message */
	uint8_t data[];
};

/* So much fits into a chunk that is a page. */
#define CHUNK_DATA ((uint32_t)(PAGE_SIZE - sizeof(struct chunk)))

/* The memory that @len bytes of a message take. */
uint64_t chunks_cost(uint64_t len);
uint32_t chunk_cost(const struct chunk *c);

/*
 * A message of the next @len bytes of @from in chunks at the end of @chain:
 * 0; -EFAULT or -ENOBUFS, and the chain is empty.
 */
int chunks_build(struct list *chain, struct pieces *from, uint64_t len);

/* Free all; the memory that they took. */
uint64_t chunks_free(struct list *chain);

/* The length of the first message; there is one. */
uint64_t chunks_first_length(const struct list *queue);

/*
 * Copy bytes from the start of @queue, over chunks but, if @one, not over the
 * end of the first message: how many. Nothing is taken off; *@fault is set if
 * it ended at a bad address.
 */
uint64_t chunks_peek(const struct list *queue, struct pieces *to, bool one,
		     bool *fault);

/* Take @n bytes off a stream, and chunks that are empty then: memory freed. */
uint64_t chunks_drop_bytes(struct list *queue, uint64_t n);
/* Take the first message off: memory freed. */
uint64_t chunks_drop_message(struct list *queue);

#endif
