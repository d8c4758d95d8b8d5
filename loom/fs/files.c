// SPDX-License-Identifier: MIT
/*
 * Descriptor tables. Threads and processes may share one; fork copies it,
 * execve closes what is marked, the last user's exit drops it.
 *
 * The arrays grow by doubling: new ones are allocated without the lock, then
 * take the place of the old ones if those are still too small. Whoever looks
 * at the arrays holds the lock, so the old ones can be freed at once. A file
 * is never let go of with the lock held: its last reference may have much to
 * do.
 */
#include "fs/file.h"

#include "fs/filelock.h"
#include "lib/assert.h"
#include "lib/bitmap.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "mm/kmem.h"

enum { FIRST_SIZE = 64 };

static size_t map_bytes(uint32_t size)
{
	return size / 8;
}

/* With a first table, which is enough for most. */
struct first_files {
	struct files files;
	struct fd_table table;
	struct file *slot[FIRST_SIZE];
	uint64_t taken[FIRST_SIZE / 64], cloexec[FIRST_SIZE / 64];
};

/* Room for @size descriptors, a multiple of 64, none taken. */
static struct fd_table *table_alloc(uint32_t size)
{
	size_t slots = size * sizeof(struct file *);
	struct fd_table *t;
	uint8_t *memory;

	assert(size % 64 == 0);
	memory = kzalloc(sizeof(*t) + slots + 2 * map_bytes(size));
	if (!memory)
		return NULL;
	t = (struct fd_table *)memory;
	t->size = size;
	t->slot = (struct file **)(memory + sizeof(*t));
	t->taken = (uint64_t *)(memory + sizeof(*t) + slots);
	t->cloexec = t->taken + size / 64;
	return t;
}

/* Free @t, which @files does not use any more or is about to end with. */
static void table_free(struct files *files, struct fd_table *t)
{
	struct first_files *first = container_of(files, struct first_files,
						 files);

	if (t != &first->table)
		kfree(t);
}

/* What @from has, into the larger @to; no reference is taken. */
static void table_copy(struct fd_table *to, const struct fd_table *from)
{
	memcpy(to->slot, from->slot, from->size * sizeof(struct file *));
	memcpy(to->taken, from->taken, map_bytes(from->size));
	memcpy(to->cloexec, from->cloexec, map_bytes(from->size));
}

struct files *files_create(void)
{
	struct first_files *first = kzalloc(sizeof(*first));
	struct files *files;

	if (!first)
		return NULL;
	first->table = (struct fd_table){
		.size = FIRST_SIZE,
		.slot = first->slot,
		.taken = first->taken,
		.cloexec = first->cloexec,
	};
	files = &first->files;
	files->table = &first->table;
	spin_init(&files->lock, RANK_FDTABLE, "descriptors");
	files->refs = 1;
	files->soft = FILES_SOFT;
	files->hard = FILES_HARD;
	files->known_fd = UINT64_MAX;
	return files;
}

/* Room for descriptor @fd, which is below FILES_HARD: 0 or -ENOMEM. */
static int make_room(struct files *files, uint32_t fd)
{
	uint32_t size = FIRST_SIZE;
	struct fd_table *new, *old;

	assert(fd < FILES_HARD);
	while (size <= fd)
		size *= 2;
	new = table_alloc(size);
	if (!new)
		return -ENOMEM;
	spin_lock(&files->lock);
	old = files->table;
	if (old->size < size) {
		table_copy(new, old);
		files->table = new;
	} else {
		old = new;	/* somebody was faster */
	}
	spin_unlock(&files->lock);
	table_free(files, old);
	return 0;
}

/* The descriptor above the highest that is taken. The lock is held. */
static uint32_t end_of(const struct fd_table *t)
{
	uint32_t word = t->size / 64;

	while (word && !t->taken[word - 1])
		word--;
	if (!word)
		return 0;
	return word * 64 - (uint32_t)__builtin_clzll(t->taken[word - 1]);
}

/* The first descriptor from @fd on that is taken; @t->size: none. */
static uint32_t next_taken(const struct fd_table *t, uint32_t fd)
{
	return (uint32_t)bitmap_find_set(t->taken, t->size, fd);
}

/* @to has room. Both are locked or not yet shared. */
static void copy_slots(struct files *to, const struct files *from)
{
	const struct fd_table *t = from->table;
	uint32_t fd;

	to->soft = from->soft;
	to->hard = from->hard;
	for (fd = next_taken(t, 0); fd < t->size; fd = next_taken(t, fd + 1)) {
		if (!t->slot[fd])
			continue;	/* reserved */
		file_get(t->slot[fd]);
		to->table->slot[fd] = t->slot[fd];
		bitmap_set(to->table->taken, fd);
		if (bitmap_test(t->cloexec, fd))
			bitmap_set(to->table->cloexec, fd);
	}
}

struct files *files_copy(struct files *from)
{
	struct files *to = files_create();
	bool fits = false;
	int err = 0;

	while (to && !fits && !err) {
		uint32_t end;

		spin_lock(&from->lock);
		end = end_of(from->table);
		fits = end <= to->table->size;
		if (fits)
			copy_slots(to, from);
		spin_unlock(&from->lock);
		if (!fits)
			err = make_room(to, end - 1);
	}
	if (err) {
		files_put(to);
		return NULL;
	}
	return to;
}

/* A descriptor of @files was closed: with it go the record locks (POSIX). */
static void let_go(struct files *files, struct file *f)
{
	filelock_closed(f->inode, files);
	file_put(f);
}

void files_get(struct files *files)
{
	uint32_t was = __atomic_fetch_add(&files->refs, 1, __ATOMIC_RELAXED);

	assert(was > 0);
	(void)was;
}

void files_put(struct files *files)
{
	uint32_t left = __atomic_sub_fetch(&files->refs, 1, __ATOMIC_ACQ_REL);
	const struct fd_table *t = files->table;
	uint32_t fd;

	assert(left != UINT32_MAX);
	if (left)
		return;
	for (fd = next_taken(t, 0); fd < t->size; fd = next_taken(t, fd + 1))
		if (t->slot[fd])
			let_go(files, t->slot[fd]);
	table_free(files, files->table);
	kfree(container_of(files, struct first_files, files));
}

/* The rest, but for where it says otherwise, with the lock held. */

static struct file *file_at(const struct files *files, int fd)
{
	const struct fd_table *t = files->table;

	return fd >= 0 && (uint32_t)fd < t->size ? t->slot[fd] : NULL;
}

static void mark(struct files *files, int fd, bool cloexec)
{
	if (cloexec)
		bitmap_set(files->table->cloexec, (size_t)fd);
	else
		bitmap_clear(files->table->cloexec, (size_t)fd);
}

/* What was known of a descriptor may be so no longer. */
static void files_forget(struct files *files)
{
	files->known_fd = UINT64_MAX;
}

/* Free @fd, which is taken; its reference, if any, is the caller's. */
static struct file *release(struct files *files, int fd)
{
	struct file *f = files->table->slot[fd];

	files->table->slot[fd] = NULL;
	files_forget(files);
	bitmap_clear(files->table->taken, (size_t)fd);
	mark(files, fd, false);
	if ((uint32_t)fd < files->lowest)
		files->lowest = (uint32_t)fd;
	return f;
}

/* Closes @fd; the lock is not held. */
static int close_if(struct files *files, int fd, bool only_cloexec)
{
	struct file *f;

	spin_lock(&files->lock);
	f = file_at(files, fd);
	if (f && (!only_cloexec ||
		  bitmap_test(files->table->cloexec, (size_t)fd)))
		release(files, fd);
	else
		f = NULL;
	spin_unlock(&files->lock);
	if (!f)
		return -EBADF;
	let_go(files, f);
	return 0;
}

int files_close(struct files *files, int fd)
{
	return close_if(files, fd, false);
}

void files_close_on_exec(struct files *files)
{
	int fd = -1;

	while ((fd = files_next(files, fd + 1)) >= 0)
		(void)close_if(files, fd, true);
}

/*
 * Take the lowest free descriptor from @from on; the size of the table if
 * there is none in it.
 */
static uint32_t take_lowest(struct files *files, uint32_t from, bool cloexec)
{
	struct fd_table *t = files->table;
	uint32_t start = from > files->lowest ? from : files->lowest;
	uint32_t fd = (uint32_t)bitmap_find_clear(t->taken, t->size, start);

	if (fd < start)
		fd = start;	/* @from is beyond the table */
	if (fd >= t->size || fd >= files->soft)
		return fd;
	if (start == files->lowest)
		files->lowest = fd + 1;
	bitmap_set(t->taken, fd);
	mark(files, (int)fd, cloexec);
	return fd;
}

/* The lock is not held. */
int files_reserve(struct files *files, int from, bool cloexec)
{
	uint32_t fd, size, soft;
	int err = 0;

	assert(from >= 0);
	do {
		spin_lock(&files->lock);
		fd = take_lowest(files, (uint32_t)from, cloexec);
		size = files->table->size;
		soft = files->soft;
		spin_unlock(&files->lock);
		if (fd >= soft)
			return -EMFILE;
		if (fd >= size)
			err = make_room(files, fd);
	} while (fd >= size && !err);
	return err ? err : (int)fd;
}

void files_fill(struct files *files, int fd, struct file *f)
{
	spin_lock(&files->lock);
	assert(bitmap_test(files->table->taken, (size_t)fd) &&
	       !files->table->slot[fd]);
	files->table->slot[fd] = f;
	spin_unlock(&files->lock);
}

void files_cancel(struct files *files, int fd)
{
	spin_lock(&files->lock);
	assert(!files->table->slot[fd]);
	release(files, fd);
	spin_unlock(&files->lock);
}

int files_install(struct files *files, struct file *f, int from, bool cloexec)
{
	int fd = files_reserve(files, from, cloexec);

	if (fd >= 0)
		files_fill(files, fd, f);
	return fd;
}

struct file *files_lookup(struct files *files, int fd)
{
	struct file *f;

	spin_lock(&files->lock);
	f = file_at(files, fd);
	if (f)
		file_get(f);
	spin_unlock(&files->lock);
	return f;
}

struct file *files_peek(const struct files *files, int fd)
{
	return file_at(files, fd);
}

bool files_shared(const struct files *files)
{
	/* Acquire: pairs with the release of the others in files_put. */
	return __atomic_load_n(&files->refs, __ATOMIC_ACQUIRE) > 1;
}

int files_next(struct files *files, int from)
{
	uint32_t fd = from < 0 ? 0 : (uint32_t)from, size;

	spin_lock(&files->lock);
	size = files->table->size;
	while (fd < size && !files->table->slot[fd])
		fd++;
	spin_unlock(&files->lock);
	return fd < size ? (int)fd : -1;
}

uint32_t files_size(struct files *files)
{
	uint32_t size;

	spin_lock(&files->lock);
	size = files->table->size;
	spin_unlock(&files->lock);
	return size;
}

/*
 * Put a copy of @from at @to. What was there passes to the caller in *@old.
 * -EBUSY: another thread's call is about to fill @to.
 */
static int replace(struct files *files, int from, int to, bool cloexec,
		   struct file **old)
{
	struct file *f = file_at(files, from);
	uint64_t *taken = files->table->taken;

	*old = file_at(files, to);
	if (!f)
		return -EBADF;
	if (!*old && bitmap_test(taken, (size_t)to))
		return -EBUSY;
	file_get(f);
	bitmap_set(taken, (size_t)to);
	files->table->slot[to] = f;
	files_forget(files);
	mark(files, to, cloexec);
	return to;
}

int files_dup_to(struct files *files, int from, int to, bool cloexec)
{
	struct file *old = NULL;
	bool fits = false;
	int result = 0;

	if (from == to)
		return -EINVAL;
	if (to < 0)
		return -EBADF;
	while (!fits && result >= 0) {
		spin_lock(&files->lock);
		fits = (uint32_t)to < files->table->size;
		if ((uint32_t)to >= files->soft)
			result = -EBADF;
		else if (fits)
			result = replace(files, from, to, cloexec, &old);
		spin_unlock(&files->lock);
		if (!fits && result >= 0)
			result = make_room(files, (uint32_t)to);
	}
	if (old && result >= 0)
		let_go(files, old);
	return result;
}

int files_get_cloexec(struct files *files, int fd)
{
	int result = -EBADF;

	spin_lock(&files->lock);
	if (file_at(files, fd))
		result = bitmap_test(files->table->cloexec, (size_t)fd);
	spin_unlock(&files->lock);
	return result;
}

int files_set_cloexec(struct files *files, int fd, bool cloexec)
{
	struct file *f;

	spin_lock(&files->lock);
	f = file_at(files, fd);
	if (f)
		mark(files, fd, cloexec);
	spin_unlock(&files->lock);
	return f ? 0 : -EBADF;
}

void files_get_limit(struct files *files, uint32_t *soft, uint32_t *hard)
{
	spin_lock(&files->lock);
	*soft = files->soft;
	*hard = files->hard;
	spin_unlock(&files->lock);
}

int files_set_limit(struct files *files, uint64_t soft, uint64_t hard)
{
	if (soft > hard)
		return -EINVAL;
	if (hard > FILES_HARD)
		return -EPERM;
	spin_lock(&files->lock);
	files->soft = (uint32_t)soft;
	files->hard = (uint32_t)hard;
	spin_unlock(&files->lock);
	return 0;
}
