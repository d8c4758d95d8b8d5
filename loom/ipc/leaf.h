// SPDX-License-Identifier: MIT
/*
 * Notifications and endpoints as leaf calls (weft/leaf.h): the commonest cases
 * of SIGNAL, WAIT, CALL and REPLY_RECV, from the program's registers to the
 * other program's. Everything else is left to the general way before anything
 * has changed, and both ways may take part in one exchange.
 */
#ifndef LOOM_IPC_LEAF_H
#define LOOM_IPC_LEAF_H

#include <weft/leaf.h>

struct file;
struct weft_frame;

weft_leaf_fn leaf_ipc_call;
weft_leaf_fn leaf_ipc_reply_recv;
weft_leaf_fn leaf_ipc_signal;
weft_leaf_fn leaf_ipc_wait;

/*
 * What the calling thread waited at in a leaf call: its descriptor is still
 * there, for nobody else could take it off.
 */
struct file *leaf_ipc_file(const struct weft_frame *frame);

#endif
