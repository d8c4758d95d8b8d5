// SPDX-License-Identifier: MIT
/*
 * The pointer-authentication keys of programs: drawn by execve, shared with a
 * vfork child until its own, drawn anew by prctl(PR_PAC_RESET_KEYS). On a CPU
 * without FEAT_PAuth, and in a build without WEFT_PAUTH, there are none.
 */
#ifndef LOOM_PROC_KEYS_H
#define LOOM_PROC_KEYS_H

#include <stdbool.h>
#include <stdint.h>

struct thread;

/* Linux's numbers for prctl. */
enum {
	PR_PAC_RESET_KEYS = 54,

	PAC_KEY_IA = 1 << 0,
	PAC_KEY_IB = 1 << 1,
	PAC_KEY_DA = 1 << 2,
	PAC_KEY_DB = 1 << 3,
	PAC_KEY_GA = 1 << 4,
	PAC_KEY_ALL = (1 << 5) - 1,
};

/* Do programs have keys? */
bool keys_used(void);

/* The calling thread's program has new ones, those of @which. */
void keys_renew(unsigned which);

/* @child, which has not run yet, has those of the calling thread. */
void keys_inherit(struct thread *child);

/* PR_PAC_RESET_KEYS with the other four arguments of prctl. */
long keys_prctl(const uint64_t arg[4]);

#endif
