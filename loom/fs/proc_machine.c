// SPDX-License-Identifier: MIT
/*
 * Texts of /proc about the machine and the kernel, in Linux's formats. What
 * loom does not have is 0 where programs expect a line, else left out.
 */
#include "boot/payload.h"
#include "dev/irq.h"
#include "fs/file.h"
#include "fs/inode.h"
#include "fs/pagetree.h"
#include "fs/proc.h"
#include "lib/lock.h"
#include "lib/random.h"
#include "lib/string.h"
#include "lib/printf.h"
#include "lib/uts.h"
#include "mm/kvm.h"
#include "mm/page.h"
#include "mm/tables.h"
#include "proc/inspect.h"
#include "proc/number.h"
#include "proc/process.h"
#include "sched/clock.h"
#include "sched/cpu.h"
#include "sched/loadavg.h"
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

int proc_meminfo(struct proc_text *t, struct proc_id id)
{
	unsigned long total = kib(page_total_count());
	unsigned long unused = kib(page_free_count());
	unsigned long files = kib(pagetree_total());

	(void)id;
	proc_add(t, "MemTotal:       %8lu kB\n"
		 "MemFree:        %8lu kB\n"
		 "MemAvailable:   %8lu kB\n", total, unused, unused);
	/* As Linux counts tmpfs: cached, and shared. */
	proc_add(t, "Buffers:               0 kB\n"
		 "Cached:         %8lu kB\n"
		 "SwapCached:            0 kB\n"
		 "SwapTotal:             0 kB\n"
		 "SwapFree:              0 kB\n"
		 "Shmem:          %8lu kB\n"
		 "SReclaimable:          0 kB\n", files, files);
	return 0;
}

int proc_uptime(struct proc_text *t, struct proc_id id)
{
	unsigned long up = ticks(clock_now()), idle = ticks(sched_idle_ns());

	(void)id;
	proc_add(t, "%lu.%02lu %lu.%02lu\n", up / 100, up % 100, idle / 100,
		 idle % 100);
	return 0;
}

int proc_loadavg(struct proc_text *t, struct proc_id id)
{
	uint64_t load[LOAD_COUNT];
	struct inspect_load now;

	(void)id;
	loadavg_get(load);
	inspect_load(&now);
	for (unsigned i = 0; i < LOAD_COUNT; i++) {
		/* To the nearest hundredth. */
		uint64_t hundredths = (load[i] * 100 + LOAD_ONE / 2) >>
				      LOAD_SHIFT;

		proc_add(t, "%lu.%02lu ", (unsigned long)(hundredths / 100),
			 (unsigned long)(hundredths % 100));
	}
	proc_add(t, "%u/%u %d\n", now.running, now.threads, number_last());
	return 0;
}

static void add_cpu(struct proc_text *t, const char *name,
		    const struct sched_times *times)
{
	proc_add(t, "%s %lu %lu %lu %lu 0 0 0 0 0 0\n", name,
		 ticks(times->user_ns), ticks(times->nice_ns),
		 ticks(times->system_ns), ticks(times->idle_ns));
}

/* All together, then each. */
static void add_cpus(struct proc_text *t)
{
	struct sched_times all = { .user_ns = 0 }, one;
	char name[8];
	unsigned i;

	for (i = 0; i < CPU_MAX; i++) {
		if (!sched_times(i, &one))
			continue;
		all.user_ns += one.user_ns;
		all.nice_ns += one.nice_ns;
		all.system_ns += one.system_ns;
		all.idle_ns += one.idle_ns;
	}
	add_cpu(t, "cpu ", &all);
	for (i = 0; i < CPU_MAX; i++) {
		if (!sched_times(i, &one))
			continue;
		format(name, sizeof(name), "cpu%u", i);
		add_cpu(t, name, &one);
	}
}

int proc_machine_stat(struct proc_text *t, struct proc_id id)
{
	struct inspect_load load;

	(void)id;
	inspect_load(&load);
	add_cpus(t);
	proc_add(t, "intr %llu\nctxt %llu\nbtime %llu\nprocesses %u\n",
		 (unsigned long long)irq_total(),
		 (unsigned long long)sched_switch_count(),
		 (unsigned long long)((clock_realtime() - clock_now()) /
				      NS_PER_SECOND),
		 (unsigned)process_births());
	proc_add(t, "procs_running %u\nprocs_blocked %u\n", load.running,
		 load.blocked);
	return 0;
}

int proc_mounts(struct proc_text *t, struct proc_id id)
{
	(void)id;
	proc_add(t, "tmpfs / tmpfs rw,relatime 0 0\n"
		 "proc /proc proc ro,relatime 0 0\n");
	return 0;
}

int proc_filesystems(struct proc_text *t, struct proc_id id)
{
	(void)id;
	proc_add(t, "nodev\ttmpfs\nnodev\tproc\nnodev\tpipefs\n");
	return 0;
}

int proc_devices(struct proc_text *t, struct proc_id id)
{
	(void)id;
	proc_add(t, "Character devices:\n  1 mem\n  5 /dev/tty\n"
		 "  5 /dev/console\n240 host\n\nBlock devices:\n");
	return 0;
}

int proc_interrupts(struct proc_text *t, struct proc_id id)
{
	struct irq_info info = { .irq = 0 };
	uint64_t online = cpu_online();
	unsigned i;

	(void)id;
	proc_add(t, "           ");
	for (i = 0; i < CPU_MAX; i++)
		if (online >> i & 1)
			proc_add(t, "CPU%-8u", i);
	proc_add(t, "\n");
	for (; irq_inspect(info.irq, &info); info.irq++) {
		proc_add(t, "%3u: ", info.irq);
		for (i = 0; i < CPU_MAX; i++)
			if (online >> i & 1)
				proc_add(t, "%10u ", info.count[i]);
		proc_add(t, "    %s %3u %-8s  %s\n", info.chip, info.irq,
			 info.edge ? "Edge" : "Level", info.name);
	}
	return 0;
}

int proc_version(struct proc_text *t, struct proc_id id)
{
	struct uts_names n;

	(void)id;
	uts_get(&n);
	proc_add(t, "%s version %s (%s)\n", n.sysname, n.release, n.version);
	return 0;
}

int proc_boot_cmdline(struct proc_text *t, struct proc_id id)
{
	(void)id;
	proc_add(t, "%s\n", boot_cmdline());
	return 0;
}

int proc_counts(struct proc_text *t, struct proc_id id)
{
	(void)id;
	proc_add(t, "pages_free %zu\npages_spare %zu\nthreads %u\n"
		 "processes %u\nfiles %u\ninodes %u\nswitches %llu\n",
		 page_free_count(), kvm_spare_pages() + tables_spare(),
		 thread_count(), process_count(), file_count(), inode_count(),
		 (unsigned long long)sched_switch_count());
	return 0;
}

int proc_hostname(struct proc_text *t, struct proc_id id)
{
	struct uts_names n;

	(void)id;
	uts_get(&n);
	proc_add(t, "%s\n", n.nodename);
	return 0;
}

int proc_domainname(struct proc_text *t, struct proc_id id)
{
	struct uts_names n;

	(void)id;
	uts_get(&n);
	proc_add(t, "%s\n", n.domainname);
	return 0;
}

int proc_ostype(struct proc_text *t, struct proc_id id)
{
	struct uts_names n;

	(void)id;
	uts_get(&n);
	proc_add(t, "%s\n", n.sysname);
	return 0;
}

int proc_osrelease(struct proc_text *t, struct proc_id id)
{
	struct uts_names n;

	(void)id;
	uts_get(&n);
	proc_add(t, "%s\n", n.release);
	return 0;
}

int proc_osversion(struct proc_text *t, struct proc_id id)
{
	struct uts_names n;

	(void)id;
	uts_get(&n);
	proc_add(t, "%s\n", n.version);
	return 0;
}

int proc_pid_max(struct proc_text *t, struct proc_id id)
{
	(void)id;
	proc_add(t, "%d\n", NUMBER_MAX + 1);
	return 0;
}

int proc_threads_max(struct proc_text *t, struct proc_id id)
{
	(void)id;
	proc_add(t, "%d\n", NUMBER_MAX);
	return 0;
}

int proc_overflow_id(struct proc_text *t, struct proc_id id)
{
	(void)id;
	proc_add(t, "65534\n");
	return 0;
}

/* 1: memory is promised without being counted. */
int proc_overcommit(struct proc_text *t, struct proc_id id)
{
	(void)id;
	proc_add(t, "1\n");
	return 0;
}

int proc_file_max(struct proc_text *t, struct proc_id id)
{
	(void)id;
	proc_add(t, "%llu\n", (unsigned long long)INT64_MAX);
	return 0;
}

int proc_entropy(struct proc_text *t, struct proc_id id)
{
	(void)id;
	proc_add(t, "256\n");
	return 0;
}

/* 16 random bytes as a UUID of version 4 (RFC 4122, section 4.4). */
static void add_uuid(struct proc_text *t, uint8_t b[16])
{
	b[6] = (uint8_t)((b[6] & 0x0f) | 0x40);
	b[8] = (uint8_t)((b[8] & 0x3f) | 0x80);
	for (unsigned i = 0; i < 16; i++)
		proc_add(t, "%s%02x", i == 4 || i == 6 || i == 8 || i == 10 ?
			 "-" : "", b[i]);
	proc_add(t, "\n");
}

int proc_uuid(struct proc_text *t, struct proc_id id)
{
	uint8_t bytes[16];

	(void)id;
	random_bytes(bytes, sizeof(bytes));
	add_uuid(t, bytes);
	return 0;
}

/* Drawn by the first who asks. */
int proc_boot_id(struct proc_text *t, struct proc_id id)
{
	static struct spinlock lock = SPINLOCK_INIT(RANK_UTS, "boot id");
	static uint8_t kept[16];	/* lock */
	static bool drawn;		/* lock */
	uint8_t bytes[16];

	(void)id;
	random_bytes(bytes, sizeof(bytes));
	spin_lock(&lock);
	if (!drawn)
		memcpy(kept, bytes, sizeof(kept));
	drawn = true;
	memcpy(bytes, kept, sizeof(bytes));
	spin_unlock(&lock);
	add_uuid(t, bytes);
	return 0;
}
