// SPDX-License-Identifier: MIT
/*
 * Signals: raised by kill, the terminal, timers and faults; acted on before a
 * thread returns to user mode: by the program's handler, by the default, or
 * not at all. A thread that sleeps interruptibly is woken by a signal that it
 * does not block and that is not ignored; its system call ends with -EINTR
 * (or a partial count) and the signal is acted upon on the way out.
 *
 *	send.c		raising: who gets it, whom it wakes
 *	act.c		the way out: what a pending signal does
 *	action.c	what a process does with each signal; masks
 *	handler.c	into a handler and, rt_sigreturn, back
 *	call.c		the interrupted system call
 *	stop.c		SIGSTOP and its like, SIGCONT
 *	queue.c frame.c sigset.c page.c		pending sets, the frame, names
 *						and defaults, the return path
 *
 * The process's signal_lock guards all (state.h).
 */
#ifndef LOOM_SIGNAL_SIGNAL_H
#define LOOM_SIGNAL_SIGNAL_H

#include <stdbool.h>
#include <stdint.h>

#include "sched/thread.h"
#include "signal/siginfo.h"
#include "signal/state.h"

struct aspace;
struct process;
struct thread;
struct weft_frame;

/* Macros as in every C library: analysers know them as such. */
#define SIGHUP		1
#define SIGINT		2
#define SIGQUIT		3
#define SIGILL		4
#define SIGTRAP		5
#define SIGABRT		6
#define SIGBUS		7
#define SIGFPE		8
#define SIGKILL		9
#define SIGUSR1		10
#define SIGSEGV		11
#define SIGUSR2		12
#define SIGPIPE		13
#define SIGALRM		14
#define SIGTERM		15
#define SIGSTKFLT	16
#define SIGCHLD		17
#define SIGCONT		18
#define SIGSTOP		19
#define SIGTSTP		20
#define SIGTTIN		21
#define SIGTTOU		22
#define SIGURG		23
#define SIGXCPU		24
#define SIGXFSZ		25
#define SIGVTALRM	26
#define SIGPROF		27
#define SIGWINCH	28
#define SIGIO		29
#define SIGPWR		30
#define SIGSYS		31

const char *signal_name(int sig);

/* Raising */

/*
 * Raise @sig, from the kernel, in @p; any context, no lock of RANK_SIGNAL or
 * above held. A zombie takes no notice.
 */
void signal_send(struct process *p, int sig);

/* The same with what comes with it: 0, or -EAGAIN (signal/queue.h). */
int signal_send_info(struct process *p, const struct siginfo *info);

/*
 * For proc/timers.c: the same, for @only if that is not NULL (then as below).
 * True: it is pending, so timers_signal_taken will be called.
 */
bool signal_send_timer(struct process *p, struct thread *only,
		       const struct siginfo *info);

/* For @t alone; the tree lock, under which it was found, is held. */
int signal_send_thread(struct thread *t, const struct siginfo *info);

/* To every process of a group: 0 or -ESRCH. The tree lock is taken. */
int signal_send_group(int pgid, int sig);
int signal_send_group_info(int pgid, const struct siginfo *info);

/*
 * A synchronous signal of the calling thread, from a fault: if it is blocked
 * or ignored it has its default action. @code: signal/siginfo.h. @addr:
 * si_addr; @what: for the line on the console (program, pid, signal, pc,
 * address) if it ends the program. @frame->esr is told to the handler.
 */
void signal_force(struct weft_frame *frame, int sig, int code, uint64_t addr,
		  const char *what);

/* The same without a fault, SI_KERNEL. */
void signal_force_plain(int sig);

/* End the program with SIGKILL, and say why on the console. */
void signal_force_kill(struct weft_frame *frame, uint64_t addr,
		       const char *what);

/* Telling, for /proc: bit n-1 is signal n */

struct signal_sets {
	uint64_t pending, blocked;	/* of a thread */
	uint64_t shared, ignored, caught;
};

/* @tid: which thread of @p; if it has none of that number the two are 0. */
void signal_inspect(struct process *p, int tid, struct signal_sets *sets);

/* Acting */

/*
 * True if the running thread has a signal to act on, must stop or must end;
 * false in a kernel thread. Takes no lock: any context. It may be false as long
 * as the sender has not come to tell the thread to look, that is, to wake it
 * (task.work); signal_look() is not, and takes longer.
 */
bool signal_pending(void);
bool signal_look(void);

/* The same for what ends the process: a killable sleep looks here. */
bool signal_is_deadly(void);

/* One step of the way to user mode, if signal_pending(). No lock held. */
void signal_act(struct weft_frame *frame);

/* The last step: what a system call left to be done (call.c). */
void signal_finish_call(struct weft_frame *frame);

/*
 * Has the running thread been told to look if signal_look() is true
 * (task.work)? For assertions: it takes signal_lock.
 */
bool signal_is_told(void);

/* System calls that signals interrupt */

/*
 * Around each system call, for syscall/table.c. The two functions are needed
 * only if the call is marked, the second also if it returned -EINTR. @restart
 * is its class.
 */
static inline bool signal_call_is_marked(void)
{
	return thread_current()->signal.call;
}

void signal_call_begins(void);
void signal_call_ends(struct weft_frame *frame, enum signal_restart restart);

/*
 * For a call that slept with a timeout and was interrupted: returns -EINTR for
 * it to return. It is made again only if no handler runs, and then goes on to
 * sleep until @deadline_ns: it finds it by signal_restarted(), which is true
 * in a call that is made again after signal_restart_at().
 */
long signal_restart_at(uint64_t deadline_ns);
bool signal_restarted(uint64_t *deadline_ns);

/*
 * Block @set, and nothing else, until the running system call ends: for ppoll,
 * pselect6, rt_sigsuspend. If the call returns -EINTR, a handler that it was
 * interrupted for runs first, and returns to the mask of before.
 */
void signal_set_temporary_mask(uint64_t set);

/* Sleep until signal_pending(): -EINTR. */
long signal_suspend(void);

/*
 * Take a pending signal of @set, waiting until @deadline_ns: its number and
 * *@info, or -EAGAIN (time is up), -EINTR.
 */
long signal_take_wait(uint64_t set, uint64_t deadline_ns,
		      struct siginfo *info);

/* rt_sigreturn(2): the value of x0 as the frame has it. */
long signal_return(struct weft_frame *frame);

/* Sets and defaults */

/* Signal @sig's bit in a set. */
static inline uint64_t signal_bit(int sig)
{
	return UINT64_C(1) << (sig - 1);
}

#define SIGNAL_BIT(sig) (UINT64_C(1) << ((sig) - 1))

/* Never blocked, ignored or handled. */
#define SIGNAL_ONLY_KERNEL	(SIGNAL_BIT(SIGKILL) | SIGNAL_BIT(SIGSTOP))
#define SIGNAL_STOPS_SET	(SIGNAL_BIT(SIGSTOP) | SIGNAL_BIT(SIGTSTP) | \
				 SIGNAL_BIT(SIGTTIN) | SIGNAL_BIT(SIGTTOU))
#define SIGNAL_NOTHING_SET	(SIGNAL_BIT(SIGCHLD) | SIGNAL_BIT(SIGCONT) | \
				 SIGNAL_BIT(SIGURG) | SIGNAL_BIT(SIGWINCH))

/* What a signal does that nobody ignores or handles. */
enum signal_default {
	SIGNAL_ENDS,		/* the process; for some Linux dumps core too */
	SIGNAL_NOTHING,		/* SIGNAL_NOTHING_SET */
	SIGNAL_STOPS,		/* SIGNAL_STOPS_SET */
};

enum signal_default signal_default(int sig);

/* Which of @set to act on first: KILL, faults, else the lowest; 0: none. */
int signal_first(uint64_t set);

/* Actions and masks */

#define SIG_DFL		0
#define SIG_IGN		1

#define SA_NOCLDSTOP	UINT64_C(0x00000001)
#define SA_NOCLDWAIT	UINT64_C(0x00000002)
#define SA_SIGINFO	UINT64_C(0x00000004)
#define SA_RESTORER	UINT64_C(0x04000000)
#define SA_ONSTACK	UINT64_C(0x08000000)
#define SA_RESTART	UINT64_C(0x10000000)
#define SA_NODEFER	UINT64_C(0x40000000)
#define SA_RESETHAND	UINT64_C(0x80000000)

#define SS_ONSTACK	1u
#define SS_DISABLE	2u
#define SS_AUTODISARM	(1u << 31)

#define SIGNAL_STACK_MIN 5120	/* Linux's MINSIGSTKSZ on arm64 */

/*
 * The calling process's action for @sig, 1 to 64. Flags that are unknown are
 * dropped, as Linux does, so that programs can tell. What is pending and now
 * does nothing is dropped, blocked or not (POSIX). Not for KILL and STOP.
 */
void signal_get_action(int sig, struct signal_action *action);
void signal_set_action(int sig, const struct signal_action *action);

/* Is SIG_IGN the calling process's action? */
bool signal_is_ignored(int sig);

/* The calling thread's mask. KILL and STOP stay unblocked. */
uint64_t signal_blocked(void);
void signal_set_blocked(uint64_t set);
/* Pending, blocked ones. */
uint64_t signal_waiting(void);

/* sigaltstack(2) with the stack pointer @sp: 0, -EPERM, -EINVAL, -ENOMEM. */
int signal_set_stack(const struct signal_stack *stack, uint64_t sp);
void signal_get_stack(struct signal_stack *stack, uint64_t sp);

/* Births, execve, ends */

void signal_init_process(struct process *p);
void signal_init_thread(struct thread *t);
/* It is process 1: what has no handler does nothing to it, but for faults. */
void signal_make_unkillable(struct process *p);

/*
 * A child and its thread start with the dispositions and the mask of the
 * calling thread, nothing pending; with @clear (CLONE_CLEAR_SIGHAND) what is
 * not ignored has its default. Both are nobody else's yet.
 */
void signal_inherit(struct process *child, struct thread *t, bool clear);

/*
 * A thread starts with the mask of the calling one. With @own_stack (it shares
 * memory with its maker, who runs on) it has no alternate stack.
 */
void signal_inherit_thread(struct thread *t, bool own_stack);

/* execve: handlers are gone, what is ignored, blocked or pending stays. */
void signal_exec(void);

/*
 * @t leaves @p, which has others (@t is off p->threads): they get what was
 * meant for it. The signal_lock is held. With @last nothing is pending any
 * more.
 */
void signal_thread_leaves(struct process *p, struct thread *t, bool last);

/* Once, before the first program. */
void signal_init(void);

/* Where the return from a handler leads: mapped by execve into @as. */
int signal_map_page(struct aspace *as);

/* Parents and children; the tree lock is held */

/* Will @parent never wait for children: SIGCHLD ignored, or NOCLDWAIT? */
bool signal_children_unwanted(struct process *parent);

/* @child's exit_signal to its parent: it ended with child->status. */
void signal_tell_end(struct process *child);

/* A thread has left @p: if the others have stopped, all have. */
void signal_check_stop(struct process *p);

/*
 * What wait4 and waitid may say of a child that lives: the signal that
 * stopped it, or 0; that it was continued. With @take it is said once.
 */
int signal_stop_report(struct process *child, bool take);
bool signal_continue_report(struct process *child, bool take);

/* Has @p stopped? For ps; any lock. */
bool signal_is_stopped(const struct process *p);

/*
 * @parent, the parent of @p so far, is not any more, because it ends (@except
 * NULL) or because @p does (@except: @p). If that was all that connected the
 * group of @p to the rest of its session, and a member has stopped, the group
 * gets SIGHUP and SIGCONT (POSIX, _exit).
 */
void signal_orphan_group(const struct process *p, const struct process *parent,
			 const struct process *except);

/* Is nobody left in the group's session who could continue it? */
bool signal_is_orphaned_group(int pgid);

#endif
