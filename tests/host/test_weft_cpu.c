// SPDX-License-Identifier: MIT
/*
 * Features of the CPU by their ID fields, and what a user frame may hold: weft
 * on registers that are variables.
 */
#include "check.h"

#include <string.h>

#include <weft-sim/sysreg.h>
#include <weft/cpu.h>
#include <weft/frame.h>

struct regs regs;

/* Features */

/* What a CPU with a value in one field has, against one with all zero. */
struct feature {
	const char *name;
	uint64_t *reg;
	unsigned shift, value;
	size_t offset;		/* of its bool */
	bool has;
};

#define F(member, reg_, shift_, value_, has_)				\
	{ #member, &regs.reg_, shift_, value_,				\
	  offsetof(struct weft_features, member), has_ }

static const struct feature features[] = {
	F(pan, id_aa64mmfr1_el1, 20, 0, false),
	F(pan, id_aa64mmfr1_el1, 20, 1, true),
	F(pan, id_aa64mmfr1_el1, 20, 3, true),
	F(uao, id_aa64mmfr2_el1, 4, 0, false),
	F(uao, id_aa64mmfr2_el1, 4, 1, true),
	F(e0pd, id_aa64mmfr2_el1, 60, 0, false),
	F(e0pd, id_aa64mmfr2_el1, 60, 1, true),
	F(granule_4k, id_aa64mmfr0_el1, 28, 0, true),
	F(granule_4k, id_aa64mmfr0_el1, 28, 1, true),
	F(granule_4k, id_aa64mmfr0_el1, 28, 15, false),
	F(fp, id_aa64pfr0_el1, 16, 0, true),
	F(fp, id_aa64pfr0_el1, 16, 1, true),
	F(fp, id_aa64pfr0_el1, 16, 15, false),
	F(fp, id_aa64pfr0_el1, 20, 15, false),
	F(ras, id_aa64pfr0_el1, 28, 1, true),
	F(sve, id_aa64pfr0_el1, 32, 0, false),
	F(sve, id_aa64pfr0_el1, 32, 1, true),
	F(csv2, id_aa64pfr0_el1, 56, 1, true),
	F(csv3, id_aa64pfr0_el1, 60, 1, true),
	F(bti, id_aa64pfr1_el1, 0, 0, false),
	F(bti, id_aa64pfr1_el1, 0, 1, true),
	F(ssbs, id_aa64pfr1_el1, 4, 1, true),
	F(mte, id_aa64pfr1_el1, 8, 1, false),
	F(mte, id_aa64pfr1_el1, 8, 2, true),
	F(sme, id_aa64pfr1_el1, 24, 1, true),
	F(lse, id_aa64isar0_el1, 20, 0, false),
	F(lse, id_aa64isar0_el1, 20, 2, true),
	F(tlbirange, id_aa64isar0_el1, 56, 1, false),
	F(tlbirange, id_aa64isar0_el1, 56, 2, true),
	F(rng, id_aa64isar0_el1, 60, 1, true),
	F(pauth, id_aa64isar1_el1, 0, 0, false),
	F(pauth, id_aa64isar1_el1, 4, 1, true),
	F(pauth, id_aa64isar1_el1, 8, 1, true),
	F(pauth, id_aa64isar2_el1, 12, 1, true),
	F(sb, id_aa64isar1_el1, 36, 0, false),
	F(sb, id_aa64isar1_el1, 36, 1, true),
};

static void test_features(void **state)
{
	struct weft_features f;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(features) / sizeof(features[0]); i++) {
		const struct feature *each = &features[i];
		bool has;

		memset(&regs, 0, sizeof(regs));
		*each->reg = (uint64_t)each->value << each->shift;
		weft_features_read(&f);
		has = *((const bool *)&f + each->offset);
		if (has != each->has)
			fail_msg("%s: %u in bits %u and up: %d", each->name,
				 each->value, each->shift, has);
	}
}

static void test_sizes(void **state)
{
	static const unsigned bits[] = { 32, 36, 40, 42, 44, 48, 52, 56 };
	struct weft_features f;
	unsigned i;

	(void)state;
	memset(&regs, 0, sizeof(regs));
	for (i = 0; i < 16; i++) {
		regs.id_aa64mmfr0_el1 = i;
		weft_features_read(&f);
		assert_int_equal(f.pa_range, i);
		/* A value from the future promises nothing. */
		assert_int_equal(f.pa_bits, i < 8 ? bits[i] : 32);
		assert_int_equal(f.asid_bits, 8);
	}
	regs.id_aa64mmfr0_el1 = 2 << 4;
	weft_features_read(&f);
	assert_int_equal(f.asid_bits, 16);
	assert_int_equal(f.pa_bits, 32);
}

/* Frames */

static void test_user_frame(void **state)
{
	struct weft_frame frame;
	unsigned i;

	(void)state;
	memset(&frame, 0xa5, sizeof(frame));
	weft_frame_init_user(&frame, 0x400000, 0x7ffff0);
	for (i = 0; i < 31; i++)
		assert_int_equal(frame.x[i], 0);
	assert_int_equal(frame.sp, 0x7ffff0);
	assert_int_equal(frame.pc, 0x400000);
	assert_int_equal(frame.pstate, 0);
	assert_true(frame.number == WEFT_NO_SYSCALL);
}

static void test_user_pstate(void **state)
{
	unsigned bit;

	(void)state;
	assert_true(weft_pstate_user_ok(0));
	for (bit = 0; bit < 64; bit++) {
		/* BTYPE, SSBS, DIT, TCO and the flags are the program's. */
		bool ok = bit == 10 || bit == 11 || bit == 12 || bit == 24 ||
			  bit == 25 || (bit >= 28 && bit < 32);

		assert_int_equal(weft_pstate_user_ok(UINT64_C(1) << bit), ok);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_features),
		cmocka_unit_test(test_sizes),
		cmocka_unit_test(test_user_frame),
		cmocka_unit_test(test_user_pstate),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
