// SPDX-License-Identifier: MIT
/*
 * Fill the root from an initramfs. main.c calls this once, when nothing else
 * runs yet; fs/cpio.c reads the archive and checks it. Files whose contents
 * begin on a page of the archive get its pages, not a copy of them
 * (tools/mkinitramfs.py makes it so).
 *
 * Entries come in any order that names a directory before what is in it.
 * What is there already is replaced, as in Linux, but for a directory,
 * which stays; /dev and /proc are there from the start.
 */
#include "fs/cpio.h"
#include "fs/inode.h"
#include "fs/path.h"
#include "lib/errno.h"
#include "lib/list.h"
#include "lib/string.h"
#include "mm/kmem.h"

#define NS_PER_SECOND	UINT64_C(1000000000)

/* A file that has more names to come. */
struct shared {
	struct list link;	/* on unpack.files */
	struct inode *inode;	/* counted */
	uint32_t ino, dev_major, dev_minor;
};

struct unpack {
	struct list files;
	unsigned archive;	/* that they belong to */
	const char *why;	/* it stopped, or NULL */
};

static int fail(struct unpack *u, const char *why, int err)
{
	u->why = why;
	return err;
}

/* The contents of @e into @inode; an entry without any leaves it as it is. */
static int write_data(struct unpack *u, struct inode *inode,
		      const struct cpio_entry *e)
{
	long n;

	if (e->size == 0)
		return 0;
	mutex_lock(&inode->lock);
	if (inode->ops->give)
		n = inode->ops->give(inode, e->data, e->size);
	else
		n = inode->ops->pwrite(inode, e->data, e->size, 0);
	mutex_unlock(&inode->lock);
	if (n == (long)e->size)
		return 0;
	return fail(u, "no memory for a file", n < 0 ? (int)n : -ENOSPC);
}

static struct shared *find_shared(struct unpack *u, const struct cpio_entry *e)
{
	struct shared *s;

	list_for_each_entry(s, &u->files, struct shared, link)
		if (s->ino == e->ino && s->dev_major == e->dev_major &&
		    s->dev_minor == e->dev_minor)
			return s;
	return NULL;
}

static int remember(struct unpack *u, const struct cpio_entry *e,
		    struct inode *inode)
{
	struct shared *s = kmalloc(sizeof(*s));

	if (!s)
		return fail(u, "no memory for a link", -ENOMEM);
	*s = (struct shared){
		.inode = inode,
		.ino = e->ino,
		.dev_major = e->dev_major,
		.dev_minor = e->dev_minor,
	};
	inode_get(inode);
	list_add_tail(&u->files, &s->link);
	return 0;
}

static void forget_all(struct unpack *u)
{
	struct list *node;

	while ((node = list_pop(&u->files))) {
		struct shared *s = container_of(node, struct shared, link);

		inode_put(s->inode);
		kfree(s);
	}
}

/* Make room for @e: 0, or 1 if a directory is there and wanted there. */
static int clear_way(struct unpack *u, const struct cpio_entry *e)
{
	bool want_dir = (e->mode & MODE_FMT) == MODE_DIR, is_dir;
	struct inode *there;
	int err = path_lookup(fs_root(), e->name, false, &there);

	if (err == -ENOENT)
		return 0;
	if (err)
		return err;
	is_dir = inode_is(there, MODE_DIR);
	if (is_dir && want_dir)
		inode_chmod(there, e->mode);
	inode_put(there);
	if (is_dir && want_dir)
		return 1;
	err = fs_unlink(fs_root(), e->name, is_dir);
	return err ? fail(u, "a name is taken by a directory in use", err) : 0;
}

static int make_link(struct unpack *u, const struct cpio_entry *e)
{
	char *target;
	int err;

	if (e->size == 0 || e->size >= FS_PATH_SIZE ||
	    memchr(e->data, 0, e->size))
		return fail(u, "a symbolic link has no proper target", -EINVAL);
	target = kmalloc(e->size + 1);
	if (!target)
		return -ENOMEM;
	memcpy(target, e->data, e->size);
	target[e->size] = '\0';
	err = fs_symlink(fs_root(), e->name, target);
	kfree(target);
	return err;
}

/* A regular file; of several names that are one file, the data may be late. */
static int make_file(struct unpack *u, const struct cpio_entry *e)
{
	bool several = e->nlink > 1;
	struct shared *s = several ? find_shared(u, e) : NULL;
	struct inode *inode;
	int err;

	if (s) {
		err = fs_link(s->inode, fs_root(), e->name);
		return err ? err : write_data(u, s->inode, e);
	}
	err = fs_mknod(fs_root(), e->name, MODE_REG | (e->mode & 07777), 0);
	if (!err)
		err = path_lookup(fs_root(), e->name, false, &inode);
	if (err)
		return err;
	err = write_data(u, inode, e);
	if (!err && several)
		err = remember(u, e, inode);
	inode_put(inode);
	return err;
}

static int make_entry(struct unpack *u, const struct cpio_entry *e)
{
	uint64_t rdev = (uint64_t)e->rdev_major << 8 | e->rdev_minor;

	switch (e->mode & MODE_FMT) {
	case MODE_REG:
		return make_file(u, e);
	case MODE_DIR:
		return fs_mkdir(fs_root(), e->name, e->mode);
	case MODE_LNK:
		return make_link(u, e);
	case MODE_CHR:
	case MODE_BLK:
	case MODE_FIFO:
	case MODE_SOCK:
		return fs_mknod(fs_root(), e->name, e->mode, rdev);
	default:
		return fail(u, "an entry is of an unknown type", -EINVAL);
	}
}

static void set_attributes(const struct cpio_entry *e)
{
	struct inode *inode;

	if (path_lookup(fs_root(), e->name, false, &inode))
		return;
	inode_chown(inode, e->uid, e->gid);
	/* Again, because a new owner takes some bits away. */
	inode_chmod(inode, e->mode);
	inode_set_times(inode, INODE_TIME_OMIT, e->mtime * NS_PER_SECOND);
	inode_put(inode);
}

static int unpack_entry(struct unpack *u, const struct cpio_entry *e)
{
	int err;

	if (!e->namelen)	/* the root itself */
		return 0;
	err = clear_way(u, e);
	if (!err)
		err = make_entry(u, e);
	if (err < 0)
		return err;
	set_attributes(e);
	return 0;
}

/* Words for what the calls that make names can say, if nobody has any. */
static const char *reason(int err)
{
	switch (err) {
	case -ENOMEM:
	case -ENOSPC:
		return "no memory for a file or directory";
	case -ENOENT:
		return "a name is in a directory that was not named before";
	case -ENOTDIR:
	case -ELOOP:
		return "a name goes through what is no directory";
	case -ENAMETOOLONG:
		return "a name is too long";
	default:
		return "a name cannot be made";
	}
}

int initramfs_unpack(const void *data, size_t size, const char **why)
{
	struct unpack u = { .files = { &u.files, &u.files } };
	struct cpio_entry e;
	struct cpio c;
	int ret;

	cpio_open(&c, data, size);
	while ((ret = cpio_next(&c, &e)) > 0) {
		/* Inode numbers mean something within one archive only. */
		if (c.archive != u.archive)
			forget_all(&u);
		u.archive = c.archive;
		ret = unpack_entry(&u, &e);
		if (ret < 0)
			break;
	}
	forget_all(&u);
	if (ret < 0)
		*why = c.error ? c.error : u.why ? u.why : reason(ret);
	return ret;
}
