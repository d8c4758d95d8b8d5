// SPDX-License-Identifier: MIT
/* Bytes and descriptors that travel with messages; see parcel.h. */
#include "ipc/parcel.h"

#include <weft/frame.h>

#include <loom/abi.h>

#include "fs/file.h"
#include "ipc/handle.h"
#include "lib/assert.h"
#include "lib/errno.h"
#include "mm/kmem.h"
#include "mm/user.h"
#include "proc/process.h"
#include "sched/thread.h"

static struct ipc_thread *own(void)
{
	return &thread_current()->ipc;
}

static int pack_bytes(struct parcel *p, uint32_t len)
{
	if (len > own()->buffer_size)
		return -ENOBUFS;
	if (!len)
		return 0;
	p->bytes = kmalloc(len);
	if (!p->bytes)
		return -ENOMEM;
	p->len = len;
	return copy_from_user(p->bytes, own()->buffer, len);
}

/* x10 is the descriptor and the rights, x11 the badge. */
static int pack_file(struct parcel *p, const struct weft_frame *frame)
{
	uint64_t what = weft_frame_arg(frame, 10);
	uint32_t rights = (uint32_t)(what >> 32);
	struct file *f = files_lookup(process_current()->files, (int)what);
	int err;

	if (!f)
		return -EBADF;
	if (!rights) {
		p->file = f;
		return 0;
	}
	err = handle_narrow(f, rights, weft_frame_arg(frame, 11), &p->file);
	file_put(f);
	return err;
}

int parcel_pack(const struct weft_frame *frame, uint64_t tag)
{
	struct parcel *p = &own()->out;
	uint32_t len = (uint16_t)(tag >> LOOM_TAG_BYTES_SHIFT);
	int err = 0;

	assert(!p->file && !p->bytes);
	if (len && !(tag & LOOM_TAG_BUFFER))
		return -EINVAL;
	err = pack_bytes(p, len);
	if (!err && tag & LOOM_TAG_FD)
		err = pack_file(p, frame);
	if (err)
		parcel_drop();
	return err;
}

void parcel_drop(void)
{
	struct parcel *p = &own()->out;

	kfree(p->bytes);
	if (p->file)
		file_put(p->file);
	*p = (struct parcel){ 0 };
}

int parcel_expect(uint64_t tag)
{
	int fd = -1;

	if (tag & LOOM_TAG_ACCEPT) {
		fd = files_reserve(process_current()->files, 0, true);
		if (fd < 0)
			return fd;
	}
	own()->accepts = fd;
	return 0;
}

static void unpack_file(struct ipc_thread *ipc, struct weft_frame *frame)
{
	struct files *files = process_current()->files;

	if (ipc->in.file) {
		files_fill(files, ipc->accepts, ipc->in.file);
		weft_frame_set_more(frame, 10, (uint32_t)ipc->accepts);
	} else if (ipc->accepts >= 0) {
		files_cancel(files, ipc->accepts);
	}
	ipc->accepts = -1;
}

int parcel_unpack(struct weft_frame *frame)
{
	struct ipc_thread *ipc = own();
	int err = 0;

	unpack_file(ipc, frame);
	if (ipc->in.bytes) {
		err = copy_to_user(ipc->buffer, ipc->in.bytes, ipc->in.len);
		kfree(ipc->in.bytes);
	}
	ipc->in = (struct parcel){ 0 };
	return err;
}
