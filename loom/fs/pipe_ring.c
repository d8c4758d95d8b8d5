// SPDX-License-Identifier: MIT
/* The ring of a pipe. Called by fs/pipe.c with the pipe's lock held. */
#include "fs/pipe_ring.h"

#include "fs/pieces.h"
#include "lib/assert.h"
#include "lib/errno.h"
#include "mm/kmem.h"
#include "mm/layout.h"
#include "mm/page.h"

/* Released: who sees it without the lock sees what was done before. */
static void change(uint32_t *field, uint32_t value)
{
	__atomic_store_n(field, value, __ATOMIC_RELEASE);
}

static uint32_t least(uint64_t a, uint64_t b)
{
	return (uint32_t)(a < b ? a : b);
}

/* Bytes from @at, counted from the start of the ring, to its page's end. */
static uint32_t page_rest(uint32_t at)
{
	return PAGE_SIZE - at % PAGE_SIZE;
}

static uint8_t *byte_at(const struct pipe_ring *r, uint32_t at)
{
	return (uint8_t *)phys_to_virt(r->page[at / PAGE_SIZE]) +
	       at % PAGE_SIZE;
}

int pipe_ring_init(struct pipe_ring *r, uint32_t size)
{
	assert(size && size % PAGE_SIZE == 0);
	r->page = kzalloc(size / PAGE_SIZE * sizeof(*r->page));
	if (!r->page)
		return -ENOMEM;
	r->start = 0;
	change(&r->used, 0);
	change(&r->size, size);
	return 0;
}

void pipe_ring_free(struct pipe_ring *r)
{
	for (uint32_t i = 0; i < r->size / PAGE_SIZE; i++)
		if (r->page[i])
			page_free(r->page[i], 0);
	kfree(r->page);
}

uint32_t pipe_ring_used(const struct pipe_ring *r)
{
	return __atomic_load_n(&r->used, __ATOMIC_ACQUIRE);
}

uint32_t pipe_ring_room(const struct pipe_ring *r)
{
	uint32_t size = __atomic_load_n(&r->size, __ATOMIC_ACQUIRE);
	uint32_t used = pipe_ring_used(r);

	/* The two may be of different moments. */
	return used < size ? size - used : 0;
}

/* Up to the end of one page: bytes, or a negative errno if none. */
static long put_piece(struct pipe_ring *r, struct pieces *from)
{
	uint32_t at = (r->start + r->used) % r->size;
	uint64_t *pa = &r->page[at / PAGE_SIZE];
	uint32_t room = least(r->size - r->used, page_rest(at));
	size_t n;

	if (!*pa)
		*pa = page_alloc(0);
	if (!*pa)
		return -ENOMEM;
	n = pieces_read(from, byte_at(r, at), least(room, from->left));
	change(&r->used, r->used + (uint32_t)n);
	return n ? (long)n : -EFAULT;
}

long pipe_ring_put(struct pipe_ring *r, struct pieces *from)
{
	size_t done = 0;
	long n = 0;

	while (from->left && r->used < r->size && n >= 0) {
		n = put_piece(r, from);
		if (n > 0)
			done += (size_t)n;
	}
	return done ? (long)done : n;
}

long pipe_ring_get(struct pipe_ring *r, struct pieces *to)
{
	uint32_t want = 0, n = 0, done = 0;

	while (to->left && done < r->used && n == want) {
		want = least(least(to->left, r->used - done),
			     page_rest(r->start));
		n = (uint32_t)pieces_write(to, byte_at(r, r->start), want);
		done += n;
		r->start = (r->start + n) % r->size;
	}
	change(&r->used, r->used - done);
	if (!r->used)
		r->start = 0;	/* a pipe with little in it uses one page */
	return done ? (long)done : -EFAULT;
}

int pipe_ring_resize(struct pipe_ring *r, uint32_t size)
{
	struct pipe_ring new;
	uint32_t at = r->start, left = r->used;
	long n = 0;

	if (r->used > size)
		return -EBUSY;
	if (pipe_ring_init(&new, size))
		return -ENOMEM;
	while (left && n >= 0) {
		struct pieces from;

		n = least(left, page_rest(at));
		pieces_init_kernel(&from, byte_at(r, at), (size_t)n);
		left -= (uint32_t)n;
		at = (at + (uint32_t)n) % r->size;
		n = pipe_ring_put(&new, &from);
		if (from.left)
			n = -ENOMEM;
	}
	if (n < 0) {
		pipe_ring_free(&new);
		return (int)n;
	}
	pipe_ring_free(r);
	/* Whoever looks without the lock finds room, then looks with it. */
	r->page = new.page;
	r->start = 0;
	change(&r->size, size);
	return 0;
}
