// SPDX-License-Identifier: MIT
/*
 * Features of the CPU by their ID fields, code made visible by cache lines,
 * and what a user frame may hold: weft on registers that are variables.
 */
#include "check.h"

#include <string.h>

#include <weft-sim/sysreg.h>
#include <weft/cache.h>
#include <weft/cpu.h>
#include <weft/frame.h>

struct regs regs;

enum { EVENTS = 64 };

static struct {
	enum regs_op op;
	uint64_t arg;
} events[EVENTS];
static unsigned count;

void regs_note(enum regs_op op, uint64_t arg)
{
	assert_true(count < EVENTS);
	events[count].op = op;
	events[count++].arg = arg;
}

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

/* Caches */

enum {
	IDC = 1 << 28, DIC = 1 << 29,
	PIPT = 3 << 14, VIPT = 2 << 14,
	I64 = 4,		/* log2 of words: lines of 64 bytes */
	D32 = 3 << 16,		/* of 32 */
};

static void sync(uint64_t ctr, uintptr_t start, size_t len)
{
	regs.ctr_el0 = ctr;
	count = 0;
	weft_cache_sync_code((const void *)start, len);
}

static unsigned at;

static void expect(enum regs_op op, uint64_t arg)
{
	assert_true(at < count);
	assert_int_equal(events[at].op, op);
	assert_int_equal(events[at].arg, arg);
	at++;
}

static void expect_lines(enum regs_op op, uint64_t from, uint64_t to,
			 uint64_t line)
{
	for (; from < to; from += line)
		expect(op, from);
}

static void expect_end(void)
{
	expect(REGS_DSB_ISH, 0);
	expect(REGS_ISB, 0);
	assert_int_equal(at, count);
	at = 0;
}

static void test_lines(void **state)
{
	(void)state;
	at = 0;
	sync(PIPT | I64 | D32, 0x1020, 0x90);	/* up to 0x10b0 */
	expect_lines(REGS_DC_CVAU, 0x1020, 0x10b0, 32);
	expect(REGS_DSB_ISH, 0);
	expect_lines(REGS_IC_IVAU, 0x1000, 0x10b0, 64);
	expect_end();

	/* The last byte of one line and the first of the next */
	sync(PIPT | I64 | D32, 0x103f, 2);
	expect(REGS_DC_CVAU, 0x1020);
	expect(REGS_DC_CVAU, 0x1040);
	expect(REGS_DSB_ISH, 0);
	expect(REGS_IC_IVAU, 0x1000);
	expect(REGS_IC_IVAU, 0x1040);
	expect_end();

	sync(PIPT | I64 | D32, 0x1000, 64);
	expect(REGS_DC_CVAU, 0x1000);
	expect(REGS_DC_CVAU, 0x1020);
	expect(REGS_DSB_ISH, 0);
	expect(REGS_IC_IVAU, 0x1000);
	expect_end();
}

static void test_not_needed(void **state)
{
	(void)state;
	at = 0;
	sync(IDC | PIPT | I64 | D32, 0x1000, 64);
	expect(REGS_DSB_ISH, 0);
	expect(REGS_IC_IVAU, 0x1000);
	expect_end();

	sync(DIC | PIPT | I64 | D32, 0x1000, 32);
	expect(REGS_DC_CVAU, 0x1000);
	expect(REGS_DSB_ISH, 0);
	expect_end();
}

static void test_virtual_index(void **state)
{
	(void)state;
	at = 0;
	sync(VIPT | I64 | D32, 0x1000, 32);
	expect(REGS_DC_CVAU, 0x1000);
	expect(REGS_DSB_ISH, 0);
	expect(REGS_IC_IALLUIS, 0);
	expect_end();

	/* Not needed is not needed, however the cache is looked up. */
	sync(DIC | IDC | VIPT | I64 | D32, 0x1000, 32);
	expect(REGS_DSB_ISH, 0);
	expect_end();
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
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_not_needed),
		cmocka_unit_test(test_virtual_index),
		cmocka_unit_test(test_user_frame),
		cmocka_unit_test(test_user_pstate),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
