// SPDX-License-Identifier: MIT
/* Messages on their way. Called by fs/socket.c. */
#include "fs/socket_queue.h"

#include "fs/pieces.h"
#include "lib/assert.h"
#include "lib/errno.h"
#include "mm/kmem.h"

uint32_t chunk_cost(const struct chunk *c)
{
	return (uint32_t)sizeof(*c) + c->end;
}

uint64_t chunks_cost(uint64_t len)
{
	uint64_t n = len ? (len + CHUNK_DATA - 1) / CHUNK_DATA : 1;

	return len + n * sizeof(struct chunk);
}

static struct chunk *chunk_build(struct pieces *from, uint32_t len, int *err)
{
	struct chunk *c = kmalloc(sizeof(*c) + len);

	if (!c) {
		*err = -ENOBUFS;
		return NULL;
	}
	list_init(&c->link);
	c->start = 0;
	c->end = len;
	c->last = false;
	if (pieces_read(from, c->data, len) == len)
		return c;
	kfree(c);
	*err = -EFAULT;
	return NULL;
}

int chunks_build(struct list *chain, struct pieces *from, uint64_t len)
{
	struct chunk *c;
	int err = 0;

	do {
		uint32_t n = len < CHUNK_DATA ? (uint32_t)len : CHUNK_DATA;

		c = chunk_build(from, n, &err);
		if (!c) {
			(void)chunks_free(chain);
			return err;
		}
		list_add_tail(chain, &c->link);
		len -= n;
	} while (len);
	c->last = true;
	return 0;
}

/* Take the first chunk off and free it: its memory, and was it the last? */
static uint64_t drop_first(struct list *queue, bool *last)
{
	struct chunk *c = list_first_entry(queue, struct chunk, link);
	uint64_t cost = chunk_cost(c);

	*last = c->last;
	list_del(&c->link);
	kfree(c);
	return cost;
}

uint64_t chunks_free(struct list *chain)
{
	uint64_t cost = 0;
	bool last;

	while (!list_empty(chain))
		cost += drop_first(chain, &last);
	return cost;
}

uint64_t chunks_first_length(const struct list *queue)
{
	const struct chunk *c;
	uint64_t len = 0;

	list_for_each_entry(c, queue, struct chunk, link) {
		len += c->end - c->start;
		if (c->last)
			break;
	}
	return len;
}

uint64_t chunks_peek(const struct list *queue, struct pieces *to, bool one,
		     bool *fault)
{
	const struct chunk *c;
	uint64_t done = 0;

	*fault = false;
	list_for_each_entry(c, queue, struct chunk, link) {
		uint64_t want = c->end - c->start, n;

		if (want > to->left)
			want = to->left;
		n = pieces_write(to, c->data + c->start, want);
		done += n;
		*fault = n < want;
		if (*fault || !to->left || (one && c->last))
			break;
	}
	return done;
}

uint64_t chunks_drop_bytes(struct list *queue, uint64_t n)
{
	uint64_t cost = 0;
	bool last;

	while (n) {
		struct chunk *c = list_first_entry(queue, struct chunk, link);
		uint64_t there = c->end - c->start;

		if (n < there) {
			c->start += (uint32_t)n;
			return cost;
		}
		n -= there;
		cost += drop_first(queue, &last);
	}
	return cost;
}

uint64_t chunks_drop_message(struct list *queue)
{
	uint64_t cost = 0;
	bool last;

	do {
		assert(!list_empty(queue));
		cost += drop_first(queue, &last);
	} while (!last);
	return cost;
}
