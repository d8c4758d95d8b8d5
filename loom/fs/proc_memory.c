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
	struct aspace_usage u = { 0, 0, 0, 0, 0 };
	struct aspace *as;
	int err = memory_of(id.pid, &as);

	if (err)
		return err;
	if (as) {
		aspace_usage(as, &u);
		aspace_put(as);
	}
	proc_add(t, "%zu %zu 0 %zu 0 %zu 0\n", u.mapped, u.resident, u.text,
		 u.data + u.stack);
	return 0;
}

/* Blanks up to the column of the name, then @name. */
static void add_name(struct proc_text *t, size_t line, const char *name)
{
	while (t->len - line < NAME_COLUMN && !t->full)
		proc_add_bytes(t, " ", 1);
	proc_add(t, "%s", name);
}

static void add_area(struct proc_text *t, const struct area_info *a)
{
	size_t line = t->len;

	proc_add(t, "%08llx-%08llx %c%c%cp %08x %02x:%02x %u ",
		 (unsigned long long)a->start, (unsigned long long)a->end,
		 a->prot & AREA_READ ? 'r' : '-',
		 a->prot & AREA_WRITE ? 'w' : '-',
		 a->prot & AREA_EXEC ? 'x' : '-', 0, 0, 0, 0);
	if (a->kind == AREA_STACK)
		add_name(t, line, "[stack]");
	else if (a->kind == AREA_BRK)
		add_name(t, line, "[heap]");
	proc_add(t, "\n");
}

int proc_maps(struct proc_text *t, struct proc_id id)
{
	struct area_info area = { .end = 0 };
	struct aspace *as;
	int err = memory_of(id.pid, &as);

	if (err || !as)
		return err;
	while (!t->full && aspace_next_area(as, area.end, &area))
		add_area(t, &area);
	aspace_put(as);
	return 0;
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
