// SPDX-License-Identifier: MIT
/*
 * What a directory of ramfs holds: entries, each a name and a counted inode,
 * in a hash table to be found and in a list to be listed. ramfs_name.c puts
 * them in and takes them out.
 *
 * The list has the order in which entries were made. Each carries a number
 * that only grows, its cookie: the position that getdents works with, so a
 * listing neither skips nor repeats a name that stays while others come and
 * go. An open directory has a cursor in the list, an entry without an inode
 * behind the one that was listed last, so that to go on takes no search.
 */
#include "fs/file.h"
#include "fs/getdents.h"
#include "fs/inode.h"
#include "fs/ramfs_int.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "mm/kmem.h"

enum {
	FIRST_COOKIE = 2,	/* behind "." and ".." */
	FIRST_BUCKETS = 16,
	BUCKETS_MAX = 1 << 17,
	/* What Linux's tmpfs counts for each entry in st_size. */
	ENTRY_SIZE = 20,
};

struct ramfs_dir {
	struct list entries;
	uint64_t next_cookie;
	unsigned count;		/* entries, without cursors */
	unsigned buckets;	/* a power of two */
	struct ramfs_entry **bucket;
	struct ramfs_entry *first_bucket[FIRST_BUCKETS];
};

struct ramfs_dir *ramfs_dir_alloc(void)
{
	struct ramfs_dir *d = kzalloc(sizeof(*d));

	if (!d)
		return NULL;
	list_init(&d->entries);
	d->next_cookie = FIRST_COOKIE;
	d->buckets = FIRST_BUCKETS;
	d->bucket = d->first_bucket;
	return d;
}

void ramfs_dir_free(struct ramfs_dir *d)
{
	if (d && d->bucket != d->first_bucket)
		kfree(d->bucket);
	kfree(d);
}

uint64_t ramfs_dir_size(const struct inode *dir)
{
	const struct ramfs_dir *d = dir->data;

	return (d->count + 2) * (uint64_t)ENTRY_SIZE;
}

/* FNV-1a */
static uint32_t hash_of(const char *name)
{
	uint32_t hash = 2166136261u;

	for (; *name; name++)
		hash = (hash ^ (uint8_t)*name) * 16777619u;
	return hash;
}

static struct ramfs_entry **bucket_of(const struct ramfs_dir *d, uint32_t hash)
{
	return &d->bucket[hash & (d->buckets - 1)];
}

struct ramfs_entry *ramfs_find(const struct inode *dir, const char *name)
{
	uint32_t hash = hash_of(name);
	struct ramfs_entry *e = *bucket_of(dir->data, hash);

	for (; e; e = e->chain)
		if (e->hash == hash && strcmp(e->name, name) == 0)
			return e;
	return NULL;
}

struct ramfs_entry *ramfs_entry_alloc(const char *name, struct inode *inode)
{
	size_t size = strlen(name) + 1;
	struct ramfs_entry *e = kmalloc(sizeof(*e) + size);

	if (!e)
		return NULL;
	list_init(&e->link);
	e->chain = NULL;
	e->inode = inode;
	e->cookie = 0;
	e->hash = hash_of(name);
	memcpy(e->name, name, size);
	return e;
}

static void chain_in(struct ramfs_dir *d, struct ramfs_entry *e)
{
	struct ramfs_entry **bucket = bucket_of(d, e->hash);

	e->chain = *bucket;
	*bucket = e;
}

/* Without memory for them there are as many buckets as before. */
static void change_buckets(struct ramfs_dir *d, unsigned buckets)
{
	struct ramfs_entry **bucket = d->first_bucket, *e;

	if (buckets > FIRST_BUCKETS)
		bucket = kmalloc(buckets * sizeof(struct ramfs_entry *));
	if (!bucket)
		return;
	memset(bucket, 0, buckets * sizeof(struct ramfs_entry *));
	if (d->bucket != d->first_bucket)
		kfree(d->bucket);
	d->bucket = bucket;
	d->buckets = buckets;
	list_for_each_entry(e, &d->entries, struct ramfs_entry, link)
		if (e->inode)
			chain_in(d, e);
}

void ramfs_insert(struct inode *dir, struct ramfs_entry *e)
{
	struct ramfs_dir *d = dir->data;

	if (d->count >= 2 * d->buckets && d->buckets < BUCKETS_MAX)
		change_buckets(d, 2 * d->buckets);
	e->cookie = d->next_cookie++;
	list_add_tail(&d->entries, &e->link);
	chain_in(d, e);
	d->count++;
	dir->size = ramfs_dir_size(dir);
	inode_modified(dir);
}

void ramfs_take_out(struct inode *dir, struct ramfs_entry *e)
{
	struct ramfs_dir *d = dir->data;
	struct ramfs_entry **link = bucket_of(d, e->hash);

	while (*link != e)
		link = &(*link)->chain;
	*link = e->chain;
	list_del(&e->link);
	d->count--;
	if (d->buckets > FIRST_BUCKETS && d->count < d->buckets / 4)
		change_buckets(d, d->buckets / 2);
	dir->size = ramfs_dir_size(dir);
	inode_modified(dir);
}

bool ramfs_is_empty(const struct inode *dir)
{
	const struct ramfs_dir *d = dir->data;

	return d->count == 0;
}

/* Listings */

static int open_op(struct file *f)
{
	f->data = ramfs_entry_alloc("", NULL);
	return f->data ? 0 : -ENOMEM;
}

static void release_op(struct file *f)
{
	struct ramfs_entry *cursor = f->data;

	mutex_lock(&f->inode->lock);
	list_del(&cursor->link);
	mutex_unlock(&f->inode->lock);
	kfree(cursor);
}

/* Put @cursor before the first entry at or behind position @pos. */
static void place(struct ramfs_dir *d, struct ramfs_entry *cursor,
		  uint64_t pos)
{
	struct list *before = &d->entries;
	struct ramfs_entry *e;

	if (!list_empty(&cursor->link) && cursor->cookie == pos)
		return;
	list_for_each_entry(e, &d->entries, struct ramfs_entry, link) {
		if (e->inode && e->cookie >= pos) {
			before = &e->link;
			break;
		}
	}
	list_del(&cursor->link);
	list_add_tail(before, &cursor->link);
	cursor->cookie = pos;
}

static void emit_entries(struct file *f, struct dirent_sink *sink)
{
	struct ramfs_dir *d = f->inode->data;
	struct ramfs_entry *cursor = f->data;
	struct list *next;

	place(d, cursor, f->pos);
	while ((next = cursor->link.next) != &d->entries) {
		struct ramfs_entry *e = container_of(next, struct ramfs_entry,
						     link);

		if (e->inode) {
			if (!dirent_emit(sink, e->inode->number, e->cookie + 1,
					 e->inode->mode, e->name))
				return;
			f->pos = e->cookie + 1;
			cursor->cookie = f->pos;
		}
		list_del(&cursor->link);
		list_add_after(&e->link, &cursor->link);
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
		inode_accessed(dir);
		mutex_unlock(&dir->lock);
	}
	return dirent_result(&sink);
}

const struct file_ops ramfs_dir_file_ops = {
	.getdents = getdents_op,
	.open = open_op,
	.release = release_op,
	.seekable = true,
};
