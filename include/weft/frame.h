// SPDX-License-Identifier: MIT
/*
 * The trap frame: every general register of whoever was interrupted.
 *
 * It has one author, weft/entry.h and entry.S, which fill it before any C runs
 * and consume it on the way out. It lies on the kernel stack: at the very top
 * if the exception came from EL0 (so SP_EL1 points at it while in EL0), below
 * whatever was there if it came from EL1.
 */
#ifndef WEFT_FRAME_H
#define WEFT_FRAME_H

#include <weft/arch.h>
#include <weft/layout.h>

#define WEFT_FRAME_X0		0
#define WEFT_FRAME_X30		240
#define WEFT_FRAME_SP		248
#define WEFT_FRAME_PC		256
#define WEFT_FRAME_PSTATE	264
#define WEFT_FRAME_ESR		272
#define WEFT_FRAME_FAR		280
#define WEFT_FRAME_ORIG_X0	288
#define WEFT_FRAME_NUMBER	296
#define WEFT_FRAME_RECORD	304
#define WEFT_FRAME_SIZE		320

#ifndef __ASSEMBLER__
#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* frame->number of a frame that no system call made */
#define WEFT_NO_SYSCALL UINT64_MAX

/* What ERET needs to go on with whoever was interrupted. */
struct weft_frame {
	uint64_t x[31];		/* x0-x30 */
	uint64_t sp;		/* SP_EL0, or SP_EL1 before the exception */
	uint64_t pc;		/* ELR_EL1: where ERET goes */
	uint64_t pstate;	/* SPSR_EL1 */
	uint64_t esr;		/* ESR_EL1; 0 for IRQ and FIQ */
	uint64_t far;		/* FAR_EL1, where the class defines it */
	uint64_t orig_x0;	/* x0 as the system call was made */
	uint64_t number;	/* x8 of a system call or WEFT_NO_SYSCALL */
	uint64_t record[2];	/* frame record: {x29, pc}, {0, 0} from EL0 */
};

WEFT_OFFSET(WEFT_FRAME_X0, weft_frame, x);
WEFT_OFFSET(WEFT_FRAME_X30, weft_frame, x[30]);
WEFT_OFFSET(WEFT_FRAME_SP, weft_frame, sp);
WEFT_OFFSET(WEFT_FRAME_PC, weft_frame, pc);
WEFT_OFFSET(WEFT_FRAME_PSTATE, weft_frame, pstate);
WEFT_OFFSET(WEFT_FRAME_ESR, weft_frame, esr);
WEFT_OFFSET(WEFT_FRAME_FAR, weft_frame, far);
WEFT_OFFSET(WEFT_FRAME_ORIG_X0, weft_frame, orig_x0);
WEFT_OFFSET(WEFT_FRAME_NUMBER, weft_frame, number);
WEFT_OFFSET(WEFT_FRAME_RECORD, weft_frame, record);
WEFT_SIZE(WEFT_FRAME_SIZE, weft_frame);
WEFT_PAIR(weft_frame, x[30], sp);
WEFT_PAIR(weft_frame, pc, pstate);
WEFT_PAIR(weft_frame, esr, far);
WEFT_PAIR(weft_frame, orig_x0, number);
WEFT_STATIC_ASSERT(sizeof(struct weft_frame) % 16 == 0,
		   "a frame keeps sp 16-byte aligned");

/* Did the exception come from EL0? */
static inline bool weft_frame_from_user(const struct weft_frame *frame)
{
	return (frame->pstate & WEFT_PSTATE_MODE) == WEFT_PSTATE_EL0T;
}

/* The number of the system call: x8 as it was made. */
static inline uint64_t weft_frame_syscall(const struct weft_frame *frame)
{
	return frame->number;
}

/* Its argument @n: x0-x5, and on to x30 where an ABI has more. */
static inline uint64_t weft_frame_arg(const struct weft_frame *frame,
				      unsigned n)
{
	return n == 0 ? frame->orig_x0 : frame->x[n];
}

/* The result in x0. */
static inline void weft_frame_set_result(struct weft_frame *frame,
					 uint64_t value)
{
	frame->x[0] = value;
}

/* A result in another register, x1-x30, where an ABI has such. */
static inline void weft_frame_set_more(struct weft_frame *frame, unsigned n,
				       uint64_t value)
{
	frame->x[n] = value;
}

/*
 * The instruction that faulted. ERET goes to frame->pc, which for a system
 * call is the instruction after the SVC; for a fault the two are the same.
 */
static inline uint64_t weft_frame_fault_pc(const struct weft_frame *frame)
{
	return frame->number == WEFT_NO_SYSCALL ? frame->pc : frame->pc - 4;
}

/*
 * A frame that enters EL0 at @pc with stack pointer @sp (16-byte aligned) and
 * every other register zero, interrupts enabled.
 */
void weft_frame_init_user(struct weft_frame *frame, uint64_t pc, uint64_t sp);

/*
 * Is PSTATE one that user mode may have: EL0t, AArch64, DAIF clear, nothing
 * but flags and the bits that EL0 can set itself (Arm ARM C5.2.18)?
 */
bool weft_pstate_user_ok(uint64_t pstate);

#ifdef __cplusplus
}
#endif
#endif
#endif
