// SPDX-License-Identifier: MIT
/*
 * Descriptors of endpoints and notifications; see handle.h. The objects are
 * made by endpoint.c and notification.c, narrowed descriptors by the system
 * calls.
 */
#include "ipc/handle.h"

#include <loom/abi.h>

#include "fs/file.h"
#include "fs/inode.h"
#include "ipc/endpoint.h"
#include "ipc/notification.h"
#include "lib/assert.h"
#include "lib/errno.h"
#include "mm/kmem.h"

enum { ALL_RIGHTS = LOOM_RIGHT_RECV | LOOM_RIGHT_SEND };

static uint32_t mode_of(unsigned rights)
{
	switch (rights) {
	case LOOM_RIGHT_RECV:
		return FILE_RDONLY;
	case LOOM_RIGHT_SEND:
		return FILE_WRONLY;
	default:
		return FILE_RDWR;
	}
}

unsigned handle_rights(const struct file *f)
{
	switch (file_flags(f) & FILE_ACCMODE) {
	case FILE_RDONLY:
		return LOOM_RIGHT_RECV;
	case FILE_WRONLY:
		return LOOM_RIGHT_SEND;
	default:
		return ALL_RIGHTS;
	}
}

bool handle_is(const struct file *f, const struct file_ops *ops)
{
	return f->ops == ops;
}

static uint32_t leaf_rights(const struct file_ops *ops, unsigned rights)
{
	bool endpoint = ops == &endpoint_file_ops;
	uint32_t leaf = 0;

	if (rights & LOOM_RIGHT_RECV)
		leaf |= endpoint ? LEAF_RECV : LEAF_WAIT;
	if (rights & LOOM_RIGHT_SEND)
		leaf |= endpoint ? LEAF_SEND : LEAF_SIGNAL;
	return leaf;
}

/*
 * The inode has no operations of files, so that a path to it (/proc/PID/fd)
 * opens none: that would be one with all rights.
 */
int handle_create(struct inode *inode, const struct file_ops *ops,
		  unsigned rights, uint64_t badge, struct file **out)
{
	struct file *f;
	int err = file_create(inode, FILE_PATH, &f);

	if (err)
		return err;
	f->flags = mode_of(rights);
	f->data = inode->data;
	f->badge = badge;
	f->leaf = leaf_rights(ops, rights);
	f->ops = ops;
	err = ops->open(f);
	assert(!err);
	*out = f;
	return 0;
}

int handle_narrow(struct file *from, uint64_t rights, uint64_t badge,
		  struct file **out)
{
	if (!handle_is(from, &endpoint_file_ops) &&
	    !handle_is(from, &notification_file_ops))
		return -EINVAL;
	if (!rights || rights & ~(uint64_t)ALL_RIGHTS)
		return -EINVAL;
	if (rights & ~(uint64_t)handle_rights(from))
		return -EPERM;
	if (from->badge && badge && badge != from->badge)
		return -EPERM;
	return handle_create(from->inode, from->ops, (unsigned)rights,
			     badge ? badge : from->badge, out);
}

struct inode *handle_inode(const struct inode_ops *ops, uint32_t size)
{
	struct inode *inode = inode_alloc(ops, 0, 0600);

	if (!inode)
		return NULL;
	inode->data = kzalloc(size);
	if (!inode->data) {
		inode_put(inode);
		return NULL;
	}
	assert((uintptr_t)inode->data % 64 == 0);
	return inode;
}

void handle_destroy(struct inode *inode)
{
	kfree(inode->data);
}
