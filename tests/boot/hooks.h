// SPDX-License-Identifier: MIT
/*
 * Hooks of weft (weft/trap.h, weft/event.h) that a test takes for itself. The
 * kernel of the boot tests is linked so that weft's calls come here first
 * (boot_test_link_args in meson.build); what a test does not take goes on to
 * loom, or to the default.
 */
#ifndef TESTS_BOOT_HOOKS_H
#define TESTS_BOOT_HOOKS_H

#include <stdbool.h>

#include <weft/leaf.h>
#include <weft/trap.h>

struct hooks {
	void (*syscall)(struct weft_frame *frame);
	/* If it is not taken and another one is: always the general way. */
	struct weft_leaf_result (*leaf_irq)(void);
	void (*irq)(struct weft_frame *frame, uint64_t taken);
	void (*preempt)(struct weft_frame *frame);
	void (*fiq)(struct weft_frame *frame);
	void (*serror)(struct weft_frame *frame);
	bool (*page_fault)(struct weft_frame *frame,
			   const struct weft_page_fault *fault);
	void (*user_trap)(struct weft_frame *frame, enum weft_trap trap);
	void (*user_exit)(struct weft_frame *frame);
	void (*resumed)(struct weft_frame *frame, struct weft_task *prev);
	void (*unexpected)(struct weft_frame *frame, unsigned vector);
	struct weft_frame *(*resume)(struct weft_frame *frame);
};

/* Until it is called with NULL. DAIF masked, or for hooks that do not race. */
void hooks_take(const struct hooks *hooks);

/* loom's own, for a hook that only looks. */
void hooks_pass_irq(struct weft_frame *frame, uint64_t taken);

#endif
