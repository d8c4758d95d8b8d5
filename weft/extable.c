// SPDX-License-Identifier: MIT
/*
 * The exception table of user accesses: which instructions may fault, and
 * where the kernel goes on when one does. Filled by the user_access macro.
 */
#include <weft/uaccess.h>

#include <weft/config.h>
#include <weft/frame.h>

#include "flags.h"

#if WEFT_USER

/* Both relative to the field itself: no relocation, half the size. */
struct extable_entry {
	int32_t insn;
	int32_t fixup;
};

extern const struct extable_entry __weft_extable_start[];
extern const struct extable_entry __weft_extable_end[];

static uint64_t target(const int32_t *field)
{
	return (uint64_t)(uintptr_t)field + (uint64_t)(int64_t)*field;
}

/* Called twice: one copy. */
static __attribute__((noinline)) const struct extable_entry *
find(uint64_t pc)
{
	const struct extable_entry *e = __weft_extable_start;

	while (e != __weft_extable_end && target(&e->insn) != pc)
		e++;
	return e != __weft_extable_end ? e : NULL;
}

bool weft_extable_covers(uint64_t pc)
{
	return find(pc) != NULL;
}

bool weft_extable_fixup(struct weft_frame *frame)
{
	const struct extable_entry *e = find(frame->pc);

	if (!e)
		return false;
	frame->pc = target(&e->fixup);
	return true;
}

#endif
