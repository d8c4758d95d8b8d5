// SPDX-License-Identifier: MIT
/* Layout and validation of signal frames; see frame.h. */
#include "signal/frame.h"

#include <weft/arch.h>
#include <weft/frame.h>

#include "lib/assert.h"
#include "lib/errno.h"

#define ALIGN		16
#define TERMINATOR	16	/* a record of zeros, with its padding */

/* SPSR_EL1 of AArch64: bits without a meaning, and software step. */
#define PSTATE_IGNORED	(~UINT64_C(0) << 32 | UINT64_C(3) << 26 |	\
			 UINT64_C(3) << 22 | WEFT_PSTATE_SS |		\
			 UINT64_C(0xff) << 13 | UINT64_C(1) << 5)

static uint32_t align_up(uint32_t n)
{
	return (n + ALIGN - 1) & ~(uint32_t)(ALIGN - 1);
}

/*
 * A place for a record of @size bytes. The end of the 4096 bytes is kept for
 * the "extra" record and a terminator; the first record that does not fit
 * before them goes behind, and so do all that follow.
 */
static uint32_t alloc(struct sigframe_layout *l, uint32_t size)
{
	const uint32_t limit = sizeof(struct sigframe_head) + SIGFRAME_RECORDS -
			       TERMINATOR - sizeof(struct sigframe_extra);
	uint32_t at;

	size = align_up(size);
	if (!l->extra && size > limit - l->size) {
		l->extra = l->size;
		l->end = l->extra + sizeof(struct sigframe_extra);
		l->extra_data = l->end + TERMINATOR;
		l->size = l->extra_data;
	}
	at = l->size;
	l->size += size;
	return at;
}

void sigframe_lay_out(struct sigframe_layout *l, bool esr, unsigned vl,
		      bool sve_live)
{
	const uint32_t least = sizeof(struct sigframe_head) + SIGFRAME_RECORDS;

	*l = (struct sigframe_layout){ .size = sizeof(struct sigframe_head) };
	l->fpsimd = alloc(l, sizeof(struct sigframe_fpsimd));
	if (esr)
		l->esr = alloc(l, sizeof(struct sigframe_esr));
	if (vl) {
		l->sve_size = align_up(sizeof(struct sigframe_sve) +
				       (sve_live ? sigframe_sve_state(vl) : 0));
		l->sve = alloc(l, l->sve_size);
	}
	if (l->extra)
		l->extra_end = l->size;
	else
		l->end = l->size;
	l->size += TERMINATOR;
	if (l->size < least)
		l->size = least;
	if (l->extra)
		l->extra_size = l->size - l->extra_data;
	assert(l->size % ALIGN == 0 && l->size <= SIGFRAME_MAX);
}

uint64_t sigframe_place(const struct sigframe_layout *l, uint64_t sp,
			uint64_t *record)
{
	*record = (sp - 2 * sizeof(uint64_t)) & ~(uint64_t)(ALIGN - 1);
	return *record - l->size;
}

uint32_t sigframe_most(unsigned vl)
{
	struct sigframe_layout l;

	sigframe_lay_out(&l, true, vl, true);
	/* The frame record, and what aligning a stack's top costs. */
	return l.size + 2 * ALIGN;
}

bool sigframe_pstate(uint64_t *pstate)
{
	*pstate &= ~PSTATE_IGNORED;
	return weft_pstate_user_ok(*pstate);
}

/* A walk through records. */
struct walk {
	uint64_t frame;
	uint64_t at;		/* address of the next record */
	uint64_t left;		/* bytes from there on */
	bool in_extra;
	unsigned vl;
	sigframe_read *read;
	void *arg;
	struct sigframe_parts *parts;
};

static int take_fpsimd(struct walk *w, const struct sigframe_record *r)
{
	if (w->parts->fpsimd || r->size != sizeof(struct sigframe_fpsimd))
		return -EINVAL;
	w->parts->fpsimd = w->at;
	return 0;
}

static int take_sve(struct walk *w, const struct sigframe_record *r)
{
	struct sigframe_sve sve;

	if (!w->vl || w->parts->sve || r->size < sizeof(sve))
		return -EINVAL;
	if (w->read(w->arg, &sve, w->at, sizeof(sve)))
		return -EFAULT;
	if (sve.vl != w->vl || sve.flags & SIGFRAME_STREAMING)
		return -EINVAL;
	w->parts->sve = w->at;
	w->parts->sve_live = r->size > sizeof(sve);
	if (w->parts->sve_live &&
	    r->size < sizeof(sve) + sigframe_sve_state(w->vl))
		return -EINVAL;
	return 0;
}

/* The walk goes on behind the 4096 bytes, right behind the terminator. */
static int take_extra(struct walk *w, const struct sigframe_record *r)
{
	struct sigframe_record end;
	struct sigframe_extra extra;
	uint64_t data = w->at + r->size + TERMINATOR;

	if (w->in_extra || r->size < sizeof(extra) ||
	    w->left - r->size < TERMINATOR)
		return -EINVAL;
	if (w->read(w->arg, &extra, w->at, sizeof(extra)) ||
	    w->read(w->arg, &end, w->at + r->size, sizeof(end)))
		return -EFAULT;
	if (end.magic || end.size || extra.data != data ||
	    extra.data % ALIGN || extra.size % ALIGN ||
	    extra.size > w->frame + SIGFRAME_MAX - data)
		return -EINVAL;
	w->in_extra = true;
	w->at = data;
	w->left = extra.size;
	return 0;
}

static int take_record(struct walk *w, const struct sigframe_record *r)
{
	int err;

	switch (r->magic) {
	case SIGFRAME_FPSIMD:
		err = take_fpsimd(w, r);
		break;
	case SIGFRAME_ESR:
		err = 0;
		break;
	case SIGFRAME_SVE:
		err = take_sve(w, r);
		break;
	case SIGFRAME_EXTRA:
		return take_extra(w, r);
	default:
		return -EINVAL;
	}
	if (err)
		return err;
	/* Each step is a step forward: the walk ends. */
	if (r->size < sizeof(*r) || r->size % ALIGN)
		return -EINVAL;
	w->at += r->size;
	w->left -= r->size;
	return 0;
}

int sigframe_parse(uint64_t frame, unsigned vl, sigframe_read *read, void *arg,
		   struct sigframe_parts *parts)
{
	struct sigframe_record r;
	struct walk w = {
		.frame = frame,
		.at = frame + sizeof(struct sigframe_head),
		.left = SIGFRAME_RECORDS,
		.vl = vl,
		.read = read,
		.arg = arg,
		.parts = parts,
	};
	int err;

	*parts = (struct sigframe_parts){ 0 };
	for (;;) {
		if (w.left < sizeof(r))
			return -EINVAL;
		if (read(arg, &r, w.at, sizeof(r)))
			return -EFAULT;
		if (r.size > w.left)
			return -EINVAL;
		if (!r.magic)
			break;
		err = take_record(&w, &r);
		if (err)
			return err;
	}
	return r.size || !parts->fpsimd ? -EINVAL : 0;
}
