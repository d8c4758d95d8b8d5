// SPDX-License-Identifier: MIT
/*
 * Processes: what threads share. Address space, descriptors, directory,
 * signals, and the place in the family tree.
 *
 *	LIVE -- its last thread ends --> ZOMBIE -- the parent waits --> gone
 *
 * The tree (parent, children, groups, threads, state) is under one spinlock,
 * RANK_TREE. What its threads use all the time (memory, descriptors, directory)
 * is an object of its own with its own lock; the pointers to them change only
 * while nobody else of the process runs (exec.c, exit.c). A zombie has no
 * thread, memory or files: only its status and times, until it is waited for.
 * Orphans go to process 1, which waits for all. Others look at a process
 * through process_info, which copies, and at its objects through
 * process_aspace and its like, which count.
 *
 * Threads end one by one (exit.c says how):
 *
 *	RUNS ---- exit_group, deadly signal ----> EXITS: every thread must end
 *	  ^ |						    ^
 *	  | |				a deadly signal ----+
 *	  | |						    |
 *	  | +---- execve of one of several -----> EXECS: every other must end
 *	  +------ the others have ended ------------+
 */
#ifndef LOOM_PROC_PROCESS_H
#define LOOM_PROC_PROCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/list.h"
#include "lib/lock.h"
#include "sched/wait.h"
#include "signal/state.h"

struct aspace;
struct clone_wish;
struct file;
struct files;
struct fs_context;
struct number;
struct process_timers;
struct thread;
struct weft_frame;

enum process_state {
	PROCESS_LIVE,
	PROCESS_ZOMBIE,
};

/* What all threads of a process, or all but one, have been told. */
enum process_ending {
	PROCESS_RUNS,
	PROCESS_EXITS,		/* all end */
	PROCESS_EXECS,		/* all but the one that called execve */
};

struct process {
	int pid;		/* never changes while it is on the tree */
	uint32_t refs;		/* atomic: the tree's, and look-ups' */
	uint64_t start_ns;

	/* tree lock */
	char name[16];		/* its main thread's */
	enum process_state state;
	struct process *parent;
	int ppid;		/* its pid; 0: none; atomic */
	struct list children, sibling;	/* in the order they came */
	struct list news, news_member;	/* of them: tree_note_news */
	uint64_t children_ever, birth;	/* how many came; the how manieth */
	struct list all;	/* every process, the oldest first */
	struct number *number, *group, *session;	/* of the next three */
	struct list group_member, session_member;	/* on those numbers */
	int pgid, sid;
	bool has_execed;
	int exit_signal;	/* clone's low byte, SIGCHLD or 0 */
	uint32_t status;	/* as wait4 gives it; also signal_lock */
	/* of threads that ended, of a zombie all: ticks as struct thread */
	uint64_t utime, stime;
	uint64_t voluntary, involuntary;	/* switches */
	/* of children that were waited for */
	uint64_t child_utime, child_stime;
	struct waitq child_exit;	/* parents wait here */

	/*
	 * tree lock and signal_lock to change it, one of them to look: who
	 * holds one and finds a thread here knows that it does not go away.
	 */
	struct list threads;	/* struct thread, sibling; empty: a zombie */
	unsigned nthreads;

	/*
	 * Its own threads look without a lock; others under the tree lock.
	 * Changed under the tree lock while one thread runs.
	 */
	struct aspace *aspace;
	struct files *files;
	struct fs_context *fs;

	unsigned running;	/* atomic: threads that still use the three */
	struct waitq thread_exit;	/* execve waits here for the others */

	uint32_t membarriers;	/* atomic: registered (sys_membarrier.c) */
	/* Made by need, gone with the last thread: proc/timers_impl.h. */
	struct process_timers *timers;

	/* Between a parent in vfork and its child, this process (clone.c). */
	struct waitq vfork_done;
	bool vfork_finished;	/* atomic: it has execed or ended */

	/* signal_lock */
	struct spinlock signal_lock;	/* RANK_SIGNAL */
	enum process_ending ending;
	struct signal_process signals;	/* last: process_alloc */
};

/* All capabilities that Linux 6.1 has: what every program has, and keeps. */
#define CAPABILITY_ALL	UINT64_C(0x1ffffffffff)

/* The running thread's process; NULL in a kernel thread. */
struct process *process_current(void);

/* Process 1 runs @path with @argv; fatal() if that cannot be. */
void process_start_init(const char *path);

/* A counted reference, or NULL. */
struct process *process_find(int pid);
void process_get(struct process *p);
void process_put(struct process *p);
unsigned process_count(void);
/* How many there have been since the start. */
unsigned process_births(void);
/* The live or zombie process with the smallest pid above @pid, counted. */
struct process *process_next(int pid);

/*
 * The thread of that number, which is in a process and has not ended; NULL.
 * The tree lock is held (proc/tree.h), and the thread is there as long.
 */
struct thread *thread_find(int tid);

/*
 * Call @fn for the thread @tid (0: the calling one) with the tree lock held
 * and interrupts masked: 0 or -ESRCH.
 */
int thread_visit(int tid, void (*fn)(struct thread *t, void *arg), void *arg);

/* What another process has, counted; NULL if it has none any more. */
struct aspace *process_aspace(struct process *p);
struct files *process_files(struct process *p);
struct fs_context *process_fs(struct process *p);

/* What /proc, getrusage and times tell of a process: a consistent copy. */
struct process_info {
	int pid, ppid, pgid, sid;
	char state;		/* as in /proc/PID/stat: R S D T Z */
	char name[16];
	uint64_t utime_ns, stime_ns;
	uint64_t child_utime_ns, child_stime_ns;
	uint64_t voluntary, involuntary;	/* switches */
	uint64_t start_ns;
	int nice;		/* -20..19 */
	unsigned nthreads;	/* a zombie has none */
	unsigned cpu;		/* where it runs or ran last */
	uint64_t affinity;	/* the CPUs where it may run */
};

void process_info(struct process *p, struct process_info *info);

/* Call @fn with the tree lock held and interrupts masked: @fn must be quick. */
void process_for_each(void (*fn)(struct process *p, void *arg), void *arg);

/* The name of the calling thread: what fits of @name. ps shows the main's. */
void process_set_name(const char *name);

/* The calling process's parent; 0 if it has none. Any context. */
int process_getppid(void);

/* Groups and sessions, as the system calls of these names have them. */
long process_setpgid(int pid, int pgid);
long process_getpgid(int pid);
long process_getsid(int pid);
long process_setsid(void);

/*
 * End the calling process, all threads: @status as wait4 gives it (code << 8,
 * or the signal). If another has begun that already, or is in execve and this
 * is no signal, only the calling thread ends. No lock held; interrupts on or
 * off.
 */
_Noreturn void process_exit(uint32_t status);

/*
 * End the calling thread; if it is the last, its process, with that @status,
 * unless the process is ended as a whole.
 */
_Noreturn void process_exit_thread(uint32_t status);

/*
 * clone(2): the number of the new process or thread. -EAGAIN: there are too
 * many; -ENOMEM; -EINTR: a signal came before; -EINVAL, -ENOSYS: the flags.
 */
long process_clone(const struct weft_frame *frame,
		   const struct clone_wish *wish);

/* wait4(2) and waitid(2): status, info and rusage are user addresses or 0. */
long process_wait4(int pid, uint64_t status, int options, uint64_t rusage);
long process_waitid(int idtype, int id, uint64_t info, int options,
		    uint64_t rusage);

#endif
