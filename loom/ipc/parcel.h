// SPDX-License-Identifier: MIT
/*
 * What a message carries beside its words: bytes of the thread's buffer and a
 * descriptor. Each side touches only its own memory and descriptors, in its
 * own system call: the sender packs before anybody sees the message, the
 * receiver unpacks after it has it. In between a parcel is the kernel's.
 */
#ifndef LOOM_IPC_PARCEL_H
#define LOOM_IPC_PARCEL_H

#include <stdint.h>

struct weft_frame;

/*
 * Into ipc.out of the calling thread, what @tag and its registers say. 0;
 * -EINVAL, -ENOBUFS (it has no buffer, or not so large), -EFAULT, -EBADF,
 * -EPERM, -ENOMEM, -ENFILE.
 */
int parcel_pack(const struct weft_frame *frame, uint64_t tag);

/* Free what is still in ipc.out. */
void parcel_drop(void);

/*
 * With LOOM_TAG_ACCEPT in @tag, a descriptor for what may come, so that it
 * cannot come in vain: 0, -EMFILE, -ENOMEM.
 */
int parcel_expect(uint64_t tag);

/* What has come, if anything, to its place: 0, -EFAULT. The end of expect. */
int parcel_unpack(struct weft_frame *frame);

#endif
