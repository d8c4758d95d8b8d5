// SPDX-License-Identifier: MIT
/*
 * The texts of /proc; procfs.c asks for one when its file is opened.
 */
#include "fs/proc_text.h"

#include "fs/file.h"
#include "fs/inode.h"
#include "lib/errno.h"
#include "lib/printf.h"
#include "mm/page.h"
#include "proc/process.h"
#include "sched/clock.h"
#include "sched/sched.h"
#include "sched/thread.h"

#define NS_PER_SECOND	UINT64_C(1000000000)
#define NS_PER_TICK	(NS_PER_SECOND / 100)	/* Linux's USER_HZ */

static unsigned long ticks(uint64_t ns)
{
	return (unsigned long)(ns / NS_PER_TICK);
}

static unsigned long kib(size_t pages)
{
	return (unsigned long)(pages * (PAGE_SIZE / 1024));
}

static int meminfo_text(char *buf, size_t size)
{
	unsigned long total = kib(page_total_count());
	unsigned long unused = kib(page_free_count());

	return format(buf, size,
		      "MemTotal:       %8lu kB\n"
		      "MemFree:        %8lu kB\n"
		      "MemAvailable:   %8lu kB\n",
		      total, unused, unused);
}

static int uptime_text(char *buf, size_t size)
{
	unsigned long up = ticks(clock_now()), idle = ticks(sched_idle_ns());

	return format(buf, size, "%lu.%02lu %lu.%02lu\n", up / 100, up % 100,
		      idle / 100, idle % 100);
}

static int counts_text(char *buf, size_t size)
{
	return format(buf, size,
		      "pages_free %zu\n"
		      "threads %u\n"
		      "processes %u\n"
		      "files %u\n"
		      "inodes %u\n"
		      "switches %llu\n",
		      page_free_count(), thread_count(), process_count(),
		      file_count(), inode_count(),
		      (unsigned long long)sched_switch_count());
}

/*
 * proc(5) numbers the fields from 1. What loom does not count or does not
 * tell others (sizes and addresses of memory) is 0.
 */
static int stat_text(const struct process_info *i, char *buf, size_t size)
{
	return format(buf, size,
		      "%d (%s) %c %d %d %d 0 -1 0 0 0 0 0 "	/* 1-13 */
		      "%lu %lu %lu %lu %d %d 1 0 %lu "	/* 14-22 */
		      "0 0 18446744073709551615 "	/* vsize rss limit */
		      "0 0 0 0 0 0 0 0 0 0 0 0 17 "		/* 26-38 */
		      "0 0 0 0 0 0 0 0 0 0 0 0 0 0\n",		/* 39-52 */
		      i->pid, i->name, i->state, i->ppid, i->pgid, i->sid,
		      ticks(i->utime_ns), ticks(i->stime_ns),
		      ticks(i->child_utime_ns), ticks(i->child_stime_ns),
		      20 + i->nice, i->nice, ticks(i->start_ns));
}

static int process_text(int pid, char *buf, size_t size)
{
	struct process *p = process_find(pid);
	struct process_info info;

	if (!p)
		return -ESRCH;
	process_info(p, &info);
	process_put(p);
	return stat_text(&info, buf, size);
}

int proc_text(enum proc_kind kind, int pid, char *buf, size_t size)
{
	switch (kind) {
	case PROC_MEMINFO:
		return meminfo_text(buf, size);
	case PROC_UPTIME:
		return uptime_text(buf, size);
	case PROC_COUNTS:
		return counts_text(buf, size);
	case PROC_STAT:
		return process_text(pid, buf, size);
	default:
		return -EINVAL;
	}
}
