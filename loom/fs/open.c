// SPDX-License-Identifier: MIT
/*
 * open(2): from a path and flags to an open file. The system call and the
 * first program's start call it.
 */
#include "fs/file.h"
#include "fs/inode.h"
#include "fs/path.h"
#include "lib/errno.h"

/* Flags that say how to open, not what the open file is like. */
static const uint32_t transient_flags = FILE_CREAT | FILE_EXCL | FILE_NOCTTY |
					FILE_TRUNC | FILE_CLOEXEC |
					FILE_TMPFILE;

static bool wants_write(uint32_t flags)
{
	return (flags & FILE_ACCMODE) != FILE_RDONLY;
}

/* The file does not exist. -EEXIST if somebody else was faster. */
static int create(struct path_end *end, uint32_t mode)
{
	struct inode *dir = end->dir;
	int err;

	if (end->slash)
		return -EISDIR;
	if (!dir->ops->create)
		return -EROFS;
	mutex_lock(&dir->lock);
	err = dir->ops->create(dir, end->name, MODE_REG | (mode & 07777), 0,
			       NULL, &end->inode);
	mutex_unlock(&dir->lock);
	return err;
}

/* Whether what is there may be opened as @flags ask. */
static int check_existing(const struct inode *inode, uint32_t flags)
{
	bool is_dir = inode_is(inode, MODE_DIR);

	if ((flags & FILE_CREAT) && (flags & FILE_EXCL))
		return -EEXIST;
	if ((flags & FILE_CREAT) && is_dir)
		return -EISDIR;
	if ((flags & FILE_DIRECTORY) && !is_dir)
		return -ENOTDIR;
	if (flags & FILE_PATH)
		return 0;
	if (inode_is(inode, MODE_LNK))
		return -ELOOP;
	if (is_dir && (wants_write(flags) || (flags & FILE_TRUNC)))
		return -EISDIR;
	if (inode_is(inode, MODE_REG) && inode->ops->read_only &&
	    (wants_write(flags) || (flags & FILE_TRUNC)))
		return -EROFS;
	return 0;
}

static int open_end(struct path_end *end, uint32_t flags, uint32_t mode,
		    struct file **out)
{
	bool cut = flags & FILE_TRUNC;
	int err;

	if (end->inode) {
		err = check_existing(end->inode, flags);
		cut = cut && inode_is(end->inode, MODE_REG);
	} else {
		err = flags & FILE_CREAT ? create(end, mode) : -ENOENT;
		cut = false;
	}
	if (!err)
		err = file_create(end->inode, flags & ~transient_flags, out);
	if (err || !cut)
		return err;
	/* Last, for an open that fails changes nothing. */
	err = inode_truncate(end->inode, 0);
	if (err)
		file_put(*out);
	return err;
}

/* O_TMPFILE: a file without a name in the directory that was named. */
static int open_tmpfile(struct path_end *end, uint32_t flags, uint32_t mode,
			struct file **out)
{
	struct inode *dir = end->inode, *inode;
	int err;

	if (!dir)
		return -ENOENT;
	if (!inode_is(dir, MODE_DIR))
		return -ENOTDIR;
	if (!dir->ops->tmpfile)
		return -EOPNOTSUPP;
	mutex_lock(&dir->lock);
	err = dir->ops->tmpfile(dir, MODE_REG | (mode & 07777), &inode);
	mutex_unlock(&dir->lock);
	if (err)
		return err;
	inode->linkable = !(flags & FILE_EXCL);
	err = file_create(inode, flags & ~transient_flags, out);
	inode_put(inode);
	return err;
}

static int check_flags(uint32_t flags)
{
	bool creates = flags & FILE_CREAT;

	if (creates && (flags & FILE_DIRECTORY))
		return -EINVAL;
	if (flags & FILE_TMPFILE &&
	    (creates || !(flags & FILE_DIRECTORY) || !wants_write(flags)))
		return -EINVAL;
	/* Everything is in memory: there is nothing to go around. */
	return flags & FILE_DIRECT ? -EINVAL : 0;
}

/* Only these flags mean anything with FILE_PATH. */
static uint32_t normal_flags(uint32_t flags)
{
	if (flags & FILE_PATH)
		flags &= FILE_PATH | FILE_DIRECTORY | FILE_NOFOLLOW;
	return flags;
}

int file_open(struct inode *cwd, const char *path, uint32_t flags,
	      uint32_t mode, struct file **out)
{
	unsigned walk = WALK_FOLLOW;
	struct path_end end;
	int err;

	flags = normal_flags(flags);
	err = check_flags(flags);
	if (err)
		return err;
	if ((flags & FILE_NOFOLLOW) ||
	    ((flags & FILE_CREAT) && (flags & FILE_EXCL)))
		walk = 0;
	if (flags & FILE_CREAT)
		walk |= WALK_CREATE;
	/*
	 * Lost a race to create: the name exists now, so open that. Again
	 * only if it is removed meanwhile, which is somebody's progress.
	 */
	do {
		err = path_walk(cwd, path, walk, &end);
		if (err)
			return err;
		err = flags & FILE_TMPFILE ?
		      open_tmpfile(&end, flags, mode, out) :
		      open_end(&end, flags, mode, out);
		path_end_put(&end);
	} while (err == -EEXIST && !(flags & FILE_EXCL));
	return err;
}
