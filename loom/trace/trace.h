// SPDX-License-Identifier: MIT
/*
 * The trace of `./run --trace` (docs/tracing.md): what weft tells of itself
 * (weft/trace.h) and what loom adds, recorded on each CPU without a lock and
 * written to files of the host. In a build with the option `trace` only; in
 * others there is no code for it.
 */
#ifndef LOOM_TRACE_TRACE_H
#define LOOM_TRACE_TRACE_H

#include <stdbool.h>
#include <stdint.h>

#include <weft/trace.h>

struct thread;

/*
 * loom's events, with what their two arguments are: tools/trace_records.py has
 * names and numbers from here. "About" a thread: the record names that one
 * instead of the running one.
 */
enum trace_event {
	/* trace.c's own */
	TRACE_BEGIN = WEFT_TRACE_CLIENT,	/* magic, ticks a second */
	TRACE_END,		/* events of this CPU, of which lost */
	TRACE_LOST,		/* how many events before this one */
	TRACE_WRITE,		/* since when, bytes: the buffer was written */
	TRACE_COST,		/* ticks for, so many events */
	TRACE_COUNTER,		/* enum trace_counter, value: at the end */

	/* threads */
	TRACE_THREAD,		/* about: pid << 32 | tid, who made it */
	TRACE_NAME,		/* about: 16 bytes of its name */
	TRACE_LEAVE,		/* of the CPU: state << 8 | enum trace_why, next
				 * thread */
	TRACE_WAIT,		/* is about to sleep: kernel's address, deadline
				 * in ns (UINT64_MAX: none) */
	TRACE_WAKE,		/* thread, enum trace_wake */
	TRACE_READY,		/* thread, CPU whose queue it is on */
	TRACE_MIGRATE,		/* thread, from << 32 | to */
	TRACE_ENDED,		/* the thread has ended: wait status */

	/* what the kernel does */
	TRACE_RESULT,		/* of a system call: number, result */
	TRACE_FAULT,		/* page fault: address, pc */
	TRACE_FAULTED,		/* it is over: address, 0 or -errno */
	TRACE_IRQ,		/* number */

	/* signals */
	TRACE_SIGNAL_SEND,	/* pid << 32 | tid (0: any), signal */
	TRACE_SIGNAL_DELIVER,	/* handler, signal */
	TRACE_SIGNAL_RETURN,	/* pc */

	/* endpoints and notifications: object, thread (0: nobody yet) */
	TRACE_IPC_CALL,
	TRACE_IPC_REPLY,
	TRACE_IPC_RECEIVE,
	TRACE_NOTE_SIGNAL,
	TRACE_NOTE_WAIT,
};

/* Why a thread leaves the CPU: sched.c's reasons. */
enum trace_why {
	TRACE_PREEMPTED,
	TRACE_YIELDS,
	TRACE_SLEEPS,
	TRACE_ENDS,
	TRACE_IN_LEAF = 1 << 16,	/* added: a switch of sched/quick.h */
};

enum trace_wake {
	TRACE_WAKE_PLAIN,
	TRACE_WAKE_SIGNAL,	/* to take one */
};

/* What the kernel counts by itself, to compare with. */
enum trace_counter {
	TRACE_COUNT_SWITCHES,	/* of this CPU, but those of leaf calls */
	/* of all CPUs, told by the first */
	TRACE_COUNT_IRQS,	/* handled */
	TRACE_COUNT_ROLLOVERS,
};

#if WEFT_TRACE

/* In any context, as weft_hook_trace. */
void trace(enum trace_event event, uint64_t a, uint64_t b);

/* @thread and its name. */
void trace_thread(const struct thread *thread, const struct thread *creator);
void trace_name(const struct thread *thread);

/* The running thread is about to sleep here, in the function that says so. */
static inline __attribute__((always_inline)) void trace_wait(void)
{
	uint64_t here;

	__asm__ volatile("adr %0, ." : "=r"(here));
	trace(TRACE_WAIT, here, UINT64_MAX);
}

/*
 * The calling CPU's events to the host: all there are. When it has nothing
 * else to do. DAIF masked.
 */
void trace_flush(void);

/* Once there is a host channel: what an event costs is measured. */
void trace_measure(void);

/* The machine ends; the other CPUs have been stopped. */
void trace_finish(void);

#else

/* Nothing is evaluated, and a compiler that weighs a function sees nothing. */
#define trace(event, a, b) weft_trace(event, a, b)
#define trace_thread(thread, creator) \
	((void)sizeof(!(thread)), (void)sizeof(!(creator)))
#define trace_name(thread) ((void)sizeof(!(thread)))
#define trace_flush() ((void)0)
#define trace_measure() ((void)0)
#define trace_finish() ((void)0)
#define trace_wait() ((void)0)

#endif

#endif
