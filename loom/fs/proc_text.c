// SPDX-License-Identifier: MIT
/*
 * Texts of /proc: memory for them, and the open files that they are read
 * from. A text is made when the file is read at its start, and kept for reads
 * that go on from there, so that they agree; to go back to the start makes a
 * new one, as programs that keep a file open expect.
 */
#include "fs/proc_text.h"

#include <stdarg.h>

#include "fs/file.h"
#include "fs/inode.h"
#include "fs/proc.h"
#include "lib/errno.h"
#include "lib/printf.h"
#include "lib/string.h"
#include "mm/kmem.h"
#include "mm/user.h"

enum { FIRST_SIZE = 512 };

/* Room for @len bytes more and a NUL; false, and full, if there is none. */
static bool make_room(struct proc_text *t, size_t len)
{
	size_t size = t->size ? t->size : FIRST_SIZE;
	char *bytes;

	if (t->full)
		return false;
	while (size < t->len + len + 1)
		size *= 2;
	if (size == t->size)
		return true;
	bytes = size <= PROC_TEXT_MAX ? kmalloc(size) : NULL;
	if (!bytes) {
		t->full = true;
		return false;
	}
	memcpy(bytes, t->bytes ? t->bytes : "", t->len);
	kfree(t->bytes);
	t->bytes = bytes;
	t->size = size;
	return true;
}

void proc_add_bytes(struct proc_text *t, const void *bytes, size_t len)
{
	if (!make_room(t, len))
		return;
	memcpy(t->bytes + t->len, bytes, len);
	t->len += len;
}

void proc_add(struct proc_text *t, const char *fmt, ...)
{
	size_t room = t->size - t->len;
	va_list ap;
	int n;

	if (t->full)
		return;
	va_start(ap, fmt);
	n = format_v(t->bytes ? t->bytes + t->len : NULL, room, fmt, ap);
	va_end(ap);
	if ((size_t)n >= room) {
		if (!make_room(t, (size_t)n))
			return;
		va_start(ap, fmt);
		n = format_v(t->bytes + t->len, t->size - t->len, fmt, ap);
		va_end(ap);
	}
	t->len += (size_t)n;
}

/* What an open file has: both under the inode's lock. */
struct reader {
	struct proc_text text;
	bool made;
};

int proc_text_open(struct file *f)
{
	f->data = kzalloc(sizeof(struct reader));
	return f->data ? 0 : -ENOMEM;
}

void proc_text_release(struct file *f)
{
	struct reader *r = f->data;

	kfree(r->text.bytes);
	kfree(r);
}

/* Make the text anew, without a lock, and put it in the place of the old. */
static int make_text(struct file *f)
{
	struct proc_text text = { NULL, 0, 0, false };
	struct reader *r = f->data;
	char *old;
	int err = procfs_write(f->inode, &text);

	/* Not even its first line: so that an empty file is a true one. */
	if (!err && text.full && !text.len)
		err = -ENOMEM;
	if (err) {
		kfree(text.bytes);
		return err;
	}
	mutex_lock(&f->inode->lock);
	old = r->text.bytes;
	r->text = text;
	r->made = true;
	mutex_unlock(&f->inode->lock);
	kfree(old);
	return 0;
}

long proc_text_read(struct file *f, uint64_t buf, size_t len, uint64_t *pos)
{
	const struct reader *r = f->data;
	size_t n = 0;
	bool made;
	int err;

	mutex_lock(&f->inode->lock);
	made = r->made;
	mutex_unlock(&f->inode->lock);
	if (*pos == 0 || !made) {
		err = make_text(f);
		if (err)
			return err;
	}
	mutex_lock(&f->inode->lock);
	if (*pos >= r->text.len)
		len = 0;
	else if (len > r->text.len - *pos)
		len = r->text.len - *pos;
	if (len)
		n = copy_to_user_partial(buf, r->text.bytes + *pos, len);
	mutex_unlock(&f->inode->lock);
	*pos += n;
	return n || !len ? (long)n : -EFAULT;
}
