// SPDX-License-Identifier: MIT
/* Buffers in pieces. Called by pipes and sockets. */
#include "fs/pieces.h"

#include "lib/assert.h"
#include "lib/string.h"
#include "mm/user.h"

void pieces_init(struct pieces *p, const struct io_vector *iov, unsigned n)
{
	*p = (struct pieces){ .iov = iov };
	for (unsigned i = 0; i < n; i++)
		p->left += iov[i].len;
}

void pieces_init_kernel(struct pieces *p, void *memory, size_t len)
{
	*p = (struct pieces){ .left = len, .kernel = memory };
}

/* Copies @len bytes between the program's @user and the kernel's memory. */
typedef size_t (*copy_fn)(uint64_t user, void *kernel, size_t len);

static size_t from_user(uint64_t user, void *kernel, size_t len)
{
	return copy_from_user_partial(kernel, user, len);
}

static size_t to_user(uint64_t user, void *kernel, size_t len)
{
	return copy_to_user_partial(user, kernel, len);
}

/* @len is at most p->left, so there is a piece as long as any is wanted. */
static size_t move(struct pieces *p, uint8_t *memory, size_t len, copy_fn copy)
{
	size_t done = 0, want, n;

	while (done < len) {
		want = p->iov->len - p->offset;
		if (want > len - done)
			want = len - done;
		n = copy(p->iov->base + p->offset, memory + done, want);
		done += n;
		p->offset += n;
		if (n < want)
			break;
		if (p->offset == p->iov->len) {
			p->iov++;
			p->offset = 0;
		}
	}
	p->left -= done;
	return done;
}

static void pass_kernel(struct pieces *p, size_t len)
{
	p->kernel = (uint8_t *)p->kernel + len;
	p->left -= len;
}

size_t pieces_read(struct pieces *p, void *dst, size_t len)
{
	assert(len <= p->left);
	if (!p->kernel)
		return move(p, dst, len, from_user);
	memcpy(dst, p->kernel, len);
	pass_kernel(p, len);
	return len;
}

size_t pieces_write(struct pieces *p, const void *src, size_t len)
{
	assert(len <= p->left);
	if (!p->kernel)
		/* to_user only reads it. */
		return move(p, (uint8_t *)(uintptr_t)src, len, to_user);
	memcpy(p->kernel, src, len);
	pass_kernel(p, len);
	return len;
}
