// SPDX-License-Identifier: MIT
/*
 * From the saved frame to the client's hooks: ESR_EL1 is read here, in C.
 * Called from entry.S with all of DAIF masked.
 */
#include <weft/trap.h>

#include <weft/assert.h>
#include <weft/config.h>
#include <weft/cpu.h>
#include <weft/fp.h>
#include <weft/pauth.h>
#include <weft/space.h>
#include <weft/sysreg.h>
#include <weft/task.h>
#include <weft/uaccess.h>

#include "entry.h"
#include "flags.h"

/* Needed more than once, but one copy of it is enough. */
#define SHARED __attribute__((noinline))

static unsigned class_of(uint64_t esr)
{
	return (esr >> WEFT_ESR_EC_SHIFT) & WEFT_ESR_EC_MASK;
}

static bool is_abort(uint64_t esr)
{
	unsigned ec = class_of(esr);

	return ec == WEFT_EC_IABT_EL0 || ec == WEFT_EC_IABT_EL1 ||
	       ec == WEFT_EC_DABT_EL0 || ec == WEFT_EC_DABT_EL1;
}

/* Aborts that a page table can explain; the others are traps. */
static bool is_page_fault(uint64_t esr)
{
	unsigned fsc = esr & WEFT_ISS_FSC_MASK;

	return is_abort(esr) && fsc < WEFT_FSC_EXTERNAL;
}

SHARED void weft_page_fault_decode(const struct weft_frame *frame,
				   struct weft_page_fault *fault)
{
	uint64_t esr = frame->esr;
	unsigned ec = class_of(esr);
	unsigned fsc = esr & WEFT_ISS_FSC_MASK & ~3u;
	bool code = ec == WEFT_EC_IABT_EL0 || ec == WEFT_EC_IABT_EL1;

	fault->user = ec == WEFT_EC_IABT_EL0 || ec == WEFT_EC_DABT_EL0;
	fault->address = frame->far;
	/* TBI0: the top byte of a user address is not part of it. */
	if (!(frame->far & WEFT_BIT(55)))
		fault->address &= WEFT_BIT(56) - 1;
	if (code)
		fault->access = WEFT_ACCESS_EXEC;
	/* Cache maintenance reports WnR = 1 and reads. */
	else if ((esr & WEFT_ISS_WNR) && !(esr & WEFT_ISS_CM))
		fault->access = WEFT_ACCESS_WRITE;
	else
		fault->access = WEFT_ACCESS_READ;
	if (fsc == WEFT_FSC_TRANSLATION)
		fault->kind = WEFT_FAULT_TRANSLATION;
	else if (fsc == WEFT_FSC_PERMISSION)
		fault->kind = WEFT_FAULT_PERMISSION;
	else
		fault->kind = WEFT_FAULT_OTHER;
}

static enum weft_trap abort_trap(uint64_t esr)
{
	if ((esr & WEFT_ISS_FSC_MASK) == WEFT_FSC_ALIGNMENT)
		return WEFT_TRAP_ALIGN;
	return WEFT_TRAP_EXTERNAL;
}

SHARED enum weft_trap weft_trap_decode(uint64_t esr)
{
	/* By class: a switch of so many cases is code in some compilers. */
	static const uint8_t TRAPS[WEFT_ESR_EC_MASK + 1] = {
		[WEFT_EC_WFX] = WEFT_TRAP_WFX,
		[WEFT_EC_FP] = WEFT_TRAP_FP,
		[WEFT_EC_SVE] = WEFT_TRAP_SVE,
		[WEFT_EC_SME] = WEFT_TRAP_SME,
		[WEFT_EC_SYS64] = WEFT_TRAP_SYSREG,
		[WEFT_EC_PAUTH] = WEFT_TRAP_PAUTH,
		[WEFT_EC_FPAC] = WEFT_TRAP_PAUTH,
		[WEFT_EC_BTI] = WEFT_TRAP_BTI,
		[WEFT_EC_ILLEGAL] = WEFT_TRAP_ILLEGAL,
		[WEFT_EC_PC_ALIGN] = WEFT_TRAP_PC_ALIGN,
		[WEFT_EC_SP_ALIGN] = WEFT_TRAP_SP_ALIGN,
		[WEFT_EC_FP64] = WEFT_TRAP_FP_EXCEPTION,
		[WEFT_EC_BRK64] = WEFT_TRAP_BREAKPOINT,
		[WEFT_EC_BREAK_EL0] = WEFT_TRAP_DEBUG,
		[WEFT_EC_STEP_EL0] = WEFT_TRAP_DEBUG,
		[WEFT_EC_WATCH_EL0] = WEFT_TRAP_DEBUG,
	};
	unsigned ec = class_of(esr);

	if (is_abort(esr))
		return abort_trap(esr);
	if (ec == WEFT_EC_UNKNOWN)
		return WEFT_TRAP_UNDEFINED;
	return TRAPS[ec] ? TRAPS[ec] : WEFT_TRAP_UNKNOWN;
}

/* ERET with it goes back to where the kernel was. */
static void kernel_exit(const struct weft_frame *frame)
{
	weft_assert((frame->pstate & (WEFT_PSTATE_MODE | WEFT_PSTATE_NRW)) ==
		    WEFT_PSTATE_EL1H);
	(void)frame;
}

static SHARED bool page_fault(struct weft_frame *frame)
{
	struct weft_page_fault fault;

	weft_page_fault_decode(frame, &fault);
	return weft_hook_page_fault(frame, &fault);
}

#if WEFT_USER
static bool fp_trap(uint64_t esr)
{
	unsigned ec = class_of(esr);

	if (!WEFT_FP || (ec != WEFT_EC_FP && ec != WEFT_EC_SVE))
		return false;
	return weft_fp_trap(weft_task_current(), ec == WEFT_EC_SVE ?
			    WEFT_FP_SVE : WEFT_FP_SIMD);
}

/* What EL0 gets: its own registers, memory and FP state, and no more. */
void weft_trap_check_exit(const struct weft_frame *frame)
{
#if WEFT_DEBUG
	const struct weft_task *task = weft_task_current();

	weft_assert((weft_read_daif() & WEFT_PSTATE_DAIF) == WEFT_PSTATE_DAIF);
	weft_assert(weft_pstate_user_ok(frame->pstate & ~WEFT_PSTATE_SS));
	weft_assert(weft_space_is_installed(task->cpu, task->space));
	weft_assert(!WEFT_FP || weft_fp_is_right(task));
	weft_assert(!WEFT_PAUTH || weft_pauth_exit_ok(task));
#else
	(void)frame;
#endif
}

void weft_trap_user_exit(struct weft_frame *frame)
{
	weft_mask_all();
	weft_hook_user_exit(frame);
#if WEFT_DEBUG
	weft_trap_check_exit(frame);
#endif
}

/* Not part of the way of a system call: that saves no register. */
static __attribute__((noinline)) void user_trap(struct weft_frame *frame)
{
	uint64_t esr = frame->esr;

	if (is_page_fault(esr))
		page_fault(frame);
	else if (!WEFT_FP || !fp_trap(esr))
		weft_hook_user_trap(frame, weft_trap_decode(esr));
}

void weft_trap_user_sync(struct weft_frame *frame)
{
	if (class_of(frame->esr) == WEFT_EC_SVC64) {
		frame->number = frame->x[8];
		weft_hook_syscall(frame);
	} else {
		user_trap(frame);
	}
}

void weft_trap_user_irq(struct weft_frame *frame, uint64_t taken)
{
	weft_hook_irq(frame, taken);
}
#endif

void weft_trap_kernel_sync(struct weft_frame *frame)
{
	bool handled = is_page_fault(frame->esr) && page_fault(frame);

	if (!handled && (!WEFT_USER || !weft_extable_fixup(frame)))
		weft_hook_unexpected(frame,
				     WEFT_VECTOR_EL1H | WEFT_VECTOR_SYNC);
	kernel_exit(frame);
}

void weft_trap_kernel_irq(struct weft_frame *frame)
{
	weft_hook_irq(frame, 0);
	weft_mask_all();
	weft_hook_preempt(frame);
	kernel_exit(frame);
}

/*
 * FIQ is no preemption point: it may hit where the kernel has masked IRQ, and
 * that is what protects the kernel from preemption.
 */
void weft_trap_other(struct weft_frame *frame, unsigned vector)
{
	switch (vector) {
	case WEFT_VECTOR_EL1H | WEFT_VECTOR_FIQ:
	case WEFT_VECTOR_EL0_64 | WEFT_VECTOR_FIQ:
		/* Entry does not tell: ESR_EL1 is an older exception's. */
		frame->esr = 0;
		frame->far = 0;
		weft_hook_fiq(frame);
		break;
	case WEFT_VECTOR_EL1H | WEFT_VECTOR_SERROR:
	case WEFT_VECTOR_EL0_64 | WEFT_VECTOR_SERROR:
		frame->far = 0;
		weft_hook_serror(frame);
		break;
	default:
		weft_hook_unexpected(frame, vector);
	}
}

#if WEFT_LEAF
/* What weft_resume_kernel does for one that was parked inside the kernel. */
static void ready_for_leaf(struct weft_frame *frame)
{
	struct weft_task *self = weft_task_current();

	self->sp = (uint64_t)(uintptr_t)frame;
	self->pc = (uint64_t)(uintptr_t)weft_resume_leaf;
	self->leaf_cpu = self->cpu;
}
#endif

/* DAIF is masked: this is the end of a switch. */
void weft_trap_resumed(struct weft_frame *frame, struct weft_task *prev)
{
	weft_assert((weft_read_daif() & WEFT_PSTATE_DAIF) == WEFT_PSTATE_DAIF);
	weft_hook_resumed(frame, prev);
	if (!WEFT_USER || !weft_frame_from_user(frame))
		kernel_exit(frame);
#if WEFT_LEAF
	else
		ready_for_leaf(frame);
#endif
}
