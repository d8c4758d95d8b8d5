// SPDX-License-Identifier: MIT
/*
 * Links of /proc: to the reader's own directory, to what a process has open,
 * to its program and where it is.
 */
#include "fs/file.h"
#include "fs/fs_context.h"
#include "fs/inode.h"
#include "fs/proc.h"
#include "lib/errno.h"
#include "mm/aspace.h"
#include "proc/inspect.h"
#include "proc/process.h"

int proc_self(struct proc_text *t, struct proc_id id)
{
	const struct process *p = process_current();

	(void)id;
	if (!p)
		return -ENOENT;
	proc_add(t, "%d", p->pid);
	return 0;
}

int proc_thread_self(struct proc_text *t, struct proc_id id)
{
	const struct process *p = process_current();

	(void)id;
	if (!p)
		return -ENOENT;
	proc_add(t, "%d/task/%d", p->pid, inspect_own_thread());
	return 0;
}

int proc_mounts_link(struct proc_text *t, struct proc_id id)
{
	(void)id;
	proc_add(t, "self/mounts");
	return 0;
}

int proc_exe(struct proc_id id, struct inode **out)
{
	struct process *p = process_find(id.pid);
	struct aspace *as = p ? process_aspace(p) : NULL;
	int err = p ? -ENOENT : -ESRCH;

	if (as) {
		*out = aspace_program(as);
		if (*out)
			err = 0;
		aspace_put(as);
	}
	if (p)
		process_put(p);
	return err;
}

static int follow_context(struct proc_id id,
			  struct inode *(*look)(struct fs_context *fs),
			  struct inode **out)
{
	struct process *p = process_find(id.pid);
	struct fs_context *fs = p ? process_fs(p) : NULL;

	if (p)
		process_put(p);
	if (!fs)
		return p ? -ENOENT : -ESRCH;
	*out = look(fs);
	fs_context_put(fs);
	return 0;
}

int proc_cwd(struct proc_id id, struct inode **out)
{
	return follow_context(id, fs_context_cwd, out);
}

int proc_root(struct proc_id id, struct inode **out)
{
	return follow_context(id, fs_context_root, out);
}

/* The descriptors of process @pid, counted; NULL. */
static struct files *files_of(int pid)
{
	struct process *p = process_find(pid);
	struct files *files = p ? process_files(p) : NULL;

	if (p)
		process_put(p);
	return files;
}

/* The file of a descriptor of process @pid, counted; NULL. */
static struct file *file_of(int pid, int fd)
{
	struct files *files = files_of(pid);
	struct file *f = files ? files_lookup(files, fd) : NULL;

	if (files)
		files_put(files);
	return f;
}

int proc_fd(struct proc_id id, struct inode **out)
{
	struct file *f = file_of(id.pid, id.sub);

	if (!f)
		return -ENOENT;
	*out = f->inode;
	inode_get(*out);
	file_put(f);
	return 0;
}

int proc_next_fd(int pid, int fd)
{
	struct files *files = files_of(pid);
	int next;

	if (!files)
		return -1;
	next = files_next(files, fd);
	files_put(files);
	return next;
}

int proc_fd_mode(int pid, int fd)
{
	struct file *f = file_of(pid, fd);
	uint32_t access;

	if (!f)
		return -ENOENT;
	access = file_flags(f) & FILE_ACCMODE;
	file_put(f);
	if (access == FILE_RDONLY)
		return 0500;
	return access == FILE_WRONLY ? 0300 : 0700;
}

int proc_fdinfo(struct proc_text *t, struct proc_id id)
{
	struct file *f = file_of(id.pid, id.sub);
	uint64_t pos;

	if (!f)
		return -ENOENT;
	/* It may be the file that is read just now, whose lock is held. */
	pos = __atomic_load_n(&f->pos, __ATOMIC_RELAXED);
	proc_add(t, "pos:\t%llu\nflags:\t0%o\nmnt_id:\t%u\nino:\t%llu\n",
		 (unsigned long long)pos, file_flags(f),
		 (unsigned)f->inode->ops->dev,
		 (unsigned long long)f->inode->number);
	file_put(f);
	return 0;
}
