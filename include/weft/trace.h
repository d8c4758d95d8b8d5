// SPDX-License-Identifier: MIT
/*
 * Trace points: what weft does, told to one function of the client as it
 * happens. With WEFT_TRACE=1 only; without it there is no code for any of this.
 *
 * Every entry to EL1 and every exit is told, those of leaf functions too; every
 * switch; every load and save of FP registers; every write of TTBR0_EL1; every
 * ASID that is given out; every TLB operation. Not what happens while the CPU
 * has no running task (weft_task_adopt).
 *
 * The order on one CPU is that of the events. Of a switch come first what it
 * does to FP registers and TTBR0, then WEFT_TRACE_SWITCH, all while the task
 * that is left is still the running one; what comes after that event is the
 * next one's.
 */
#ifndef WEFT_TRACE_H
#define WEFT_TRACE_H

#include <weft/config.h>

/* The events, with what their two arguments are. */
#define WEFT_TRACE_ENTER	1	/* exception: enum weft_vector, ESR_EL1
					 * (0 for IRQ and FIQ) */
#define WEFT_TRACE_CALL		2	/* the exception is an SVC of EL0: x8,
					 * x0; instead of ENTER */
#define WEFT_TRACE_EXIT		3	/* ERET to EL0: pc, x0 */
#define WEFT_TRACE_EXIT_KERNEL	4	/* ERET to EL1: pc */
#define WEFT_TRACE_LEAF		5	/* a leaf function returned: .value,
					 * .next; of weft_hook_miss: true or
					 * false, 0 or WEFT_LEAF_DEFER */
#define WEFT_TRACE_SWITCH	6	/* the task that is left, the next */
#define WEFT_TRACE_TTBR0	7	/* what was written, the context of
					 * the space (weft/asid.h) */
#define WEFT_TRACE_ASID		8	/* given out: context, root */
#define WEFT_TRACE_ROLLOVER	9	/* generation, how many so far */
#define WEFT_TRACE_TLB		10	/* ASID or WEFT_TRACE_TLB_ALL, with
					 * flags << 32; address | pages */
#define WEFT_TRACE_FP_LOAD	11	/* from memory: task (0: the registers
					 * are nobody's), enum weft_fp_use */
#define WEFT_TRACE_FP_SAVE	12	/* to memory: task, enum weft_fp_use */
#define WEFT_TRACE_FP_LIVE	13	/* what EL0 may use from now on */
#define WEFT_TRACE_CLIENT	64	/* from here on the client's own */

/* Of WEFT_TRACE_TLB: no ASID; and the largest count of pages, or more. */
#define WEFT_TRACE_TLB_ALL	0xffffffff
#define WEFT_TRACE_TLB_PAGES	0xfff	/* 0: all addresses */

#ifndef __ASSEMBLER__
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Hook: @event happened on this CPU, in the running task. Called in EL1 with
 * DAIF as it happens to be, on whatever stack is in use, under any lock, and
 * with a CPU that is between two tasks in all but TPIDR_EL1: it keeps away from
 * user memory, FP registers, locks and weft's functions, and masks DAIF itself
 * where it needs that. Default: nothing.
 */
void weft_hook_trace(uint64_t event, uint64_t a, uint64_t b);

/*
 * For weft: a trace point. If WEFT_TRACE is 0 nothing is evaluated, and a
 * compiler that weighs a function sees nothing of it.
 */
#if WEFT_TRACE
#define weft_trace(event, a, b) weft_hook_trace(event, a, b)
#else
#define weft_trace(event, a, b) \
	((void)sizeof((event) + (a) + (b)))
#endif

#ifdef __cplusplus
}
#endif
#endif
#endif
