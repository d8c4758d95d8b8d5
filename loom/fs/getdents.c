// SPDX-License-Identifier: MIT
/*
 * Directory records in Linux's layout; see getdents.h.
 */
#include "fs/getdents.h"

#include "fs/file.h"
#include "fs/inode.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "mm/user.h"

/* struct linux_dirent64 */
struct record {
	uint64_t ino;
	int64_t off;
	uint16_t reclen;
	uint8_t type;
	char name[FS_NAME_SIZE + 5];
};

_Static_assert(offsetof(struct record, name) == 19, "Linux's layout");

bool dirent_emit(struct dirent_sink *sink, uint64_t number, uint64_t next,
		 uint32_t mode, const char *name)
{
	struct record r;
	size_t size = offsetof(struct record, name) + strlen(name) + 1;

	size = (size + 7) & ~(size_t)7;
	if (size > sink->len - sink->done) {
		sink->err = -EINVAL;
		return false;
	}
	memset(&r, 0, sizeof(r));
	r.ino = number;
	r.off = (int64_t)next;
	r.reclen = (uint16_t)size;
	r.type = (uint8_t)((mode & MODE_FMT) >> 12);
	strlcpy(r.name, name, sizeof(r.name));
	if (copy_to_user(sink->buf + sink->done, &r, size)) {
		sink->err = -EFAULT;
		return false;
	}
	sink->done += size;
	return true;
}

bool dirent_emit_dots(struct dirent_sink *sink, struct file *f)
{
	struct inode *parent;
	bool ok;

	if (f->pos == 0) {
		if (!dirent_emit(sink, f->inode->number, 1, MODE_DIR, "."))
			return false;
		f->pos = 1;
	}
	if (f->pos > 1)
		return true;
	parent = inode_parent(f->inode);
	ok = dirent_emit(sink, parent->number, 2, MODE_DIR, "..");
	inode_put(parent);
	if (ok)
		f->pos = 2;
	return ok;
}

long dirent_result(const struct dirent_sink *sink)
{
	return sink->done ? (long)sink->done : sink->err;
}
