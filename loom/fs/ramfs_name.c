// SPDX-License-Identifier: MIT
/*
 * The operations on names in ramfs: look up, make, link, remove, rename.
 *
 * An inode knows the name that it was given last (inode->name, in
 * inode->parent), for those who ask for the path of what is open. The text
 * belongs to the entry; when the last name of an inode goes, its entry stays
 * with the inode, which can tell what it was called.
 */
#include "fs/inode.h"
#include "fs/ramfs.h"
#include "fs/ramfs_int.h"
#include "lib/errno.h"
#include "mm/kmem.h"
#include "sched/clock.h"

/* The root of another file system stands in this one's directory. */
static bool is_mount(const struct inode *dir, const struct inode *inode)
{
	return inode->ops != dir->ops;
}

int ramfs_lookup(struct inode *dir, const char *name, struct inode **out)
{
	struct ramfs_entry *e = ramfs_find(dir, name);

	if (!e)
		return -ENOENT;
	inode_get(e->inode);
	*out = e->inode;
	return 0;
}

/*
 * @e in @dir is the name of its inode from now on. The inode's lock is held,
 * or it is new. Returns the directory of the one before: the caller puts it.
 */
static struct inode *set_name(struct inode *dir, struct ramfs_entry *e)
{
	struct inode *inode = e->inode, *before = inode->parent;

	inode_get(dir);
	inode->parent = dir;
	inode->name = e->name;
	return before;
}

/* A name for @inode, whose reference becomes the entry's on success. */
static int add(struct inode *dir, const char *name, struct inode *inode,
	       struct ramfs_entry **out)
{
	if (ramfs_find(dir, name))
		return -EEXIST;
	if (!dir->nlink)
		return -ENOENT;
	*out = ramfs_entry_alloc(name, inode);
	if (!*out)
		return -ENOMEM;
	if (inode_is(inode, MODE_DIR))
		dir->nlink++;
	ramfs_insert(dir, *out);
	return 0;
}

/* What is made in a directory with the set-group-ID bit is of its group. */
static void inherit_group(const struct inode *dir, struct inode *inode)
{
	if (!(dir->mode & MODE_SETGID))
		return;
	inode->gid = dir->gid;
	if (inode_is(inode, MODE_DIR))
		inode->mode |= MODE_SETGID;
}

int ramfs_create(struct inode *dir, const char *name, uint32_t mode,
		 uint64_t rdev, const char *target, struct inode **out)
{
	struct ramfs_entry *e;
	struct inode *inode;
	int err;

	/* Before memory is asked for: what exists is told even without it. */
	if (ramfs_find(dir, name))
		return -EEXIST;
	inode = ramfs_inode(mode, rdev, target);
	if (!inode)
		return -ENOMEM;
	inherit_group(dir, inode);
	err = add(dir, name, inode, &e);
	if (err) {
		inode_put(inode);
		return err;
	}
	(void)set_name(dir, e);
	if (out) {
		inode_get(inode);
		*out = inode;
	}
	return 0;
}

int ramfs_tmpfile(struct inode *dir, uint32_t mode, struct inode **out)
{
	struct inode *inode;

	if (!dir->nlink)
		return -ENOENT;
	inode = ramfs_inode(mode, 0, NULL);
	if (!inode)
		return -ENOMEM;
	inherit_group(dir, inode);
	inode->nlink = 0;
	*out = inode;
	return 0;
}

int ramfs_mount(struct inode *dir, const char *name, struct inode *inode)
{
	struct ramfs_entry *e;
	int err;

	inode_get(inode);
	mutex_lock(&dir->lock);
	err = add(dir, name, inode, &e);
	if (!err)
		(void)set_name(dir, e);
	mutex_unlock(&dir->lock);
	if (err)
		inode_put(inode);
	return err;
}

int ramfs_link(struct inode *dir, const char *name, struct inode *inode)
{
	struct inode *before = NULL;
	struct ramfs_entry *e;
	int err;

	inode_get(inode);
	mutex_lock(&inode->lock);
	/* Removed meanwhile: what has no name any more gets no new one. */
	err = inode->nlink || inode->linkable ? add(dir, name, inode, &e) :
						-ENOENT;
	if (!err) {
		before = set_name(dir, e);
		inode->nlink++;
		inode->linkable = false;
		inode->ctime_ns = clock_realtime();
	}
	mutex_unlock(&inode->lock);
	inode_put(err ? inode : before);
	return err;
}

/*
 * Take @e out of @dir, and with it the inode's name and the entry's reference.
 * For a file a link goes, too; a directory was retired.
 */
static void drop(struct inode *dir, struct ramfs_entry *e)
{
	struct inode *inode = e->inode, *before = NULL;
	bool is_dir = inode_is(inode, MODE_DIR);

	ramfs_take_out(dir, e);
	if (is_dir)
		mutex_lock_nested(&inode->lock);
	else
		mutex_lock(&inode->lock);
	if (!is_dir)
		inode->nlink--;
	inode->ctime_ns = clock_realtime();
	if (!inode->nlink) {
		before = set_name(dir, e);
		inode->old_name = e;
	} else if (inode->name == e->name) {
		inode->name = NULL;
	}
	e = inode->nlink ? e : NULL;
	mutex_unlock(&inode->lock);
	kfree(e);
	if (before)
		inode_put(before);
	inode_put(inode);
}

/*
 * Take a directory out of use: nothing can be made in it from now on. The
 * rename lock and the lock of @dir, which holds it, are held.
 */
static int retire(struct inode *dir, struct inode *victim)
{
	int err = 0;

	if (!inode_is(victim, MODE_DIR))
		return -ENOTDIR;
	if (is_mount(dir, victim))
		return -EBUSY;
	mutex_lock_nested(&victim->lock);
	if (ramfs_is_empty(victim))
		victim->nlink = 0;
	else
		err = -ENOTEMPTY;
	mutex_unlock(&victim->lock);
	if (!err)
		dir->nlink--;
	return err;
}

int ramfs_unlink(struct inode *dir, const char *name, bool is_dir)
{
	struct ramfs_entry *e = ramfs_find(dir, name);
	int err = 0;

	if (!e)
		return -ENOENT;
	if (is_dir)
		err = retire(dir, e->inode);
	else if (inode_is(e->inode, MODE_DIR))
		err = -EISDIR;
	if (!err)
		drop(dir, e);
	return err;
}

/* Is @dir inside @inode, or @inode itself? The rename lock is held. */
static bool is_inside(const struct inode *dir, const struct inode *inode)
{
	for (; dir; dir = dir->parent)
		if (dir == inode)
			return true;
	return false;
}

/* May @moved take the place of @target? Takes a directory out of use. */
static int replace_target(struct inode *old_dir, struct inode *moved,
			  struct inode *new_dir, struct inode *target)
{
	/* Not empty; and the lock of @old_dir is held already. */
	if (inode_is(target, MODE_DIR) && is_inside(old_dir, target))
		return -ENOTEMPTY;
	if (!inode_is(moved, MODE_DIR))
		return inode_is(target, MODE_DIR) ? -EISDIR : 0;
	return retire(new_dir, target);
}

/* What forbids to move @moved, whatever the new name is. */
static int check_moved(struct inode *old_dir, struct inode *moved,
		       struct inode *new_dir, unsigned flags)
{
	bool is_dir = inode_is(moved, MODE_DIR);

	if (!is_dir && (flags & FS_RENAME_DIR))
		return -ENOTDIR;
	if (is_mount(old_dir, moved))
		return -EBUSY;
	if (is_dir && is_inside(new_dir, moved))
		return -EINVAL;
	return new_dir->nlink ? 0 : -ENOENT;
}

/* @e's inode has left @old_dir and is in @new_dir by the name of @e. */
static void moved_to(struct inode *old_dir, struct inode *new_dir,
		     struct ramfs_entry *e)
{
	struct inode *inode = e->inode, *before;

	if (inode_is(inode, MODE_DIR)) {
		old_dir->nlink--;
		new_dir->nlink++;
		mutex_lock_nested(&inode->lock);
	} else {
		mutex_lock(&inode->lock);
	}
	before = set_name(new_dir, e);
	inode->ctime_ns = clock_realtime();
	mutex_unlock(&inode->lock);
	inode_put(before);
}

/* Two names change what they stand for. */
static int exchange(struct inode *a_dir, struct ramfs_entry *a,
		    struct inode *b_dir, struct ramfs_entry *b, unsigned flags)
{
	struct inode *inode = a->inode;
	int err = check_moved(b_dir, b->inode, a_dir,
			      flags & FS_RENAME_OTHER_DIR ? FS_RENAME_DIR : 0);

	if (err || a->inode == b->inode)
		return err;
	a->inode = b->inode;
	b->inode = inode;
	moved_to(b_dir, a_dir, a);
	moved_to(a_dir, b_dir, b);
	inode_modified(a_dir);
	inode_modified(b_dir);
	return 0;
}

/* @to may be NULL; @e is the new name of what @from names. */
static int move(struct inode *old_dir, struct ramfs_entry *from,
		struct inode *new_dir, struct ramfs_entry *to,
		struct ramfs_entry *e)
{
	int err = to ? replace_target(old_dir, e->inode, new_dir, to->inode) :
		       0;

	if (err)
		return err;
	if (to)
		drop(new_dir, to);
	ramfs_take_out(old_dir, from);
	ramfs_insert(new_dir, e);
	moved_to(old_dir, new_dir, e);
	kfree(from);
	return 0;
}

int ramfs_rename(struct inode *old_dir, const char *old,
		 struct inode *new_dir, const char *new, unsigned flags)
{
	struct ramfs_entry *from = ramfs_find(old_dir, old);
	struct ramfs_entry *to = ramfs_find(new_dir, new), *e;
	int err;

	if (!from || ((flags & FS_RENAME_EXCHANGE) && !to))
		return -ENOENT;
	if (to && (flags & FS_RENAME_NOREPLACE))
		return -EEXIST;
	err = check_moved(old_dir, from->inode, new_dir, flags);
	if (err)
		return err;
	if (flags & FS_RENAME_EXCHANGE)
		return exchange(old_dir, from, new_dir, to, flags);
	if (to && to->inode == from->inode)
		return 0;
	e = ramfs_entry_alloc(new, from->inode);
	if (!e)
		return -ENOMEM;
	err = move(old_dir, from, new_dir, to, e);
	if (err)
		kfree(e);
	return err;
}
