// SPDX-License-Identifier: MIT
/*
 * Where threads are: /proc/loom/threads, and of one thread wchan, syscall and
 * stack as Linux has them. docs/live.md says what the columns are.
 *
 * Each line is of a moment of its own. Between two of them threads may come and
 * go; no lock is held from one to the next.
 */
#include <loom/abi.h>

#include "fs/inode.h"
#include "fs/proc.h"
#include "lib/errno.h"
#include "lib/ksyms.h"
#include "lib/printf.h"
#include "lib/string.h"
#include "mm/kmem.h"
#include "proc/inspect.h"
#include "proc/process.h"
#include "sched/cpu.h"
#include "sched/look.h"
#include "sched/sched.h"
#include "sched/thread.h"
#include "syscall/syscall.h"

enum {
	WHAT_SIZE = 32,
	KERNEL_MAX = 8,		/* kernel threads that are not idle */
};

/* What an argument of a call that sleeps says of what it waits for. */
enum what {
	WHAT_FD,		/* a descriptor */
	WHAT_FDS,		/* how many descriptors */
	WHAT_WORD,		/* the address of a word */
	WHAT_CHILD,		/* a process */
	WHAT_TIME,
	WHAT_SIGNAL,
};

struct waits {
	uint16_t call;
	uint8_t arg;
	uint8_t what;		/* enum what */
};

static const struct waits all_waits[] = {
	{ 25, 0, WHAT_FD },		/* fcntl */
	{ 29, 0, WHAT_FD },		/* ioctl */
	{ 32, 0, WHAT_FD },		/* flock */
	{ 63, 0, WHAT_FD },		/* read ... */
	{ 64, 0, WHAT_FD },
	{ 65, 0, WHAT_FD },
	{ 66, 0, WHAT_FD },		/* ... writev */
	{ 71, 0, WHAT_FD },		/* sendfile */
	{ 72, 0, WHAT_FDS },		/* pselect6 */
	{ 73, 1, WHAT_FDS },		/* ppoll */
	{ 95, 1, WHAT_CHILD },		/* waitid */
	{ 98, 0, WHAT_WORD },		/* futex */
	{ 101, 0, WHAT_TIME },		/* nanosleep */
	{ 115, 0, WHAT_TIME },		/* clock_nanosleep */
	{ 133, 0, WHAT_SIGNAL },	/* rt_sigsuspend */
	{ 137, 0, WHAT_SIGNAL },	/* rt_sigtimedwait */
	{ 206, 0, WHAT_FD },		/* sendto, recvfrom */
	{ 207, 0, WHAT_FD },
	{ 211, 0, WHAT_FD },		/* sendmsg, recvmsg */
	{ 212, 0, WHAT_FD },
	{ 260, 0, WHAT_CHILD },		/* wait4 */
	{ LOOM_SYS_CALL, 0, WHAT_FD },
	{ LOOM_SYS_REPLY_RECV, 0, WHAT_FD },
	{ LOOM_SYS_SEND, 0, WHAT_FD },
	{ LOOM_SYS_RECV, 0, WHAT_FD },
	{ LOOM_SYS_WAIT, 0, WHAT_FD },
};

/* NULL: no argument says it. */
static const struct waits *waits_of(int64_t call)
{
	const struct waits *w = all_waits;

	for (; w < all_waits + sizeof(all_waits) / sizeof(all_waits[0]); w++)
		if (w->call == call)
			return w;
	return NULL;
}

/* ":PATH" of a descriptor, as one word; nothing if it is closed. */
static void fd_path(int pid, int fd, char *out, size_t size)
{
	struct inode *inode;
	long n, i;

	if (proc_fd((struct proc_id){ .pid = pid, .sub = fd }, &inode))
		return;
	n = proc_show_path(inode, out + 1, size - 2);
	inode_put(inode);
	if (n <= 0)
		return;
	out[0] = ':';
	for (i = 1; i <= n; i++)
		if (out[i] <= ' ' || out[i] > '~')
			out[i] = '?';
	out[n + 1] = '\0';
}

static void say_what(int pid, const struct look *look, char out[WHAT_SIZE])
{
	const struct waits *w = look->sleeps ? waits_of(look->call) : NULL;
	uint64_t arg = w ? look->arg[w->arg] : 0;
	size_t n;

	strlcpy(out, "-", WHAT_SIZE);
	if (!w)
		return;
	switch ((enum what)w->what) {
	case WHAT_FD:
		n = (size_t)format(out, WHAT_SIZE, "fd:%d", (int)arg);
		fd_path(pid, (int)arg, out + n, WHAT_SIZE - n);
		break;
	case WHAT_FDS:
		format(out, WHAT_SIZE, "fds:%d", (int)arg);
		break;
	case WHAT_WORD:
		format(out, WHAT_SIZE, "word:0x%lx", (unsigned long)arg);
		break;
	case WHAT_CHILD:
		format(out, WHAT_SIZE, "child:%d", (int)arg);
		break;
	case WHAT_TIME:
		strlcpy(out, "time", WHAT_SIZE);
		break;
	case WHAT_SIGNAL:
		strlcpy(out, "signal", WHAT_SIZE);
		break;
	}
}

/* The function that a thread waits in; "-". */
static const char *place(const struct look *look)
{
	struct ksym sym = { .name = "-" };

	ksym_lookup(look_waits_in(look), &sym);
	return sym.name;
}

static void add_line(struct proc_text *t, int tid,
		     const struct process_info *info, const struct look *look)
{
	const char *call = NULL;
	char what[WHAT_SIZE];

	if (look->sleeps && look->call >= 0)
		call = syscall_name((uint64_t)look->call);
	say_what(info->pid, look, what);
	proc_add(t, "%5d %5d %c %3u %-15s %-18s %-17s %s\n", tid, info->pid,
		 info->state, info->cpu, call ? call : "-", what, place(look),
		 info->name);
}

/* Those of no process. */
struct kernel_thread {
	struct process_info info;
	struct look look;
};

struct kernel_threads {
	unsigned count;
	struct kernel_thread found[CPU_MAX + KERNEL_MAX];
};

static void add_kernel(struct thread *thread, void *arg)
{
	struct kernel_threads *all = arg;
	struct kernel_thread *found;

	if (thread->process || thread->tid ||
	    all->count == CPU_MAX + KERNEL_MAX)
		return;
	found = &all->found[all->count++];
	look_at_thread(thread, &found->look);
	/* Nothing waits for it. */
	found->info.state = found->look.runs ? 'R' : 'I';
	sched_where(thread, &found->info.cpu, &found->info.affinity);
	strlcpy(found->info.name, thread->name, sizeof(found->info.name));
}

static int add_kernel_threads(struct proc_text *t)
{
	struct kernel_threads *all = kzalloc(sizeof(*all));
	uint64_t left;
	unsigned i;

	if (!all)
		return -ENOMEM;
	for (left = cpu_online(); left; left &= left - 1)
		add_kernel(cpus[__builtin_ctzll(left)].idle, all);
	thread_for_each(add_kernel, all);
	for (i = 0; i < all->count; i++)
		add_line(t, 0, &all->found[i].info, &all->found[i].look);
	kfree(all);
	return 0;
}

static void add_thread(struct proc_text *t, int pid, int tid)
{
	struct process_info info;
	struct look look;

	if (inspect(pid, tid, &info) && inspect_look(pid, tid, &look))
		add_line(t, tid, &info, &look);
}

int proc_threads(struct proc_text *t, struct proc_id id)
{
	int pid, tid;

	(void)id;
	proc_add(t, "%5s %5s %c %3s %-15s %-18s %-17s %s\n", "TID", "PID", 'S',
		 "CPU", "CALL", "FOR", "IN", "NAME");
	if (add_kernel_threads(t))
		return -ENOMEM;
	for (pid = inspect_next_process(0); pid > 0;
	     pid = inspect_next_process(pid))
		for (tid = inspect_next_thread(pid, 0); tid > 0;
		     tid = inspect_next_thread(pid, tid))
			add_thread(t, pid, tid);
	return 0;
}

/* Of one thread, or a process's main one. -ESRCH: it is gone. */
static int look_up(struct proc_id id, struct look *look)
{
	int tid = id.sub > 0 ? id.sub : id.pid;

	if (!inspect_process_exists(id.pid))
		return -ESRCH;
	/* A zombie is nowhere. */
	if (!inspect_look(id.pid, tid, look))
		*look = (struct look){ .call = -1 };
	return 0;
}

int proc_wchan(struct proc_text *t, struct proc_id id)
{
	struct look look;
	struct ksym sym;
	int err = look_up(id, &look);

	if (err)
		return err;
	if (ksym_lookup(look_waits_in(&look), &sym))
		proc_add(t, "%s", sym.name);
	else
		proc_add(t, "0");
	return 0;
}

int proc_syscall(struct proc_text *t, struct proc_id id)
{
	struct look look;
	int err = look_up(id, &look);
	unsigned i;

	if (err)
		return err;
	if (!look.sleeps) {
		proc_add(t, "running\n");
		return 0;
	}
	proc_add(t, "%lld", (long long)look.call);
	for (i = 0; i < 6 && look.call >= 0; i++)
		proc_add(t, " 0x%lx", (unsigned long)look.arg[i]);
	proc_add(t, " 0x%lx 0x%lx\n", (unsigned long)look.sp,
		 (unsigned long)look.pc);
	return 0;
}

int proc_stack(struct proc_text *t, struct proc_id id)
{
	struct look look;
	struct ksym sym;
	int err = look_up(id, &look);
	unsigned i;

	if (err)
		return err;
	for (i = 0; i < LOOK_DEPTH && look.trace[i]; i++)
		if (ksym_lookup(look.trace[i], &sym))
			proc_add(t, "[<0>] %s+0x%lx\n", sym.name,
				 (unsigned long)sym.offset);
	return 0;
}
