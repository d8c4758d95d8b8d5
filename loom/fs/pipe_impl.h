// SPDX-License-Identifier: MIT
/* What a pipe is: for pipe.c, and for leaf calls (fs/leaf.c). */
#ifndef LOOM_FS_PIPE_IMPL_H
#define LOOM_FS_PIPE_IMPL_H

#include <stdint.h>

#include "fs/pipe_ring.h"
#include "sched/wait.h"

struct pipe {
	/* inode->lock */
	struct pipe_ring ring;
	uint32_t files;		/* open: the pipe goes with the last */

	/* inode->lock to change, atomic to look at */
	uint32_t readers, writers;
	uint32_t reader_opens, writer_opens;	/* ever: see wait_partner */

	struct waitq can_read, can_write, opened;
};

#endif
