// SPDX-License-Identifier: MIT
/*
 * Texts of /proc about a process's memory: its areas, its arguments and
 * environment, which are read where the program has them.
 */
#include "fs/file.h"
#include "fs/inode.h"
#include "fs/proc.h"
#include "lib/errno.h"
#include "mm/area.h"
#include "mm/aspace.h"
#include "mm/inspect.h"
#include "mm/kmem.h"
#include "proc/process.h"

enum {
	CHUNK = 512,
	NAME_COLUMN = 73,	/* of the name in a line of maps */
};

/* The memory of process @pid, counted: 0; -ESRCH; NULL of a zombie. */
static int memory_of(int pid, struct aspace **as)
{
	struct process *p = process_find(pid);

	if (!p)
		return -ESRCH;
	*as = process_aspace(p);
	process_put(p);
	return 0;
}

int proc_statm(struct proc_text *t, struct proc_id id)
{
	struct aspace_usage u = { .mapped = 0 };
	struct aspace *as;
	int err = memory_of(id.pid, &as);

	if (err)
		return err;
	if (as) {
		aspace_usage(as, &u);
		aspace_put(as);
	}
	proc_add(t, "%zu %zu %zu %zu 0 %zu 0\n", u.mapped, u.resident, u.file,
		 u.text, u.data + u.stack);
	return 0;
}

/* Blanks up to the column of the name, then @name. */
static void add_name(struct proc_text *t, size_t line, const char *name)
{
	while (t->len - line < NAME_COLUMN && !t->full)
		proc_add_bytes(t, " ", 1);
	proc_add(t, "%s", name);
}

/* @path: room for the name of a file. */
static void add_area(struct proc_text *t, const struct area_info *a,
		     char *path)
{
	unsigned long dev = a->inode ? a->inode->ops->dev : 0;
	size_t line = t->len;

	proc_add(t, "%08llx-%08llx %c%c%c%c %08llx %02lx:%02lx %llu ",
		 (unsigned long long)a->start, (unsigned long long)a->end,
		 a->prot & AREA_READ ? 'r' : '-',
		 a->prot & AREA_WRITE ? 'w' : '-',
		 a->prot & AREA_EXEC ? 'x' : '-', a->shared ? 's' : 'p',
		 (unsigned long long)a->offset, dev >> 8, dev & 0xff,
		 (unsigned long long)(a->inode ? a->inode->number : 0));
	if (a->name)
		add_name(t, line, a->name);
	else if (a->inode && path_shown(a->inode, fs_root(), path,
					FS_PATH_SIZE) > 0)
		add_name(t, line, path);
	proc_add(t, "\n");
}

struct maps {
	struct proc_text *text;
	char *path;
};

static int add_line(const struct area_info *info, void *arg)
{
	struct maps *maps = arg;

	add_area(maps->text, info, maps->path);
	return maps->text->full;
}

int proc_maps(struct proc_text *t, struct proc_id id)
{
	struct maps maps = { .text = t };
	struct aspace *as;
	int err = memory_of(id.pid, &as);

	if (err || !as)
		return err;
	maps.path = kmalloc(FS_PATH_SIZE);
	if (maps.path)
		(void)aspace_for_each_area(as, add_line, &maps);
	else
		err = -ENOMEM;
	kfree(maps.path);
	aspace_put(as);
	return err;
}

/* The bytes of [start, end) of @as, as far as they are there. */
static int add_memory(struct proc_text *t, struct aspace *as, uint64_t start,
		      uint64_t end)
{
	char *chunk = kmalloc(CHUNK);
	size_t n = CHUNK;

	if (!chunk)
		return -ENOMEM;
	for (; start < end && n == CHUNK; start += n) {
		n = end - start < CHUNK ? end - start : CHUNK;
		n = aspace_peek(as, start, chunk, n);
		proc_add_bytes(t, chunk, n);
	}
	kfree(chunk);
	return 0;
}

int proc_cmdline(struct proc_text *t, struct proc_id id)
{
	struct aspace *as;
	int err = memory_of(id.pid, &as);

	if (err || !as)
		return err;
	err = add_memory(t, as, as->arg_start, as->arg_end);
	aspace_put(as);
	return err;
}

int proc_environ(struct proc_text *t, struct proc_id id)
{
	struct aspace *as;
	int err = memory_of(id.pid, &as);

	if (err || !as)
		return err;
	err = add_memory(t, as, as->arg_end, as->env_end);
	aspace_put(as);
	return err;
}
