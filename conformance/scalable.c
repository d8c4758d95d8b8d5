// SPDX-License-Identifier: MIT
/*
 * scalable: z0-z31, p0-p15 and FFR over sched_yield and over preemption, at the
 * vector length that the program finds. A call may zero what is not in v0-v31
 * (Linux does), or keep it; nothing else may be there.
 */
#include "scalable.h"

#include "kit.h"

enum { RESULTS = 4, YIELDS = 500 * KIT_ROUNDS, LOOPS = 32 * KIT_ROUNDS,
       SPINS = 2000000, NO_CALL = -1 };

static unsigned char want[SVE_IMAGE_MAX], got[SVE_IMAGE_MAX];

static unsigned int image_size(unsigned int vl)
{
	return 32 * vl + 17 * (vl / 8);
}

/* FFR is ones, then zeros; anything else it need not hold. */
static void fill(unsigned int vl, uint64_t generation)
{
	uint64_t seed = (uint64_t)kit_identity << 32 ^ generation;
	unsigned int size = image_size(vl), ffr = size - vl / 8;

	for (unsigned int i = 0; i < ffr; i++) {
		seed = seed * UINT64_C(6364136223846793005) + 1;
		want[i] = (unsigned char)(seed >> 56);
	}
	for (unsigned int i = ffr; i < size; i++)
		want[i] = i - ffr < generation % (vl / 8) ? 0xff : 0;
}

/* Which register a byte of the image belongs to. */
static void note_byte(unsigned int at, unsigned int vl)
{
	unsigned int p = (at - 32 * vl) / (vl / 8);

	if (at < 32 * vl)
		kit_note("z%ld, byte %ld: %ld instead of %ld", (long)(at / vl),
			 (long)(at % vl), (long)got[at], (long)want[at]);
	else
		kit_note("p%ld (16 is FFR): %ld instead of %ld", (long)p,
			 (long)got[at], (long)want[at]);
}

/* The first byte of the image that is wrong, or its size. */
static unsigned int wrong(unsigned int vl, bool over_call)
{
	unsigned int i;

	for (i = 0; i < image_size(vl); i++) {
		bool may_go = over_call && (i >= 32 * vl || i % vl >= 16);

		if (got[i] != want[i] && !(may_go && got[i] == 0))
			break;
	}
	return i;
}

static bool kept(unsigned int vl, bool over_call)
{
	unsigned int at = wrong(vl, over_call);

	if (at < image_size(vl))
		note_byte(at, vl);
	return at == image_size(vl);
}

/* Every byte that is not what it was is found. */
static void check_checker(unsigned int vl)
{
	unsigned int at = 0, size = image_size(vl);

	fill(vl, 1);
	sve_window(want, got, 0, NO_CALL, NULL);
	if (wrong(vl, false) != size)
		size = 0;
	while (at < size) {
		got[at] ^= 1;
		if (wrong(vl, false) != at)
			break;
		got[at++] ^= 1;
	}
	kit_ok(size != 0 && at == size, "a change of any register is found");
}

void kit_main(void)
{
	unsigned int vl;
	bool good = true;

	kit_note("needs write (64), exit (93), sched_yield (124)");
	kit_note("needs SVE at EL0");
	kit_plan(RESULTS);
	vl = sve_vl();
	kit_note("vectors have %ld bytes", (long)vl);
	if (!kit_ok(vl >= 16 && vl <= SVE_MAX_VL, "the vector length is known"))
		kit_exit(kit_status());
	check_checker(vl);
	for (uint64_t i = 0; i < YIELDS && good; i++) {
		fill(vl, i);
		sve_window(want, got, 0, NR_SCHED_YIELD, NULL);
		good = kept(vl, true);
	}
	kit_ok(good, "v0-v31 are kept over sched_yield, the rest or zero");
	good = true;
	/* The lines between are for summary.py, as those of registers.c. */
	for (uint64_t i = 0; i < LOOPS && good; i++) {
		if (i % (LOOPS / 4) == 0)
			kit_note("loops that ticks interrupt, round %ld of %ld",
				 (long)i, (long)LOOPS);
		fill(vl, i);
		sve_window(want, got, SPINS, NO_CALL, NULL);
		good = kept(vl, false);
	}
	kit_ok(good, "z, p and FFR are kept over loops that ticks interrupt");
}
