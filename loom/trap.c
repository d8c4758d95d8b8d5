// SPDX-License-Identifier: MIT
/*
 * weft's hooks: what loom does with an exception. Each is entered with all of
 * DAIF masked and a whole frame.
 *
 *	system call	interrupts on, the table (syscall/table.c)
 *	IRQ		the controller (dev/irq.c); if it hit the kernel, the
 *			preemption point
 *	page fault	the address space (mm/aspace.c), or a signal
 *	user trap	a signal
 *	user exit	switch if asked to, signals; then back to EL0
 */
#include <weft/trap.h>

#include <weft/sysreg.h>
#include <weft/task.h>
#include <weft/uaccess.h>

#include "dev/irq.h"
#include "lib/assert.h"
#include "lib/errno.h"
#include "lib/panic.h"
#include "mm/aspace.h"
#include "mm/layout.h"
#include "mm/oom.h"
#include "proc/fpstate.h"
#include "proc/process.h"
#include "proc/signal.h"
#include "sched/cpu.h"
#include "sched/sched.h"
#include "sched/thread.h"
#include "syscall/syscall.h"

void weft_hook_syscall(struct weft_frame *frame)
{
	weft_unmask_all();
	syscall_dispatch(frame);
}

void weft_hook_irq(struct weft_frame *frame)
{
	irq_dispatch(frame);
}

void weft_hook_preempt(struct weft_frame *frame)
{
	(void)frame;
	sched_preempt_irq();
}

static unsigned area_access(enum weft_access access)
{
	switch (access) {
	case WEFT_ACCESS_WRITE:
		return AREA_WRITE;
	case WEFT_ACCESS_EXEC:
		return AREA_EXEC;
	default:
		return AREA_READ;
	}
}

static void user_page_fault(struct weft_frame *frame,
			    const struct weft_page_fault *fault)
{
	struct process *process = process_current();
	int err;

	weft_unmask_all();
	err = oom_aspace_fault(process->aspace, fault->address,
			       area_access(fault->access));
	/* Who is being killed may have no memory any more: that ends it. */
	if (err == 0 || signal_is_deadly())
		return;
	if (err == -ENOMEM)
		signal_fault(frame, SIGKILL, fault->address, "out of memory");
	else if (err == -ENXIO || err == -ENOSPC)
		signal_fault(frame, SIGBUS, fault->address, "no page in file");
	else if (fault->access == WEFT_ACCESS_EXEC)
		signal_fault(frame, SIGSEGV, fault->address, "execution");
	else if (fault->access == WEFT_ACCESS_WRITE)
		signal_fault(frame, SIGSEGV, fault->address, "write");
	else
		signal_fault(frame, SIGSEGV, fault->address, "read");
}

/*
 * The kernel touched user memory. Legitimate only from the instructions of
 * weft/uaccess.S and while the thread may sleep; anything else is reported.
 */
static bool kernel_page_fault(struct weft_frame *frame,
			      const struct weft_page_fault *fault)
{
	struct process *process;
	int err;

	/* A bug must not be looked into with pointers that may be wild. */
	if (fault->address >= USER_TOP || !weft_extable_covers(frame->pc))
		return false;
	process = process_current();
	if (!process || !process->aspace)
		return false;
	if ((frame->pstate & WEFT_PSTATE_I) || thread_current()->preempt)
		return false;
	weft_unmask_all();
	err = oom_aspace_fault(process->aspace, fault->address,
			       area_access(fault->access));
	weft_mask_all();
	return err == 0;
}

bool weft_hook_page_fault(struct weft_frame *frame,
			  const struct weft_page_fault *fault)
{
	if (!fault->user)
		return kernel_page_fault(frame, fault);
	user_page_fault(frame, fault);
	return true;
}

struct verdict {
	int sig;
	const char *what;
};

static struct verdict judge(enum weft_trap trap)
{
	switch (trap) {
	case WEFT_TRAP_PC_ALIGN:
		return (struct verdict){ SIGBUS, "misaligned pc" };
	case WEFT_TRAP_SP_ALIGN:
		return (struct verdict){ SIGBUS, "misaligned sp" };
	case WEFT_TRAP_ALIGN:
		return (struct verdict){ SIGBUS, "misaligned access" };
	case WEFT_TRAP_EXTERNAL:
		return (struct verdict){ SIGBUS, "external abort" };
	case WEFT_TRAP_FP_EXCEPTION:
		return (struct verdict){ SIGFPE, "floating-point exception" };
	case WEFT_TRAP_BREAKPOINT:
		return (struct verdict){ SIGTRAP, "breakpoint" };
	case WEFT_TRAP_DEBUG:
		return (struct verdict){ SIGTRAP, "debug exception" };
	case WEFT_TRAP_SVE:
		return (struct verdict){ SIGILL, "SVE instruction" };
	case WEFT_TRAP_SME:
		return (struct verdict){ SIGILL, "SME instruction" };
	case WEFT_TRAP_SYSREG:
		return (struct verdict){ SIGILL, "privileged register" };
	case WEFT_TRAP_ILLEGAL:
		return (struct verdict){ SIGILL, "illegal execution state" };
	default:
		return (struct verdict){ SIGILL, "undefined instruction" };
	}
}

void weft_hook_user_trap(struct weft_frame *frame, enum weft_trap trap)
{
	struct verdict verdict = judge(trap);
	uint64_t at = verdict.sig == SIGBUS ? frame->far : frame->pc;
	bool memory;

	weft_unmask_all();
	if (trap == WEFT_TRAP_SVE && fpstate_sve_trap(&memory)) {
		if (!memory)
			signal_fault(frame, SIGKILL, at, "out of memory");
		return;
	}
	signal_fault(frame, verdict.sig, at, verdict.what);
}

/*
 * Work may come as long as interrupts are on; so it is looked for with DAIF
 * masked, and what is found is done before the next look.
 */
void weft_hook_user_exit(struct weft_frame *frame)
{
	for (;;) {
		if (sched_need_resched()) {
			sched_switch();
		} else if (signal_pending()) {
			weft_unmask_all();
			signal_act(frame);
			weft_mask_all();
		} else {
			break;
		}
	}
	assert(frame == thread_user_frame(thread_current()));
	assert(thread_current()->preempt == 0);
}

void weft_hook_unexpected(struct weft_frame *frame, unsigned vector)
{
	if ((vector & 3) != WEFT_VECTOR_SYNC)
		panic_frame(frame, "%s", weft_vector_name(vector));
	panic_frame(frame, "%s: %s", weft_vector_name(vector),
		    weft_esr_class_name(frame->esr));
}
