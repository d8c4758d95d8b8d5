// SPDX-License-Identifier: MIT
/*
 * Texts of /proc about a process, or one of its threads: what it is, how it
 * does, what it may use.
 */
#include "fs/file.h"
#include "fs/fs_context.h"
#include "fs/proc.h"
#include "lib/errno.h"
#include "mm/aspace.h"
#include "mm/inspect.h"
#include "mm/layout.h"
#include "proc/inspect.h"
#include "proc/limits.h"
#include "proc/process.h"
#include "signal/signal.h"
#include "tty/session.h"

#define NS_PER_TICK	UINT64_C(10000000)	/* Linux's USER_HZ is 100 */

/* All that is told of a process, of one moment each. */
struct facts {
	struct process_info info;
	struct aspace_usage memory;
	struct signal_sets signals;
	uint32_t umask;
	int tty, foreground;
	unsigned descriptors;
};

static unsigned long ticks(uint64_t ns)
{
	return (unsigned long)(ns / NS_PER_TICK);
}

static void look_at_memory(struct process *p, struct facts *f)
{
	struct aspace *as = process_aspace(p);

	if (!as)
		return;
	aspace_usage(as, &f->memory);
	aspace_put(as);
}

static void look_at_files(struct process *p, struct facts *f)
{
	struct fs_context *fs = process_fs(p);
	struct files *files = process_files(p);

	if (fs) {
		f->umask = fs_context_umask(fs);
		fs_context_put(fs);
	}
	if (files) {
		f->descriptors = files_size(files);
		files_put(files);
	}
}

static int gather(struct proc_id id, struct facts *f)
{
	struct process *p = process_find(id.pid);

	if (!p)
		return -ESRCH;
	*f = (struct facts){ .foreground = -1 };
	look_at_memory(p, f);
	look_at_files(p, f);
	signal_inspect(p, id.sub > 0 ? id.sub : id.pid, &f->signals);
	process_put(p);
	if (!inspect(id.pid, id.sub, &f->info))
		return -ESRCH;
	f->tty = session_terminal(f->info.sid, &f->foreground);
	return 0;
}

/*
 * proc(5) numbers the fields from 1. What loom does not count or does not
 * tell others (addresses) is 0.
 */
int proc_stat(struct proc_text *t, struct proc_id id)
{
	struct facts f;
	const struct process_info *i = &f.info;
	int err = gather(id, &f);

	if (err)
		return err;
	proc_add(t, "%d (%s) %c %d %d %d %d %d ", id.sub > 0 ? id.sub : i->pid,
		 i->name, i->state, i->ppid, i->pgid, i->sid, f.tty,
		 f.foreground);				/* 1-8 */
	proc_add(t, "0 0 0 0 0 %lu %lu %lu %lu ", ticks(i->utime_ns),
		 ticks(i->stime_ns), ticks(i->child_utime_ns),
		 ticks(i->child_stime_ns));		/* 9-17 */
	proc_add(t, "%d %d %u 0 %lu ", 20 + i->nice, i->nice,
		 i->nthreads ? i->nthreads : 1, ticks(i->start_ns)); /* -22 */
	proc_add(t, "%zu %zu 18446744073709551615 ",
		 f.memory.mapped * PAGE_SIZE, f.memory.resident); /* -25 */
	/* The lower halves, as Linux, which has given the rest elsewhere. */
	proc_add(t, "0 0 0 0 0 %u %u %u %u ", (unsigned)f.signals.pending,
		 (unsigned)f.signals.blocked, (unsigned)f.signals.ignored,
		 (unsigned)f.signals.caught);		/* 26-34 */
	proc_add(t, "0 0 0 17 %u 0 0 0 0 0 "		/* 35-44 */
		 "0 0 0 0 0 0 0 0\n", i->cpu);		/* -52 */
	return 0;
}

static const char *state_word(char letter)
{
	switch (letter) {
	case 'R': return "R (running)";
	case 'S': return "S (sleeping)";
	case 'D': return "D (disk sleep)";
	case 'T': return "T (stopped)";
	default: return "Z (zombie)";
	}
}

static void add_memory(struct proc_text *t, const struct aspace_usage *m)
{
	const size_t k = PAGE_SIZE / 1024;

	proc_add(t, "VmSize:\t%8zu kB\nVmHWM:\t%8zu kB\nVmRSS:\t%8zu kB\n",
		 m->mapped * k, m->peak * k, m->resident * k);
	proc_add(t, "RssAnon:\t%8zu kB\nRssFile:\t%8zu kB\n",
		 (m->resident - m->file) * k, m->file * k);
	proc_add(t, "VmData:\t%8zu kB\nVmStk:\t%8zu kB\nVmExe:\t%8zu kB\n",
		 m->data * k, m->stack * k, m->text * k);
	proc_add(t, "VmPTE:\t%8zu kB\n", m->tables * k);
}

/* A line of four numbers, as Uid and Gid: real, effective, saved, of files. */
static void add_root(struct proc_text *t, const char *what)
{
	proc_add(t, "%s:\t0\t0\t0\t0\n", what);
}

static void add_set(struct proc_text *t, const char *what, uint64_t set)
{
	proc_add(t, "%s:\t%016llx\n", what, (unsigned long long)set);
}

static void add_signals(struct proc_text *t, const struct signal_sets *s)
{
	proc_add(t, "SigQ:\t%u/%u\n", signal_queue_count(),
		 (unsigned)SIGNAL_QUEUE_MAX);
	add_set(t, "SigPnd", s->pending);
	add_set(t, "ShdPnd", s->shared);
	add_set(t, "SigBlk", s->blocked);
	add_set(t, "SigIgn", s->ignored);
	add_set(t, "SigCgt", s->caught);
}

/* 0-1,3 */
static void add_list(struct proc_text *t, uint64_t set)
{
	const char *comma = "";

	for (unsigned i = 0; i < 64; i++) {
		unsigned first = i;

		if (!(set >> i & 1))
			continue;
		while (i < 63 && set >> (i + 1) & 1)
			i++;
		proc_add(t, "%s%u", comma, first);
		if (i > first)
			proc_add(t, "-%u", i);
		comma = ",";
	}
	proc_add(t, "\n");
}

/* All is root's. */
static void add_rights(struct proc_text *t)
{
	add_set(t, "CapInh", 0);
	add_set(t, "CapPrm", CAPABILITY_ALL);
	add_set(t, "CapEff", CAPABILITY_ALL);
	add_set(t, "CapBnd", CAPABILITY_ALL);
	add_set(t, "CapAmb", 0);
	proc_add(t, "NoNewPrivs:\t0\nSeccomp:\t0\n");
}

static void add_cpus(struct proc_text *t, const struct process_info *i)
{
	/* A zombie has no thread that could run anywhere. */
	uint64_t set = i->affinity ? i->affinity : 1;

	proc_add(t, "Cpus_allowed:\t%x\nCpus_allowed_list:\t", (unsigned)set);
	add_list(t, set);
}

int proc_status(struct proc_text *t, struct proc_id id)
{
	struct facts f;
	const struct process_info *i = &f.info;
	int err = gather(id, &f);

	if (err)
		return err;
	proc_add(t, "Name:\t%s\nUmask:\t%04o\nState:\t%s\n", i->name, f.umask,
		 state_word(i->state));
	proc_add(t, "Tgid:\t%d\nNgid:\t0\nPid:\t%d\nPPid:\t%d\nTracerPid:\t0\n",
		 i->pid, id.sub > 0 ? id.sub : i->pid, i->ppid);
	add_root(t, "Uid");
	add_root(t, "Gid");
	proc_add(t, "FDSize:\t%u\nGroups:\t \n", f.descriptors);
	if (f.memory.mapped)
		add_memory(t, &f.memory);
	proc_add(t, "Threads:\t%u\n", i->nthreads ? i->nthreads : 1);
	add_signals(t, &f.signals);
	add_rights(t);
	add_cpus(t, i);
	proc_add(t, "voluntary_ctxt_switches:\t%llu\n"
		 "nonvoluntary_ctxt_switches:\t%llu\n",
		 (unsigned long long)i->voluntary,
		 (unsigned long long)i->involuntary);
	return 0;
}

int proc_comm(struct proc_text *t, struct proc_id id)
{
	struct process_info info;

	if (!inspect(id.pid, id.sub, &info))
		return -ESRCH;
	proc_add(t, "%s\n", info.name);
	return 0;
}

/* Nobody's score is more than another's: who is largest is killed. */
int proc_zero(struct proc_text *t, struct proc_id id)
{
	if (!inspect_process_exists(id.pid))
		return -ESRCH;
	proc_add(t, "0\n");
	return 0;
}

static void add_limit(struct proc_text *t, uint64_t value)
{
	if (value == LIMIT_NONE)
		proc_add(t, "%-20s ", "unlimited");
	else
		proc_add(t, "%-20llu ", (unsigned long long)value);
}

int proc_limits(struct proc_text *t, struct proc_id id)
{
	static const struct {
		const char *name, *unit;
	} lines[LIMIT_COUNT] = {
		{ "Max cpu time", "seconds" },
		{ "Max file size", "bytes" },
		{ "Max data size", "bytes" },
		{ "Max stack size", "bytes" },
		{ "Max core file size", "bytes" },
		{ "Max resident set", "bytes" },
		{ "Max processes", "processes" },
		{ "Max open files", "files" },
		{ "Max locked memory", "bytes" },
		{ "Max address space", "bytes" },
		{ "Max file locks", "locks" },
		{ "Max pending signals", "signals" },
		{ "Max msgqueue size", "bytes" },
		{ "Max nice priority", NULL },
		{ "Max realtime priority", NULL },
		{ "Max realtime timeout", "us" },
	};

	struct process *p = process_find(id.pid);

	if (!p)
		return -ESRCH;
	proc_add(t, "%-25s %-20s %-20s %-10s\n", "Limit", "Soft Limit",
		 "Hard Limit", "Units");
	for (unsigned i = 0; i < LIMIT_COUNT; i++) {
		struct limit l = limit_of(p, i);

		proc_add(t, "%-25s ", lines[i].name);
		add_limit(t, l.soft);
		add_limit(t, l.hard);
		if (lines[i].unit)
			proc_add(t, "%-10s", lines[i].unit);
		proc_add(t, "\n");
	}
	process_put(p);
	return 0;
}
