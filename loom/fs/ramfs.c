// SPDX-License-Identifier: MIT
/*
 * ramfs: files, directories, symbolic links and device nodes in memory. What
 * is done with the contents of files is in ramfs_file.c, directories are in
 * ramfs_dir.c and ramfs_name.c.
 */
#include "fs/ramfs.h"

#include "fs/devnode.h"
#include "fs/file.h"
#include "fs/inode.h"
#include "fs/pagetree.h"
#include "fs/ramfs_int.h"
#include "lib/assert.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "mm/kmem.h"
#include "mm/page.h"

static long pread_op(struct inode *inode, void *dst, size_t len, uint64_t pos)
{
	if (inode_is(inode, MODE_LNK)) {
		if (len > inode->size)
			len = inode->size;
		memcpy(dst, inode->data, len);
		return (long)len;
	}
	return inode_is(inode, MODE_REG) ? ramfs_pread(inode, dst, len, pos)
					 : -EINVAL;
}

static void destroy_op(struct inode *inode)
{
	if (inode_is(inode, MODE_DIR)) {
		ramfs_dir_free(inode->data);
		return;
	}
	pagetree_destroy(inode->pages);
	kfree(inode->data);
}

static const struct inode_ops ramfs_ops = {
	.dev = 1,
	.magic = 0x01021994,	/* tmpfs */
	.lookup = ramfs_lookup,
	.create = ramfs_create,
	.link = ramfs_link,
	.unlink = ramfs_unlink,
	.rename = ramfs_rename,
	.tmpfile = ramfs_tmpfile,
	.truncate = ramfs_truncate,
	.allocate = ramfs_allocate,
	.pread = pread_op,
	.pwrite = ramfs_pwrite,
	.give = ramfs_give,
	.destroy = destroy_op,
};

/* What inode->data or pages is for each type; false: no memory. */
static bool init_data(struct inode *inode, const char *target)
{
	switch (inode->mode & MODE_FMT) {
	case MODE_REG:
		inode->pages = pagetree_create(false);
		inode->file_ops = &ramfs_file_ops;
		return inode->pages;
	case MODE_DIR:
		inode->data = ramfs_dir_alloc();
		inode->file_ops = &ramfs_dir_file_ops;
		inode->nlink = 2;
		if (inode->data)
			inode->size = ramfs_dir_size(inode);
		return inode->data;
	case MODE_LNK:
		assert(target);
		inode->size = strlen(target);
		inode->data = kmalloc(inode->size + 1);
		if (inode->data)
			memcpy(inode->data, target, inode->size + 1);
		return inode->data;
	default:
		inode->file_ops = devnode_file_ops(inode->mode, inode->rdev);
		return true;
	}
}

struct inode *ramfs_inode(uint32_t mode, uint64_t rdev, const char *target)
{
	struct inode *inode = inode_alloc(&ramfs_ops, 0, mode);

	if (!inode)
		return NULL;
	inode->rdev = rdev;
	if (!init_data(inode, target)) {
		inode_put(inode);
		return NULL;
	}
	return inode;
}

struct inode *ramfs_unnamed(const char *name)
{
	struct inode *inode = ramfs_inode(MODE_REG | 0777, 0, NULL);
	size_t size = strlen(name) + 1;

	if (!inode)
		return NULL;
	inode->nlink = 0;
	inode->old_name = kmalloc(size);
	if (!inode->old_name) {
		inode_put(inode);
		return NULL;
	}
	memcpy(inode->old_name, name, size);
	inode->name = inode->old_name;
	return inode;
}

struct inode *ramfs_memory(uint64_t size)
{
	struct inode *inode = inode_alloc(&ramfs_ops, 0, MODE_REG | 0777);

	if (!inode)
		return NULL;
	inode->nlink = 0;
	inode->name = "dev/zero";	/* what Linux shows */
	inode->file_ops = &ramfs_file_ops;
	inode->pages = pagetree_create(true);
	if (!inode->pages) {
		inode_put(inode);
		return NULL;
	}
	inode->size = size;
	pagetree_set_end(inode->pages, size / PAGE_SIZE);
	return inode;
}

struct inode *ramfs_root(void)
{
	return ramfs_inode(MODE_DIR | 0755, 0, NULL);
}
