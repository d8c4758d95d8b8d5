// SPDX-License-Identifier: MIT
/*
 * Open files: their life, and reads and writes with the checks that hold for
 * every kind of file. The system calls (syscall/sys_file.c) and execve call
 * these; the file systems and drivers do the work through file->ops. open(2)
 * is in open.c.
 *
 * Only a seekable file is read and written with its lock held: what can wait
 * for somebody outside (a pipe, the terminal) has no position to guard.
 */
#include "fs/file.h"

#include "fs/filelock.h"
#include "fs/inode.h"
#include "lib/assert.h"
#include "lib/errno.h"
#include "mm/kmem.h"
#include "mm/page.h"
#include "mm/user.h"

enum { SEEK_SET = 0, SEEK_CUR = 1, SEEK_END = 2, SEEK_DATA = 3, SEEK_HOLE = 4 };

enum {
	FILES_MIN = 1024,	/* a machine of any size has so many */
	PAGES_PER_FILE = 4,	/* more: one for so much memory */
};

static unsigned files_open;	/* atomic */

/* It counts among those who write the file as long as it is open. */
static bool is_writer(const struct file *f)
{
	return f->ops && inode_is(f->inode, MODE_REG) &&
	       (file_flags(f) & FILE_ACCMODE) != FILE_RDONLY;
}

/* What depends on the kind of file. */
static int begin(struct file *f)
{
	int err = is_writer(f) ? inode_begin_write(f->inode) : 0;

	if (err || !f->ops || !f->ops->open)
		return err;
	err = f->ops->open(f);
	if (err && is_writer(f))
		inode_end_write(f->inode);
	return err;
}

/* Count one more file: 0 or -ENFILE. */
static int count_file(void)
{
	size_t limit = FILES_MIN + page_total_count() / PAGES_PER_FILE;
	unsigned n = __atomic_add_fetch(&files_open, 1, __ATOMIC_RELAXED);

	if (n <= limit)
		return 0;
	__atomic_sub_fetch(&files_open, 1, __ATOMIC_RELAXED);
	return -ENFILE;
}

static void uncount_file(void)
{
	__atomic_sub_fetch(&files_open, 1, __ATOMIC_RELAXED);
}

int file_create(struct inode *inode, uint32_t flags, struct file **out)
{
	bool path_only = flags & FILE_PATH;
	struct file *f;
	int err;

	if (!path_only && !inode->file_ops)
		return -ENXIO;
	err = count_file();
	if (err)
		return err;
	f = kzalloc(sizeof(*f));
	if (!f) {
		uncount_file();
		return -ENOMEM;
	}
	f->refs = 1;
	f->flags = flags;
	f->inode = inode;
	f->ops = path_only ? NULL : inode->file_ops;
	mutex_init(&f->lock, RANK_FILE, "file");
	err = begin(f);
	if (err) {
		kfree(f);
		uncount_file();
		return err;
	}
	inode_get(inode);
	*out = f;
	return 0;
}

void file_get(struct file *f)
{
	uint32_t was = __atomic_fetch_add(&f->refs, 1, __ATOMIC_RELAXED);

	assert(was > 0);
	(void)was;
}

void file_put(struct file *f)
{
	uint32_t left = __atomic_sub_fetch(&f->refs, 1, __ATOMIC_ACQ_REL);

	assert(left != UINT32_MAX);
	if (left)
		return;
	filelock_closed(f->inode, f);
	if (f->ops && f->ops->release)
		f->ops->release(f);
	if (is_writer(f))
		inode_end_write(f->inode);
	inode_put(f->inode);
	kfree(f);
	uncount_file();
}

unsigned file_count(void)
{
	return __atomic_load_n(&files_open, __ATOMIC_RELAXED);
}

uint32_t file_flags(const struct file *f)
{
	return __atomic_load_n(&f->flags, __ATOMIC_RELAXED);
}

void file_set_flags(struct file *f, uint32_t flags)
{
	const uint32_t settable = FILE_APPEND | FILE_NONBLOCK;

	mutex_lock(&f->lock);
	flags = (f->flags & ~settable) | (flags & settable);
	__atomic_store_n(&f->flags, flags, __ATOMIC_RELAXED);
	mutex_unlock(&f->lock);
}

/* 0 if @f can be read at all, else what read(2) says. */
static int check_readable(const struct file *f)
{
	uint32_t access = file_flags(f) & FILE_ACCMODE;

	if (!f->ops || (access != FILE_RDONLY && access != FILE_RDWR))
		return -EBADF;
	if (!f->ops->read)
		return inode_is(f->inode, MODE_DIR) ? -EISDIR : -EINVAL;
	return 0;
}

static int check_writable(const struct file *f)
{
	uint32_t access = file_flags(f) & FILE_ACCMODE;

	if (!f->ops || (access != FILE_WRONLY && access != FILE_RDWR))
		return -EBADF;
	return f->ops->write ? 0 : -EINVAL;
}

typedef long (*io_fn)(struct file *f, uint64_t buf, size_t len, uint64_t *pos);

static long io_at_pos(struct file *f, io_fn fn, uint64_t buf, size_t len)
{
	long n;

	mutex_lock(&f->lock);
	n = fn(f, buf, len, &f->pos);
	mutex_unlock(&f->lock);
	return n;
}

/* One read or write at the file's own position. */
static long do_io(struct file *f, io_fn fn, uint64_t buf, size_t len)
{
	uint64_t none = 0;

	if (!user_range_ok(buf, len))
		return -EFAULT;
	if (len == 0 && !f->ops->takes_empty)
		return 0;
	if (len > IO_MAX)
		len = IO_MAX;
	if (f->ops->seekable)
		return io_at_pos(f, fn, buf, len);
	return fn(f, buf, len, &none);
}

long file_read(struct file *f, uint64_t buf, size_t len)
{
	int err = check_readable(f);

	return err ? err : do_io(f, f->ops->read, buf, len);
}

long file_write(struct file *f, uint64_t buf, size_t len)
{
	int err = check_writable(f);

	return err ? err : do_io(f, f->ops->write, buf, len);
}

static long do_io_at(struct file *f, io_fn fn, uint64_t buf, size_t len,
		     uint64_t pos)
{
	if (!f->ops->seekable)
		return -ESPIPE;
	if (!user_range_ok(buf, len))
		return -EFAULT;
	if (len == 0)
		return 0;
	return fn(f, buf, len < IO_MAX ? len : IO_MAX, &pos);
}

long file_pread(struct file *f, uint64_t buf, size_t len, uint64_t pos)
{
	int err = check_readable(f);

	if (pos > INT64_MAX)
		return -EINVAL;
	return err ? err : do_io_at(f, f->ops->read, buf, len, pos);
}

long file_pwrite(struct file *f, uint64_t buf, size_t len, uint64_t pos)
{
	int err = check_writable(f);

	if (pos > INT64_MAX)
		return -EINVAL;
	return err ? err : do_io_at(f, f->ops->write, buf, len, pos);
}

/*
 * Piece by piece until one falls short. A read that would wait for more after
 * the first piece stops there: it has something to give.
 */
static long do_pieces(struct file *f, io_fn fn, const struct io_vector *iov,
		      unsigned n, uint64_t *pos, bool only_first)
{
	uint64_t done = 0;

	for (unsigned i = 0; i < n; i++) {
		long got;

		if (iov[i].len == 0)
			continue;
		got = fn(f, iov[i].base, iov[i].len, pos);
		if (got < 0)
			return done ? (long)done : got;
		done += (uint64_t)got;
		if ((uint64_t)got < iov[i].len || only_first)
			break;
	}
	return (long)done;
}

static long do_io_vector(struct file *f, io_fn fn, const struct io_vector *iov,
			 unsigned n, bool only_first)
{
	uint64_t none = 0;
	long done;

	if (!f->ops->seekable)
		return do_pieces(f, fn, iov, n, &none, only_first);
	mutex_lock(&f->lock);
	done = do_pieces(f, fn, iov, n, &f->pos, false);
	mutex_unlock(&f->lock);
	return done;
}

/* No bytes in all: there is nothing to do, whatever the file is. */
static bool is_empty(const struct io_vector *iov, unsigned n)
{
	while (n > 0 && iov[n - 1].len == 0)
		n--;
	return n == 0;
}

long file_readv(struct file *f, const struct io_vector *iov, unsigned n)
{
	int err = check_readable(f);

	if (is_empty(iov, n) && (!err || err == -EISDIR))
		return 0;
	if (err)
		return err;
	if (f->ops->readv)
		return f->ops->readv(f, iov, n);
	return do_io_vector(f, f->ops->read, iov, n, true);
}

long file_writev(struct file *f, const struct io_vector *iov, unsigned n)
{
	int err = check_writable(f);

	if (err)
		return err;
	if (is_empty(iov, n))
		return 0;
	if (f->ops->writev)
		return f->ops->writev(f, iov, n);
	return do_io_vector(f, f->ops->write, iov, n, false);
}

static long do_io_vector_at(struct file *f, io_fn fn,
			    const struct io_vector *iov, unsigned n,
			    uint64_t pos)
{
	if (!f->ops->seekable)
		return -ESPIPE;
	return do_pieces(f, fn, iov, n, &pos, false);
}

long file_preadv(struct file *f, const struct io_vector *iov, unsigned n,
		 uint64_t pos)
{
	int err = check_readable(f);

	return err ? err : do_io_vector_at(f, f->ops->read, iov, n, pos);
}

long file_pwritev(struct file *f, const struct io_vector *iov, unsigned n,
		  uint64_t pos)
{
	int err = check_writable(f);

	return err ? err : do_io_vector_at(f, f->ops->write, iov, n, pos);
}

/* Where a seek leads, or a negative errno. f->lock is held. */
static int64_t seek_target(struct file *f, int64_t offset, int whence)
{
	struct inode *inode = f->inode;
	int64_t base = 0, size;

	mutex_lock(&inode->lock);
	size = (int64_t)inode->size;
	mutex_unlock(&inode->lock);
	switch (whence) {
	case SEEK_SET:
		break;
	case SEEK_CUR:
		base = (int64_t)f->pos;
		break;
	case SEEK_END:
		base = size;
		break;
	case SEEK_DATA:		/* holes are not told from zeros */
		return offset < 0 || offset >= size ? -ENXIO : offset;
	case SEEK_HOLE:
		return offset < 0 || offset >= size ? -ENXIO : size;
	default:
		return -EINVAL;
	}
	if (offset > INT64_MAX - base)
		return -EOVERFLOW;
	return base + offset < 0 ? -EINVAL : base + offset;
}

long file_seek(struct file *f, int64_t offset, int whence)
{
	int64_t pos;

	if (!f->ops)
		return -EBADF;
	if (f->ops->ignores_seek)
		return 0;
	if (!f->ops->seekable)
		return -ESPIPE;
	if (whence < SEEK_SET || whence > SEEK_HOLE)
		return -EINVAL;
	if (inode_is(f->inode, MODE_CHR))
		return 0;
	mutex_lock(&f->lock);
	pos = seek_target(f, offset, whence);
	if (pos >= 0)
		f->pos = (uint64_t)pos;
	mutex_unlock(&f->lock);
	return pos;
}

long file_getdents(struct file *f, uint64_t buf, size_t len)
{
	long n;

	if (!f->ops)
		return -EBADF;
	if (!f->ops->getdents)
		return -ENOTDIR;
	mutex_lock(&f->lock);
	n = f->ops->getdents(f, buf, len);
	mutex_unlock(&f->lock);
	return n;
}

long file_ioctl(struct file *f, uint32_t cmd, uint64_t arg)
{
	if (!f->ops)
		return -EBADF;
	return f->ops->ioctl ? f->ops->ioctl(f, cmd, arg) : -ENOTTY;
}

int file_truncate(struct file *f, uint64_t size)
{
	uint32_t access = file_flags(f) & FILE_ACCMODE;

	if (!f->ops)
		return -EBADF;
	if (!inode_is(f->inode, MODE_REG) ||
	    (access != FILE_WRONLY && access != FILE_RDWR))
		return -EINVAL;
	return inode_truncate(f->inode, size);
}

long file_kwrite(struct file *f, void *src, size_t len, uint64_t *pos)
{
	struct inode *inode = f->inode;
	long n;

	if (f->ops->kwrite)
		return f->ops->kwrite(f, src, len, pos);
	if (!inode_is(inode, MODE_REG) || !inode->ops->pwrite)
		return -EINVAL;
	mutex_lock(&inode->lock);
	n = inode->ops->pwrite(inode, src, len, *pos);
	mutex_unlock(&inode->lock);
	if (n > 0)
		*pos += (uint64_t)n;
	return n;
}

long file_kread(struct file *f, void *dst, size_t len, uint64_t pos)
{
	struct inode *inode = f->inode;
	long n;

	if (!inode_is(inode, MODE_REG) || !inode->ops->pread)
		return -EACCES;
	mutex_lock(&inode->lock);
	n = inode->ops->pread(inode, dst, len, pos);
	mutex_unlock(&inode->lock);
	return n;
}
