// SPDX-License-Identifier: MIT
/*
 * What a regular file of ramfs holds: pages (pagetree.h) that come when they
 * are written to or touched in a mapping. inode->lock is held for the
 * operations on contents, but not for long by a read or write of much: it is
 * let go of now and then, and what ends the program ends the operation. (Only
 * a write to the end, O_APPEND, keeps it, to be in one piece.)
 *
 * Programs that map the file store into its pages meanwhile, behind its end
 * too, in the last page. So what a file that grows takes in from there is
 * cleared first.
 */
#include "fs/ramfs_int.h"

#include "fs/file.h"
#include "fs/inode.h"
#include "fs/pagetree.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "mm/filemap.h"
#include "mm/page.h"
#include "mm/user.h"
#include "sched/clock.h"
#include "signal/signal.h"

#define FILE_SIZE_MAX ((uint64_t)INT64_MAX)

/* Read or written before others may have the inode's lock. */
#define LOCKED_SIZE	((size_t)256 * 1024)

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

static void set_size(struct inode *inode, uint64_t size)
{
	inode->size = size;
	pagetree_set_end(inode->pages, pages_of(size));
}

/* Zeros behind the first @size bytes, up to the end of a page. */
static void clear_tail(struct inode *inode, uint64_t size)
{
	size_t offset = size % PAGE_SIZE;
	uint64_t pa;

	if (!offset)
		return;
	pa = pagetree_get(inode->pages, size / PAGE_SIZE);
	if (!pa)
		return;
	memset((uint8_t *)phys_to_virt(pa) + offset, 0, PAGE_SIZE - offset);
	page_put(pa);
}

/* Up to the end of one page: bytes done, fewer at a bad address. */
static size_t read_piece(struct inode *inode, uint64_t dst, size_t want,
			 uint64_t pos, copy_out_fn copy)
{
	uint64_t pa = pagetree_get(inode->pages, pos / PAGE_SIZE);
	const uint8_t *page = pa ? phys_to_virt(pa) : zeros;
	size_t n = copy(dst, page + pos % PAGE_SIZE, want);

	if (pa)
		page_put(pa);
	return n;
}

/* inode->lock is held, here and in write_pages. */
static long read_pages(struct inode *inode, uint64_t dst, size_t len,
		       uint64_t pos, copy_out_fn copy)
{
	size_t done = 0;

	if (pos >= inode->size)
		return 0;
	if (len > inode->size - pos)
		len = inode->size - pos;
	while (done < len) {
		size_t want = piece(pos, len - done);
		size_t n = read_piece(inode, dst + done, want, pos, copy);

		done += n;
		pos += n;
		if (n < want || signal_is_deadly())
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
	uint64_t pa = pagetree_fill(inode->pages, pos / PAGE_SIZE);
	uint8_t *at;
	size_t n;

	if (!pa)
		return -ENOSPC;
	at = (uint8_t *)phys_to_virt(pa) + pos % PAGE_SIZE;
	n = copy(at, src, want);
	if (n && pos + n > inode->size)
		set_size(inode, pos + n);
	page_set_code(pa, false);
	page_put(pa);
	return (long)n;
}

static long write_pages(struct inode *inode, uint64_t src, size_t len,
			uint64_t pos, copy_in_fn copy)
{
	size_t done = 0;
	long err = 0;

	if (pos >= FILE_SIZE_MAX)
		return -EFBIG;
	if (len > FILE_SIZE_MAX - pos)
		len = FILE_SIZE_MAX - pos;
	if (pos > inode->size)
		clear_tail(inode, inode->size);
	while (done < len && !err) {
		size_t want = piece(pos, len - done);
		long n = write_piece(inode, src + done, want, pos, copy);

		if (n > 0) {
			done += (size_t)n;
			pos += (uint64_t)n;
		}
		if (n < (long)want)
			err = n < 0 ? n : -EFAULT;
		else if (signal_is_deadly())
			break;
	}
	/* A failure may have made pages that hold nothing of the file. */
	if (err)
		pagetree_cut(inode->pages, pages_of(inode->size));
	if (!done)
		return err;
	inode_modified(inode);
	return (long)done;
}

static long file_read_op(struct file *f, uint64_t buf, size_t len,
			 uint64_t *pos)
{
	struct inode *inode = f->inode;
	size_t done = 0;

	while (done < len) {
		size_t want = len - done < LOCKED_SIZE ? len - done
						       : LOCKED_SIZE;
		long n;

		mutex_lock(&inode->lock);
		n = read_pages(inode, buf + done, want, *pos,
			       copy_to_user_partial);
		mutex_unlock(&inode->lock);
		if (n < 0)
			return done ? (long)done : n;
		done += (size_t)n;
		*pos += (uint64_t)n;
		if ((size_t)n < want)
			break;
	}
	return (long)done;
}

static long append(struct inode *inode, uint64_t buf, size_t len,
		   uint64_t *pos)
{
	long n;

	mutex_lock(&inode->lock);
	*pos = inode->size;
	n = write_pages(inode, buf, len, *pos, copy_from_user_partial);
	mutex_unlock(&inode->lock);
	if (n > 0)
		*pos += (uint64_t)n;
	return n;
}

static long file_write_op(struct file *f, uint64_t buf, size_t len,
			  uint64_t *pos)
{
	struct inode *inode = f->inode;
	size_t done = 0;

	if (file_flags(f) & FILE_APPEND)
		return append(inode, buf, len, pos);
	while (done < len) {
		size_t want = len - done < LOCKED_SIZE ? len - done
						       : LOCKED_SIZE;
		long n;

		mutex_lock(&inode->lock);
		n = write_pages(inode, buf + done, want, *pos,
				copy_from_user_partial);
		mutex_unlock(&inode->lock);
		if (n < 0)
			return done ? (long)done : n;
		done += (size_t)n;
		*pos += (uint64_t)n;
		if ((size_t)n < want)
			break;
	}
	return (long)done;
}

const struct file_ops ramfs_file_ops = {
	.read = file_read_op,
	.write = file_write_op,
	.seekable = true,
};

long ramfs_pread(struct inode *inode, void *dst, size_t len, uint64_t pos)
{
	if (!len)
		return 0;
	return read_pages(inode, (uintptr_t)dst, len, pos, copy_out_kernel);
}

long ramfs_pwrite(struct inode *inode, const void *src, size_t len,
		  uint64_t pos)
{
	if (!inode_is(inode, MODE_REG))
		return -EINVAL;
	return write_pages(inode, (uintptr_t)src, len, pos, copy_in_kernel);
}

long ramfs_give(struct inode *inode, const void *src, size_t len)
{
	uint64_t pa = virt_to_phys(src), pages = 0;
	size_t given = 0;
	long n;

	if (inode_is(inode, MODE_REG) && !inode->size && pa % PAGE_SIZE == 0)
		pages = page_adopted(pa, len / PAGE_SIZE);
	if (pages)
		given = pagetree_give(inode->pages, pa, pages) * PAGE_SIZE;
	if (given)
		set_size(inode, given);
	n = ramfs_pwrite(inode, (const uint8_t *)src + given, len - given,
			 given);
	return n < 0 && !given ? n : (long)given + (n > 0 ? n : 0);
}

/*
 * In this order nobody keeps a page that is not the file's any more: faults
 * find none, mappings lose theirs, then the file does.
 */
static void shrink(struct inode *inode, uint64_t size)
{
	uint64_t end = pages_of(size);

	pagetree_set_end(inode->pages, end);
	filemap_cut(inode, end);
	pagetree_cut(inode->pages, end);
	clear_tail(inode, size);
}

int ramfs_truncate(struct inode *inode, uint64_t size)
{
	if (size < inode->size)
		shrink(inode, size);
	else if (size > inode->size)
		clear_tail(inode, inode->size);
	set_size(inode, size);
	inode_modified(inode);
	return 0;
}

/* What a failure has allocated behind the end goes again. */
int ramfs_allocate(struct inode *inode, uint64_t pos, uint64_t len,
		   bool keep_size)
{
	uint64_t end = pages_of(pos + len);
	int err = 0;

	for (uint64_t i = pos / PAGE_SIZE; i < end && !err; i++) {
		uint64_t pa = pagetree_fill(inode->pages, i);

		if (!pa)
			err = -ENOSPC;
		else
			page_put(pa);
		if (signal_pending())
			err = -EINTR;
	}
	if (err) {
		pagetree_cut(inode->pages, pages_of(inode->size));
	} else if (!keep_size && pos + len > inode->size) {
		clear_tail(inode, inode->size);
		set_size(inode, pos + len);
	}
	inode->ctime_ns = clock_realtime();
	return err;
}
