// SPDX-License-Identifier: MIT
/*
 * The tree of names: what changes it, and what asks where a directory is in
 * it. The system calls and the initramfs call these; the file systems do
 * the work in one directory through inode->ops.
 *
 * A path is walked without locks, so what it led to may be gone or moved when
 * the lock is taken: the operations look the last name up again, under it.
 */
#include "fs/tree.h"

#include "fs/inode.h"
#include "fs/path.h"
#include "lib/errno.h"
#include "lib/printf.h"
#include "lib/string.h"

static struct mutex rename_lock;

void tree_init(void)
{
	mutex_init(&rename_lock, RANK_RENAME, "rename");
}

struct inode *inode_parent(struct inode *dir)
{
	struct inode *parent;

	mutex_lock(&rename_lock);
	parent = dir->parent ? dir->parent : dir;
	inode_get(parent);
	mutex_unlock(&rename_lock);
	return parent;
}

/* Text that is written from the end of a buffer to its front. */
struct text_end {
	char *buf;
	size_t size;
	size_t start;		/* of the text */
	bool removed;		/* a name in it is gone */
	bool reached;		/* it begins at the root that was asked for */
};

static int prepend(struct text_end *t, const char *slash, const char *name)
{
	size_t slash_len = strlen(slash), len = strlen(name);

	if (t->start < slash_len + len)
		return -ERANGE;
	t->start -= len;
	memcpy(t->buf + t->start, name, len);
	t->start -= slash_len;
	memcpy(t->buf + t->start, slash, slash_len);
	return 0;
}

/*
 * @inode's name, and the directory that it is in, counted (NULL: none, it is
 * a root). A removed one sets *@removed. The rename lock is held.
 */
static int name_of(struct inode *inode, char name[FS_NAME_SIZE],
		   struct inode **parent, bool *removed)
{
	int err = 0;

	mutex_lock(&inode->lock);
	*parent = inode->parent;
	if (*parent)
		inode_get(*parent);
	if (inode->old_name)
		*removed = true;
	if (inode->name)
		strlcpy(name, inode->name, FS_NAME_SIZE);
	else if (inode->ops->name_of)
		err = inode->ops->name_of(inode, name);
	else
		err = -ENOENT;
	mutex_unlock(&inode->lock);
	return err;
}

/* The path from @root to @inode, written backwards; the lock is held. */
static int climb(struct inode *inode, struct inode *root, struct text_end *t)
{
	struct inode *parent;
	char name[FS_NAME_SIZE];
	int err = 0;

	inode_get(inode);
	while (!err && inode != root) {
		err = name_of(inode, name, &parent, &t->removed);
		if (!parent) {	/* the real root */
			err = 0;
			break;
		}
		inode_put(inode);
		inode = parent;
		if (!err)
			err = prepend(t, "/", name);
	}
	t->reached = inode == root;
	inode_put(inode);
	return err;
}

static int write_path(struct inode *inode, struct inode *root,
		      struct text_end *t)
{
	int err;

	mutex_lock(&rename_lock);
	err = climb(inode, root, t);
	mutex_unlock(&rename_lock);
	if (!err && t->start == t->size - 1)
		err = prepend(t, "/", "");
	return err;
}

/* Move the text to the front of the buffer: its length. */
static long finish(struct text_end *t)
{
	size_t len = t->size - 1 - t->start;

	memmove(t->buf, t->buf + t->start, len + 1);
	return (long)len;
}

static struct text_end text_end(char *buf, size_t size)
{
	buf[size - 1] = '\0';
	return (struct text_end){ .buf = buf, .size = size, .start = size - 1 };
}

long path_of(struct inode *dir, struct inode *root, char *buf, size_t size)
{
	struct text_end t;
	int err;

	if (size < 2)
		return -ERANGE;
	t = text_end(buf, size);
	err = write_path(dir, root, &t);
	if (!err && t.removed)
		err = -ENOENT;
	if (!err && !t.reached)
		err = prepend(&t, "(unreachable)", "");
	return err ? err : finish(&t);
}

/* What never had a name. */
static long describe(struct inode *inode, char *buf, size_t size)
{
	unsigned long long number = inode->number;
	int n;

	if (inode_is(inode, MODE_FIFO))
		n = format(buf, size, "pipe:[%llu]", number);
	else if (inode_is(inode, MODE_SOCK))
		n = format(buf, size, "socket:[%llu]", number);
	else if (!inode_is(inode, MODE_REG))
		n = format(buf, size, "anon_inode:[%llu]", number);
	else if (inode->name)	/* memfd_create's, shared memory: it stays */
		n = format(buf, size, "/%s (deleted)", inode->name);
	else
		n = format(buf, size, "/#%llu (deleted)", number);
	return (size_t)n < size ? n : -ERANGE;
}

static bool has_path(struct inode *inode)
{
	bool has;

	mutex_lock(&inode->lock);
	has = inode->parent || inode == fs_root();
	mutex_unlock(&inode->lock);
	return has;
}

long path_shown(struct inode *inode, struct inode *root, char *buf,
		size_t size)
{
	static const char deleted[] = " (deleted)";
	struct text_end t;
	int err;

	if (size < 64)
		return -ERANGE;
	if (!has_path(inode))
		return describe(inode, buf, size);
	t = text_end(buf, size - sizeof(deleted) + 1);
	err = write_path(inode, root, &t);
	if (err)
		return err == -ERANGE ? err : describe(inode, buf, size);
	(void)finish(&t);
	if (t.removed)
		strlcpy(buf + strlen(buf), deleted, sizeof(deleted));
	return (long)strlen(buf);
}

/* Look for what must not be there: -ENOENT if all is well, or -EEXIST. */
static int look_for(const struct path_end *end)
{
	struct inode *there;
	int err;

	err = inode_lookup(end->dir, end->name, &there);
	if (err)
		return err;
	inode_put(there);
	return -EEXIST;
}

/* What creating calls say of a name that is no name, or must be a directory. */
static int check_new_name(const struct path_end *end, uint32_t mode)
{
	if (end->last != PATH_NAME)
		return -EEXIST;
	if (!end->slash || (mode & MODE_FMT) == MODE_DIR)
		return 0;
	return look_for(end);
}

static int create_at(struct inode *cwd, const char *path, uint32_t mode,
		     uint64_t rdev, const char *target)
{
	struct path_end end;
	int err = path_walk(cwd, path, WALK_PARENT, &end);

	if (err)
		return err;
	err = check_new_name(&end, mode);
	if (!err && !end.dir->ops->create)
		err = -EROFS;
	if (!err) {
		mutex_lock(&end.dir->lock);
		err = end.dir->ops->create(end.dir, end.name, mode, rdev,
					   target, NULL);
		mutex_unlock(&end.dir->lock);
	}
	path_end_put(&end);
	return err;
}

int fs_mkdir(struct inode *cwd, const char *path, uint32_t mode)
{
	return create_at(cwd, path, MODE_DIR | (mode & 07777), 0, NULL);
}

int fs_symlink(struct inode *cwd, const char *path, const char *target)
{
	if (!target[0])
		return -ENOENT;
	if (strlen(target) >= FS_PATH_SIZE)
		return -ENAMETOOLONG;
	return create_at(cwd, path, MODE_LNK | 0777, 0, target);
}

int fs_mknod(struct inode *cwd, const char *path, uint32_t mode, uint64_t rdev)
{
	uint32_t type = mode & MODE_FMT;

	if (type != MODE_REG && type != MODE_CHR && type != MODE_BLK &&
	    type != MODE_FIFO && type != MODE_SOCK)
		return -EINVAL;
	return create_at(cwd, path, mode, rdev, NULL);
}

static int link_in(struct path_end *end, struct inode *inode)
{
	struct inode *dir = end->dir;
	int err = check_new_name(end, MODE_REG);

	if (err)
		return err;
	if (dir->ops != inode->ops)
		return -EXDEV;
	if (inode_is(inode, MODE_DIR)) {
		/* Only that the name is taken comes before. */
		err = look_for(end);
		return err == -ENOENT ? -EPERM : err;
	}
	if (!dir->ops->link)
		return -EROFS;
	mutex_lock(&dir->lock);
	err = dir->ops->link(dir, end->name, inode);
	mutex_unlock(&dir->lock);
	return err;
}

int fs_link(struct inode *inode, struct inode *cwd, const char *path)
{
	struct path_end end;
	int err = path_walk(cwd, path, WALK_PARENT, &end);

	if (err)
		return err;
	err = link_in(&end, inode);
	path_end_put(&end);
	return err;
}

static int check_rmdir_name(const struct path_end *end)
{
	switch (end->last) {
	case PATH_DOT:
		return -EINVAL;
	case PATH_DOTDOT:
		return -ENOTEMPTY;
	case PATH_ROOT:
		return -EBUSY;
	default:
		return 0;
	}
}

/* unlink("x/"): -EISDIR of a directory, else -ENOTDIR, or -ENOENT. */
static int check_unlink_name(const struct path_end *end)
{
	struct inode *there;
	int err;

	if (end->last != PATH_NAME)
		return -EISDIR;
	if (!end->slash)
		return 0;
	err = inode_lookup(end->dir, end->name, &there);
	if (err)
		return err;
	err = inode_is(there, MODE_DIR) ? -EISDIR : -ENOTDIR;
	inode_put(there);
	return err;
}

static int unlink_in(struct path_end *end, bool is_dir)
{
	struct inode *dir = end->dir;
	int err = is_dir ? check_rmdir_name(end) : check_unlink_name(end);

	if (err)
		return err;
	if (!dir->ops->unlink)
		return -EROFS;
	/* Removing a directory holds its lock and that of the one above. */
	if (is_dir)
		mutex_lock(&rename_lock);
	mutex_lock(&dir->lock);
	err = dir->ops->unlink(dir, end->name, is_dir);
	mutex_unlock(&dir->lock);
	if (is_dir)
		mutex_unlock(&rename_lock);
	return err;
}

int fs_unlink(struct inode *cwd, const char *path, bool is_dir)
{
	struct path_end end;
	int err = path_walk(cwd, path, WALK_PARENT, &end);

	if (err)
		return err;
	err = unlink_in(&end, is_dir);
	path_end_put(&end);
	return err;
}

static void lock_two(struct inode *a, struct inode *b)
{
	mutex_lock(&a->lock);
	if (a != b)
		mutex_lock_nested(&b->lock);
}

static void unlock_two(struct inode *a, struct inode *b)
{
	if (a != b)
		mutex_unlock(&b->lock);
	mutex_unlock(&a->lock);
}

static int rename_in(struct path_end *from, struct path_end *to,
		     unsigned flags)
{
	int err;

	if (from->dir->ops != to->dir->ops)
		return -EXDEV;
	if (from->last != PATH_NAME)
		return -EBUSY;
	if (to->last != PATH_NAME)
		return flags & FS_RENAME_NOREPLACE ? -EEXIST : -EBUSY;
	if (!from->dir->ops->rename)
		return -EROFS;
	if (from->slash || (to->slash && !(flags & FS_RENAME_EXCHANGE)))
		flags |= FS_RENAME_DIR;
	if (to->slash)
		flags |= FS_RENAME_OTHER_DIR;
	mutex_lock(&rename_lock);
	lock_two(from->dir, to->dir);
	err = from->dir->ops->rename(from->dir, from->name, to->dir, to->name,
				     flags);
	unlock_two(from->dir, to->dir);
	mutex_unlock(&rename_lock);
	return err;
}

int fs_rename(struct inode *old_cwd, const char *old, struct inode *new_cwd,
	      const char *new, unsigned flags)
{
	struct path_end from, to;
	int err = path_walk(old_cwd, old, WALK_PARENT, &from);

	if (err)
		return err;
	err = path_walk(new_cwd, new, WALK_PARENT, &to);
	if (!err) {
		err = rename_in(&from, &to, flags);
		path_end_put(&to);
	}
	path_end_put(&from);
	return err;
}
