// SPDX-License-Identifier: MIT
/*
 * Open files and descriptor tables.
 *
 * A struct file is one open(): an inode, a position, flags. Descriptors of
 * one or several processes refer to it, each counted. A struct files is a
 * process's table; its lock is never held over I/O.
 */
#ifndef LOOM_FS_FILE_H
#define LOOM_FS_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/lock.h"
#include "sched/mutex.h"

struct file;
struct inode;
struct poll_table;

/* open(2) flags, Linux arm64 */
enum {
	FILE_ACCMODE = 3,
	FILE_RDONLY = 0,
	FILE_WRONLY = 1,
	FILE_RDWR = 2,
	FILE_CREAT = 0100,
	FILE_EXCL = 0200,
	FILE_NOCTTY = 0400,
	FILE_TRUNC = 01000,
	FILE_APPEND = 02000,
	FILE_NONBLOCK = 04000,
	FILE_DIRECTORY = 040000,
	FILE_NOFOLLOW = 0100000,
	FILE_DIRECT = 0200000,
	FILE_LARGEFILE = 0400000,
	FILE_NOATIME = 01000000,
	FILE_CLOEXEC = 02000000,
	FILE_PATH = 010000000,
	FILE_TMPFILE = 020000000,	/* with FILE_DIRECTORY: O_TMPFILE */
};

/* A piece of a user's buffer: Linux's struct iovec. */
struct io_vector {
	uint64_t base;
	uint64_t len;
};

#define IO_MAX 0x7ffff000	/* bytes of one read or write, as Linux */

struct file_ops {
	/*
	 * @buf is a user address. Bytes done, or a negative errno; partial
	 * counts at a bad address as Linux. read and write of a seekable file
	 * use *@pos and advance it. May block (killable).
	 */
	long (*read)(struct file *f, uint64_t buf, size_t len, uint64_t *pos);
	long (*write)(struct file *f, uint64_t buf, size_t len, uint64_t *pos);
	/* All pieces as one; without them they are read or written in turn. */
	long (*readv)(struct file *f, const struct io_vector *iov, unsigned n);
	long (*writev)(struct file *f, const struct io_vector *iov, unsigned n);
	/* The same from the kernel's memory, for sendfile(2). May block. */
	long (*kwrite)(struct file *f, void *src, size_t len, uint64_t *pos);
	/* Records of a directory from f->pos on; f->lock is held. */
	long (*getdents)(struct file *f, uint64_t buf, size_t len);
	long (*ioctl)(struct file *f, uint32_t cmd, uint64_t arg);
	/*
	 * What can be done now without waiting: POLLIN, POLLOUT, POLLHUP ...
	 * First poll_wait(pt, queue) for each queue that is woken when that
	 * changes, then look (fs/poll.h). Without it the file is always ready.
	 */
	unsigned (*poll)(struct file *f, struct poll_table *pt);
	/* Called once each when the file is made and when it goes. */
	int (*open)(struct file *f);
	void (*release)(struct file *f);
	bool seekable;
	bool ignores_seek;	/* lseek is 0 and does nothing */
	bool takes_empty;	/* a read or write of no bytes comes here too */
};

/* What leaf calls may do with an open file: what it is, and permits. */
enum {
	LEAF_RECV = 1,		/* an endpoint */
	LEAF_SEND = 2,
	LEAF_WAIT = 4,		/* a notification */
	LEAF_SIGNAL = 8,
	LEAF_EVENT = 16,	/* an eventfd: both */
	LEAF_PIPE_READ = 32,
	LEAF_PIPE_WRITE = 64,
};

struct file {
	uint32_t refs;		/* atomic */
	uint32_t flags;		/* access mode, APPEND ...; atomic */
	struct inode *inode;	/* counted */
	const struct file_ops *ops;	/* NULL with FILE_PATH */
	void *data;		/* of the implementation */
	uint64_t badge;		/* ipc/handle.h; constant */
	uint32_t leaf;		/* LEAF_...; constant */
	struct mutex lock;	/* RANK_FILE */
	uint64_t pos;		/* lock */
};

/*
 * RLIMIT_NOFILE when nothing was said, and what it can be raised to: a power
 * of two, for a table doubles until a descriptor fits.
 */
#define FILES_SOFT 1024
#define FILES_HARD 4096

/* One allocation with its arrays. */
struct fd_table {
	uint32_t size;
	struct file **slot;	/* counted; NULL: free, or reserved */
	uint64_t *taken;	/* bit: open or reserved */
	uint64_t *cloexec;
};

struct files {
	struct spinlock lock;	/* RANK_FDTABLE */
	uint32_t refs;		/* atomic: one a process, and look-ups' */

	/* lock */
	struct fd_table *table;
	uint32_t lowest;	/* no descriptor below this one is free */
	uint32_t soft, hard;	/* RLIMIT_NOFILE */

	/*
	 * What ipc/leaf.c looked up last, for the only thread that uses this:
	 * a descriptor, its file until it is taken off, and what that is of.
	 */
	uint64_t known_fd;
	struct file *known;
	void *known_data;
};

/*
 * An open file of @inode (takes a reference on it). -ENXIO: no such device;
 * -ENFILE: too many in the machine. May wait, as a named pipe does: -EINTR.
 */
int file_create(struct inode *inode, uint32_t flags, struct file **out);
void file_get(struct file *f);
void file_put(struct file *f);
unsigned file_count(void);

/* open(2) without the descriptor; @mode as the umask left it. */
int file_open(struct inode *cwd, const char *path, uint32_t flags,
	      uint32_t mode, struct file **out);

/* System-call level reads and writes: access mode checked, position kept. */
long file_read(struct file *f, uint64_t buf, size_t len);
long file_write(struct file *f, uint64_t buf, size_t len);
long file_pread(struct file *f, uint64_t buf, size_t len, uint64_t pos);
long file_pwrite(struct file *f, uint64_t buf, size_t len, uint64_t pos);
long file_readv(struct file *f, const struct io_vector *iov, unsigned n);
long file_writev(struct file *f, const struct io_vector *iov, unsigned n);
/* @pos is at most INT64_MAX */
long file_preadv(struct file *f, const struct io_vector *iov, unsigned n,
		 uint64_t pos);
long file_pwritev(struct file *f, const struct io_vector *iov, unsigned n,
		  uint64_t pos);
long file_seek(struct file *f, int64_t offset, int whence);
long file_getdents(struct file *f, uint64_t buf, size_t len);
long file_ioctl(struct file *f, uint32_t cmd, uint64_t arg);
int file_truncate(struct file *f, uint64_t size);

/* The present flags; and F_SETFL, which changes APPEND and NONBLOCK only. */
uint32_t file_flags(const struct file *f);
void file_set_flags(struct file *f, uint32_t flags);

/*
 * From kernel memory, at *@pos of a seekable file: -EINVAL if this kind of
 * file cannot. The access mode is the caller's to check.
 */
long file_kwrite(struct file *f, void *src, size_t len, uint64_t *pos);

/* The kernel reads a regular file into its own memory (execve, sendfile). */
long file_kread(struct file *f, void *dst, size_t len, uint64_t pos);

struct files *files_create(void);
/* A table of the same files and limits; NULL if memory is short. */
struct files *files_copy(struct files *from);
void files_get(struct files *files);
void files_put(struct files *files);
void files_close_on_exec(struct files *files);

/*
 * The lowest free descriptor >= @from gets @f and its reference: fd, or
 * -EMFILE or -ENOMEM, and the reference stays the caller's.
 */
int files_install(struct files *files, struct file *f, int from, bool cloexec);

/*
 * The same in two steps, for a call that must not fail once the file exists.
 * A reserved descriptor is not open for anybody, nor free.
 */
int files_reserve(struct files *files, int from, bool cloexec);
void files_fill(struct files *files, int fd, struct file *f);
void files_cancel(struct files *files, int fd);

/* The file of a descriptor, counted; NULL if not open. */
struct file *files_lookup(struct files *files, int fd);

/*
 * The same, not counted and without the lock: for the only thread that uses
 * @files, until it takes the file off.
 */
struct file *files_peek(const struct files *files, int fd);

/*
 * Does another process use @files? If not, what those did to it that have used
 * it is seen. Look-ups of /proc count for a moment.
 */
bool files_shared(const struct files *files);
/* The first open descriptor from @from on; -1: none. */
int files_next(struct files *files, int from);
/* No descriptor that is open is as high. */
uint32_t files_size(struct files *files);
/* 0 or -EBADF. The file goes when nobody else refers to it. */
int files_close(struct files *files, int fd);
/* dup3(2): @to; -EBADF, -EINVAL if both are one, -EBUSY, -ENOMEM. */
int files_dup_to(struct files *files, int from, int to, bool cloexec);
int files_get_cloexec(struct files *files, int fd);
int files_set_cloexec(struct files *files, int fd, bool cloexec);

/*
 * RLIMIT_NOFILE. A descriptor above the limit stays open, none is made there.
 * Set: 0, -EINVAL, -EPERM above FILES_HARD.
 */
void files_get_limit(struct files *files, uint32_t *soft, uint32_t *hard);
int files_set_limit(struct files *files, uint64_t soft, uint64_t hard);

#endif
