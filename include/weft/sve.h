// SPDX-License-Identifier: MIT
/*
 * The scalable vectors (SVE) of a thread. weft/fp.h has what is common: whose
 * the registers are, and when they move.
 *
 * A task has SVE from weft_task_set_sve on: its client supplies a buffer, whose
 * size depends on the vector length. Until then an SVE instruction goes to
 * weft_hook_user_trap as WEFT_TRAP_SVE; the hook may allocate a buffer, set it
 * and return, and the program tries again. The first SVE instruction then
 * traps once more (weft handles it) and sees v0-v31 as they were, and zeros
 * above them, in the predicates and in FFR.
 *
 * The vector length is the task's, in bytes: 16 to 256, a multiple of 16.
 * Tasks of different lengths run beside each other. A CPU need not have every
 * length; where CPUs differ, the client uses those that all have.
 *
 * Nothing stale comes back. Registers that were written as v0-v31 keep what
 * they had above the length of that moment, and a longer length makes
 * bits visible that a shorter one hid (Arm ARM B1.2.2). Therefore: a task's
 * first SVE use writes all of every register, at its length (v0-v31 in place,
 * which writes zeros above them; predicates and FFR to false); every later load
 * writes all; and a change of length goes through "SIMD only".
 *
 * Streaming mode (SME) is not supported and traps: CPACR_EL1.SMEN stays 0.
 */
#ifndef WEFT_SVE_H
#define WEFT_SVE_H

#include <weft/layout.h>

#define WEFT_SVE_VL		0
#define WEFT_SVE_CAPACITY	8
#define WEFT_SVE_Z		16

#define WEFT_SVE_MIN_VL		16
#define WEFT_SVE_MAX_VL		256

#ifndef __ASSEMBLER__
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct weft_fp;
struct weft_task;

/*
 * Behind it, with vl: z0-z31 of vl bytes each, p0-p15 of vl / 8 each, FFR of
 * vl / 8. FPCR and FPSR are in the task's struct weft_fp. 16-byte aligned.
 */
struct weft_sve {
	uint64_t vl;		/* vector length, bytes */
	uint64_t capacity;	/* of the whole buffer, bytes */
};

WEFT_OFFSET(WEFT_SVE_VL, weft_sve, vl);
WEFT_OFFSET(WEFT_SVE_CAPACITY, weft_sve, capacity);
WEFT_SIZE(WEFT_SVE_Z, weft_sve);

/* The bytes of a buffer for @vl; 0 if @vl is no vector length. */
size_t weft_sve_size(unsigned vl);

/* Where z0 is; the rest follows as above. */
static inline uint8_t *weft_sve_z(struct weft_sve *sve)
{
	return (uint8_t *)(sve + 1);
}

/*
 * The longest vector length of this CPU that is not above @wish (for
 * weft_sve_max_vl: at all); 0 if there is none, as on a CPU without SVE. Asks
 * the CPU, with ZCR_EL1 changed for a moment and DAIF masked: the running
 * task's registers are saved and loaded again if it uses them.
 */
unsigned weft_sve_vl(unsigned wish);
unsigned weft_sve_max_vl(void);

/*
 * Make @sve, a buffer of @size bytes, one for vector length @vl. WEFT_EINVAL:
 * misaligned, or this CPU has no such length; WEFT_ENOMEM: too small.
 */
int weft_sve_init(struct weft_sve *sve, size_t size, unsigned vl);

/*
 * Give @task, which has FP state, the buffer @sve, initialized; NULL: none from
 * now on. What it had of SVE is discarded as below, and its old buffer, if any,
 * is the client's again. @task is the running task, DAIF masked, or parked, and
 * nobody runs it meanwhile.
 */
void weft_task_set_sve(struct weft_task *task, struct weft_sve *sve);

/*
 * Change the vector length of @task, which has a buffer: v0-v31 are kept,
 * everything else of SVE becomes zero. WEFT_EINVAL, WEFT_ENOMEM as above: then
 * nothing has changed. @task as above.
 */
int weft_task_set_vl(struct weft_task *task, unsigned vl);

/*
 * Keep v0-v31, FPCR and FPSR of @task, drop the rest: its next SVE instruction
 * traps and sees zeros there. An ABI may allow that at every system call; it is
 * worth it where saving the long vectors costs more than a trap. @task as
 * above.
 */
void weft_task_discard_sve(struct weft_task *task);

/*
 * The moves under all that (weft/sve.S). EL1, CPACR_EL1.ZEN and FPEN 0b01 or
 * 0b11, ZCR_EL1 as @sve says, synchronized.
 */
void weft_sve_save(struct weft_sve *sve, struct weft_fp *fp);
void weft_sve_restore(const struct weft_sve *sve, const struct weft_fp *fp);

/* Zero all but v0-v31, FPCR and FPSR. */
void weft_sve_extend(void);

/* The low 128 bits of each z in the memory of @sve, into @fp->v. */
void weft_sve_to_simd(const struct weft_sve *sve, struct weft_fp *fp);

/* Write ZCR_EL1, synchronized; what length is in force now. */
void weft_sve_set_zcr(uint64_t zcr);
unsigned weft_sve_current_vl(void);

/* The length that this ZCR_EL1 gives; ZCR_EL1 is as before afterwards. */
unsigned weft_sve_probe(uint64_t zcr);

#ifdef __cplusplus
}
#endif
#endif
#endif
