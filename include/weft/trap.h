// SPDX-License-Identifier: MIT
/*
 * Exceptions: from the vector to the client's hooks.
 *
 *	vectors.S  one slot for each place and kind, saves the frame
 *	entry.S    calls trap.c, restores the frame
 *	trap.c     reads ESR_EL1, decides which hook
 *	hooks      the client's functions, below
 *
 * Every hook is called with all of DAIF masked, as the exception left it, on
 * the kernel stack of the thread that was interrupted, with a whole frame. It
 * may unmask interrupts and switch to other threads; it returns when the
 * interrupted thread is to go on, as frame then says. Where less is allowed,
 * the hook says so.
 *
 * Which hooks are called when:
 *
 *	from EL0	syscall | page_fault | user_trap | irq | fiq | serror,
 *			then user_exit; before syscall and irq, and perhaps
 *			instead of them, what weft/leaf.h has
 *	a data abort of EL0, entry invalid
 *			miss, and if that is not enough as above
 *	from EL1h	page_fault | irq, then preempt | fiq | serror
 *	parked at a frame, resumed
 *			resumed, then user_exit if the frame is an EL0 one
 *	all else	unexpected
 *
 * The client defines every hook, and with WEFT_LEAF also weft_hook_leaf_irq and
 * weft_leaf_calls of weft/leaf.h: a missing one is a link error that names it.
 * For some a default is in the archive weft-defaults (weft/defaults/, one file
 * for each): link it behind weft, and it gives what the client has not. A
 * library without WEFT_USER calls none of syscall, user_trap and user_exit.
 */
#ifndef WEFT_TRAP_H
#define WEFT_TRAP_H

#include <stdbool.h>
#include <stdint.h>

#include <weft/frame.h>

#ifdef __cplusplus
extern "C" {
#endif

struct weft_task;

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

/*
 * IRQ, from EL0 or EL1. @taken: what weft_hook_leaf_irq (weft/leaf.h) said of
 * it; 0 where that is not asked: from EL1, and in an event-driven kernel.
 */
void weft_hook_irq(struct weft_frame *frame, uint64_t taken);

/*
 * The kernel's preemption point: after weft_hook_irq when the IRQ was taken in
 * EL1, all of DAIF masked (weft masks it). May switch, also by
 * weft_switch_from_frame, for @frame is an EL1h frame. Default: nothing, a
 * kernel that is not preemptible.
 */
void weft_hook_preempt(struct weft_frame *frame);

/*
 * FIQ, from EL0 or EL1; frame->esr is 0. It may come where the kernel masks
 * only IRQ, so it is no place to switch when it came from EL1, and no
 * preemption point follows. Default: weft_hook_unexpected.
 */
void weft_hook_fiq(struct weft_frame *frame);

/*
 * SError, from EL0 or EL1; frame->esr says of what kind (Arm ARM D19.2.37, ISS
 * of an SError), frame->far is 0, and frame->pc need not be near the cause.
 * Return if the interrupted context may go on: corrected or contained. Default:
 * weft_hook_unexpected.
 */
void weft_hook_serror(struct weft_frame *frame);

/*
 * An instruction or data abort. True: handled, go on. False from the kernel:
 * weft looks for a fix-up (weft/uaccess.h), then calls weft_hook_unexpected;
 * the same for every other synchronous exception of the kernel.
 * False from EL0 cannot be: the client ends or signals the program itself.
 * Default: no fault is handled; one of EL0 is weft_hook_unexpected.
 */
bool weft_hook_page_fault(struct weft_frame *frame,
			  const struct weft_page_fault *fault);

/*
 * Before that, for a data access of EL0 to @address (FAR_EL1 as it is, with its
 * tag) that met an invalid entry: the way for a page that only needs to be put
 * there, as short as that of a leaf call (weft/leaf.h), and what a leaf
 * function may not do is not done here either. The frame is not whole: x0-x19
 * and x30 are in it. True: the access is tried again. False: the frame is made
 * whole and weft_hook_page_fault called; what was changed before must bear it.
 * Called where leaf functions are: with WEFT_LEAF, and not in an event-driven
 * kernel. Default: false.
 */
bool weft_hook_miss(uint64_t address);

/* Any other synchronous exception of EL0. Default: weft_hook_unexpected. */
void weft_hook_user_trap(struct weft_frame *frame, enum weft_trap trap);

/*
 * On the way to EL0, after the hook above returned, all of DAIF masked (weft
 * masks it): what is pending for the thread. May unmask and switch; must
 * return with DAIF masked and nothing pending. Default: nothing.
 */
void weft_hook_user_exit(struct weft_frame *frame);

/*
 * The running task was parked at @frame and goes on there; @prev is the one
 * that ran before on this CPU, and all of it is in memory now: publish it as
 * runnable, or have it freed. What the end of a switch is in a task that was
 * parked inside the kernel. All of DAIF masked, and masked on return; may not
 * switch, may not touch user memory (TTBR0 is written and not yet in force).
 * Default: nothing.
 */
void weft_hook_resumed(struct weft_frame *frame, struct weft_task *prev);

/*
 * The kernel cannot go on: an exception of EL1 that nobody mended, AArch32,
 * EL1t, a stack that is full (then on the CPU's spare stack, whichever
 * exception found it so); an exception whose hook is the default. @vector is
 * entry | kind of enum weft_vector; frame->esr is valid unless kind is IRQ or
 * FIQ.
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
