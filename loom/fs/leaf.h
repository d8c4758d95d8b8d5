// SPDX-License-Identifier: MIT
/*
 * read(2) and write(2) as leaf calls (weft/leaf.h): 8 bytes of an eventfd, a
 * few of a pipe. Everything else is left to the general way before anything
 * has changed, and both ways may take part in one exchange.
 */
#ifndef LOOM_FS_LEAF_H
#define LOOM_FS_LEAF_H

#include <stdbool.h>

#include <weft/leaf.h>

struct weft_frame;

weft_leaf_fn leaf_read;
weft_leaf_fn leaf_write;

/*
 * The read in which the calling thread slept since a leaf call, and for which
 * something has come: true if @frame has its result. DAIF masked.
 */
bool leaf_read_again(struct weft_frame *frame);

/*
 * The calling thread was woken in such a read: nobody wakes it any more. The
 * call has done nothing yet, and is made again in the general way.
 */
void leaf_read_ends(void);

#endif
