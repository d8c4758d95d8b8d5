// SPDX-License-Identifier: MIT
/*
 * Leaf calls: system calls that read or change a word of the kernel's and are
 * over. What makes an ordinary one long is that anything may happen in it;
 * where nothing can, entry saves only what a C function may change, and goes
 * back to EL0 without a look at what else there is to do. The same for an
 * interrupt that finds a program running: a tick of the timer, most of all.
 *
 * A leaf function
 *
 *	gets x0-x7 of the caller as its arguments, and its value is x0; every
 *	other register of the program is kept
 *	runs in EL1 on the thread's stack with all of DAIF masked
 *	may not unmask, and touches user memory only by weft/leaf_user.h: with
 *	DAIF masked no page is fetched, so what is not there is for the general
 *	way
 *	may not leave anything to do on the way out: whoever gives this CPU work
 *	does it by an interrupt, which is taken as soon as EL0 runs
 *	may find that it is not so simple this time: before it has changed
 *	anything it returns WEFT_LEAF_DEFER, and the call goes the general way,
 *	to weft_hook_syscall with a whole frame
 *
 * The frame is not whole meanwhile: x0-x19, x30 and sp are in it, nothing else.
 *
 * A leaf switch
 *
 * A leaf function may choose another task to run instead, and return it: the
 * caller is parked at its frame, its x0 the value, and what is handed over is
 * what weft_switch_to hands over (weft/task.h). There is no C to return to, so
 * a function that goes this way has settled everything in advance; who wants
 * the caller to do more than to go on with that value before it returns to
 * EL0 sets a bit of its task.work.
 *
 *	next		its task.leaf_cpu is this CPU: it is parked at its
 *			frame, and ran here last. Nobody but this CPU may look
 *			at either of the two: the only CPU, or nothing to tell.
 *			Goes to EL0, or, if task.work is not 0, first through
 *			weft_hook_user_exit.
 *	next | WEFT_LEAF_HANDED
 *			next is parked anywhere. The end of the switch is that
 *			of weft_switch_to or weft_switch_from_frame: who goes on
 *			publishes the caller (weft_hook_resumed), whose stack
 *			and address space are out of use by then.
 *
 * A task that a leaf call parked can be resumed by any switch. All spaces of
 * tasks that switch so are of one ASID domain.
 *
 * weft_hook_leaf_irq is such a function: every interrupt from EL0 calls it,
 * without arguments and with its value ignored.
 *
 * The table is the client's; weft-defaults has one without entries. A call is
 * looked up in the slot that the low bits of its number name, so two whose
 * numbers differ by a multiple of WEFT_LEAF_SLOTS exclude each other. Slot 0
 * always needs an entry, if only WEFT_LEAF_NONE: zeros would be call 0.
 */
#ifndef WEFT_LEAF_H
#define WEFT_LEAF_H

#include <weft/layout.h>

#define WEFT_LEAF_SLOTS		128
#define WEFT_LEAF_NUMBER	0
#define WEFT_LEAF_FN		8
#define WEFT_LEAF_SHIFT		4
#define WEFT_LEAF_SIZE		16

/* The second result of a leaf function, beside a task and 0: it is done. */
#define WEFT_LEAF_DEFER		1	/* no: the general way */
#define WEFT_LEAF_HANDED	3	/* with a task, above */
#define WEFT_LEAF_SPECIAL_BIT	0	/* either of the two */
#define WEFT_LEAF_HANDED_BIT	1

#ifndef __ASSEMBLER__
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What a leaf function returns, in x0 and x1. */
struct weft_leaf_result {
	uint64_t value;		/* x0 of the program */
	uint64_t next;		/* 0, WEFT_LEAF_DEFER, or a task to switch to */
};

/* A leaf function; its arguments are the registers of the program. */
typedef struct weft_leaf_result weft_leaf_fn(uint64_t x0, uint64_t x1,
					     uint64_t x2, uint64_t x3,
					     uint64_t x4, uint64_t x5,
					     uint64_t x6, uint64_t x7);

/* An entry of the table. */
struct weft_leaf {
	uint64_t number;	/* of the call: x8 */
	weft_leaf_fn *fn;	/* what is called */
};

WEFT_OFFSET(WEFT_LEAF_NUMBER, weft_leaf, number);
WEFT_OFFSET(WEFT_LEAF_FN, weft_leaf, fn);
WEFT_SIZE(WEFT_LEAF_SIZE, weft_leaf);
WEFT_STATIC_ASSERT(WEFT_LEAF_SIZE == 1 << WEFT_LEAF_SHIFT,
		   "a slot is found by a shift");
WEFT_PAIR(weft_leaf, number, fn);

/* The slot of a call: [WEFT_LEAF_SLOT(172)] = { 172, leaf_getpid } */
#define WEFT_LEAF_SLOT(number) ((number) % WEFT_LEAF_SLOTS)

/* No number belongs to slot 0 and is 1. */
#define WEFT_LEAF_NONE { 1, 0 }

/*
 * The client's table; at the begin of a page, so that its address is one
 * instruction of entry code.
 */
extern const struct weft_leaf weft_leaf_calls[WEFT_LEAF_SLOTS]
	__attribute__((aligned(4096)));

/*
 * IRQ from EL0, as a leaf function that does not switch. .next = 0: it was
 * handled, acknowledged and ended, and the program goes on. WEFT_LEAF_DEFER:
 * weft_hook_irq is called with a whole frame and .value, and
 * weft_hook_user_exit after it: so what has been acknowledged already need not
 * be asked for again, and can be told from nothing, which is 0. Not called in
 * an event-driven kernel.
 *
 * Default: { 0, WEFT_LEAF_DEFER }.
 */
struct weft_leaf_result weft_hook_leaf_irq(void);

#ifdef __cplusplus
}
#endif
#endif
#endif
