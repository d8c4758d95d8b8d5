/* SPDX-License-Identifier: MIT */
/*
 * The loops that are measured, in assembly: what they execute in user mode is
 * the same in every round, and known. loops.S has the code.
 */
#ifndef BENCHES_LOOPS_H
#define BENCHES_LOOPS_H

/* Between a call of loop_nops and one of loop_no_nops. */
#define LOOP_NOPS 1000

#ifndef __ASSEMBLER__

#include <stddef.h>
#include <stdint.h>

/* One system call of a round, with a store before it. */
struct call {
	uint64_t number;
	uint64_t arg[6];
	volatile uint32_t *word;	/* never NULL */
	uint64_t value;			/* its low half is stored there */
	int64_t result;			/* of the last time */
};

/*
 * @rounds times the @count system calls of @calls in turn. All of these
 * execute as many instructions a round:
 *
 * loop_calls		what is measured
 * loop_traced		the same; each round begins at the label traced_begin,
 *			and the last ends at traced_end
 * loop_partner		the other side of a ping-pong, at other addresses
 * loop_nothing		NOP instead of SVC: what the loop itself costs
 */
void loop_calls(struct call *calls, size_t count, uint64_t rounds);
void loop_traced(struct call *calls, size_t count, uint64_t rounds);
void loop_partner(struct call *calls, size_t count, uint64_t rounds);
void loop_nothing(struct call *calls, size_t count, uint64_t rounds);

/* The same; FP registers are written before each call. */
void loop_calls_fp(struct call *calls, size_t count, uint64_t rounds);
void loop_traced_fp(struct call *calls, size_t count, uint64_t rounds);
void loop_partner_fp(struct call *calls, size_t count, uint64_t rounds);
void loop_nothing_fp(struct call *calls, size_t count, uint64_t rounds);

/* Store to @pages pages from @at on; the second has the labels. */
void loop_touch(void *at, size_t pages);
void loop_touch_traced(void *at, size_t pages);

/*
 * Read the counter until it has made @gaps jumps of more than @usual ticks
 * from one look to the next, and write how far each was to @gap. A look takes
 * LOOP_WATCH instructions.
 */
#define LOOP_WATCH 5
void loop_watch(uint64_t usual, uint64_t *gap, size_t gaps);

/*
 * @rounds times: make a child, which ends at once, and wait for it. The
 * child executes LOOP_FORK_CHILD instructions in user mode.
 */
#define LOOP_FORK_CHILD 4
void loop_fork(uint64_t rounds);
void loop_fork_traced(uint64_t rounds);
void loop_fork_nothing(uint64_t rounds);

/*
 * Between these bench_trace.py has every instruction written down. What is
 * traced is LOOP_TRACED rounds, as in one of them an interrupt comes.
 */
#define LOOP_TRACED 4
void trace_on(void);
void trace_off(void);

/* Wait for ever, without a C library: the child of a fork that does nothing. */
_Noreturn void loop_pause(void);

void loop_nops(void);
void loop_no_nops(void);

#endif

#endif
