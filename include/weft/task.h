// SPDX-License-Identifier: MIT
/*
 * Tasks: what a switch hands over, and the switch.
 *
 * A parked thread is a stack pointer and an address to resume at:
 *
 *	weft_resume_kernel	pops struct weft_saved and returns to C; what
 *				a system call that blocks needs
 *	weft_resume_first	calls the entry of a thread that never ran
 *	weft_resume_frame	sp is a frame, which is restored, and ERET; no
 *				C is returned to
 *	weft_resume_leaf	the same for one that a leaf call parked
 *				(weft/leaf.h)
 *
 * So the one that leaves chooses how it is parked, and need not know how the
 * next one is: weft_switch_to or weft_switch_from_frame, any mix. (A kernel
 * without a stack for each thread uses weft/event.h.)
 *
 * weft_task_init, weft_task_init_user and the setters are the only ways to
 * fill a task.
 */
#ifndef WEFT_TASK_H
#define WEFT_TASK_H

#include <weft/layout.h>

#define WEFT_TASK_SP		0
#define WEFT_TASK_PC		8
#define WEFT_TASK_CPU		16
#define WEFT_TASK_SPACE		24
#define WEFT_TASK_FP		32
#define WEFT_TASK_SVE		40
#define WEFT_TASK_FP_USED	48
#define WEFT_TASK_WORK		56
#define WEFT_TASK_KEYS		64
#define WEFT_TASK_TPIDR_EL0	72
#define WEFT_TASK_TPIDRRO_EL0	80
#define WEFT_TASK_LEAF_CPU	88
#define WEFT_TASK_SIZE		96

/* struct weft_saved, pushed on the kernel stack by the switch */
#define WEFT_SAVED_X19		0
#define WEFT_SAVED_X29		80
#define WEFT_SAVED_LR		88
#define WEFT_SAVED_SIZE		96

#ifndef __ASSEMBLER__
#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct weft_cpu;
struct weft_fp;
struct weft_frame;
struct weft_keys;
struct weft_space;
struct weft_sve;

/* A thread as the switch sees it; part of the client's thread. */
struct weft_task {
	uint64_t sp;		/* kernel stack pointer, or frame, while
				 * parked */
	uint64_t pc;		/* where to resume while parked */
	struct weft_cpu *cpu;	/* runs, or last ran, here */
	struct weft_space *space;	/* the empty one for a kernel thread;
					 * NULL only without WEFT_USER */
	struct weft_fp *fp;	/* NULL: a kernel thread */
	struct weft_sve *sve;	/* NULL: SVE traps to the client */
	uint64_t fp_used;	/* enum weft_fp_use: what its state is */
	uint64_t work;		/* the client's; not 0: a leaf switch to it
				 * goes on in weft_hook_user_exit; atomic */
	const struct weft_keys *keys;	/* its process's; NULL: none */
	uint64_t tpidr_el0;	/* while parked; the user may write it */
	uint64_t tpidrro_el0;	/* what the user reads there */
	struct weft_cpu *leaf_cpu;	/* weft/leaf.h: the CPU where a leaf
					 * switch finds it ready; or NULL */
};

WEFT_OFFSET(WEFT_TASK_SP, weft_task, sp);
WEFT_OFFSET(WEFT_TASK_PC, weft_task, pc);
WEFT_OFFSET(WEFT_TASK_CPU, weft_task, cpu);
WEFT_OFFSET(WEFT_TASK_SPACE, weft_task, space);
WEFT_OFFSET(WEFT_TASK_FP, weft_task, fp);
WEFT_OFFSET(WEFT_TASK_SVE, weft_task, sve);
WEFT_OFFSET(WEFT_TASK_FP_USED, weft_task, fp_used);
WEFT_OFFSET(WEFT_TASK_WORK, weft_task, work);
WEFT_OFFSET(WEFT_TASK_KEYS, weft_task, keys);
WEFT_OFFSET(WEFT_TASK_TPIDR_EL0, weft_task, tpidr_el0);
WEFT_OFFSET(WEFT_TASK_TPIDRRO_EL0, weft_task, tpidrro_el0);
WEFT_OFFSET(WEFT_TASK_LEAF_CPU, weft_task, leaf_cpu);
WEFT_SIZE(WEFT_TASK_SIZE, weft_task);
WEFT_PAIR(weft_task, sp, pc);
WEFT_PAIR(weft_task, fp_used, work);
WEFT_PAIR(weft_task, tpidr_el0, tpidrro_el0);

/* What the procedure call standard preserves, and nothing else. */
struct weft_saved {
	uint64_t x[10];		/* x19-x28 */
	uint64_t x29;		/* frame pointer */
	uint64_t lr;		/* where weft_switch returns to */
};

WEFT_OFFSET(WEFT_SAVED_X19, weft_saved, x);
WEFT_OFFSET(WEFT_SAVED_X29, weft_saved, x29);
WEFT_OFFSET(WEFT_SAVED_LR, weft_saved, lr);
WEFT_SIZE(WEFT_SAVED_SIZE, weft_saved);
WEFT_PAIR(weft_saved, x29, lr);
WEFT_STATIC_ASSERT(sizeof(struct weft_saved) % 16 == 0,
		   "the switch keeps sp 16-byte aligned");

#ifdef __aarch64__
/* The running task. Any context. */
static inline struct weft_task *weft_task_current(void)
{
	uintptr_t task;

	/*
	 * Volatile: weft_hand_over changes it under the function that calls
	 * it, so a value from before must not be kept. No memory clobber:
	 * nothing in memory goes with it.
	 */
	__asm__ volatile("mrs %0, tpidr_el1" : "=r"(task));
	return (struct weft_task *)task;
}
#else
/* A native build: the client of the test supplies it. */
struct weft_task *weft_task_current(void);
#endif

/*
 * Set up a task that never ran. When it is first switched to, it calls
 * @entry(@prev, @arg) in EL1 with all of DAIF masked, on the stack that ends
 * at @stack_top (the end of an aligned slot, as weft/cpu.h says; its upper
 * WEFT_FRAME_SIZE bytes are kept for the user frame); @prev is the task that
 * was left. @entry must not return.
 * @space is what user addresses mean to it (NULL in a library without
 * WEFT_USER), @fp may be NULL.
 */
void weft_task_init(struct weft_task *task,
		    void (*entry)(struct weft_task *prev, void *arg),
		    void *arg, uint64_t stack_top, struct weft_space *space,
		    struct weft_fp *fp);

/*
 * Set up a task that starts at EL0, parked at @frame, which the client has
 * filled (weft_frame_init_user) and which needs no entry function. @frame is
 * the top of its kernel stack (weft/cpu.h), or with weft/event.h any memory of
 * its own, 16-byte aligned. When it first runs, weft_hook_resumed is called as
 * for any task that was parked at its frame. Needs WEFT_USER.
 */
void weft_task_init_user(struct weft_task *task, struct weft_frame *frame,
			 struct weft_space *space, struct weft_fp *fp);

/* The frame at which @task is parked, if it is parked at one. */
static inline struct weft_frame *weft_task_frame(const struct weft_task *task)
{
	return (struct weft_frame *)(uintptr_t)task->sp;
}

/*
 * Change the address space of @task. If it is the running task the new space
 * is installed when this returns, and the old one is no longer in TTBR0. DAIF
 * masked in that case. Needs WEFT_USER.
 */
void weft_task_set_space(struct weft_task *task, struct weft_space *space);

/* TPIDR_EL0 of @task, which may be the running one. Needs WEFT_TLS. */
void weft_task_set_tls(struct weft_task *task, uint64_t value);

/*
 * Hand this CPU from @prev, the running task, to @next: FP registers, address
 * space, thread registers, stack. Returns when some CPU switches back to
 * @prev, with the task that ran just before: the caller may now publish it as
 * runnable elsewhere, or free it, for all of it is in memory.
 *
 * EL1, all of DAIF masked, and masked on return. @next->cpu is set here. The
 * client orders this against other CPUs: its lock is released, with release
 * semantics, after the call returns. If @prev is a program's and may be resumed
 * on another CPU, the client executes weft_dsb_ish() on this one first: the
 * program may have invalidated caches (IC, DC), and its own DSB would wait on
 * the other CPU for nothing.
 */
struct weft_task *weft_switch_to(struct weft_task *prev,
				 struct weft_task *next);

/*
 * The same for a @prev that has nothing left to do in the kernel: it is parked
 * at @frame, an EL0 or EL1h frame on its own stack above the caller, and the C
 * frames below that are given up. When some CPU resumes it, weft_hook_resumed
 * is called with @frame and the task that was left (the place to publish that
 * one), then for an EL0 frame weft_hook_user_exit; then the frame is restored.
 *
 * EL1, all of DAIF masked. Whatever the given-up callers hold (locks, a
 * preemption count) is the caller's to have settled.
 */
__attribute__((noreturn)) void
weft_switch_from_frame(struct weft_task *prev, struct weft_frame *frame,
		       struct weft_task *next);

/*
 * The part of both that is not the stack: FP registers, thread registers,
 * address space, next->cpu, TPIDR_EL1. For a frame switch (weft/event.h); same
 * preconditions. No ISB: who goes on in EL1 and touches user memory of @next
 * executes weft_isb() first.
 */
void weft_hand_over(struct weft_task *prev, struct weft_task *next);

/*
 * The bare switches under them: resume address, stack, TPIDR_EL1. Same
 * preconditions. For weft_switch_away @prev is parked already.
 */
struct weft_task *weft_switch(struct weft_task *prev, struct weft_task *next);
__attribute__((noreturn)) void weft_switch_away(struct weft_task *prev,
						struct weft_task *next);

/*
 * Make @task the running task of this CPU, which had none: the boot stack, in
 * a slot as weft/cpu.h says, becomes its stack. Once per CPU, before anything
 * else here.
 *
 * EL1, all of DAIF masked. @cpu is all zeros but for spare_stack, index (if
 * @space has an ASID domain) and what else the client has set (event_stack,
 * fp_policy). *@task is overwritten, as a kernel thread: set nothing before.
 * With WEFT_USER @space is installed, without an ISB, and TPIDR_EL0 and
 * TPIDRRO_EL0 are 0.
 */
void weft_task_adopt(struct weft_task *task, struct weft_cpu *cpu,
		     struct weft_space *space);

/*
 * Leave the kernel through @frame, which lies at the top of the running
 * task's stack. All of DAIF masked. Needs WEFT_USER.
 */
__attribute__((noreturn)) void weft_enter_user(struct weft_frame *frame);

/* Where a parked task resumes; for debuggers and tests. */
extern const char weft_resume_kernel[];
extern const char weft_resume_first[];
extern const char weft_resume_frame[];
extern const char weft_resume_leaf[];

#ifdef __cplusplus
}
#endif
#endif
#endif
