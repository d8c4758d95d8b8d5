// SPDX-License-Identifier: MIT
/*
 * What all inodes share: their life, and the operations that do not depend
 * on names. The file systems (ramfs.c, procfs.c, pipe.c) make them.
 */
#include "fs/inode.h"

#include "lib/assert.h"
#include "lib/errno.h"
#include "mm/kmem.h"
#include "sched/clock.h"

static unsigned inodes;		/* atomic */
static uint64_t last_number;	/* atomic */

struct inode *inode_alloc(const struct inode_ops *ops, uint64_t number,
			  uint32_t mode)
{
	struct inode *inode = kzalloc(sizeof(*inode));
	bool is_dir = (mode & MODE_FMT) == MODE_DIR;

	if (!inode)
		return NULL;
	if (!number)
		number = __atomic_add_fetch(&last_number, 1, __ATOMIC_RELAXED);
	inode->number = number;
	inode->mode = mode;
	inode->refs = 1;
	inode->nlink = 1;
	inode->ops = ops;
	list_init(&inode->locks);
	mutex_init(&inode->lock, is_dir ? RANK_DIR : RANK_INODE,
		   is_dir ? "directory" : "inode");
	inode->mtime_ns = clock_realtime();
	inode->ctime_ns = inode->mtime_ns;
	inode->atime_ns = inode->mtime_ns;
	__atomic_add_fetch(&inodes, 1, __ATOMIC_RELAXED);
	return inode;
}

void inode_get(struct inode *inode)
{
	uint32_t was = __atomic_fetch_add(&inode->refs, 1, __ATOMIC_RELAXED);

	assert(was > 0);
	(void)was;
}

/*
 * The last reference to an inode drops one to the directory above, and so on
 * up a removed branch of any depth: a loop, for the stack is small.
 */
void inode_put(struct inode *inode)
{
	while (inode) {
		struct inode *parent;
		uint32_t left = __atomic_sub_fetch(&inode->refs, 1,
						   __ATOMIC_ACQ_REL);

		assert(left != UINT32_MAX);
		if (left)
			return;
		parent = inode->parent;
		if (inode->ops->destroy)
			inode->ops->destroy(inode);
		kfree(inode->old_name);
		kfree(inode);
		__atomic_sub_fetch(&inodes, 1, __ATOMIC_RELAXED);
		inode = parent;
	}
}

void inode_map(struct inode *inode, bool writer)
{
	inode_get(inode);
	__atomic_fetch_add(&inode->mappings, 1, __ATOMIC_RELAXED);
	/* Who may write is a writer already, so nobody executes it. */
	if (writer)
		__atomic_fetch_add(&inode->writers, 1, __ATOMIC_RELAXED);
}

void inode_unmap(struct inode *inode, bool writer)
{
	if (writer)
		inode_end_write(inode);
	__atomic_fetch_sub(&inode->mappings, 1, __ATOMIC_RELAXED);
	inode_put(inode);
}

/* One more on the side of @by, +1 or -1, if nobody is on the other. */
static int take_side(struct inode *inode, int32_t by)
{
	int32_t n = __atomic_load_n(&inode->writers, __ATOMIC_RELAXED);

	do {
		if (by > 0 ? n < 0 : n > 0)
			return -ETXTBSY;
	} while (!__atomic_compare_exchange_n(&inode->writers, &n, n + by,
					      true, __ATOMIC_ACQUIRE,
					      __ATOMIC_RELAXED));
	return 0;
}

static void leave_side(struct inode *inode, int32_t by)
{
	int32_t was = __atomic_fetch_sub(&inode->writers, by, __ATOMIC_RELEASE);

	assert(by > 0 ? was > 0 : was < 0);
	(void)was;
}

int inode_begin_write(struct inode *inode)
{
	return take_side(inode, 1);
}

void inode_end_write(struct inode *inode)
{
	leave_side(inode, 1);
}

int inode_begin_execute(struct inode *inode)
{
	return take_side(inode, -1);
}

void inode_end_execute(struct inode *inode)
{
	leave_side(inode, -1);
}

unsigned inode_count(void)
{
	return __atomic_load_n(&inodes, __ATOMIC_RELAXED);
}

void inode_modified(struct inode *inode)
{
	inode->mtime_ns = clock_realtime();
	inode->ctime_ns = inode->mtime_ns;
}

void inode_accessed(struct inode *inode)
{
	const uint64_t day = UINT64_C(86400) * 1000000000;
	uint64_t now = clock_realtime();

	if (inode->atime_ns <= inode->mtime_ns ||
	    inode->atime_ns <= inode->ctime_ns ||
	    now - inode->atime_ns >= day)
		inode->atime_ns = now;
}

int inode_lookup(struct inode *dir, const char *name, struct inode **out)
{
	int err;

	if (dir->ops->unlocked_lookup)
		return dir->ops->lookup(dir, name, out);
	mutex_lock(&dir->lock);
	err = dir->ops->lookup(dir, name, out);
	mutex_unlock(&dir->lock);
	return err;
}

long inode_readlink(struct inode *inode, char *buf, size_t size)
{
	long n;

	if (!inode_is(inode, MODE_LNK))
		return -EINVAL;
	if (inode->ops->readlink)
		return inode->ops->readlink(inode, buf, size);
	mutex_lock(&inode->lock);
	n = inode->ops->pread(inode, buf, size, 0);
	inode_accessed(inode);
	mutex_unlock(&inode->lock);
	return n;
}

int inode_truncate(struct inode *inode, uint64_t size)
{
	int err;

	if (inode_is(inode, MODE_DIR))
		return -EISDIR;
	if (!inode_is(inode, MODE_REG))
		return -EINVAL;
	if (inode->ops->read_only)
		return -EROFS;
	if (size > INT64_MAX)
		return -EFBIG;
	err = inode_begin_write(inode);
	if (err)
		return err;
	mutex_lock(&inode->lock);
	err = inode->ops->truncate(inode, size);
	mutex_unlock(&inode->lock);
	inode_end_write(inode);
	return err;
}

int inode_chmod(struct inode *inode, uint32_t mode)
{
	if (inode_is(inode, MODE_LNK))
		return -EOPNOTSUPP;
	if (inode->ops->read_only)
		return -EROFS;
	mutex_lock(&inode->lock);
	mode = (inode->mode & MODE_FMT) | (mode & 07777);
	__atomic_store_n(&inode->mode, mode, __ATOMIC_RELAXED);
	inode->ctime_ns = clock_realtime();
	mutex_unlock(&inode->lock);
	return 0;
}

int inode_chown(struct inode *inode, uint32_t uid, uint32_t gid)
{
	uint32_t mode;

	if (inode->ops->read_only)
		return -EROFS;
	mutex_lock(&inode->lock);
	if (uid != UINT32_MAX)
		inode->uid = uid;
	if (gid != UINT32_MAX)
		inode->gid = gid;
	mode = inode->mode;
	if (!inode_is(inode, MODE_DIR)) {
		mode &= ~(uint32_t)MODE_SETUID;
		if (mode & 0010)
			mode &= ~(uint32_t)MODE_SETGID;
	}
	__atomic_store_n(&inode->mode, mode, __ATOMIC_RELAXED);
	inode->ctime_ns = clock_realtime();
	mutex_unlock(&inode->lock);
	return 0;
}

int inode_allocate(struct inode *inode, uint64_t pos, uint64_t len,
		   bool keep_size)
{
	int err;

	if (inode_is(inode, MODE_DIR))
		return -EISDIR;
	if (!inode_is(inode, MODE_REG))
		return inode_is(inode, MODE_FIFO) ? -ESPIPE : -ENODEV;
	if (!inode->ops->allocate)
		return -EOPNOTSUPP;
	if (len > INT64_MAX || pos > INT64_MAX - len)
		return -EFBIG;
	mutex_lock(&inode->lock);
	err = inode->ops->allocate(inode, pos, len, keep_size);
	mutex_unlock(&inode->lock);
	return err;
}

static void set_time(uint64_t *field, uint64_t ns, uint64_t now)
{
	if (ns != INODE_TIME_OMIT)
		*field = ns == INODE_TIME_NOW ? now : ns;
}

int inode_set_times(struct inode *inode, uint64_t atime_ns, uint64_t mtime_ns)
{
	uint64_t now = clock_realtime();

	if (inode->ops->read_only)
		return -EROFS;
	mutex_lock(&inode->lock);
	set_time(&inode->atime_ns, atime_ns, now);
	set_time(&inode->mtime_ns, mtime_ns, now);
	inode->ctime_ns = now;
	mutex_unlock(&inode->lock);
	return 0;
}
