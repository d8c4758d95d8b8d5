// SPDX-License-Identifier: MIT
/*
 * Between weft and its client: what -Wl,--wrap makes of each hook. See
 * hooks.h; nothing but the linker refers to these by name.
 */
#include "hooks.h"

#include <stddef.h>

#include <weft/event.h>

#include "lib/panic.h"

static const struct hooks none;
static const struct hooks *taken = &none;

void hooks_take(const struct hooks *hooks)
{
	taken = hooks ? hooks : &none;
}

/* __real_weft_hook_NAME is the client's, __wrap_weft_hook_NAME is called. */
#define PASS(name)							\
	void __real_weft_hook_##name(struct weft_frame *frame);		\
	void __wrap_weft_hook_##name(struct weft_frame *frame);		\
	void __wrap_weft_hook_##name(struct weft_frame *frame)		\
	{								\
		if (taken->name)					\
			taken->name(frame);				\
		else							\
			__real_weft_hook_##name(frame);			\
	}

#define PASS_MORE(name, type)						\
	void __real_weft_hook_##name(struct weft_frame *frame, type arg); \
	void __wrap_weft_hook_##name(struct weft_frame *frame, type arg); \
	void __wrap_weft_hook_##name(struct weft_frame *frame, type arg) \
	{								\
		if (taken->name)					\
			taken->name(frame, arg);			\
		else							\
			__real_weft_hook_##name(frame, arg);		\
	}

PASS(syscall)
PASS(preempt)
PASS(fiq)
PASS(serror)
PASS(user_exit)

PASS_MORE(irq, uint64_t)

void hooks_pass_irq(struct weft_frame *frame, uint64_t given)
{
	__real_weft_hook_irq(frame, given);
}

/*
 * Not to loom's while a test has any: what it runs at EL0 may be no thread, and
 * it waits for the hooks of the general way.
 */
struct weft_leaf_result __real_weft_hook_leaf_irq(void);
struct weft_leaf_result __wrap_weft_hook_leaf_irq(void);
struct weft_leaf_result __wrap_weft_hook_leaf_irq(void)
{
	if (taken->leaf_irq)
		return taken->leaf_irq();
	if (taken != &none)
		return (struct weft_leaf_result){ 0, WEFT_LEAF_DEFER };
	return __real_weft_hook_leaf_irq();
}

PASS_MORE(user_trap, enum weft_trap)
PASS_MORE(resumed, struct weft_task *)
PASS_MORE(unexpected, unsigned)

bool __real_weft_hook_page_fault(struct weft_frame *frame,
				 const struct weft_page_fault *fault);
bool __wrap_weft_hook_page_fault(struct weft_frame *frame,
				 const struct weft_page_fault *fault);
bool __wrap_weft_hook_page_fault(struct weft_frame *frame,
				 const struct weft_page_fault *fault)
{
	if (taken->page_fault)
		return taken->page_fault(frame, fault);
	return __real_weft_hook_page_fault(frame, fault);
}

/* As there: not while a test has any. */
bool __real_weft_hook_miss(uint64_t address);
bool __wrap_weft_hook_miss(uint64_t address);
bool __wrap_weft_hook_miss(uint64_t address)
{
	return taken == &none && __real_weft_hook_miss(address);
}

/* loom has none: it is no event-driven kernel. */
struct weft_frame *weft_hook_resume(struct weft_frame *frame)
{
	if (!taken->resume)
		panic("a frame switch that no test asked for");
	return taken->resume(frame);
}
