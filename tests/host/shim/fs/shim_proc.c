// SPDX-License-Identifier: MIT
/*
 * What /proc asks the rest of the kernel for, for host tests; see shim.h. Each
 * process has one thread of its number; only the test's own has files.
 */
#include "shim.h"

#include <stdlib.h>

#include "boot/payload.h"
#include "dev/irq.h"
#include "fs/file.h"
#include "fs/fs_context.h"
#include "fs/proc.h"
#include "mm/aspace.h"
#include "mm/inspect.h"
#include "proc/inspect.h"
#include "proc/limits.h"
#include "proc/number.h"
#include "proc/process.h"
#include "sched/loadavg.h"
#include "signal/signal.h"
#include "tty/session.h"

/* Of sched/sched.h, whose names the C library has too. */
struct sched_times {
	uint64_t user_ns, nice_ns, system_ns, idle_ns;
};

bool sched_times(unsigned index, struct sched_times *times);

bool sched_times(unsigned index, struct sched_times *times)
{
	*times = (struct sched_times){ 10000000, 20000000, 30000000,
				       40000000 };
	return index == 0;
}

/* Of sched/cpu.h, which needs that one. */
extern uint64_t cpu_online_set;

uint64_t cpu_online_set = 1;

static bool is_mine(const struct process *p)
{
	return p->pid == process_current()->pid;
}

struct files *process_files(struct process *p)
{
	if (!is_mine(p))
		return NULL;
	files_get(process_current()->files);
	return process_current()->files;
}

struct fs_context *process_fs(struct process *p)
{
	if (!is_mine(p))
		return NULL;
	fs_context_get(process_current()->fs);
	return process_current()->fs;
}

struct aspace *process_aspace(struct process *p)
{
	(void)p;
	return NULL;
}

void aspace_put(struct aspace *as)
{
	(void)as;
	abort();
}

struct inode *aspace_program(struct aspace *as)
{
	(void)as;
	return NULL;
}

void aspace_usage(struct aspace *as, struct aspace_usage *usage)
{
	(void)as;
	(void)usage;
	abort();
}

bool inspect_process_exists(int pid)
{
	struct process *p = process_find(pid);

	if (p)
		process_put(p);
	return p;
}

int inspect_next_process(int pid)
{
	struct process *p = process_next(pid);
	int next = p ? p->pid : -1;

	if (p)
		process_put(p);
	return next;
}

int inspect_own_thread(void)
{
	return process_current()->pid;
}

bool inspect_thread_exists(int pid, int tid)
{
	return tid == pid && inspect_process_exists(pid);
}

int inspect_next_thread(int pid, int tid)
{
	return tid < pid && inspect_process_exists(pid) ? pid : -1;
}

bool inspect(int pid, int tid, struct process_info *info)
{
	struct process *p = process_find(pid);

	(void)tid;
	if (!p)
		return false;
	process_info(p, info);
	process_put(p);
	return true;
}

void inspect_load(struct inspect_load *load)
{
	*load = (struct inspect_load){ 7, 2, 1 };
}

unsigned process_births(void)
{
	return 77;
}

int number_last(void)
{
	return 88;
}

void loadavg_get(uint64_t load[LOAD_COUNT])
{
	load[0] = LOAD_ONE * 3 / 2;
	load[1] = LOAD_ONE / 4;
	load[2] = 12 * LOAD_ONE;
}

bool irq_inspect(uint32_t irq, struct irq_info *info)
{
	*info = (struct irq_info){ .irq = 27, .count = { 12345 },
				   .name = "arch_timer", .chip = "GICv3" };
	return irq <= 27;
}

uint64_t irq_total(void)
{
	return 12345;
}

const char *boot_cmdline(void)
{
	return "a b";
}

struct limit limit_of(struct process *p, unsigned resource)
{
	(void)p;
	return (struct limit){ resource, LIMIT_NONE };
}

int session_terminal(int sid, int *group)
{
	*group = 9;
	return sid == 6 ? 0x501 : 0;
}

void signal_inspect(struct process *p, int tid, struct signal_sets *sets)
{
	(void)p;
	(void)tid;
	*sets = (struct signal_sets){ 1, 2, 4, 8, 16 };
}

unsigned signal_queue_count(void)
{
	return 3;
}

/* Texts that need the machine or an address space: nothing in them. */

int proc_cpuinfo(struct proc_text *t, struct proc_id id)
{
	(void)t;
	(void)id;
	return 0;
}

int proc_locks(struct proc_text *t, struct proc_id id)
{
	return proc_cpuinfo(t, id);
}

int proc_asid(struct proc_text *t, struct proc_id id)
{
	return proc_cpuinfo(t, id);
}

int proc_calls(struct proc_text *t, struct proc_id id)
{
	return proc_cpuinfo(t, id);
}

int proc_cpus(struct proc_text *t, struct proc_id id)
{
	return proc_cpuinfo(t, id);
}

int proc_threads(struct proc_text *t, struct proc_id id)
{
	return proc_cpuinfo(t, id);
}

int proc_wchan(struct proc_text *t, struct proc_id id)
{
	return proc_cpuinfo(t, id);
}

int proc_syscall(struct proc_text *t, struct proc_id id)
{
	return proc_cpuinfo(t, id);
}

int proc_stack(struct proc_text *t, struct proc_id id)
{
	return proc_cpuinfo(t, id);
}

int proc_statm(struct proc_text *t, struct proc_id id)
{
	return proc_cpuinfo(t, id);
}

int proc_maps(struct proc_text *t, struct proc_id id)
{
	return proc_cpuinfo(t, id);
}

int proc_cmdline(struct proc_text *t, struct proc_id id)
{
	return proc_cpuinfo(t, id);
}

int proc_environ(struct proc_text *t, struct proc_id id)
{
	return proc_cpuinfo(t, id);
}
