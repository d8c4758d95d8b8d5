// SPDX-License-Identifier: MIT
/*
 * The tree of /proc. Its inodes are made when they are looked up and say in
 * their number what they are: a kind, the process that they are about, and
 * the thread or descriptor. What is in a file is written when it is read
 * (proc_text.c); a process that ends meanwhile is -ESRCH.
 *
 * Names are looked up without the directory's lock: nothing here is ever
 * added or removed, and to look for a descriptor may close one.
 */
#include "fs/procfs.h"

#include "fs/file.h"
#include "fs/fs_context.h"
#include "fs/getdents.h"
#include "fs/inode.h"
#include "fs/proc.h"
#include "fs/proc_text.h"
#include "lib/errno.h"
#include "lib/printf.h"
#include "lib/string.h"
#include "mm/kmem.h"
#include "proc/inspect.h"
#include "proc/process.h"

/* Directories, and what has a number for a name. Fixed names come behind. */
enum kind {
	KIND_ROOT = 1,		/* its inode's number: as Linux */
	KIND_PID,		/* /proc/7 */
	KIND_TASKS,		/* /proc/7/task */
	KIND_TID,		/* /proc/7/task/8 */
	KIND_FDS,
	KIND_FD,		/* /proc/7/fd/0 */
	KIND_FDINFOS,
	KIND_FDINFO,
	KIND_LOOM,
	KIND_SYS,
	KIND_SYS_FS,
	KIND_SYS_KERNEL,
	KIND_SYS_RANDOM,
	KIND_SYS_VM,
	KIND_FIXED,
};

/* A fixed name in a directory: a directory itself, a file or a link. */
struct fixed {
	const char *name;
	uint8_t dir;
	uint8_t kind;		/* a directory; 0: a file or link */
	uint16_t mode;		/* 0: what is usual for what it is */
	proc_text_fn text;
	proc_follow_fn follow;
};

static const struct fixed fixed_names[] = {
	{ "cmdline", KIND_ROOT, 0, 0, proc_boot_cmdline, NULL },
	{ "cpuinfo", KIND_ROOT, 0, 0, proc_cpuinfo, NULL },
	{ "devices", KIND_ROOT, 0, 0, proc_devices, NULL },
	{ "filesystems", KIND_ROOT, 0, 0, proc_filesystems, NULL },
	{ "interrupts", KIND_ROOT, 0, 0, proc_interrupts, NULL },
	{ "loadavg", KIND_ROOT, 0, 0, proc_loadavg, NULL },
	{ "loom", KIND_ROOT, KIND_LOOM, 0, NULL, NULL },
	{ "meminfo", KIND_ROOT, 0, 0, proc_meminfo, NULL },
	{ "mounts", KIND_ROOT, 0, MODE_LNK | 0777, proc_mounts_link, NULL },
	{ "self", KIND_ROOT, 0, MODE_LNK | 0777, proc_self, NULL },
	{ "stat", KIND_ROOT, 0, 0, proc_machine_stat, NULL },
	{ "sys", KIND_ROOT, KIND_SYS, 0, NULL, NULL },
	{ "thread-self", KIND_ROOT, 0, MODE_LNK | 0777, proc_thread_self,
	  NULL },
	{ "uptime", KIND_ROOT, 0, 0, proc_uptime, NULL },
	{ "version", KIND_ROOT, 0, 0, proc_version, NULL },

	{ "asid", KIND_LOOM, 0, 0, proc_asid, NULL },
	{ "calls", KIND_LOOM, 0, 0, proc_calls, NULL },
	{ "counts", KIND_LOOM, 0, 0, proc_counts, NULL },
	{ "cpus", KIND_LOOM, 0, 0, proc_cpus, NULL },
#if LOOM_DEBUG
	{ "locks", KIND_LOOM, 0, 0, proc_locks, NULL },
#endif
	{ "threads", KIND_LOOM, 0, MODE_REG | 0400, proc_threads, NULL },

	{ "fs", KIND_SYS, KIND_SYS_FS, 0, NULL, NULL },
	{ "kernel", KIND_SYS, KIND_SYS_KERNEL, 0, NULL, NULL },
	{ "vm", KIND_SYS, KIND_SYS_VM, 0, NULL, NULL },
	{ "file-max", KIND_SYS_FS, 0, 0, proc_file_max, NULL },
	{ "domainname", KIND_SYS_KERNEL, 0, 0, proc_domainname, NULL },
	{ "hostname", KIND_SYS_KERNEL, 0, 0, proc_hostname, NULL },
	{ "osrelease", KIND_SYS_KERNEL, 0, 0, proc_osrelease, NULL },
	{ "ostype", KIND_SYS_KERNEL, 0, 0, proc_ostype, NULL },
	{ "overflowgid", KIND_SYS_KERNEL, 0, 0, proc_overflow_id, NULL },
	{ "overflowuid", KIND_SYS_KERNEL, 0, 0, proc_overflow_id, NULL },
	{ "pid_max", KIND_SYS_KERNEL, 0, 0, proc_pid_max, NULL },
	{ "random", KIND_SYS_KERNEL, KIND_SYS_RANDOM, 0, NULL, NULL },
	{ "threads-max", KIND_SYS_KERNEL, 0, 0, proc_threads_max, NULL },
	{ "version", KIND_SYS_KERNEL, 0, 0, proc_osversion, NULL },
	{ "boot_id", KIND_SYS_RANDOM, 0, 0, proc_boot_id, NULL },
	{ "entropy_avail", KIND_SYS_RANDOM, 0, 0, proc_entropy, NULL },
	{ "poolsize", KIND_SYS_RANDOM, 0, 0, proc_entropy, NULL },
	{ "uuid", KIND_SYS_RANDOM, 0, 0, proc_uuid, NULL },
	{ "overcommit_memory", KIND_SYS_VM, 0, 0, proc_overcommit, NULL },

	{ "cmdline", KIND_PID, 0, 0, proc_cmdline, NULL },
	{ "comm", KIND_PID, 0, 0, proc_comm, NULL },
	{ "cwd", KIND_PID, 0, MODE_LNK | 0777, NULL, proc_cwd },
	{ "environ", KIND_PID, 0, MODE_REG | 0400, proc_environ, NULL },
	{ "exe", KIND_PID, 0, MODE_LNK | 0777, NULL, proc_exe },
	{ "fd", KIND_PID, KIND_FDS, MODE_DIR | 0500, NULL, NULL },
	{ "fdinfo", KIND_PID, KIND_FDINFOS, 0, NULL, NULL },
	{ "limits", KIND_PID, 0, 0, proc_limits, NULL },
	{ "maps", KIND_PID, 0, 0, proc_maps, NULL },
	{ "mounts", KIND_PID, 0, 0, proc_mounts, NULL },
	{ "oom_score", KIND_PID, 0, 0, proc_zero, NULL },
	{ "oom_score_adj", KIND_PID, 0, 0, proc_zero, NULL },
	{ "root", KIND_PID, 0, MODE_LNK | 0777, NULL, proc_root },
	{ "stack", KIND_PID, 0, MODE_REG | 0400, proc_stack, NULL },
	{ "stat", KIND_PID, 0, 0, proc_stat, NULL },
	{ "statm", KIND_PID, 0, 0, proc_statm, NULL },
	{ "status", KIND_PID, 0, 0, proc_status, NULL },
	{ "syscall", KIND_PID, 0, MODE_REG | 0400, proc_syscall, NULL },
	{ "task", KIND_PID, KIND_TASKS, 0, NULL, NULL },
	{ "wchan", KIND_PID, 0, 0, proc_wchan, NULL },

	{ "cmdline", KIND_TID, 0, 0, proc_cmdline, NULL },
	{ "comm", KIND_TID, 0, 0, proc_comm, NULL },
	{ "maps", KIND_TID, 0, 0, proc_maps, NULL },
	{ "stack", KIND_TID, 0, MODE_REG | 0400, proc_stack, NULL },
	{ "stat", KIND_TID, 0, 0, proc_stat, NULL },
	{ "statm", KIND_TID, 0, 0, proc_statm, NULL },
	{ "status", KIND_TID, 0, 0, proc_status, NULL },
	{ "syscall", KIND_TID, 0, MODE_REG | 0400, proc_syscall, NULL },
	{ "wchan", KIND_TID, 0, 0, proc_wchan, NULL },
};

enum {
	FIXED_COUNT = sizeof(fixed_names) / sizeof(fixed_names[0]),
	NAME_POS = 2,		/* position of the first fixed name */
	NUMBER_POS = 0x100,	/* position of the name n: NUMBER_POS + n */
};

_Static_assert(KIND_FIXED + FIXED_COUNT < 256, "a kind is 8 bits");
_Static_assert(NAME_POS + FIXED_COUNT < NUMBER_POS, "positions are distinct");

static const struct inode_ops proc_ops;
static const struct file_ops dir_file_ops;
static const struct file_ops text_file_ops;

/* Numbers of inodes: kind, thread or descriptor + 1, process. */

static uint64_t number_of(unsigned kind, struct proc_id id)
{
	return (uint64_t)id.pid << 32 | (uint64_t)(id.sub + 1) << 8 | kind;
}

static unsigned kind_of(const struct inode *inode)
{
	return inode->number & 0xff;
}

static struct proc_id id_of(const struct inode *inode)
{
	return (struct proc_id){
		.pid = (int)(inode->number >> 32),
		.sub = (int)(inode->number >> 8 & 0xffffff) - 1,
	};
}

/* NULL if @inode has no fixed name, or is a directory with one. */
static const struct fixed *fixed_of(const struct inode *inode)
{
	unsigned kind = kind_of(inode);

	return kind >= KIND_FIXED ? &fixed_names[kind - KIND_FIXED] : NULL;
}

static unsigned kind_of_fixed(const struct fixed *f)
{
	return f->kind ? f->kind : KIND_FIXED + (unsigned)(f - fixed_names);
}

static uint32_t mode_of_fixed(const struct fixed *f)
{
	if (f->mode)
		return f->mode;
	return f->kind ? MODE_DIR | 0555 : MODE_REG | 0444;
}

/* The kind of what has numbers for names in a directory; 0: nothing. */
static unsigned numbered_in(unsigned dir)
{
	switch (dir) {
	case KIND_ROOT: return KIND_PID;
	case KIND_TASKS: return KIND_TID;
	case KIND_FDS: return KIND_FD;
	case KIND_FDINFOS: return KIND_FDINFO;
	default: return 0;
	}
}

/* The type and permissions of what the number @n names, or -ENOENT. */
static int mode_of_number(unsigned kind, int pid, int n)
{
	switch (kind) {
	case KIND_PID:
		return inspect_process_exists(n) ? MODE_DIR | 0555 : -ENOENT;
	case KIND_TID:
		return inspect_thread_exists(pid, n) ? MODE_DIR | 0555 :
						       -ENOENT;
	case KIND_FD:
	case KIND_FDINFO:
		if (proc_fd_mode(pid, n) < 0)
			return -ENOENT;
		return kind == KIND_FD ? MODE_LNK | proc_fd_mode(pid, n) :
					 MODE_REG | 0400;
	default:
		return -ENOENT;
	}
}

/* The smallest number above @n that a directory has; -1: none. */
static int next_number(unsigned kind, int pid, int n)
{
	switch (kind) {
	case KIND_PID: return inspect_next_process(n);
	case KIND_TID: return inspect_next_thread(pid, n);
	case KIND_FD:
	case KIND_FDINFO: return proc_next_fd(pid, n + 1);
	default: return -1;
	}
}

static struct proc_id id_of_number(unsigned kind, int pid, int n)
{
	if (kind == KIND_PID)
		return (struct proc_id){ .pid = n, .sub = -1 };
	return (struct proc_id){ .pid = pid, .sub = n };
}

static int make(struct inode *dir, unsigned kind, struct proc_id id,
		uint32_t mode, struct inode **out)
{
	struct inode *inode = inode_alloc(&proc_ops, number_of(kind, id), mode);

	if (!inode)
		return -ENOMEM;
	inode_get(dir);
	inode->parent = dir;
	if (inode_is(inode, MODE_DIR)) {
		inode->nlink = 2;
		inode->file_ops = &dir_file_ops;
	} else if (inode_is(inode, MODE_REG)) {
		inode->file_ops = &text_file_ops;
	}
	*out = inode;
	return 0;
}

/* The number that @name writes in decimal; -1 if it is none. */
static int parse_number(const char *name)
{
	int n = 0;

	if (!*name || (name[0] == '0' && name[1]) || strlen(name) > 7)
		return -1;
	for (; *name; name++) {
		if (*name < '0' || *name > '9')
			return -1;
		n = n * 10 + (*name - '0');
	}
	return n;
}

static int lookup_op(struct inode *dir, const char *name, struct inode **out)
{
	unsigned kind = numbered_in(kind_of(dir));
	struct proc_id id = id_of(dir);
	int n, mode;

	for (const struct fixed *f = fixed_names;
	     f < fixed_names + FIXED_COUNT; f++)
		if (f->dir == kind_of(dir) && strcmp(f->name, name) == 0)
			return make(dir, kind_of_fixed(f), id,
				    mode_of_fixed(f), out);
	n = kind ? parse_number(name) : -1;
	if (n < 0)
		return -ENOENT;
	mode = mode_of_number(kind, id.pid, n);
	if (mode < 0)
		return mode;
	return make(dir, kind, id_of_number(kind, id.pid, n), (uint32_t)mode,
		    out);
}

static int name_of_op(struct inode *inode, char *name)
{
	unsigned kind = kind_of(inode);
	struct proc_id id = id_of(inode);
	int n = kind == KIND_PID ? id.pid : id.sub;

	for (const struct fixed *f = fixed_names;
	     f < fixed_names + FIXED_COUNT; f++) {
		if (kind_of_fixed(f) == kind) {
			strlcpy(name, f->name, FS_NAME_SIZE);
			return 0;
		}
	}
	/* No descriptor's: to look for it may close it, with a lock held. */
	if (kind <= KIND_TID && mode_of_number(kind, id.pid, n) < 0)
		return -ENOENT;
	format(name, FS_NAME_SIZE, "%d", n);
	return 0;
}

static int follow_op(struct inode *link, struct inode **out)
{
	const struct fixed *f = fixed_of(link);

	if (kind_of(link) == KIND_FD)
		return proc_fd(id_of(link), out);
	return f && f->follow ? f->follow(id_of(link), out) : FOLLOW_PATH;
}

long proc_show_path(struct inode *target, char *buf, size_t size)
{
	char *path = kmalloc(FS_PATH_SIZE);
	struct inode *root;
	long n;

	if (!path)
		return -ENOMEM;
	root = fs_caller_root();
	n = path_shown(target, root, path, FS_PATH_SIZE);
	inode_put(root);
	if (n > (long)size)
		n = (long)size;
	if (n > 0)
		memcpy(buf, path, (size_t)n);
	kfree(path);
	return n == -ERANGE ? -ENAMETOOLONG : n;
}

/* The path of what a link stands for, or the text of one that is a path. */
static long readlink_op(struct inode *link, char *buf, size_t size)
{
	struct proc_text t = { NULL, 0, 0, false };
	struct inode *target;
	long n = follow_op(link, &target);

	if (n == 0) {
		n = proc_show_path(target, buf, size);
		inode_put(target);
		return n;
	}
	if (n < 0)
		return n;
	n = procfs_write(link, &t);
	if (!n && t.full)
		n = -ENOMEM;
	if (!n) {
		n = (long)(t.len < size ? t.len : size);
		memcpy(buf, t.bytes ? t.bytes : "", (size_t)n);
	}
	kfree(t.bytes);
	return n;
}

static const struct inode_ops proc_ops = {
	.dev = 2,
	.magic = 0x9fa0,
	.read_only = true,
	.unlocked_lookup = true,
	.lookup = lookup_op,
	.name_of = name_of_op,
	.follow = follow_op,
	.readlink = readlink_op,
};

int procfs_write(const struct inode *inode, struct proc_text *text)
{
	const struct fixed *f = fixed_of(inode);

	if (kind_of(inode) == KIND_FDINFO)
		return proc_fdinfo(text, id_of(inode));
	return f && f->text ? f->text(text, id_of(inode)) : -EINVAL;
}

static const struct file_ops text_file_ops = {
	.read = proc_text_read,
	.open = proc_text_open,
	.release = proc_text_release,
	.seekable = true,
};

static void emit_fixed(struct file *f, struct dirent_sink *sink)
{
	while (f->pos < NAME_POS + FIXED_COUNT) {
		const struct fixed *e = &fixed_names[f->pos - NAME_POS];

		if (e->dir == kind_of(f->inode) &&
		    !dirent_emit(sink, number_of(kind_of_fixed(e),
						 id_of(f->inode)),
				 f->pos + 1, mode_of_fixed(e), e->name))
			return;
		f->pos++;
	}
	if (f->pos < NUMBER_POS)
		f->pos = NUMBER_POS;
}

static void emit_numbers(struct file *f, struct dirent_sink *sink)
{
	unsigned kind = numbered_in(kind_of(f->inode));
	int pid = id_of(f->inode).pid, n;
	char name[16];

	if (!kind || f->pos - NUMBER_POS > INT32_MAX)
		return;
	while ((n = next_number(kind, pid, (int)(f->pos - NUMBER_POS) - 1)) >=
	       0) {
		uint64_t next = NUMBER_POS + (uint64_t)n + 1;
		uint32_t mode = MODE_DIR;

		if (kind == KIND_FD)
			mode = MODE_LNK;
		else if (kind == KIND_FDINFO)
			mode = MODE_REG;
		format(name, sizeof(name), "%d", n);
		if (!dirent_emit(sink, number_of(kind,
						 id_of_number(kind, pid, n)),
				 next, mode, name))
			return;
		f->pos = next;
	}
}

static long getdents_op(struct file *f, uint64_t buf, size_t len)
{
	struct dirent_sink sink = { .buf = buf, .len = len };
	int pid = id_of(f->inode).pid;

	if (pid && !inspect_process_exists(pid))
		return -ENOENT;
	if (dirent_emit_dots(&sink, f))
		emit_fixed(f, &sink);
	if (!sink.err)
		emit_numbers(f, &sink);
	return dirent_result(&sink);
}

static const struct file_ops dir_file_ops = {
	.getdents = getdents_op,
	.seekable = true,
};

struct inode *procfs_root(void)
{
	const struct proc_id none = { .pid = 0, .sub = -1 };
	struct inode *inode = inode_alloc(&proc_ops,
					  number_of(KIND_ROOT, none),
					  MODE_DIR | 0555);

	if (!inode)
		return NULL;
	inode->nlink = 2;
	inode->file_ops = &dir_file_ops;
	return inode;
}
