// SPDX-License-Identifier: MIT
/*
 * weft's hooks: what loom does with an exception. Each is entered with all of
 * DAIF masked and a whole frame.
 *
 *	system call	interrupts on, the table (syscall/table.c)
 *	IRQ		the controller (dev/irq.c), unless it was but a tick
 *			(sched/tick.c); if it hit the kernel, the preemption
 *			point
 *	miss, page fault
 *			the address space (mm/fault.c), or a signal
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
#include "lib/relaxed.h"
#include "mm/aspace.h"
#include "mm/layout.h"
#include "mm/oom.h"
#include "proc/fpstate.h"
#include "proc/process.h"
#include "sched/cpu.h"
#include "sched/sched.h"
#include "sched/thread.h"
#include "signal/signal.h"
#include "syscall/syscall.h"
#include "trace/trace.h"

void weft_hook_syscall(struct weft_frame *frame)
{
	weft_unmask_all();
	syscall_dispatch(frame);
}

void weft_hook_irq(struct weft_frame *frame, uint64_t taken)
{
	irq_dispatch(frame, taken);
}

void weft_hook_resumed(struct weft_frame *frame, struct weft_task *prev)
{
	(void)frame;
	sched_finish_switch(prev);
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

/*
 * What a handler may see of the cause. Of the kernel's half nothing, not even
 * whether something is mapped there: a plain translation fault, as on Linux.
 */
static void tell_fault(const struct weft_frame *frame, uint64_t address)
{
	struct signal_thread *s = &thread_current()->signal;
	uint64_t esr = frame->esr;

	if (address >= USER_TOP) {
		esr &= ~(uint64_t)WEFT_ISS_MASK | WEFT_ISS_CM | WEFT_ISS_WNR;
		esr |= WEFT_FSC_TRANSLATION;
	}
	s->fault_address = address;
	s->fault_esr = esr;
}

static const char *access_name(enum weft_access access)
{
	switch (access) {
	case WEFT_ACCESS_WRITE:
		return "write";
	case WEFT_ACCESS_EXEC:
		return "execution";
	default:
		return "read";
	}
}

bool weft_hook_miss(uint64_t address)
{
	bool mapped = aspace_fault_masked(thread_current()->process->aspace,
					  address);

#if WEFT_TRACE
	if (mapped)
		trace(TRACE_FAULT, address, weft_read_elr_el1());
#endif
	return mapped;
}

static void user_page_fault(struct weft_frame *frame,
			    const struct weft_page_fault *fault)
{
	const char *what = access_name(fault->access);
	uint64_t address = fault->address;
	int err;

	weft_unmask_all();
	trace(TRACE_FAULT, address, frame->pc);
	err = oom_aspace_fault(process_current()->aspace, address,
			       area_access(fault->access));
	trace(TRACE_FAULTED, address, (uint64_t)(int64_t)err);
	/*
	 * Over at once, or the program is told to end: it will not try, and
	 * may have no memory any more.
	 */
	if (err == 0 || signal_is_deadly())
		return;
	if (err == -ENOMEM)
		signal_force_kill(frame, address, "out of memory");
	tell_fault(frame, address);
	if (err == -EFAULT)
		signal_force(frame, SIGSEGV, SEGV_MAPERR, address, what);
	else if (err == -EACCES)
		signal_force(frame, SIGSEGV, SEGV_ACCERR, address, what);
	else
		signal_force(frame, SIGBUS, BUS_ADRERR, address, what);
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
	trace(TRACE_FAULT, fault->address, frame->pc);
	err = oom_aspace_fault(process->aspace, fault->address,
			       area_access(fault->access));
	trace(TRACE_FAULTED, fault->address, (uint64_t)(int64_t)err);
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
	int sig, code;
	const char *what;
};

/* Trapped IEEE exceptions, by ESR_EL1's ISS (Arm ARM D19.2.37). */
static int fp_code(uint64_t esr)
{
	if (!(esr & WEFT_ISS_FP_TFV))
		return FPE_FLTUNK;
	if (esr & WEFT_ISS_FP_IOF)
		return FPE_FLTINV;
	if (esr & WEFT_ISS_FP_DZF)
		return FPE_FLTDIV;
	if (esr & WEFT_ISS_FP_OFF)
		return FPE_FLTOVF;
	if (esr & WEFT_ISS_FP_UFF)
		return FPE_FLTUND;
	return esr & WEFT_ISS_FP_IXF ? FPE_FLTRES : FPE_FLTUNK;
}

static struct verdict judge(enum weft_trap trap, uint64_t esr)
{
	switch (trap) {
	case WEFT_TRAP_PC_ALIGN:
		return (struct verdict){ SIGBUS, BUS_ADRALN, "misaligned pc" };
	case WEFT_TRAP_SP_ALIGN:
		return (struct verdict){ SIGBUS, BUS_ADRALN, "misaligned sp" };
	case WEFT_TRAP_ALIGN:
		return (struct verdict){ SIGBUS, BUS_ADRALN,
					 "misaligned access" };
	case WEFT_TRAP_EXTERNAL:
		return (struct verdict){ SIGBUS, BUS_OBJERR, "external abort" };
	case WEFT_TRAP_FP_EXCEPTION:
		return (struct verdict){ SIGFPE, fp_code(esr),
					 "floating-point exception" };
	case WEFT_TRAP_BREAKPOINT:
		return (struct verdict){ SIGTRAP, TRAP_BRKPT, "breakpoint" };
	case WEFT_TRAP_DEBUG:
		return (struct verdict){ SIGTRAP, TRAP_TRACE,
					 "debug exception" };
	case WEFT_TRAP_SVE:
		return (struct verdict){ SIGILL, ILL_ILLOPC,
					 "SVE instruction" };
	case WEFT_TRAP_SME:
		return (struct verdict){ SIGILL, ILL_ILLOPC,
					 "SME instruction" };
	case WEFT_TRAP_PAUTH:
		return (struct verdict){ SIGILL, ILL_ILLOPN,
					 "undefined instruction" };
	case WEFT_TRAP_SYSREG:
		return (struct verdict){ SIGILL, ILL_ILLOPC,
					 "privileged register" };
	case WEFT_TRAP_ILLEGAL:
		return (struct verdict){ SIGILL, ILL_ILLOPC,
					 "illegal execution state" };
	default:
		return (struct verdict){ SIGILL, ILL_ILLOPC,
					 "undefined instruction" };
	}
}

/* si_addr: where the data is, the stack pointer, or the instruction. */
static uint64_t fault_at(const struct weft_frame *frame, enum weft_trap trap,
			 int sig)
{
	if (trap == WEFT_TRAP_SP_ALIGN)
		return frame->sp;
	if (sig != SIGBUS)
		return frame->pc;
	return frame->far & WEFT_BIT(55) ? frame->far :
	       frame->far & (WEFT_BIT(56) - 1);
}

void weft_hook_user_trap(struct weft_frame *frame, enum weft_trap trap)
{
	struct verdict verdict = judge(trap, frame->esr);
	uint64_t at = fault_at(frame, trap, verdict.sig);
	bool memory;

	weft_unmask_all();
	if (trap == WEFT_TRAP_SVE && fpstate_sve_trap(&memory)) {
		if (!memory)
			signal_force_kill(frame, at, "out of memory");
		return;
	}
	if (verdict.sig == SIGBUS)
		tell_fault(frame, at);
	signal_force(frame, verdict.sig, verdict.code, at, verdict.what);
}

static bool has_work(void)
{
	return thread_has_work(thread_current(), WORK_ALL) ||
	       relaxed_load(&cpu_current()->need_resched);
}

/* One step. sched/thread.h has the argument why no signal is missed. */
static void do_work(struct weft_frame *frame)
{
	struct thread *self = thread_current();

	if (sched_need_resched()) {
		sched_switch();
	} else if (thread_has_work(self, WORK_LEAF)) {
		/* First: until then the call has no result. */
		thread_take_work(WORK_LEAF);
		if (syscall_resume_quickly(frame))
			return;
		weft_unmask_all();
		syscall_resume(frame);
		weft_mask_all();
	} else if (thread_has_work(self, WORK_SIGNAL)) {
		thread_take_work(WORK_SIGNAL);
		if (!signal_look())
			return;
		/* It may be one of several. */
		thread_add_work(self, WORK_SIGNAL);
		weft_unmask_all();
		signal_act(frame);
		weft_mask_all();
	} else {
		thread_take_work(WORK_CALL);
		signal_finish_call(frame);
	}
}

/* Apart: the way out on which there is none saves no register. */
static __attribute__((noinline)) void do_all_work(struct weft_frame *frame)
{
	do
		do_work(frame);
	while (has_work());
}

/*
 * Work may come as long as interrupts are on; so it is looked for with DAIF
 * masked, and what is found is done before the next look.
 */
void weft_hook_user_exit(struct weft_frame *frame)
{
	if (has_work())
		do_all_work(frame);
	assert(signal_is_told());
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
