// SPDX-License-Identifier: MIT
/*
 * Pointer authentication (FEAT_PAuth): a key of the kernel's own, and five of
 * each process.
 *
 *	key		in EL1				at EL0
 *	IA		the kernel's			the task's
 *	IB DA DB GA	whatever; the kernel uses none	the task's
 *
 * The kernel signs return addresses with IA (-mbranch-protection=standard).
 * So IA changes at every entry from EL0 and every exit to it, and the other
 * four when a task with other keys comes to run.
 *
 * The rule that bugs break: IA must not change inside a function that has
 * signed its return address and will still authenticate it (compare Linux
 * commit 33e45234987e). Therefore no C function here writes IA. It is written
 * in three places, none of which has a caller to return to:
 *
 *	weft_pauth_start	goes on in a function of its own, never returns
 *	pauth_kernel_key	in an entry, before the first call of C
 *	pauth_user_key		on the way out, after the last one
 *
 * On a CPU without the feature nothing of this runs, and the instructions that
 * sign are NOPs. There is no test for it on the path of a system call: the
 * client writes weft_vectors_pauth to VBAR_EL1 instead of weft_vectors.
 *
 * What a client does: on each CPU weft_pauth_start, with the same key, then,
 * if weft_pauth_on(), VBAR_EL1; keys for every task before it first goes to
 * EL0. A client that does not call weft_pauth_start has no pointer
 * authentication at EL1 or EL0, and all is consistent too.
 */
#ifndef WEFT_PAUTH_H
#define WEFT_PAUTH_H

#include <weft/arch.h>
#include <weft/cpu.h>
#include <weft/layout.h>
#include <weft/task.h>

#define WEFT_KEYS_IA		0
#define WEFT_KEYS_IB		16
#define WEFT_KEYS_DA		32
#define WEFT_KEYS_DB		48
#define WEFT_KEYS_GA		64
#define WEFT_KEYS_SIZE		80

#ifdef __ASSEMBLER__

/* By encoding: these names are unknown to an assembler for armv8-a. */
#define APIAKEYLO_EL1		s3_0_c2_c1_0
#define APIAKEYHI_EL1		s3_0_c2_c1_1

/*
 * Entry from EL0, everything saved: from here on the kernel's key signs. The
 * ISB is before the first PACIASP, which reads the key indirectly: without it
 * that one could still see the user's key and the AUTIASP after it not.
 */
	.macro	pauth_kernel_key a:req, b:req
	mrs	\a, tpidr_el1
	ldr	\a, [\a, #WEFT_TASK_CPU]
	ldp	\a, \b, [\a, #WEFT_CPU_KERNEL_KEY]
	msr	APIAKEYLO_EL1, \a
	msr	APIAKEYHI_EL1, \b
	isb
	.endm

/*
 * Exit to EL0: \a is the running task. Nothing signs or authenticates from
 * here to the ERET, which synchronizes (SCTLR_EL1.EOS), so there is no ISB. A
 * task without keys faults here, instead of being given the kernel's.
 */
	.macro	pauth_user_key a:req, b:req
	ldr	\a, [\a, #WEFT_TASK_KEYS]
	ldp	\a, \b, [\a, #WEFT_KEYS_IA]
	msr	APIAKEYLO_EL1, \a
	msr	APIAKEYHI_EL1, \b
	.endm

#else
#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Each key is 128 bits, low half first. */
struct weft_keys {
	uint64_t ia[2];		/* instruction addresses */
	uint64_t ib[2];		/* the second key for these */
	uint64_t da[2];		/* data addresses */
	uint64_t db[2];		/* the second key for these */
	uint64_t ga[2];		/* PACGA: any data */
};

WEFT_OFFSET(WEFT_KEYS_IA, weft_keys, ia);
WEFT_OFFSET(WEFT_KEYS_IB, weft_keys, ib);
WEFT_OFFSET(WEFT_KEYS_DA, weft_keys, da);
WEFT_OFFSET(WEFT_KEYS_DB, weft_keys, db);
WEFT_OFFSET(WEFT_KEYS_GA, weft_keys, ga);
WEFT_SIZE(WEFT_KEYS_SIZE, weft_keys);

/*
 * Give @cpu, the calling CPU, the kernel's key (@low, @high), turn pointer
 * authentication on for EL1 and EL0 (SCTLR_EL1.EnIA, EnIB, EnDA, EnDB) and
 * call @next(@arg), which does not return; neither does this. On a CPU without
 * FEAT_PAuth it only calls @next.
 *
 * It takes a continuation because whoever called it may have signed a return
 * address already: none of those functions is ever returned to. The stack
 * stays. EL1; before the first switch on this CPU, for parked tasks have
 * signed addresses on their stacks, under the same key on every CPU.
 */
__attribute__((noreturn))
void weft_pauth_start(struct weft_cpu *cpu, uint64_t low, uint64_t high,
		      void (*next)(void *arg), void *arg);

/* Was it turned on, on this CPU? */
bool weft_pauth_on(void);

/* For VBAR_EL1 once weft_pauth_on(): weft_vectors with the change of keys. */
extern const char weft_vectors_pauth[];

/*
 * The keys of @task at EL0: its own memory or its process's, which must
 * outlive its last switch and must not change while it has them. For the
 * running task all but IA are installed at once, IA at the exit to EL0: to
 * change keys in place, change them and call this again, both with all of DAIF
 * masked. Only where weft_pauth_on().
 */
void weft_task_set_keys(struct weft_task *task, const struct weft_keys *keys);

/* Install IB, DA, DB and GA. No ISB: they mean something at EL0 only. */
void weft_keys_install(const struct weft_keys *keys);

/*
 * The part of weft_switch_to. A kernel thread has no keys and leaves those of
 * the program before it in place.
 */
static inline void weft_keys_hand_over(const struct weft_task *prev,
				       const struct weft_task *next)
{
	if (next->keys && next->keys != prev->keys)
		weft_keys_install(next->keys);
}

/*
 * What must be true in EL1 before @task, the running one, goes to EL0 (for
 * assertions): the kernel's key is in force, and the task has its own.
 */
bool weft_pauth_exit_ok(const struct weft_task *task);

/*
 * A signed kernel or user address, as in a frame record, without its
 * signature: for backtraces. Nothing is authenticated.
 */
static inline uint64_t weft_pauth_strip(uint64_t address)
{
#ifdef __aarch64__
	register uint64_t x30 __asm__("x30") = address;

	__asm__("hint #7" : "+r"(x30));		/* XPACLRI */
	return x30;
#else
	return address;
#endif
}

#ifdef __cplusplus
}
#endif
#endif
#endif
