// SPDX-License-Identifier: MIT
/*
 * ramfs: files, directories, symbolic links and device nodes in memory. The
 * contents of files are in pages (pagetree.h) that come when they are written
 * to; directories are in ramfs_dir.c and ramfs_name.c.
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
#include "mm/user.h"
#include "sched/clock.h"
#include "signal/signal.h"

#define FILE_SIZE_MAX ((uint64_t)INT64_MAX)

static const uint8_t zeros[PAGE_SIZE];

/* How many of @len bytes were copied; one of the two is a user's address. */
typedef size_t (*copy_out_fn)(uint64_t dst, const void *src, size_t len);
typedef size_t (*copy_in_fn)(void *dst, uint64_t src, size_t len);

static size_t copy_out_kernel(uint64_t dst, const void *src, size_t len)
{
	memcpy((void *)(uintptr_t)dst, src, len);
	return len;
}

static size_t copy_in_kernel(void *dst, uint64_t src, size_t len)
{
	memcpy(dst, (const void *)(uintptr_t)src, len);
	return len;
}

/* The rest of a page from @pos on, at most @len. */
static size_t piece(uint64_t pos, uint64_t len)
{
	size_t room = PAGE_SIZE - pos % PAGE_SIZE;

	return len < room ? len : room;
}

/* How many pages a file of @size bytes has. */
static uint64_t pages_of(uint64_t size)
{
	return size / PAGE_SIZE + (size % PAGE_SIZE != 0);
}

/* inode->lock is held, here and in write_pages. */
static long read_pages(struct inode *inode, uint64_t dst, size_t len,
		       uint64_t pos, copy_out_fn copy)
{
	const struct pagetree *tree = inode->data;
	size_t done = 0;

	if (pos >= inode->size)
		return 0;
	if (len > inode->size - pos)
		len = inode->size - pos;
	while (done < len) {
		uint64_t pa = pagetree_get(tree, pos / PAGE_SIZE);
		const uint8_t *page = pa ? phys_to_virt(pa) : zeros;
		size_t want = piece(pos, len - done);
		size_t n = copy(dst + done, page + pos % PAGE_SIZE, want);

		done += n;
		pos += n;
		if (n < want)
			break;
	}
	if (done)
		inode_accessed(inode);
	return done ? (long)done : -EFAULT;
}

/* Up to the end of one page: bytes done, fewer at a bad address. */
static long write_piece(struct inode *inode, uint64_t src, size_t want,
			uint64_t pos, copy_in_fn copy)
{
	uint64_t pa = pagetree_fill(inode->data, pos / PAGE_SIZE);
	uint8_t *at;
	size_t n;

	if (!pa)
		return -ENOSPC;
	at = (uint8_t *)phys_to_virt(pa) + pos % PAGE_SIZE;
	n = copy(at, src, want);
	if (n && pos + n > inode->size)
		inode->size = pos + n;
	/*
	 * A copy that stopped may have left bytes behind those it reports:
	 * behind the end of the file they would show up when it grows.
	 */
	if (n < want && pos + n >= inode->size)
		memset(at + n, 0, want - n);
	return (long)n;
}

static long write_pages(struct inode *inode, uint64_t src, size_t len,
			uint64_t pos, copy_in_fn copy)
{
	struct pagetree *tree = inode->data;
	size_t done = 0;
	long err = 0;

	if (pos >= FILE_SIZE_MAX)
		return -EFBIG;
	if (len > FILE_SIZE_MAX - pos)
		len = FILE_SIZE_MAX - pos;
	while (done < len && !err) {
		size_t want = piece(pos, len - done);
		long n = write_piece(inode, src + done, want, pos, copy);

		if (n > 0) {
			done += (size_t)n;
			pos += (uint64_t)n;
		}
		if (n < (long)want)
			err = n < 0 ? n : -EFAULT;
	}
	/* A failure may have made pages that hold nothing of the file. */
	if (err)
		pagetree_cut(tree, pages_of(inode->size));
	inode->pages = tree->pages;
	if (!done)
		return err;
	inode_modified(inode);
	return (long)done;
}

static long file_read_op(struct file *f, uint64_t buf, size_t len,
			 uint64_t *pos)
{
	struct inode *inode = f->inode;
	long n;

	mutex_lock(&inode->lock);
	n = read_pages(inode, buf, len, *pos, copy_to_user_partial);
	mutex_unlock(&inode->lock);
	if (n > 0)
		*pos += (uint64_t)n;
	return n;
}

static long file_write_op(struct file *f, uint64_t buf, size_t len,
			  uint64_t *pos)
{
	struct inode *inode = f->inode;
	long n;

	mutex_lock(&inode->lock);
	if (file_flags(f) & FILE_APPEND)
		*pos = inode->size;
	n = write_pages(inode, buf, len, *pos, copy_from_user_partial);
	mutex_unlock(&inode->lock);
	if (n > 0)
		*pos += (uint64_t)n;
	return n;
}

static const struct file_ops regular_file_ops = {
	.read = file_read_op,
	.write = file_write_op,
	.seekable = true,
};

static long pread_op(struct inode *inode, void *dst, size_t len, uint64_t pos)
{
	if (inode_is(inode, MODE_LNK)) {
		if (len > inode->size)
			len = inode->size;
		memcpy(dst, inode->data, len);
		return (long)len;
	}
	if (!inode_is(inode, MODE_REG))
		return -EINVAL;
	if (!len)
		return 0;
	return read_pages(inode, (uintptr_t)dst, len, pos, copy_out_kernel);
}

static long pwrite_op(struct inode *inode, const void *src, size_t len,
		      uint64_t pos)
{
	if (!inode_is(inode, MODE_REG))
		return -EINVAL;
	return write_pages(inode, (uintptr_t)src, len, pos, copy_in_kernel);
}

static int truncate_op(struct inode *inode, uint64_t size)
{
	struct pagetree *tree = inode->data;
	uint64_t pa;

	if (size < inode->size) {
		pagetree_cut(tree, pages_of(size));
		pa = pagetree_get(tree, size / PAGE_SIZE);
		if (pa && size % PAGE_SIZE)
			memset((uint8_t *)phys_to_virt(pa) + size % PAGE_SIZE,
			       0, piece(size, PAGE_SIZE));
		inode->pages = tree->pages;
	}
	inode->size = size;
	inode_modified(inode);
	return 0;
}

/* What a failure has allocated behind the end goes again. */
static int allocate_op(struct inode *inode, uint64_t pos, uint64_t len,
		       bool keep_size)
{
	struct pagetree *tree = inode->data;
	uint64_t end = pages_of(pos + len);
	int err = 0;

	for (uint64_t i = pos / PAGE_SIZE; i < end && !err; i++) {
		if (signal_pending())
			err = -EINTR;
		else if (!pagetree_fill(tree, i))
			err = -ENOSPC;
	}
	if (err)
		pagetree_cut(tree, pages_of(inode->size));
	else if (!keep_size && pos + len > inode->size)
		inode->size = pos + len;
	inode->pages = tree->pages;
	inode->ctime_ns = clock_realtime();
	return err;
}

static void destroy_op(struct inode *inode)
{
	if (inode_is(inode, MODE_DIR)) {
		ramfs_dir_free(inode->data);
		return;
	}
	if (inode->data && inode_is(inode, MODE_REG))
		pagetree_cut(inode->data, 0);
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
	.truncate = truncate_op,
	.allocate = allocate_op,
	.pread = pread_op,
	.pwrite = pwrite_op,
	.destroy = destroy_op,
};

/* What inode->data is for each type; false: no memory. */
static bool init_data(struct inode *inode, const char *target)
{
	switch (inode->mode & MODE_FMT) {
	case MODE_REG:
		inode->data = kzalloc(sizeof(struct pagetree));
		inode->file_ops = &regular_file_ops;
		return inode->data;
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

struct inode *ramfs_root(void)
{
	return ramfs_inode(MODE_DIR | 0755, 0, NULL);
}
