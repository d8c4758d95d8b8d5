// SPDX-License-Identifier: MIT
/*
 * Buffers for SVE state, and vector lengths. Who moves the state and when is in
 * fp_policy.c, the moves themselves in sve.S.
 */
#include <weft/config.h>

#if WEFT_SVE

#include <weft/sve.h>

#include <weft/arch.h>
#include <weft/assert.h>
#include <weft/cpu.h>
#include <weft/errno.h>
#include <weft/fp.h>
#include <weft/sysreg.h>
#include <weft/task.h>

#include "flags.h"

#define PFR0_SVE_SHIFT 32

size_t weft_sve_size(unsigned vl)
{
	if (vl < WEFT_SVE_MIN_VL || vl > WEFT_SVE_MAX_VL || vl % 16)
		return 0;
	/* 32 vectors, 17 predicates; a multiple of 16. */
	return sizeof(struct weft_sve) +
	       ((32u * vl + 17u * (vl / 8) + 15) & ~(size_t)15);
}

unsigned weft_sve_vl(unsigned wish)
{
	struct weft_task *task = weft_task_current();
	uint64_t daif = weft_read_daif();
	unsigned vl;

	if (wish < WEFT_SVE_MIN_VL ||
	    !(weft_read_id_aa64pfr0_el1() >> PFR0_SVE_SHIFT & 0xf))
		return 0;
	if (wish > WEFT_SVE_MAX_VL)
		wish = WEFT_SVE_MAX_VL;
	weft_mask_all();
	weft_task_save_fp(task);
	vl = weft_sve_probe(wish / 16 - 1);
	/* What is above a shorter length may be gone from the registers. */
	task->cpu->fp_owner = NULL;
	weft_task_load_fp(task);
	weft_write_daif(daif);
	return vl;
}

unsigned weft_sve_max_vl(void)
{
	return weft_sve_vl(WEFT_SVE_MAX_VL);
}

static int check(const struct weft_sve *sve, size_t size, unsigned vl)
{
	size_t needed = weft_sve_size(vl);

	if (!needed || (uintptr_t)sve % 16)
		return WEFT_EINVAL;
	if (size < needed)
		return WEFT_ENOMEM;
	return weft_sve_vl(vl) == vl ? 0 : WEFT_EINVAL;
}

int weft_sve_init(struct weft_sve *sve, size_t size, unsigned vl)
{
	int err = check(sve, size, vl);

	if (err)
		return err;
	sve->vl = vl;
	sve->capacity = size;
	return 0;
}

void weft_task_set_sve(struct weft_task *task, struct weft_sve *sve)
{
	weft_assert(task->fp);
	weft_task_discard_sve(task);
	task->sve = sve;
}

int weft_task_set_vl(struct weft_task *task, unsigned vl)
{
	struct weft_sve *sve = task->sve;
	int err = check(sve, sve->capacity, vl);

	if (err)
		return err;
	weft_task_discard_sve(task);
	sve->vl = vl;
	return 0;
}

void weft_sve_to_simd(const struct weft_sve *sve, struct weft_fp *fp)
{
	const uint64_t *z = (const uint64_t *)(sve + 1);
	unsigned i;

	for (i = 0; i < 32; i++, z += sve->vl / 8) {
		fp->v[2 * i] = z[0];
		fp->v[2 * i + 1] = z[1];
	}
}

#endif
