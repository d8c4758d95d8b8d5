// SPDX-License-Identifier: MIT
/*
 * Signals: raised by kill, the terminal and faults; acted on, by their default
 * action or not at all, before the process's thread returns to user mode. A
 * thread that sleeps interruptibly is woken by a signal that is neither
 * blocked nor ignored; its system call ends with -EINTR (or a partial
 * count) and the signal is acted upon on the way out. Handlers in programs
 * are refused (CAVEATS.md).
 */
#ifndef LOOM_PROC_SIGNAL_H
#define LOOM_PROC_SIGNAL_H

#include <stdbool.h>
#include <stdint.h>

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
#define SIGNAL_MAX	64

const char *signal_name(int sig);

/* Raise @sig in @p; any context, no lock of RANK_SIGNAL or above held. */
void signal_send(struct process *p, int sig);

/* To every process of a group: 0 or -ESRCH. The tree lock is taken. */
int signal_send_group(int pgid, int sig);

/*
 * A fault of the program itself: cannot be blocked or ignored. Reports one
 * line on the console (program, pid, signal, pc, address).
 */
void signal_fault(struct weft_frame *frame, int sig, uint64_t addr,
		  const char *what);

/*
 * True if the running process has a signal to act on; false in a kernel
 * thread. Takes no lock: any context.
 */
bool signal_pending(void);

/*
 * On the way to user mode: end the process if a signal says so. Interrupts
 * may be masked or not; no lock held.
 */
void signal_act(struct weft_frame *frame);

/* Signal @sig's bit in a set. */
static inline uint64_t signal_bit(int sig)
{
	return UINT64_C(1) << (sig - 1);
}

/* What a signal does that nobody ignores. */
enum signal_default {
	SIGNAL_ENDS,		/* the process; for some Linux dumps core too */
	SIGNAL_NOTHING,		/* CHLD, CONT, URG, WINCH */
	SIGNAL_STOPS,	/* STOP, TSTP, TTIN, TTOU: not done (CAVEATS.md) */
};

enum signal_default signal_default(int sig);

/*
 * The signals that do nothing to a process: those it ignores and those whose
 * default is nothing; for process 1 all.
 */
uint64_t signal_harmless(uint64_t ignored, bool is_init);

/* Which of @pending to act on first: KILL, else the lowest; 0: none. */
int signal_first(uint64_t pending);

/*
 * The running process's own state. Ignored: SIG_IGN, else SIG_DFL; what is
 * pending and now harmless is dropped. -EINVAL for KILL, STOP, no signal.
 */
bool signal_is_ignored(int sig);
int signal_set_ignored(int sig, bool ignored);
/* SA_NOCLDWAIT of SIGCHLD's action. */
void signal_set_reap_children(bool reap);

uint64_t signal_blocked(void);
/* KILL and STOP stay unblocked. */
void signal_set_blocked(uint64_t set);
/* Pending, blocked ones. */
uint64_t signal_waiting(void);

/* Will @parent never wait for children: SIGCHLD ignored, or NOCLDWAIT? */
bool signal_children_unwanted(struct process *parent);

/*
 * A child and its thread start with the dispositions and the mask of the
 * calling thread, nothing pending; with @clear what is not ignored has its
 * default. Both are nobody else's yet.
 */
void signal_inherit(struct process *child, struct thread *t, bool clear);

/*
 * A thread starts with the mask of the calling one. @own_stack: it shares
 * memory with its maker, who runs on.
 */
void signal_inherit_thread(struct thread *t, bool own_stack);

#endif
