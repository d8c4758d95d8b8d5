// SPDX-License-Identifier: MIT
/*
 * Directories of ramfs: a list of entries, each a name and a counted inode.
 *
 * Entries are kept in the order in which they were made and carry a number
 * that only grows. It is the position that getdents works with, so a listing
 * neither skips nor repeats a name that stays while others come and go.
 */
#include "fs/ramfs_int.h"

#include "fs/file.h"
#include "fs/getdents.h"
#include "fs/inode.h"
#include "fs/ramfs.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "mm/kmem.h"
#include "sched/clock.h"

enum { FIRST_COOKIE = 2 };	/* behind "." and ".." */

struct entry {
	struct list link;	/* on ramfs_dir.entries, by cookie */
	struct inode *inode;	/* counted */
	uint64_t cookie;
	uint32_t hash;
	char name[];
};

struct ramfs_dir {
	struct list entries;
	uint64_t next_cookie;
};

struct ramfs_dir *ramfs_dir_alloc(void)
{
	struct ramfs_dir *d = kmalloc(sizeof(*d));

	if (!d)
		return NULL;
	list_init(&d->entries);
	d->next_cookie = FIRST_COOKIE;
	return d;
}

/* FNV-1a: saves most comparisons of a search. */
static uint32_t hash_of(const char *name)
{
	uint32_t hash = 2166136261u;

	for (; *name; name++)
		hash = (hash ^ (uint8_t)*name) * 16777619u;
	return hash;
}

static struct entry *find(const struct inode *dir, const char *name)
{
	const struct ramfs_dir *d = dir->data;
	uint32_t hash = hash_of(name);
	struct entry *e;

	list_for_each_entry(e, &d->entries, struct entry, link)
		if (e->hash == hash && strcmp(e->name, name) == 0)
			return e;
	return NULL;
}

/* An entry that is in no directory yet; takes no reference. */
static struct entry *entry_alloc(const char *name, struct inode *inode)
{
	size_t size = strlen(name) + 1;
	struct entry *e = kmalloc(sizeof(*e) + size);

	if (!e)
		return NULL;
	list_init(&e->link);
	e->inode = inode;
	e->hash = hash_of(name);
	memcpy(e->name, name, size);
	return e;
}

static void insert(struct inode *dir, struct entry *e)
{
	struct ramfs_dir *d = dir->data;

	e->cookie = d->next_cookie++;
	list_add_tail(&d->entries, &e->link);
	inode_modified(dir);
}

/* The entry's reference passes to the caller. */
static struct inode *take_out(struct inode *dir, struct entry *e)
{
	struct inode *inode = e->inode;

	list_del(&e->link);
	kfree(e);
	inode_modified(dir);
	return inode;
}

static bool is_empty(const struct inode *dir)
{
	const struct ramfs_dir *d = dir->data;

	return list_empty(&d->entries);
}

/* The root of another file system stands in this one's directory. */
static bool is_mount(const struct inode *dir, const struct inode *inode)
{
	return inode->ops != dir->ops;
}

int ramfs_lookup(struct inode *dir, const char *name, struct inode **out)
{
	struct entry *e = find(dir, name);

	if (!e)
		return -ENOENT;
	inode_get(e->inode);
	*out = e->inode;
	return 0;
}

int ramfs_name_of(struct inode *dir, const struct inode *child, char *name)
{
	const struct ramfs_dir *d = dir->data;
	struct entry *e;

	list_for_each_entry(e, &d->entries, struct entry, link) {
		if (e->inode == child) {
			strlcpy(name, e->name, FS_NAME_SIZE);
			return 0;
		}
	}
	return -ENOENT;
}

/* A name for @inode, whose reference becomes the entry's on success. */
static int add(struct inode *dir, const char *name, struct inode *inode)
{
	struct entry *e;

	if (find(dir, name))
		return -EEXIST;
	if (!dir->nlink)
		return -ENOENT;
	e = entry_alloc(name, inode);
	if (!e)
		return -ENOMEM;
	if (inode_is(inode, MODE_DIR)) {
		inode_get(dir);
		inode->parent = dir;
		dir->nlink++;
	}
	insert(dir, e);
	return 0;
}

int ramfs_create(struct inode *dir, const char *name, uint32_t mode,
		 uint64_t rdev, const char *target, struct inode **out)
{
	struct inode *inode;
	int err;

	/* Before memory is asked for: what exists is told even without it. */
	if (find(dir, name))
		return -EEXIST;
	inode = ramfs_inode(mode, rdev, target);
	if (!inode)
		return -ENOMEM;
	err = add(dir, name, inode);
	if (err) {
		inode_put(inode);
		return err;
	}
	if (out) {
		inode_get(inode);
		*out = inode;
	}
	return 0;
}

int ramfs_mount(struct inode *dir, const char *name, struct inode *inode)
{
	int err;

	inode_get(inode);
	mutex_lock(&dir->lock);
	err = add(dir, name, inode);
	mutex_unlock(&dir->lock);
	if (err)
		inode_put(inode);
	return err;
}

static void change_nlink(struct inode *inode, int by)
{
	mutex_lock(&inode->lock);
	inode->nlink += (uint32_t)by;
	inode->ctime_ns = clock_realtime();
	mutex_unlock(&inode->lock);
}

int ramfs_link(struct inode *dir, const char *name, struct inode *inode)
{
	int err;

	inode_get(inode);
	err = add(dir, name, inode);
	if (err)
		inode_put(inode);
	else
		change_nlink(inode, 1);
	return err;
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
	if (is_empty(victim))
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
	struct entry *e = find(dir, name);
	int err;

	if (!e)
		return -ENOENT;
	if (is_dir) {
		err = retire(dir, e->inode);
		if (err)
			return err;
	} else {
		if (inode_is(e->inode, MODE_DIR))
			return -EISDIR;
		change_nlink(e->inode, -1);
	}
	inode_put(take_out(dir, e));
	return 0;
}

/* Is @dir inside @inode, or @inode itself? The rename lock is held. */
static bool is_inside(const struct inode *dir, const struct inode *inode)
{
	for (; dir; dir = dir->parent)
		if (dir == inode)
			return true;
	return false;
}

/* May @from's inode take the place of @to's? Takes @to's out of use. */
static int replace_target(struct inode *old_dir, struct inode *moved,
			  struct inode *new_dir, struct inode *target)
{
	if (inode_is(moved, MODE_DIR)) {
		/* Not empty, and its lock is held already. */
		if (target == old_dir)
			return -ENOTEMPTY;
		return retire(new_dir, target);
	}
	if (inode_is(target, MODE_DIR))
		return -EISDIR;
	change_nlink(target, -1);
	return 0;
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

/* A directory has a new one above it. */
static void change_parent(struct inode *moved, struct inode *old_dir,
			  struct inode *new_dir)
{
	if (old_dir == new_dir)
		return;
	old_dir->nlink--;
	new_dir->nlink++;
	inode_get(new_dir);
	moved->parent = new_dir;
	/* Not its last reference: the caller has one. */
	inode_put(old_dir);
}

int ramfs_rename(struct inode *old_dir, const char *old,
		 struct inode *new_dir, const char *new, unsigned flags)
{
	struct entry *from = find(old_dir, old), *to = find(new_dir, new);
	struct inode *moved;
	struct entry *e;
	int err;

	if (!from)
		return -ENOENT;
	if (to && (flags & FS_RENAME_NOREPLACE))
		return -EEXIST;
	moved = from->inode;
	err = check_moved(old_dir, moved, new_dir, flags);
	if (err)
		return err;
	if (to && to->inode == moved)
		return 0;
	e = entry_alloc(new, moved);
	if (!e)
		return -ENOMEM;
	if (to) {
		err = replace_target(old_dir, moved, new_dir, to->inode);
		if (err) {
			kfree(e);
			return err;
		}
		inode_put(take_out(new_dir, to));
	}
	take_out(old_dir, from);
	insert(new_dir, e);
	if (inode_is(moved, MODE_DIR))
		change_parent(moved, old_dir, new_dir);
	return 0;
}

/* The first entry at or behind position @pos. */
static struct entry *entry_from(const struct inode *dir, uint64_t pos)
{
	const struct ramfs_dir *d = dir->data;
	struct entry *e;

	list_for_each_entry(e, &d->entries, struct entry, link)
		if (e->cookie >= pos)
			return e;
	return NULL;
}

static void emit_entries(struct file *f, struct dirent_sink *sink)
{
	const struct ramfs_dir *d = f->inode->data;
	struct entry *e = entry_from(f->inode, f->pos);

	while (e) {
		if (!dirent_emit(sink, e->inode->number, e->cookie + 1,
				 e->inode->mode, e->name))
			return;
		f->pos = e->cookie + 1;
		if (e->link.next == &d->entries)
			return;
		e = list_first_entry(&e->link, struct entry, link);
	}
}

static long getdents_op(struct file *f, uint64_t buf, size_t len)
{
	struct dirent_sink sink = { .buf = buf, .len = len };
	struct inode *dir = f->inode;
	bool removed;

	mutex_lock(&dir->lock);
	removed = !dir->nlink;
	mutex_unlock(&dir->lock);
	if (removed)
		return -ENOENT;
	if (dirent_emit_dots(&sink, f)) {
		mutex_lock(&dir->lock);
		emit_entries(f, &sink);
		mutex_unlock(&dir->lock);
	}
	return dirent_result(&sink);
}

const struct file_ops ramfs_dir_file_ops = {
	.getdents = getdents_op,
	.seekable = true,
};
