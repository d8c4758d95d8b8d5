// SPDX-License-Identifier: MIT
/*
 * Descriptor tables. Each process has one; clone copies it, execve closes
 * what is marked, exit drops it. A file is never let go of with the table's
 * spinlock held: its last reference may have much to do.
 */
#include "fs/file.h"

#include "fs/filelock.h"
#include "lib/assert.h"
#include "lib/bitmap.h"
#include "lib/errno.h"
#include "mm/kmem.h"

struct files *files_create(void)
{
	struct files *files = kzalloc(sizeof(*files));

	if (!files)
		return NULL;
	spin_init(&files->lock, RANK_FDTABLE, "descriptors");
	files->refs = 1;
	return files;
}

struct files *files_copy(struct files *from)
{
	struct files *to = files_create();

	if (!to)
		return NULL;
	spin_lock(&from->lock);
	for (int fd = 0; fd < FILES_MAX; fd++) {
		to->slot[fd] = from->slot[fd];
		if (to->slot[fd])
			file_get(to->slot[fd]);
		if (bitmap_test(from->cloexec, (size_t)fd))
			bitmap_set(to->cloexec, (size_t)fd);
	}
	spin_unlock(&from->lock);
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
	__atomic_fetch_add(&files->refs, 1, __ATOMIC_RELAXED);
}

void files_put(struct files *files)
{
	uint32_t left = __atomic_sub_fetch(&files->refs, 1, __ATOMIC_ACQ_REL);

	assert(left != UINT32_MAX);
	if (left)
		return;
	for (int fd = 0; fd < FILES_MAX; fd++)
		if (files->slot[fd])
			let_go(files, files->slot[fd]);
	kfree(files);
}

/* Empty a slot; the reference passes to the caller. The lock is held. */
static struct file *take(struct files *files, int fd)
{
	struct file *f = files->slot[fd];

	files->slot[fd] = NULL;
	bitmap_clear(files->cloexec, (size_t)fd);
	return f;
}

static void set(struct files *files, int fd, struct file *f, bool cloexec)
{
	files->slot[fd] = f;
	if (cloexec)
		bitmap_set(files->cloexec, (size_t)fd);
	else
		bitmap_clear(files->cloexec, (size_t)fd);
}

void files_close_on_exec(struct files *files)
{
	for (int fd = 0; fd < FILES_MAX; fd++) {
		struct file *f = NULL;

		spin_lock(&files->lock);
		if (bitmap_test(files->cloexec, (size_t)fd))
			f = take(files, fd);
		spin_unlock(&files->lock);
		if (f)
			let_go(files, f);
	}
}

int files_install(struct files *files, struct file *f, int from, bool cloexec)
{
	int fd = from;

	assert(from >= 0);
	spin_lock(&files->lock);
	while (fd < FILES_MAX && files->slot[fd])
		fd++;
	if (fd < FILES_MAX)
		set(files, fd, f, cloexec);
	spin_unlock(&files->lock);
	return fd < FILES_MAX ? fd : -EMFILE;
}

bool files_full(struct files *files)
{
	int fd = 0;

	spin_lock(&files->lock);
	while (fd < FILES_MAX && files->slot[fd])
		fd++;
	spin_unlock(&files->lock);
	return fd == FILES_MAX;
}

/* The lock is held. */
static struct file *file_at(struct files *files, int fd)
{
	return fd >= 0 && fd < FILES_MAX ? files->slot[fd] : NULL;
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

int files_close(struct files *files, int fd)
{
	struct file *f;

	spin_lock(&files->lock);
	f = file_at(files, fd);
	if (f)
		take(files, fd);
	spin_unlock(&files->lock);
	if (!f)
		return -EBADF;
	let_go(files, f);
	return 0;
}

int files_dup_to(struct files *files, int from, int to, bool cloexec)
{
	struct file *f, *old = NULL;

	if (from == to)
		return -EINVAL;
	if (to < 0 || to >= FILES_MAX)
		return -EBADF;
	spin_lock(&files->lock);
	f = file_at(files, from);
	if (f) {
		file_get(f);
		old = take(files, to);
		set(files, to, f, cloexec);
	}
	spin_unlock(&files->lock);
	if (old)
		let_go(files, old);
	return f ? to : -EBADF;
}

int files_get_cloexec(struct files *files, int fd)
{
	int result = -EBADF;

	spin_lock(&files->lock);
	if (file_at(files, fd))
		result = bitmap_test(files->cloexec, (size_t)fd);
	spin_unlock(&files->lock);
	return result;
}

int files_set_cloexec(struct files *files, int fd, bool cloexec)
{
	struct file *f;

	spin_lock(&files->lock);
	f = file_at(files, fd);
	if (f)
		set(files, fd, f, cloexec);
	spin_unlock(&files->lock);
	return f ? 0 : -EBADF;
}
