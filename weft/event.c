// SPDX-License-Identifier: MIT
/*
 * The frame switch between its entry and its exit, on the event stack: called
 * from event.S with all of DAIF masked. The handlers are those of trap.c.
 */
#include <weft/event.h>

#include <weft/assert.h>
#include <weft/config.h>
#include <weft/cpu.h>
#include <weft/sysreg.h>
#include <weft/trap.h>

#include "entry.h"
#include "flags.h"

#if WEFT_USER
struct weft_frame *weft_event_resume(struct weft_frame *frame)
{
	weft_mask_all();
	frame = weft_hook_resume(frame);
#if WEFT_DEBUG
	/* SP_EL1 will be there, under the registers of the current task. */
	weft_assert(frame && frame == weft_task_frame(weft_task_current()));
	weft_trap_check_exit(frame);
#endif
	return frame;
}

struct weft_frame *weft_event_trap(struct weft_frame *frame, unsigned vector)
{
	switch (vector) {
	case WEFT_VECTOR_EL0_64 | WEFT_VECTOR_SYNC:
		weft_trap_user_sync(frame);
		break;
	case WEFT_VECTOR_EL0_64 | WEFT_VECTOR_IRQ:
		/* Entry does not tell: ESR_EL1 is an older exception's. */
		frame->esr = 0;
		frame->far = 0;
		weft_trap_user_irq(frame, 0);
		break;
	default:
		weft_trap_other(frame, vector);
	}
	return weft_event_resume(frame);
}
#endif
