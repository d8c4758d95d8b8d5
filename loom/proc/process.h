// SPDX-License-Identifier: MIT
/*
 * Processes: what threads share. Address space, descriptors, directory,
 * signals, and the place in the family tree.
 *
 *	LIVE --- exit, kill, fault ---> ZOMBIE --- wait by the parent ---> gone
 *
 * The tree (parent, children, groups, state) is under one spinlock, RANK_TREE.
 * The rest belongs to the process's own thread, but for the pending signals
 * (signal_lock), which anyone may raise. A zombie has no thread, memory or
 * files: only its status and times, until it is waited for. Orphans go to
 * process 1, which waits for all. Others look at a process through
 * process_info, which copies.
 */
#ifndef LOOM_PROC_PROCESS_H
#define LOOM_PROC_PROCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/list.h"
#include "lib/lock.h"
#include "sched/wait.h"

struct aspace;
struct file;
struct files;
struct inode;
struct process_timers;
struct thread;
struct weft_frame;

enum process_state {
	PROCESS_LIVE,
	PROCESS_ZOMBIE,
};

struct process {
	int pid;		/* never changes while it is on the tree */
	uint32_t refs;		/* atomic: the tree's, and look-ups' */
	uint64_t start_ns;

	/* tree lock */
	char name[16];
	enum process_state state;
	struct process *parent;
	struct list children, sibling;
	struct list all;	/* every process, by pid */
	int pgid, sid;
	bool has_execed;
	int exit_signal;	/* clone's low byte, SIGCHLD or 0 */
	uint32_t status;	/* as wait4 gives it */
	/* of the process, when it ended */
	uint64_t utime_ns, stime_ns;
	uint64_t voluntary, involuntary;	/* switches */
	/* of children that were waited for */
	uint64_t child_utime_ns, child_stime_ns;
	struct waitq child_exit;	/* parents wait here */

	/* tree lock and signal_lock to change it, one of them to look */
	struct thread *thread;	/* NULL: a zombie */

	/* The process's thread only. */
	struct aspace *aspace;
	struct files *files;
	struct inode *cwd;
	uint32_t umask;

	uint32_t membarriers;	/* atomic: registered (sys_membarrier.c) */
	/* Made by need, gone with the last thread: proc/timers_impl.h. */
	struct process_timers *timers;

	/* Between a parent in vfork and its child, this process (clone.c). */
	struct waitq vfork_done;
	bool vfork_finished;	/* atomic: it has execed or ended */

	/* signal_lock */
	struct spinlock signal_lock;	/* RANK_SIGNAL */
	uint64_t pending;	/* bit n-1: signal n */
	uint64_t blocked;
	uint64_t ignored;	/* SIG_IGN asked for */
	bool reap_children;	/* SA_NOCLDWAIT: none becomes a zombie */
};

/* The running thread's process; NULL in a kernel thread. */
struct process *process_current(void);

/* Process 1 runs @path with @argv; fatal() if that cannot be. */
void process_start_init(const char *path);

/* A counted reference, or NULL. */
struct process *process_find(int pid);
void process_get(struct process *p);
void process_put(struct process *p);
unsigned process_count(void);
/* The live or zombie process with the smallest pid above @pid, counted. */
struct process *process_next(int pid);

/* What /proc, getrusage and times tell of a process: a consistent copy. */
struct process_info {
	int pid, ppid, pgid, sid;
	char state;		/* as in /proc/PID/stat: R S D Z */
	char name[16];
	uint64_t utime_ns, stime_ns;
	uint64_t child_utime_ns, child_stime_ns;
	uint64_t voluntary, involuntary;	/* switches */
	uint64_t start_ns;
	int nice;		/* -20..19 */
};

void process_info(struct process *p, struct process_info *info);

/* Call @fn with the tree lock held and interrupts masked: @fn must be quick. */
void process_for_each(void (*fn)(struct process *p, void *arg), void *arg);

/* The name that ps shows, of the calling process: what fits of @name. */
void process_set_name(const char *name);

/* Groups and sessions, as the system calls of these names have them. */
long process_setpgid(int pid, int pgid);
long process_getpgid(int pid);
long process_getsid(int pid);
long process_setsid(void);

/*
 * End the calling process: @status as wait4 gives it (code << 8, or the
 * signal). Returns only into the scheduler.
 */
_Noreturn void process_exit(uint32_t status);

/* clone(2) as vfork or posix_spawn use it; other flag sets -ENOSYS/-EINVAL. */
long process_clone(struct weft_frame *frame, uint64_t flags, uint64_t stack,
		   uint64_t ptid, uint64_t tls, uint64_t ctid, int exit_signal);

/* execve(2): paths and vectors are user addresses. */
long process_exec(struct weft_frame *frame, uint64_t path, uint64_t argv,
		  uint64_t envp);

/* wait4(2) and waitid(2): status, info and rusage are user addresses or 0. */
long process_wait4(int pid, uint64_t status, int options, uint64_t rusage);
long process_waitid(int idtype, int id, uint64_t info, int options,
		    uint64_t rusage);

#endif
