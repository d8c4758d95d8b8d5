// SPDX-License-Identifier: MIT
/*
 * Exceptions: from the vector to the client's hooks.
 *
 *	vectors.S  one slot each: where it came from, what kind
 *	entry.S    saves the frame, restores it
 *	trap.c     reads ESR_EL1, decides which hook
 *	hooks      the client's functions, below
 *
 * Every hook is called with all of DAIF masked, as the exception left it, on
 * the kernel stack of the thread that was interrupted, with a whole frame. It
 * may unmask interrupts and switch to other threads; it returns when the
 * interrupted thread is to go on, as frame then says.
 *
 * The client defines every hook: a missing one is a link error.
 */
#ifndef WEFT_TRAP_H
#define WEFT_TRAP_H

#include <stdbool.h>
#include <stdint.h>

#include <weft/frame.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What an access that faulted was for. */
enum weft_access {
	WEFT_ACCESS_READ,
	WEFT_ACCESS_WRITE,
	WEFT_ACCESS_EXEC,
};

/* Why the page tables did not allow it. */
enum weft_fault_kind {
	WEFT_FAULT_TRANSLATION,	/* nothing is mapped */
	WEFT_FAULT_PERMISSION,	/* mapped, not for this */
	WEFT_FAULT_OTHER,	/* address size, access flag ... */
};

/* An instruction or data abort that a page table can explain. */
struct weft_page_fault {
	uint64_t address;	/* FAR_EL1, tag removed from user addresses */
	enum weft_access access;	/* what it was for */
	enum weft_fault_kind kind;	/* why it failed */
	bool user;		/* EL0 did it; else the kernel */
};

/* What else a synchronous exception can be. */
enum weft_trap {
	WEFT_TRAP_UNDEFINED,	/* unallocated, or not for EL0 */
	WEFT_TRAP_FP,		/* FP or SIMD while trapped */
	WEFT_TRAP_SVE,
	WEFT_TRAP_SME,
	WEFT_TRAP_SYSREG,	/* MSR, MRS or SYS that is trapped */
	WEFT_TRAP_WFX,
	WEFT_TRAP_PAUTH,	/* trapped instruction, or failed check */
	WEFT_TRAP_BTI,
	WEFT_TRAP_ILLEGAL,	/* PSTATE.IL was set */
	WEFT_TRAP_PC_ALIGN,
	WEFT_TRAP_SP_ALIGN,
	WEFT_TRAP_ALIGN,	/* data access */
	WEFT_TRAP_EXTERNAL,	/* synchronous external abort */
	WEFT_TRAP_FP_EXCEPTION,	/* trapped IEEE exception */
	WEFT_TRAP_BREAKPOINT,	/* BRK */
	WEFT_TRAP_DEBUG,	/* step, watchpoint, hardware breakpoint */
	WEFT_TRAP_UNKNOWN,	/* a class that weft does not know */
};

/* Vectors, in the order of the table: entry * 4 + kind. */
enum weft_vector {
	WEFT_VECTOR_EL1T,	/* EL1 on SP_EL0: never used */
	WEFT_VECTOR_EL1H = 4,
	WEFT_VECTOR_EL0_64 = 8,
	WEFT_VECTOR_EL0_32 = 12,
	WEFT_VECTOR_SYNC = 0,
	WEFT_VECTOR_IRQ = 1,
	WEFT_VECTOR_FIQ = 2,
	WEFT_VECTOR_SERROR = 3,
	WEFT_VECTOR_OVERFLOW = 16,	/* no slot: the stack is full */
};

/* SVC from EL0. The result goes where weft_frame_set_result puts it. */
void weft_hook_syscall(struct weft_frame *frame);

/* IRQ, from EL0 or EL1. */
void weft_hook_irq(struct weft_frame *frame);

/*
 * An instruction or data abort. True: handled, go on. False from the kernel:
 * weft looks for a fix-up (weft/uaccess.h), then calls weft_hook_unexpected;
 * the same for every other synchronous exception of the kernel.
 * False from EL0 cannot be: the client ends or signals the program itself.
 */
bool weft_hook_page_fault(struct weft_frame *frame,
			  const struct weft_page_fault *fault);

/* Any other synchronous exception of EL0. */
void weft_hook_user_trap(struct weft_frame *frame, enum weft_trap trap);

/*
 * On the way to EL0, after the hook above returned, all of DAIF masked (weft
 * masks it): what is pending for the thread. May unmask and switch; must
 * return with DAIF masked and nothing pending.
 */
void weft_hook_user_exit(struct weft_frame *frame);

/*
 * The kernel cannot go on: an exception of EL1 that nobody mended, SError or
 * FIQ, AArch32, EL1t, a stack that is full (then on the spare stack).
 */
__attribute__((noreturn)) void
weft_hook_unexpected(struct weft_frame *frame, unsigned vector);

/* What ESR_EL1 says of a data or instruction abort. */
void weft_page_fault_decode(const struct weft_frame *frame,
			    struct weft_page_fault *fault);

/* The class of a synchronous exception that is neither SVC nor abort. */
enum weft_trap weft_trap_decode(uint64_t esr);

/* In words, for reports: "data abort", "translation fault, level 3" ... */
const char *weft_esr_class_name(uint64_t esr);
const char *weft_esr_fault_name(uint64_t esr);
const char *weft_vector_name(unsigned vector);

/* The table for VBAR_EL1 (2 KiB aligned). */
extern const char weft_vectors[];

#ifdef __cplusplus
}
#endif
#endif
