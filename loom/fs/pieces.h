// SPDX-License-Identifier: MIT
/*
 * What is left of a buffer that is read or written: the pieces of a program's
 * iovec, or a range of the kernel's own memory (sendfile). Pipes and sockets
 * move bytes through it.
 */
#ifndef LOOM_FS_PIECES_H
#define LOOM_FS_PIECES_H

#include <stddef.h>
#include <stdint.h>

#include "fs/file.h"

struct pieces {
	const struct io_vector *iov;	/* the first that is not used up */
	uint64_t offset;		/* in it */
	uint64_t left;			/* in all */
	void *kernel;			/* NULL, or: no iov, bytes from here */
};

/* @iov outlives @p. The lengths add up to no more than IO_MAX. */
void pieces_init(struct pieces *p, const struct io_vector *iov, unsigned n);
void pieces_init_kernel(struct pieces *p, void *memory, size_t len);

/*
 * Copy @len bytes, at most p->left, out of the buffer or into it, and go on
 * behind them: how many were copied, fewer only at a bad address. May sleep.
 */
size_t pieces_read(struct pieces *p, void *dst, size_t len);
size_t pieces_write(struct pieces *p, const void *src, size_t len);

#endif
