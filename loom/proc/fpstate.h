// SPDX-License-Identifier: MIT
/*
 * FP, SIMD and SVE state of programs: by which of weft's policies it is
 * switched (weft/fp.h), the vector length of each program, and the buffer that
 * a thread gets at its first SVE instruction.
 */
#ifndef LOOM_PROC_FPSTATE_H
#define LOOM_PROC_FPSTATE_H

#include <stdbool.h>
#include <stdint.h>

struct thread;
struct weft_fp;
struct weft_sve;

/* What prctl says of the vector length: Linux's rules. Only the thread. */
struct sve_config {
	uint16_t vl;		/* bytes; 0: this machine has no SVE */
	uint16_t onexec;	/* after the next execve; 0: the default */
	bool inherit;		/* keep onexec over it */
};

/*
 * Take the policy from the kernel command line: `loom.fp=eager`, `lazy` or
 * `tracked`, which is the default; find the vector lengths. Before the first
 * switch to a program.
 */
void fpstate_init(const char *cmdline);

/*
 * The running program met its first SVE instruction: false if there is no SVE
 * here; then it is undefined. *@memory: there was enough of it. May be
 * preempted.
 */
bool fpstate_sve_trap(bool *memory);

/* A child has its parent's (the running thread's) registers and lengths. */
void fpstate_copy(struct thread *child);

/* execve: registers are zero, the length is what prctl arranged. */
void fpstate_exec(void);

/*
 * The calling thread's registers into its memory (thread->fp, and what
 * thread->task.sve points to), which is their state until it is in user mode
 * again: for a signal frame. True if it has SVE state; v0-v31 of thread->fp are
 * right in any case.
 */
bool fpstate_save(void);

/*
 * The calling thread's registers are @fp, and if @sve is not NULL, the state in
 * that buffer of the thread's vector length (fpstate_sve_alloc), which has
 * v0-v31, too, and is the thread's from now on. Without, nothing of SVE.
 */
struct weft_sve *fpstate_sve_alloc(unsigned vl);
void fpstate_load(const struct weft_fp *fp, struct weft_sve *sve);

/* @thread is dead: free its buffer. */
void fpstate_release(struct thread *thread);

/* prctl PR_SVE_SET_VL and PR_SVE_GET_VL: flags and length, or -EINVAL. */
long fpstate_set_vl(uint64_t arg);
long fpstate_get_vl(void);

#endif
