// SPDX-License-Identifier: MIT
/*
 * Inodes: what a name in the tree stands for. One kind of object for files,
 * directories, symbolic links, devices and pipes; a table of operations says
 * what differs.
 *
 * An inode lives as long as somebody refers to it: each name in a directory,
 * each open file, each lookup in progress and, for a directory, each inode
 * that has its name in it holds one counted reference. (Something and the
 * directory that names it refer to each other; to remove the name undoes it.)
 * nlink is what stat shows; a directory with nlink 0 was removed and takes no
 * new names.
 *
 * inode->lock guards the contents and, for a directory, its entries. Two
 * directories are locked together only under the rename lock (fs/tree.c), so
 * whatever order they are taken in, nobody waits for the holder of both.
 */
#ifndef LOOM_FS_INODE_H
#define LOOM_FS_INODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/list.h"
#include "sched/mutex.h"

struct file;
struct inode;
struct pagetree;

#define FS_NAME_SIZE	256	/* one name, with its NUL */
#define FS_PATH_SIZE	4096	/* a path or link target, with its NUL */

/* st_mode's type bits, as Linux */
enum {
	MODE_FMT = 0170000,
	MODE_FIFO = 0010000,
	MODE_CHR = 0020000,
	MODE_DIR = 0040000,
	MODE_BLK = 0060000,
	MODE_REG = 0100000,
	MODE_LNK = 0120000,
	MODE_SOCK = 0140000,
};

/* Its bits beside the permissions */
enum {
	MODE_SETUID = 04000,
	MODE_SETGID = 02000,
};

/* Device numbers of character devices (major << 8 | minor), as Linux. */
enum {
	DEV_NULL = 0x103,
	DEV_ZERO = 0x105,
	DEV_FULL = 0x107,
	DEV_RANDOM = 0x108,
	DEV_URANDOM = 0x109,
	DEV_CONSOLE = 0x501,
	DEV_TTY = 0x500,
	DEV_HOSTIN = 0xf000,	/* loom's own: the host channel */
	DEV_HOSTOUT = 0xf001,
	DEV_HOSTERR = 0xf002,
};

/* How a name moves. */
enum {
	FS_RENAME_NOREPLACE = 1,	/* -EEXIST if the new name exists */
	FS_RENAME_DIR = 2,		/* -ENOTDIR if it is no directory */
	FS_RENAME_EXCHANGE = 4,		/* both exist, and change places */
	FS_RENAME_OTHER_DIR = 8,	/* and the new one is a directory, or
					   -ENOTDIR */
};

/* What follow says of a link whose text is to be walked. */
#define FOLLOW_PATH	1

/*
 * Called with the lock of the inode, or of the directory, held. A directory
 * of a read-only file system has no create, link, unlink and rename.
 */
struct inode_ops {
	uint64_t dev;		/* st_dev: one number a file system */
	uint32_t magic;		/* statfs: f_type; 0: not known by one */
	bool read_only;		/* nothing may be changed: -EROFS */
	bool unlocked_lookup;	/* lookup is called without the lock */

	int (*lookup)(struct inode *dir, const char *name, struct inode **out);
	/* @target: of a symbolic link. @out may be NULL. */
	int (*create)(struct inode *dir, const char *name, uint32_t mode,
		      uint64_t rdev, const char *target, struct inode **out);
	int (*link)(struct inode *dir, const char *name, struct inode *inode);
	/* With the rename lock when @is_dir. */
	int (*unlink)(struct inode *dir, const char *name, bool is_dir);
	/* Both directories (they may be one) and the rename lock are held. */
	int (*rename)(struct inode *old_dir, const char *old,
		      struct inode *new_dir, const char *new, unsigned flags);
	/* A file with write permission and no name (O_TMPFILE). */
	int (*tmpfile)(struct inode *dir, uint32_t mode, struct inode **out);
	/* The name, if it is not inode->name; -ENOENT: it has none any more. */
	int (*name_of)(struct inode *inode, char name[FS_NAME_SIZE]);
	/*
	 * No lock is held. What a link stands for, counted, where that is no
	 * path (/proc/self/fd/0); or FOLLOW_PATH.
	 */
	int (*follow)(struct inode *link, struct inode **out);
	/* No lock is held. Without it, pread reads a link's target. */
	long (*readlink)(struct inode *link, char *buf, size_t size);

	int (*truncate)(struct inode *inode, uint64_t size);
	/* As fallocate(2), mode 0 or, with @keep_size, FALLOC_FL_KEEP_SIZE. */
	int (*allocate)(struct inode *inode, uint64_t pos, uint64_t len,
			bool keep_size);
	/* The kernel's buffer, not the user's. A link's target is read so. */
	long (*pread)(struct inode *inode, void *dst, size_t len, uint64_t pos);
	long (*pwrite)(struct inode *inode, const void *src, size_t len,
		       uint64_t pos);

	/*
	 * pwrite at 0 into an empty file, by who needs @src no more: pages of
	 * it that were adopted (mm/page.h) become the file's, without a copy.
	 * NULL: use pwrite.
	 */
	long (*give)(struct inode *inode, const void *src, size_t len);

	/* The last reference is gone: free @data. Must take no lock. */
	void (*destroy)(struct inode *inode);
};

struct inode {
	uint64_t number;
	uint32_t mode;		/* atomic; the type never changes */
	uint32_t refs;		/* atomic */
	uint32_t mappings;	/* atomic: areas that show it */
	int32_t writers;	/* atomic: above 0 writers, below who runs it */
	struct mutex lock;	/* RANK_DIR for a directory, else RANK_INODE */

	/* lock */
	uint32_t nlink;
	uint32_t uid, gid;
	bool linkable;		/* has no link, and may get one (O_TMPFILE) */
	uint64_t size;
	uint64_t mtime_ns, ctime_ns, atime_ns;

	/* lock: the name that it got last; NULL if it is not known any more */
	const char *name;
	void *old_name;		/* kmalloc'ed: has @name in it, now removed */

	/*
	 * Where that name is or was, counted; the root has none. A directory's
	 * is under the rename lock, of others under their own.
	 */
	struct inode *parent;

	struct list locks;	/* fs/filelock.c, under its lock */
	bool locked;		/* there are some; atomic to look */

	/* fixed once the inode has a name */
	uint64_t rdev;
	const struct inode_ops *ops;
	const struct file_ops *file_ops;	/* NULL: open gives -ENXIO */
	struct pagetree *pages;	/* the contents; NULL: it cannot be mapped */
	void *data;		/* of the implementation */
};

/*
 * A new inode with one reference, nlink 1 and the present time; NULL if
 * memory is short. @number 0: the next free number is taken.
 */
struct inode *inode_alloc(const struct inode_ops *ops, uint64_t number,
			  uint32_t mode);
void inode_get(struct inode *inode);
void inode_put(struct inode *inode);
unsigned inode_count(void);

/*
 * An area of an address space (mm/area.c) shows @inode: a counted reference,
 * and one more of the mappings that truncation looks for. @writer: the program
 * may store into the file there, so it is one of those that follow.
 */
void inode_map(struct inode *inode, bool writer);
void inode_unmap(struct inode *inode, bool writer);

/*
 * A regular file is written by somebody (an open file, a shared mapping) or
 * executed by somebody, never both: 0 or -ETXTBSY. Each that succeeded is
 * undone by its end.
 */
int inode_begin_write(struct inode *inode);
void inode_end_write(struct inode *inode);
int inode_begin_execute(struct inode *inode);
void inode_end_execute(struct inode *inode);

/* The contents changed: mtime and ctime are now. The lock is held. */
void inode_modified(struct inode *inode);

/*
 * The contents were looked at: atime is now, if it was not later than the
 * last change or is a day old (Linux's relatime). The lock is held.
 */
void inode_accessed(struct inode *inode);

static inline bool inode_is(const struct inode *inode, uint32_t type)
{
	uint32_t mode = __atomic_load_n(&inode->mode, __ATOMIC_RELAXED);

	return (mode & MODE_FMT) == type;
}

/* Find @name, an ordinary one, in a directory whose lock is not held. */
int inode_lookup(struct inode *dir, const char *name, struct inode **out);

/* The directory above @dir, counted; the root is above itself. */
struct inode *inode_parent(struct inode *dir);

/* The target of a link, cut to @size, no NUL: its length or an error. */
long inode_readlink(struct inode *inode, char *buf, size_t size);

/*
 * A regular file gets @size bytes, zeros if it grows: 0, -EISDIR, -EINVAL
 * (neither file nor directory), -EFBIG, -EROFS, -ETXTBSY. Where programs map
 * what is cut off, they find nothing any more (SIGBUS).
 */
int inode_truncate(struct inode *inode, uint64_t size);

/* The permission bits (07777) of @mode replace those of @inode. */
int inode_chmod(struct inode *inode, uint32_t mode);

/*
 * A new owner, UINT32_MAX: the same as before. The set-user-ID bit of a file
 * goes, and the set-group-ID bit of one that the group may execute.
 */
int inode_chown(struct inode *inode, uint32_t uid, uint32_t gid);

/*
 * fallocate(2): memory for [pos, pos + len) is there. Errors are those of
 * the call: -ENODEV, -EISDIR, -EFBIG, -ENOSPC, -EOPNOTSUPP, -EINTR.
 */
int inode_allocate(struct inode *inode, uint64_t pos, uint64_t len,
		   bool keep_size);

/* A time that stays as it is, and the present one. */
#define INODE_TIME_OMIT	UINT64_MAX
#define INODE_TIME_NOW	(UINT64_MAX - 1)

/* Set the times of last access and change, in ns since 1970. */
int inode_set_times(struct inode *inode, uint64_t atime_ns, uint64_t mtime_ns);

/* The root directory; fs_init makes it, /dev and /proc. */
struct inode *fs_root(void);
void fs_init(void);

/*
 * Fill the root from an initramfs (cpio newc, several in a row). 0, or a
 * negative errno and in *@why a reason to print; what was unpacked stays.
 */
int initramfs_unpack(const void *data, size_t size, const char **why);

/*
 * Path walks (fs/path.h has the one beneath). @cwd is the starting point of a
 * relative path. At most 40 symbolic links (-ELOOP), names up to 255 bytes
 * (-ENAMETOOLONG).
 */
int path_lookup(struct inode *cwd, const char *path, bool follow,
		struct inode **out);

/*
 * The path of a directory below @root, for getcwd: its length without the NUL,
 * -ERANGE if it does not fit, -ENOENT if the directory was removed. If it is
 * not below @root, "(unreachable)" stands before a path from the real root.
 */
long path_of(struct inode *dir, struct inode *root, char *buf, size_t size);

/*
 * What /proc calls an inode: the path by the name that it got last, with
 * " (deleted)" behind it if that was removed; "pipe:[NUMBER]" and the like for
 * what never had one. The length without the NUL, or -ERANGE.
 */
long path_shown(struct inode *inode, struct inode *root, char *buf,
		size_t size);

/*
 * Changes of the tree, by path, with the errors of the system calls of those
 * names. @mode holds permission bits; the caller has applied the umask.
 */
int fs_mkdir(struct inode *cwd, const char *path, uint32_t mode);
int fs_unlink(struct inode *cwd, const char *path, bool is_dir);
int fs_rename(struct inode *old_cwd, const char *old, struct inode *new_cwd,
	      const char *new, unsigned flags);
int fs_symlink(struct inode *cwd, const char *path, const char *target);
/* @mode with any type but MODE_DIR and MODE_LNK. */
int fs_mknod(struct inode *cwd, const char *path, uint32_t mode, uint64_t rdev);
/* A second name for anything but a directory. */
int fs_link(struct inode *inode, struct inode *cwd, const char *path);

#endif
