// SPDX-License-Identifier: MIT
/*
 * The tree of /proc. Its inodes are made when they are looked up and say in
 * their number what they are: a kind, and the process that they are about.
 * What the files contain is made in proc_text.c when they are opened, so that
 * all reads of one open file agree.
 */
#include "fs/procfs.h"

#include "fs/file.h"
#include "fs/getdents.h"
#include "fs/inode.h"
#include "fs/proc_text.h"
#include "lib/errno.h"
#include "lib/printf.h"
#include "lib/string.h"
#include "mm/kmem.h"
#include "mm/user.h"
#include "proc/process.h"

enum {
	NAME_POS = 2,		/* position of the first fixed name */
	PID_POS = 0x100,	/* position of process n: PID_POS + n */
	TEXT_SIZE = 1024,
};

/* The fixed names, and the kind of the directory that each is in. */
struct fixed {
	const char *name;
	enum proc_kind kind;
	enum proc_kind dir;
	uint32_t mode;
};

static const struct fixed fixed_names[] = {
	{ "loom", PROC_LOOM, PROC_ROOT, MODE_DIR | 0555 },
	{ "meminfo", PROC_MEMINFO, PROC_ROOT, MODE_REG | 0444 },
	{ "self", PROC_SELF, PROC_ROOT, MODE_LNK | 0777 },
	{ "uptime", PROC_UPTIME, PROC_ROOT, MODE_REG | 0444 },
	{ "counts", PROC_COUNTS, PROC_LOOM, MODE_REG | 0444 },
	{ "stat", PROC_STAT, PROC_PID, MODE_REG | 0444 },
};

enum { FIXED_COUNT = sizeof(fixed_names) / sizeof(fixed_names[0]) };

/* The contents of an open file. */
struct text {
	size_t len;
	char bytes[TEXT_SIZE];
};

static const struct inode_ops proc_ops;
static const struct file_ops dir_file_ops;
static const struct file_ops text_file_ops;

static uint64_t number_of(enum proc_kind kind, int pid)
{
	return (uint64_t)pid << 4 | kind;
}

static enum proc_kind kind_of(const struct inode *inode)
{
	return inode->number & 15;
}

static int pid_of(const struct inode *inode)
{
	return (int)(inode->number >> 4);
}

static int make(struct inode *dir, enum proc_kind kind, int pid, uint32_t mode,
		struct inode **out)
{
	struct inode *inode = inode_alloc(&proc_ops, number_of(kind, pid),
					  mode);

	if (!inode)
		return -ENOMEM;
	if (inode_is(inode, MODE_DIR)) {
		inode->nlink = 2;
		inode->file_ops = &dir_file_ops;
		inode_get(dir);
		inode->parent = dir;
	} else if (inode_is(inode, MODE_REG)) {
		inode->file_ops = &text_file_ops;
	}
	*out = inode;
	return 0;
}

/* The number that @name writes in decimal; 0 if it is none that a pid has. */
static int parse_pid(const char *name)
{
	int pid = 0;

	if (name[0] == '0' || strlen(name) > 9)
		return 0;
	for (; *name; name++) {
		if (*name < '0' || *name > '9')
			return 0;
		pid = pid * 10 + (*name - '0');
	}
	return pid;
}

static bool process_exists(int pid)
{
	struct process *p = pid > 0 ? process_find(pid) : NULL;

	if (!p)
		return false;
	process_put(p);
	return true;
}

static int lookup_op(struct inode *dir, const char *name, struct inode **out)
{
	int pid;

	for (unsigned i = 0; i < FIXED_COUNT; i++) {
		const struct fixed *f = &fixed_names[i];

		if (f->dir == kind_of(dir) && strcmp(f->name, name) == 0)
			return make(dir, f->kind, pid_of(dir), f->mode, out);
	}
	if (kind_of(dir) != PROC_ROOT)
		return -ENOENT;
	pid = parse_pid(name);
	if (!process_exists(pid))
		return -ENOENT;
	return make(dir, PROC_PID, pid, MODE_DIR | 0555, out);
}

static int name_of_op(struct inode *child, char *name)
{
	for (unsigned i = 0; i < FIXED_COUNT; i++) {
		if (fixed_names[i].kind == kind_of(child)) {
			strlcpy(name, fixed_names[i].name, FS_NAME_SIZE);
			return 0;
		}
	}
	if (!process_exists(pid_of(child)))
		return -ENOENT;
	format(name, FS_NAME_SIZE, "%d", pid_of(child));
	return 0;
}

/* /proc/self is the only link. */
static long pread_op(struct inode *inode, void *dst, size_t len, uint64_t pos)
{
	struct process *p = process_current();
	char target[16];
	size_t n;

	(void)pos;
	if (kind_of(inode) != PROC_SELF)
		return -EINVAL;
	if (!p)
		return -ENOENT;
	n = (size_t)format(target, sizeof(target), "%d", p->pid);
	if (n > len)
		n = len;
	memcpy(dst, target, n);
	return (long)n;
}

static const struct inode_ops proc_ops = {
	.dev = 2,
	.read_only = true,
	.lookup = lookup_op,
	.name_of = name_of_op,
	.pread = pread_op,
};

static int text_open(struct file *f)
{
	struct text *t = kmalloc(sizeof(*t));
	int n;

	if (!t)
		return -ENOMEM;
	n = proc_text(kind_of(f->inode), pid_of(f->inode), t->bytes,
		      TEXT_SIZE);
	if (n < 0) {
		kfree(t);
		return n;
	}
	t->len = n < TEXT_SIZE ? (size_t)n : TEXT_SIZE - 1;
	f->data = t;
	return 0;
}

static void text_release(struct file *f)
{
	kfree(f->data);
}

static long text_read(struct file *f, uint64_t buf, size_t len, uint64_t *pos)
{
	const struct text *t = f->data;
	size_t n;

	if (*pos >= t->len)
		return 0;
	if (len > t->len - *pos)
		len = t->len - *pos;
	n = copy_to_user_partial(buf, t->bytes + *pos, len);
	*pos += n;
	return n ? (long)n : -EFAULT;
}

static const struct file_ops text_file_ops = {
	.read = text_read,
	.open = text_open,
	.release = text_release,
	.seekable = true,
};

static void emit_fixed(struct file *f, struct dirent_sink *sink)
{
	while (f->pos < NAME_POS + FIXED_COUNT) {
		const struct fixed *e = &fixed_names[f->pos - NAME_POS];

		if (e->dir == kind_of(f->inode) &&
		    !dirent_emit(sink, number_of(e->kind, pid_of(f->inode)),
				 f->pos + 1, e->mode, e->name))
			return;
		f->pos++;
	}
	if (f->pos < PID_POS)
		f->pos = PID_POS;
}

static void emit_processes(struct file *f, struct dirent_sink *sink)
{
	for (;;) {
		int after = (int)(f->pos - PID_POS), pid;
		struct process *p = process_next(after);
		char name[16];

		if (!p)
			return;
		pid = p->pid;
		process_put(p);
		format(name, sizeof(name), "%d", pid);
		if (!dirent_emit(sink, number_of(PROC_PID, pid),
				 PID_POS + (uint64_t)pid, MODE_DIR, name))
			return;
		f->pos = PID_POS + (uint64_t)pid;
	}
}

static long getdents_op(struct file *f, uint64_t buf, size_t len)
{
	struct dirent_sink sink = { .buf = buf, .len = len };

	if (dirent_emit_dots(&sink, f))
		emit_fixed(f, &sink);
	if (!sink.err && kind_of(f->inode) == PROC_ROOT &&
	    f->pos - PID_POS <= INT32_MAX)
		emit_processes(f, &sink);
	return dirent_result(&sink);
}

static const struct file_ops dir_file_ops = {
	.getdents = getdents_op,
	.seekable = true,
};

struct inode *procfs_root(void)
{
	struct inode *inode = inode_alloc(&proc_ops, number_of(PROC_ROOT, 0),
					  MODE_DIR | 0555);

	if (!inode)
		return NULL;
	inode->nlink = 2;
	inode->file_ops = &dir_file_ops;
	return inode;
}
