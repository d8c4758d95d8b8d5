// SPDX-License-Identifier: MIT
/*
 * Working directories and file creation masks (fs_context.h). A directory is
 * let go of outside the spinlock: its last reference may have much to do.
 */
#include "fs/fs_context.h"

#include "fs/inode.h"
#include "lib/assert.h"
#include "mm/kmem.h"
#include "proc/process.h"

/* Without directories. */
static struct fs_context *alloc(uint32_t umask)
{
	struct fs_context *fs = kmalloc(sizeof(*fs));

	if (!fs)
		return NULL;
	spin_init(&fs->lock, RANK_FS_CONTEXT, "working directory");
	fs->refs = 1;
	fs->umask = umask;
	return fs;
}

struct fs_context *fs_context_create(struct inode *cwd, uint32_t umask)
{
	struct fs_context *fs = alloc(umask);

	if (!fs)
		return NULL;
	inode_get(cwd);
	fs->cwd = cwd;
	inode_get(fs_root());
	fs->root = fs_root();
	return fs;
}

struct fs_context *fs_context_copy(struct fs_context *from)
{
	struct fs_context *fs = alloc(0);

	if (!fs)
		return NULL;
	/* All of one moment. */
	spin_lock(&from->lock);
	fs->cwd = from->cwd;
	inode_get(fs->cwd);
	fs->root = from->root;
	inode_get(fs->root);
	fs->umask = from->umask;
	spin_unlock(&from->lock);
	return fs;
}

void fs_context_get(struct fs_context *fs)
{
	__atomic_fetch_add(&fs->refs, 1, __ATOMIC_RELAXED);
}

void fs_context_put(struct fs_context *fs)
{
	/* Acquire and release: all use by others is over before it goes. */
	uint32_t left = __atomic_sub_fetch(&fs->refs, 1, __ATOMIC_ACQ_REL);

	assert(left != UINT32_MAX);
	if (left)
		return;
	inode_put(fs->cwd);
	inode_put(fs->root);
	kfree(fs);
}

static struct inode *look(struct fs_context *fs, struct inode *const *field)
{
	struct inode *inode;

	spin_lock(&fs->lock);
	inode = *field;
	inode_get(inode);
	spin_unlock(&fs->lock);
	return inode;
}

static void change(struct fs_context *fs, struct inode **field,
		   struct inode *dir)
{
	struct inode *old;

	assert(inode_is(dir, MODE_DIR));
	spin_lock(&fs->lock);
	old = *field;
	*field = dir;
	spin_unlock(&fs->lock);
	inode_put(old);
}

struct inode *fs_context_cwd(struct fs_context *fs)
{
	return look(fs, &fs->cwd);
}

void fs_context_set_cwd(struct fs_context *fs, struct inode *dir)
{
	change(fs, &fs->cwd, dir);
}

struct inode *fs_context_root(struct fs_context *fs)
{
	return look(fs, &fs->root);
}

void fs_context_set_root(struct fs_context *fs, struct inode *dir)
{
	change(fs, &fs->root, dir);
}

struct inode *fs_caller_root(void)
{
	struct process *p = process_current();

	if (p && p->fs)
		return fs_context_root(p->fs);
	inode_get(fs_root());
	return fs_root();
}

uint32_t fs_context_umask(struct fs_context *fs)
{
	uint32_t umask;

	spin_lock(&fs->lock);
	umask = fs->umask;
	spin_unlock(&fs->lock);
	return umask;
}

uint32_t fs_context_set_umask(struct fs_context *fs, uint32_t umask)
{
	uint32_t old;

	spin_lock(&fs->lock);
	old = fs->umask;
	fs->umask = umask & 0777;
	spin_unlock(&fs->lock);
	return old;
}
