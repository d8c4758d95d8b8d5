// SPDX-License-Identifier: MIT
/*
 * The frame switch, for event-driven kernels: one kernel stack for each CPU,
 * no thread is ever parked inside the kernel, and what a handler decides is
 * which frame to go on with.
 *
 *	EL0 -> frame, saved in the thread's own block
 *	    -> the CPU's event stack, empty
 *	    -> the handler: the hooks of weft/trap.h, as in any kernel
 *	    -> weft_hook_resume: the frame to go on with
 *	    -> that frame, ERET
 *
 * While a thread runs at EL0, SP_EL1 points at its frame: anywhere, 16-byte
 * aligned, where weft_task_init_user found it (a member of the client's thread
 * structure, say). What was on the event stack is gone with the ERET.
 *
 * The client, on each CPU:
 *
 *	1. weft_task_adopt for the boot stack: the task that idles;
 *	2. cpu->event_stack and cpu->spare_stack: each the top of a stack of
 *	   the kind that weft/cpu.h describes (WEFT_STACK_SHIFT);
 *	3. weft_event_vectors in VBAR_EL1;
 *	4. for each thread weft_frame_init_user and weft_task_init_user;
 *	5. weft_event_start, which asks for the first thread to run.
 *
 * It defines the hooks of weft/trap.h, where weft_hook_user_exit and
 * weft_hook_resumed are never called, and weft_hook_resume. Exceptions of EL1
 * nest on the event stack as in any kernel, weft_hook_preempt included, which
 * cannot switch here.
 */
#ifndef WEFT_EVENT_H
#define WEFT_EVENT_H

#include <weft/frame.h>
#include <weft/task.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Hook: the event is handled; which frame goes on? @frame is the running
 * thread's, NULL if it is from weft_event_start. To go on with another thread:
 *
 *	weft_hand_over(weft_task_current(), next);
 *	return weft_task_frame(next);
 *
 * Called with all of DAIF masked, on the event stack, for every way from the
 * kernel to EL0; after a trap that weft handled itself (FP), too, where the
 * same thread must go on to get further. With nothing to run it waits here: it
 * hands over to the idle task (so that no space or FP state of a thread that
 * may die is in the CPU), then WFI, weft_unmask_all(), weft_mask_all() until an
 * interrupt's hook has made a thread ready. Returns with all of DAIF masked.
 */
struct weft_frame *weft_hook_resume(struct weft_frame *frame);

/*
 * Leave the boot stack for good: weft_hook_resume(NULL) on the event stack
 * says who runs first. All of DAIF masked; the adopted task is current.
 */
__attribute__((noreturn)) void weft_event_start(void);

/* The table for VBAR_EL1 (2 KiB aligned). */
extern const char weft_event_vectors[];

#ifdef __cplusplus
}
#endif
#endif
