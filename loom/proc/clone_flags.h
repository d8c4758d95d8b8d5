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
#define CLONE_PIDFD		UINT64_C(0x00001000)
#define CLONE_VFORK		UINT64_C(0x00004000)
#define CLONE_PARENT		UINT64_C(0x00008000)
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
	int exit_signal;	/* 1 to 64; 0: none */
};

enum clone_verdict {
	CLONE_IS_PROCESS,
	CLONE_IS_THREAD,
	CLONE_IS_OTHER,		/* what else Linux can do */
	CLONE_IS_INVALID,	/* what Linux refuses */
};

static inline enum clone_verdict clone_judge(uint64_t flags)
{
	/*
	 * Done, or of no effect here: there are no tracers, no I/O contexts,
	 * no System V semaphores.
	 */
	const uint64_t both = CLONE_VM | CLONE_FS | CLONE_FILES |
		CLONE_SETTLS | CLONE_PARENT_SETTID | CLONE_CHILD_CLEARTID |
		CLONE_CHILD_SETTID | CLONE_DETACHED | CLONE_UNTRACED |
		CLONE_IO | CLONE_SYSVSEM;
	/* A child of its own may have a copy of the signal actions only. */
	const uint64_t process = both | CLONE_VFORK | CLONE_CLEAR_SIGHAND;
	const uint64_t thread = both | CLONE_SIGHAND | CLONE_THREAD;
	/* The threads of a process have all of these in common. */
	const uint64_t common = CLONE_VM | CLONE_SIGHAND | CLONE_FS |
		CLONE_FILES;

	if (flags & CLONE_THREAD && !(flags & CLONE_SIGHAND))
		return CLONE_IS_INVALID;
	if (flags & CLONE_SIGHAND && !(flags & CLONE_VM))
		return CLONE_IS_INVALID;
	if (flags & CLONE_SIGHAND && flags & CLONE_CLEAR_SIGHAND)
		return CLONE_IS_INVALID;
	if (!(flags & CLONE_THREAD))
		return flags & ~process ? CLONE_IS_OTHER : CLONE_IS_PROCESS;
	if (flags & ~thread || (flags & common) != common)
		return CLONE_IS_OTHER;
	return CLONE_IS_THREAD;
}

#endif
