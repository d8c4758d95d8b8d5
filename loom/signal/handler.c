// SPDX-License-Identifier: MIT
/*
 * Into a handler and back: the registers of the running thread into a frame
 * on its stack (signal/frame.h), and out of one that rt_sigreturn finds there.
 *
 * Registers. The general ones are in the trap frame, whole. FP and SVE
 * registers are brought to memory first (fpstate_save); that memory is their
 * state until EL0 runs, whatever is switched in between: the copies below may
 * sleep, and go on elsewhere. Keys and TPIDR_EL0 are not in Linux's frame: the
 * handler has the thread's own.
 *
 * Trust. A frame that comes back is the program's word. It may say anything
 * about registers that the program can set by itself; PSTATE is checked, and
 * the records' structure, and nothing is taken over before all is. What is
 * read is read once; what another thread changes meanwhile changes the values
 * at most.
 *
 * Both may find that memory is not there: then the thread gets SIGSEGV.
 */
#include <weft/arch.h>
#include <weft/frame.h>
#include <weft/sve.h>

#include "lib/errno.h"
#include "lib/string.h"
#include "mm/aspace.h"
#include "mm/kmem.h"
#include "mm/user.h"
#include "proc/fpstate.h"
#include "proc/process.h"
#include "sched/thread.h"
#include "signal/frame.h"
#include "signal/internal.h"
#include "trace/trace.h"

/* Where everything of one frame is. */
struct place {
	struct sigframe_layout layout;
	uint64_t frame, record;		/* addresses */
};

static uint64_t stack_for(uint64_t sp, const struct signal_action *action)
{
	const struct signal_stack *own = &thread_current()->signal.stack;
	struct signal_stack now;

	signal_get_stack(&now, sp);
	if (!(action->flags & SA_ONSTACK) ||
	    now.flags & (SS_ONSTACK | SS_DISABLE))
		return sp;
	return own->sp + own->size;
}

static int put_head(const struct place *at, const struct weft_frame *frame,
		    const struct siginfo *info, uint64_t mask)
{
	const struct signal_thread *s = &thread_current()->signal;
	const uint64_t record[2] = { frame->x[29], frame->x[30] };
	struct sigframe_head head = {
		.info = *info,
		.stack_sp = s->stack.sp,
		.stack_flags = s->stack.flags,
		.stack_size = s->stack.size,
		.mask = mask,
		.fault_address = s->fault_address,
		.sp = frame->sp,
		.pc = frame->pc,
		.pstate = frame->pstate,
	};

	memcpy(head.x, frame->x, sizeof(head.x));
	if (copy_to_user(at->record, record, sizeof(record)))
		return -EFAULT;
	return copy_to_user(at->frame, &head, sizeof(head));
}

static int put_fpsimd(const struct place *at)
{
	const struct weft_fp *fp = &thread_current()->fp;
	const struct sigframe_record head = {
		SIGFRAME_FPSIMD, sizeof(struct sigframe_fpsimd)
	};
	const uint32_t control[2] = { (uint32_t)fp->fpsr, (uint32_t)fp->fpcr };
	uint64_t to = at->frame + at->layout.fpsimd;

	if (copy_to_user(to, &head, sizeof(head)) ||
	    copy_to_user(to + sizeof(head), control, sizeof(control)))
		return -EFAULT;
	return copy_to_user(to + sizeof(head) + sizeof(control), fp->v,
			    sizeof(fp->v));
}

static int put_sve(const struct place *at, bool live)
{
	struct thread *self = thread_current();
	const struct sigframe_sve head = {
		.head = { SIGFRAME_SVE, at->layout.sve_size },
		.vl = self->sve.vl,
	};
	uint64_t to = at->frame + at->layout.sve;

	if (!at->layout.sve)
		return 0;
	if (copy_to_user(to, &head, sizeof(head)))
		return -EFAULT;
	return live ? copy_to_user(to + sizeof(head),
				   weft_sve_z(self->task.sve),
				   sigframe_sve_state(self->sve.vl)) : 0;
}

/* What is behind the 4096 bytes, and the ends of both. */
static int put_ends(const struct place *at)
{
	const struct sigframe_layout *l = &at->layout;
	const struct sigframe_extra extra = {
		.head = { SIGFRAME_EXTRA, sizeof(extra) },
		.data = at->frame + l->extra_data,
		.size = l->extra_size,
	};
	const struct sigframe_record end = { 0, 0 };

	if (copy_to_user(at->frame + l->end, &end, sizeof(end)))
		return -EFAULT;
	if (!l->extra)
		return 0;
	if (copy_to_user(at->frame + l->extra_end, &end, sizeof(end)))
		return -EFAULT;
	return copy_to_user(at->frame + l->extra, &extra, sizeof(extra));
}

static int put_esr(const struct place *at, uint64_t esr)
{
	const struct sigframe_esr record = {
		.head = { SIGFRAME_ESR, sizeof(record) },
		.esr = esr,
	};

	if (!at->layout.esr)
		return 0;
	return copy_to_user(at->frame + at->layout.esr, &record,
			    sizeof(record));
}

static int put_frame(struct place *at, const struct weft_frame *frame,
		     const struct siginfo *info,
		     const struct signal_action *action, uint64_t mask)
{
	struct thread *self = thread_current();
	uint64_t esr = self->signal.fault_esr;
	uint64_t sp = stack_for(frame->sp, action);
	bool live = fpstate_save();
	int err;

	sigframe_lay_out(&at->layout, esr != 0, self->sve.vl, live);
	at->frame = sigframe_place(&at->layout, sp, &at->record);
	if (at->frame > sp)
		return -EFAULT;
	err = put_head(at, frame, info, mask);
	if (!err)
		err = put_fpsimd(at);
	if (!err)
		err = put_esr(at, esr);
	if (!err)
		err = put_sve(at, live);
	return err ? err : put_ends(at);
}

int handler_enter(struct weft_frame *frame, const struct siginfo *info,
		  const struct signal_action *action, uint64_t mask)
{
	struct signal_thread *s = &thread_current()->signal;
	struct place at;
	int err = put_frame(&at, frame, info, action, mask);

	s->fault_address = 0;
	s->fault_esr = 0;
	if (err)
		return err;
	trace(TRACE_SIGNAL_DELIVER, action->handler, (uint64_t)info->signo);
	frame->x[0] = (uint64_t)info->signo;
	if (action->flags & SA_SIGINFO) {
		frame->x[1] = at.frame;
		frame->x[2] = at.frame + offsetof(struct sigframe_head, flags);
	}
	frame->x[29] = at.record;
	frame->x[30] = action->flags & SA_RESTORER ? action->restorer :
		       process_current()->aspace->signal_page;
	frame->sp = at.frame;
	frame->pc = action->handler;
	/* As a call is entered; the flags stay, as on Linux. */
	frame->pstate &= ~(WEFT_PSTATE_BTYPE | WEFT_PSTATE_TCO);
	frame->number = WEFT_NO_SYSCALL;
	return 0;
}

/* rt_sigreturn */

static int read_user(void *arg, void *dst, uint64_t addr, size_t len)
{
	(void)arg;
	return copy_from_user(dst, addr, len);
}

/* The SVE state of the frame, with v0-v31 of its FP record. */
static int get_sve(uint64_t record, const struct weft_fp *fp,
		   struct weft_sve **out)
{
	unsigned vl = thread_current()->sve.vl;
	struct weft_sve *sve = fpstate_sve_alloc(vl);
	uint8_t *z;

	if (!sve)
		return -ENOMEM;
	z = weft_sve_z(sve);
	if (copy_from_user(z, record + sizeof(struct sigframe_sve),
			   sigframe_sve_state(vl))) {
		kfree(sve);
		return -EFAULT;
	}
	for (unsigned i = 0; i < 32; i++)
		memcpy(z + i * vl, &fp->v[2 * i], 16);
	*out = sve;
	return 0;
}

static int get_fpsimd(uint64_t record, struct weft_fp *fp)
{
	uint32_t control[2];
	uint64_t from = record + sizeof(struct sigframe_record);

	if (copy_from_user(control, from, sizeof(control)) ||
	    copy_from_user(fp->v, from + sizeof(control), sizeof(fp->v)))
		return -EFAULT;
	fp->fpsr = control[0];
	fp->fpcr = control[1];
	return 0;
}

static int restore_fp(uint64_t at)
{
	struct sigframe_parts parts;
	struct weft_sve *sve = NULL;
	struct weft_fp fp;
	int err = sigframe_parse(at, thread_current()->sve.vl, read_user, NULL,
				 &parts);

	if (!err)
		err = get_fpsimd(parts.fpsimd, &fp);
	if (!err && parts.sve_live)
		err = get_sve(parts.sve, &fp, &sve);
	if (!err)
		fpstate_load(&fp, sve);
	return err;
}

static int restore(struct weft_frame *frame)
{
	struct sigframe_head head;
	struct signal_stack stack;
	int err;

	if (frame->sp % 16 || copy_from_user(&head, frame->sp, sizeof(head)))
		return -EFAULT;
	if (!sigframe_pstate(&head.pstate))
		return -EINVAL;
	err = restore_fp(frame->sp);
	if (err)
		return err;
	memcpy(frame->x, head.x, sizeof(head.x));
	frame->sp = head.sp;
	frame->pc = head.pc;
	frame->pstate = head.pstate;
	stack = (struct signal_stack){
		head.stack_sp, head.stack_size, head.stack_flags
	};
	/* One that cannot be set is ignored, as on Linux. */
	(void)signal_set_stack(&stack, frame->sp);
	signal_set_blocked(head.mask);
	return 0;
}

long signal_return(struct weft_frame *frame)
{
	uint64_t sp = frame->sp;

	if (restore(frame))
		signal_force(frame, SIGSEGV, SEGV_ACCERR, sp,
			     "bad signal frame");
	trace(TRACE_SIGNAL_RETURN, frame->pc, 0);
	/* Whatever x0 is now, it is no result of a call. */
	frame->number = WEFT_NO_SYSCALL;
	return (long)frame->x[0];
}
