// SPDX-License-Identifier: MIT
/* What loom decides about FP and SVE state; see fpstate.h. */
#include "proc/fpstate.h"

#include <weft/fp.h>
#include <weft/sve.h>

#include "dev/irq.h"
#include "lib/assert.h"
#include "lib/cmdline.h"
#include "lib/errno.h"
#include "lib/panic.h"
#include "lib/string.h"
#include "mm/kmem.h"
#include "sched/cpu.h"
#include "sched/thread.h"

/* prctl's argument and result: a length below, flags above. */
#define VL_MASK		UINT64_C(0xffff)
#define VL_INHERIT	(UINT64_C(1) << 17)
#define SET_VL_ONEXEC	(UINT64_C(1) << 18)

/* Linux accepts wishes up to this, above all that the architecture has. */
#define VL_WISH_MAX	8192
/* Of a new program: longer ones surprise programs with fixed buffers. */
#define VL_DEFAULT	64

static const char *const policies[] = {
	[WEFT_FP_EAGER] = "eager",
	[WEFT_FP_LAZY] = "lazy",
	[WEFT_FP_TRACKED] = "tracked",
};

#define POLICIES (sizeof(policies) / sizeof(policies[0]))

static uint16_t default_vl;	/* 0: no SVE */

static enum weft_fp_policy choose(const char *cmdline)
{
	char name[16];
	unsigned i;

	if (!cmdline_get(cmdline, "loom.fp", name, sizeof(name)))
		return WEFT_FP_TRACKED;
	for (i = 0; i < POLICIES; i++)
		if (!strcmp(name, policies[i]))
			return (enum weft_fp_policy)i;
	fatal("loom.fp=%s: must be eager, lazy or tracked", name);
}

void fpstate_init(const char *cmdline)
{
	enum weft_fp_policy policy = choose(cmdline);
	unsigned i;

	for (i = 0; i < CPU_MAX; i++)
		cpus[i].weft.fp_policy = policy;
	default_vl = (uint16_t)weft_sve_vl(VL_DEFAULT);
}

struct weft_sve *fpstate_sve_alloc(unsigned vl)
{
	struct weft_sve *sve = kmalloc(weft_sve_size(vl));
	int err = sve ? weft_sve_init(sve, weft_sve_size(vl), vl) : 0;

	/* Lengths are taken from the CPU: it has this one. */
	assert(!err);
	(void)err;
	return sve;
}

bool fpstate_sve_trap(bool *memory)
{
	struct thread *self = thread_current();
	unsigned vl = self->sve.vl;
	struct weft_sve *sve;
	uint64_t daif;

	if (!vl || self->task.sve)
		return false;
	sve = fpstate_sve_alloc(vl);
	*memory = sve != NULL;
	if (!sve)
		return true;
	daif = irq_save();
	weft_task_set_sve(&self->task, sve);
	irq_restore(daif);
	return true;
}

/* What the running program has above v0-v31 is gone; its next use traps. */
static void drop_sve(void)
{
	struct thread *self = thread_current();
	struct weft_sve *sve = self->task.sve;
	uint64_t daif;

	if (!sve)
		return;
	daif = irq_save();
	weft_task_set_sve(&self->task, NULL);
	irq_restore(daif);
	kfree(sve);
}

void fpstate_copy(struct thread *child)
{
	struct thread *self = thread_current();
	uint64_t daif = irq_save();

	weft_task_copy_fp(&child->task, &self->task);
	irq_restore(daif);
	child->sve = self->sve;
}

void fpstate_exec(void)
{
	struct thread *self = thread_current();
	struct sve_config *config = &self->sve;
	uint64_t daif;

	drop_sve();
	daif = irq_save();
	weft_task_reset_fp(&self->task);
	irq_restore(daif);
	config->vl = config->onexec ? config->onexec : default_vl;
	if (!config->inherit)
		config->onexec = 0;
}

bool fpstate_save(void)
{
	struct thread *self = thread_current();
	uint64_t daif = irq_save();
	bool live = self->task.fp_used == WEFT_FP_SVE;

	weft_task_save_fp(&self->task);
	if (live)
		weft_sve_to_simd(self->task.sve, &self->fp);
	irq_restore(daif);
	return live;
}

void fpstate_load(const struct weft_fp *fp, struct weft_sve *sve)
{
	struct thread *self = thread_current();
	struct weft_sve *old = self->task.sve;
	uint64_t daif = irq_save();

	if (sve)
		weft_task_set_sve(&self->task, sve);
	else
		weft_task_discard_sve(&self->task);
	weft_task_save_fp(&self->task);
	self->fp = *fp;
	self->task.fp_used = sve ? WEFT_FP_SVE : WEFT_FP_SIMD;
	weft_task_load_fp(&self->task);
	irq_restore(daif);
	if (sve)
		kfree(old);
}

void fpstate_release(struct thread *thread)
{
	kfree(thread->task.sve);
}

static long describe(const struct sve_config *config, uint16_t vl)
{
	return (long)(vl | (config->inherit ? VL_INHERIT : 0));
}

long fpstate_get_vl(void)
{
	const struct sve_config *config = &thread_current()->sve;

	return default_vl ? describe(config, config->vl) : -EINVAL;
}

long fpstate_set_vl(uint64_t arg)
{
	struct sve_config *config = &thread_current()->sve;
	uint64_t wish = arg & VL_MASK, flags = (arg & UINT32_MAX) & ~VL_MASK;
	uint16_t vl;

	if (!default_vl || flags & ~(VL_INHERIT | SET_VL_ONEXEC) ||
	    wish < WEFT_SVE_MIN_VL || wish > VL_WISH_MAX || wish % 16)
		return -EINVAL;
	vl = (uint16_t)weft_sve_vl((unsigned)wish);
	config->inherit = flags & VL_INHERIT;
	config->onexec = flags ? vl : 0;
	if (flags & SET_VL_ONEXEC)
		return describe(config, vl);
	if (vl != config->vl) {
		drop_sve();
		config->vl = vl;
	}
	return describe(config, vl);
}
