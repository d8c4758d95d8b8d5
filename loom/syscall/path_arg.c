// SPDX-License-Identifier: MIT
/*
 * Paths and descriptors as arguments of system calls; see path_arg.h.
 */
#include "syscall/path_arg.h"

#include "fs/file.h"
#include "fs/fs_context.h"
#include "fs/inode.h"
#include "lib/assert.h"
#include "lib/errno.h"
#include "mm/kmem.h"
#include "mm/user.h"
#include "proc/process.h"

struct file *file_arg(uint64_t fd)
{
	return files_lookup(process_current()->files, (int)fd);
}

/*
 * Nobody else can take a file off the table: the process has no other thread,
 * and no process shares it. That stays so during the call, for only this thread
 * could make another user. Acquire: what the others did that have ended, who
 * took themselves off with a release (proc/exit.c, files_put).
 */
static bool alone(const struct process *p)
{
	return __atomic_load_n(&p->running, __ATOMIC_ACQUIRE) == 1 &&
	       !files_shared(p->files);
}

struct file_ref file_ref_get(uint64_t fd)
{
	const struct process *p = process_current();

	if (alone(p))
		return (struct file_ref){ files_peek(p->files, (int)fd),
					  false };
	return (struct file_ref){ files_lookup(p->files, (int)fd), true };
}

void file_ref_put(struct file_ref ref)
{
	/* If not counted, the table's reference has kept it. */
	assert(__atomic_load_n(&ref.file->refs, __ATOMIC_RELAXED) > 0);
	if (ref.counted)
		file_put(ref.file);
}

/* The inode behind a descriptor or AT_FDCWD, counted. */
static int inode_of(uint64_t dirfd, struct inode **out)
{
	struct file *f;

	if ((int)dirfd == AT_FDCWD) {
		*out = fs_context_cwd(process_current()->fs);
		return 0;
	}
	f = file_arg(dirfd);
	if (!f)
		return -EBADF;
	*out = f->inode;
	inode_get(*out);
	file_put(f);
	return 0;
}

static int read_text(char **text, uint64_t path)
{
	char *buf = kmalloc(FS_PATH_SIZE);
	long n;

	if (!buf)
		return -ENOMEM;
	n = string_from_user(buf, path, FS_PATH_SIZE);
	if (n < 0) {
		kfree(buf);
		return (int)n;
	}
	*text = buf;
	return 0;
}

/* Where @text starts; an absolute path does not look at @dirfd. */
static int find_base(uint64_t dirfd, const char *text, struct inode **base)
{
	int err;

	if (text[0] == '/') {
		*base = fs_caller_root();
		return 0;
	}
	err = inode_of(dirfd, base);
	if (err || inode_is(*base, MODE_DIR))
		return err;
	inode_put(*base);
	return -ENOTDIR;
}

int path_arg_get(struct path_arg *p, uint64_t dirfd, uint64_t path)
{
	int err = read_text(&p->text, path);

	if (err)
		return err;
	err = p->text[0] ? find_base(dirfd, p->text, &p->base) : -ENOENT;
	if (err)
		kfree(p->text);
	return err;
}

int path_arg_get_empty(struct path_arg *p, uint64_t dirfd, uint64_t path)
{
	int err = read_text(&p->text, path);

	if (err)
		return err;
	err = p->text[0] ? find_base(dirfd, p->text, &p->base)
			 : inode_of(dirfd, &p->base);
	if (err)
		kfree(p->text);
	return err;
}

void path_arg_put(struct path_arg *p)
{
	inode_put(p->base);
	kfree(p->text);
}

int path_arg_inode(uint64_t dirfd, uint64_t path, unsigned flags,
		   struct inode **out)
{
	struct inode *base;
	char *text = NULL;
	int err = read_text(&text, path);

	if (err)
		return err;
	if (!text[0]) {
		err = flags & AT_EMPTY_PATH ? inode_of(dirfd, out) : -ENOENT;
	} else {
		err = find_base(dirfd, text, &base);
		if (!err) {
			err = path_lookup(base, text,
					  !(flags & AT_SYMLINK_NOFOLLOW), out);
			inode_put(base);
		}
	}
	kfree(text);
	return err;
}
