// SPDX-License-Identifier: MIT
/*
 * What a set of clone flags asks for. Pure; clone.c acts on it.
 */
#ifndef LOOM_PROC_CLONE_FLAGS_H
#define LOOM_PROC_CLONE_FLAGS_H

#include <stdint.h>

/* Linux's flags */
#define CLONE_VM		UINT64_C(0x00000100)
#define CLONE_FS		UINT64_C(0x00000200)
#define CLONE_FILES		UINT64_C(0x00000400)
#define CLONE_SIGHAND		UINT64_C(0x00000800)
#define CLONE_VFORK		UINT64_C(0x00004000)
#define CLONE_THREAD		UINT64_C(0x00010000)
#define CLONE_SYSVSEM		UINT64_C(0x00040000)
#define CLONE_SETTLS		UINT64_C(0x00080000)
#define CLONE_PARENT_SETTID	UINT64_C(0x00100000)
#define CLONE_CHILD_CLEARTID	UINT64_C(0x00200000)
#define CLONE_DETACHED		UINT64_C(0x00400000)
#define CLONE_UNTRACED		UINT64_C(0x00800000)
#define CLONE_CHILD_SETTID	UINT64_C(0x01000000)
#define CLONE_IO		UINT64_C(0x80000000)
#define CLONE_CLEAR_SIGHAND	UINT64_C(0x100000000)

struct clone_wish {
	uint64_t flags;
	uint64_t stack;		/* 0: the parent's sp */
	uint64_t ptid, tls, ctid;
	int exit_signal;
};

enum clone_verdict {
	CLONE_IS_VFORK,		/* memory shared, the parent waits */
	CLONE_IS_FORK,		/* a copy of the memory */
	CLONE_IS_THREAD,
	CLONE_IS_OTHER,		/* what else Linux can do */
	CLONE_IS_INVALID,	/* what Linux refuses */
};

static inline enum clone_verdict clone_judge(uint64_t flags, int exit_signal)
{
	/*
	 * Done, or of no effect here: there are no handlers to clear, no
	 * tracers, no I/O contexts, no System V semaphores.
	 */
	const uint64_t known = CLONE_VM | CLONE_VFORK | CLONE_SETTLS |
		CLONE_PARENT_SETTID | CLONE_CHILD_CLEARTID |
		CLONE_CHILD_SETTID | CLONE_CLEAR_SIGHAND | CLONE_DETACHED |
		CLONE_UNTRACED | CLONE_IO | CLONE_SYSVSEM;

	if (exit_signal < 0 || exit_signal > 64)
		return CLONE_IS_INVALID;
	if (flags & CLONE_THREAD && !(flags & CLONE_SIGHAND))
		return CLONE_IS_INVALID;
	if (flags & CLONE_SIGHAND && !(flags & CLONE_VM))
		return CLONE_IS_INVALID;
	if (flags & CLONE_SIGHAND && flags & CLONE_CLEAR_SIGHAND)
		return CLONE_IS_INVALID;
	if (flags & CLONE_THREAD)
		return CLONE_IS_THREAD;
	if (flags & ~known)
		return CLONE_IS_OTHER;
	if (!(flags & CLONE_VM))
		return CLONE_IS_FORK;
	if (!(flags & CLONE_VFORK))
		return CLONE_IS_OTHER;
	return CLONE_IS_VFORK;
}

#endif
