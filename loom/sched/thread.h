// SPDX-License-Identifier: MIT
/*
 * A thread of the kernel: what the scheduler switches between.
 *
 * States and who changes them:
 *
 *	NEW ----start----> RUNNABLE <---> RUNNING ---exit---> DEAD
 *	                      ^              |
 *	                      +--- wake --- BLOCKED
 *
 * RUNNABLE and RUNNING threads belong to a run queue and change under its
 * lock. A thread makes itself BLOCKED, under the lock of the wait queue that
 * it is on (sched/wait.h); a waker makes it RUNNABLE. A DEAD thread is handed
 * to the reaper by the thread that runs after it, once its registers are out
 * of the CPU.
 */
#ifndef LOOM_SCHED_THREAD_H
#define LOOM_SCHED_THREAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <weft/fp.h>
#include <weft/pauth.h>
#include <weft/task.h>

#include "ipc/state.h"
#include "lib/list.h"
#include "lib/lockset.h"
#include "lib/relaxed.h"
#include "proc/fpstate.h"
#include "proc/futex_waiter.h"
#include "sched/wait.h"
#include "signal/state.h"

struct files;
struct process;
struct cpu;
struct mutex;
struct number;
struct weft_frame;

enum thread_state {
	THREAD_READY,		/* runs, or waits for its turn */
	THREAD_BLOCKED,
	THREAD_NEW,
	THREAD_DEAD,
};

/* Priorities: 0 is the highest. Programs start at PRIO_USER. */
enum {
	PRIO_HIGHEST = 0,
	PRIO_USER = 20,		/* nice 0; nice -20..19 is 0..39 */
	PRIO_LOWEST = 39,
	PRIO_IDLE = 40,
	PRIO_COUNT = 41,
};

/*
 * task.work: what a thread has to do before it goes to user mode. While it
 * is 0, and the CPU's need_resched is not set, the way out of the kernel
 * (loom/trap.c) is free.
 *
 *	WORK_SIGNAL	signal_look() may be true
 *	WORK_CALL	the system call left something to do (signal/call.c);
 *			set by the thread itself alone
 *
 * WORK_SIGNAL may stand for nothing but is never missing:
 *
 *	who makes signal_look() true		the thread, DAIF masked
 *	S1 the cause: a pending set, the mask,	C1 work &= ~SIGNAL, acquire
 *	   an action, a stop, must_end		C2 signal_look()?
 *	S2 work |= SIGNAL, release		C3 then work |= SIGNAL, and
 *	S3 wake-up, or interrupt		   one step of signal_act()
 *
 * S1 and S2 are under one hold of signal_lock, for each thread of which it
 * becomes true. If C1 comes after S2 in the order of the changes of work, it
 * acquires S1, for what others add in between continues the release: C2 sees
 * the cause. If S2 comes after C1, the bit stands until the next look. C3
 * comes before the step, for a step takes one of several causes at most.
 *
 * The last look, which found 0, and ERET are under one mask. If S2 comes after
 * that look the thread is in user mode, or will be at once, and S3's interrupt
 * is taken there; its way out looks again. A thread to which nobody sends one
 * (several may take a signal, one is chosen) looks at the next tick.
 *
 * S2 does not care whether the thread runs, nor where. It is the thread's word:
 * one that is switched away, or moved, anywhere between two looks takes it
 * along, and looks when it is about to go to user mode, on whichever CPU.
 *
 * need_resched is not in this word. It is asked of a CPU, whoever runs there
 * next, and taken back by any switch: preempt_enable, the idle thread and
 * interrupts look at it where no thread goes to user mode. To keep it here
 * would save the way out two loads, and cost each switch and each request the
 * transfer between two words that others change.
 */
enum {
	WORK_SIGNAL = 1,
	WORK_CALL = 2,
	WORK_LEAF = 4,		/* woken in a leaf call: syscall_resume */
	WORK_ALL = 7,
};

struct thread {
	/* First: TPIDR_EL1 holds the address of this. */
	struct weft_task task;

	/* Only the thread itself (or its creator before it starts). */
	struct process *process;	/* NULL: a kernel thread, or it ended */
	uint32_t tid;			/* main thread: the pid; kernel: 0 */
	uint32_t preempt;		/* > 0: do not switch this thread */
	uint32_t mutexes;		/* sleeping locks held */
	void *stack;			/* lowest usable byte of its stack */
	void (*entry)(void *arg);
	void *arg;
	uint64_t clear_child_tid;	/* user address, or 0 */
	uint64_t robust_list;		/* user address, or 0 (robust.c) */
	struct files *own_files;	/* proc/own_files.h */
	struct sve_config sve;
#if LOOM_DEBUG
	struct lockset held;		/* the lock checker's */
#endif
	uint32_t experiment;		/* mm/fail.c: inherited; 0: none */
	uint32_t refusals;		/* mm/fail.c: its own */

	/* The lock of the run queue that cpu names; cpu itself, too. */
	struct cpu *cpu;		/* whose run queue it is of; atomic */
	uint64_t affinity;		/* bit n: may run on CPU n; atomic */
	/*
	 * enum ipc_state, under the lock that ipc/state.h says. Here because
	 * leaf calls change both at once.
	 */
	_Alignas(8) uint32_t ipc_state;
	enum thread_state state;
	uint8_t prio;			/* as the scheduler sees it */
	uint8_t base_prio;		/* as it was set */
	bool boosted;			/* for one that waits for its mutex */
	bool kill_wakeups;		/* a signal may end this sleep */
	uint64_t slice_end;		/* others' turn at this CPU time */
	uint64_t blocked_at;		/* the counter when it went to sleep */
	struct list run;		/* on a run queue, or a grave */

	/*
	 * Only the CPU that runs it, DAIF masked. Others may read: what they
	 * see is at most a tick old.
	 */
	uint64_t utime, stime;		/* CPU time: ticks of the counter */
	uint64_t voluntary;		/* switches: blocked or yielded */
	uint64_t involuntary;		/* switches: preempted */

	/* On its process's list, under the locks that it names. */
	struct list sibling;
	struct number *number;		/* of tid; tree lock */

	/*
	 * signal_lock of its process to write, and for others to read; the
	 * thread itself reads without.
	 */
	bool must_end;			/* proc/exit.c; atomic */
	struct signal_thread signal;	/* says which lock for each part */

	struct ipc_thread ipc;		/* says which lock for each part */

	/* What it waits with: the lock of the queue, or of the bucket. */
	struct waiter leaf_waiter;	/* in leaf calls (quick_wait.h) */
	struct futex_waiter futex;	/* proc/futex.c */

	char name[16];
	struct list all;		/* list of all threads; its lock */
	/*
	 * Its program's. Here because they must last as long as the thread
	 * may be switched to, which may be longer than its process does.
	 */
	struct weft_keys keys;
	/* Last: weft_task_init zeroes it; unused by a kernel thread. */
	struct weft_fp fp;
};

/* The running thread. */
static inline struct thread *thread_current(void)
{
	return (struct thread *)weft_task_current();
}

/* CPU time of user and kernel in ticks of the counter (timer_ticks_to_ns). */
static inline uint64_t thread_cpu_time(const struct thread *thread)
{
	return thread->utime + thread->stime;
}

/*
 * May a signal end the sleep of @thread, which is BLOCKED? In a leaf call it
 * may always. A look; both are the run queue's lock's.
 */
static inline bool thread_heeds_signals(const struct thread *thread)
{
	return relaxed_load(&thread->kill_wakeups) ||
	       thread->task.leaf_cpu;
}

/*
 * Has the running thread been told to end (proc/exit.c)? Then it does not go
 * back to user mode, and interruptible sleeps are over.
 */
static inline bool thread_must_end(void)
{
	return relaxed_load(&thread_current()->must_end);
}

/* Is there something of @bits? A look; it orders nothing. */
static inline bool thread_has_work(const struct thread *t, uint32_t bits)
{
	return __atomic_load_n(&t->task.work, __ATOMIC_RELAXED) & bits;
}

/* @t has to do @bits; what it will find then was stored before. */
static inline void thread_add_work(struct thread *t, uint32_t bits)
{
	__atomic_fetch_or(&t->task.work, bits, __ATOMIC_RELEASE);
}

/* The running thread begins with @bits: what was stored for it is seen. */
static inline void thread_take_work(uint32_t bits)
{
	__atomic_fetch_and(&thread_current()->task.work,
			   ~(uint64_t)bits, __ATOMIC_ACQUIRE);
}

/*
 * Make a thread with a kernel stack of its own, state NEW. @entry runs in
 * kernel mode with interrupts enabled and never returns: it ends in
 * thread_exit or goes to user mode. A thread of a process runs in the
 * process's space (in the empty one while it has none) and inherits its
 * creator's priority; others start at PRIO_USER. NULL if memory is short.
 * May sleep.
 */
struct thread *thread_create(const char *name, void (*entry)(void *arg),
			     void *arg, struct process *process);

/*
 * Put a NEW thread on a run queue. If a program's thread starts it, it gets
 * half of what is left of the starter's slice: starting threads gains nobody
 * CPU time, and what an interactive program starts runs at once.
 */
void thread_start(struct thread *thread);

/* Free a thread that never started. May sleep. */
void thread_discard(struct thread *thread);

/*
 * End the calling thread. Its process has let go of it; it holds no lock. Its
 * memory goes to the reaper, a kernel thread of the highest priority.
 */
_Noreturn void thread_exit(void);

/* The frame at the top of a thread's kernel stack: its user registers. */
struct weft_frame *thread_user_frame(const struct thread *thread);

/* Call @fn for every thread, under the list's lock. */
void thread_for_each(void (*fn)(struct thread *thread, void *arg), void *arg);

/* How many threads there are, unburied dead included: the leak check. */
unsigned thread_count(void);

/*
 * How often a thread was switched away, of all that there are and ever were
 * but the idle ones: the sum of voluntary and involuntary.
 */
uint64_t thread_switches(void);

/* For sched/sched.c: @thread is off the CPU for good. DAIF masked, no lock. */
void thread_bury(struct thread *thread);

/* For sched/sched.c: enter a CPU's idle thread, which has no creator. */
void thread_init_idle(struct thread *thread, struct cpu *cpu);

/* For sched_idle: start the reaper; once. */
void thread_start_reaper(void);

#endif
