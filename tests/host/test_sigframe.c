// SPDX-License-Identifier: MIT
/*
 * Signal frames: the layout against the C library's structures and Linux's
 * numbers, and the validator against frames that are right, wrong in one
 * place, and wrong anywhere.
 */
#include "check.h"

#include <stdlib.h>
#include <string.h>

#include "lib/assert.h"
#include "lib/errno.h"
#include "signal/frame.h"

#define BASE	UINT64_C(0x7f0000)	/* where the program has it */
#define ROOM	(SIGFRAME_MAX + 64)
#define RECORDS	sizeof(struct sigframe_head)

static uint8_t *memory;		/* at BASE; exactly the frame's size */
static size_t memory_size;
static unsigned reads;

void assert_failed(const char *file, int line, const char *expr)
{
	print_error("%s:%d: %s\n", file, line, expr);
	abort();
}

static int read_memory(void *arg, void *dst, uint64_t addr, size_t len)
{
	(void)arg;
	reads++;
	if (addr < BASE || addr > BASE + memory_size ||
	    len > BASE + memory_size - addr)
		return -EFAULT;
	memcpy(dst, memory + (addr - BASE), len);
	return 0;
}

static int parse(unsigned vl, struct sigframe_parts *parts)
{
	return sigframe_parse(BASE, vl, read_memory, NULL, parts);
}

static void put(uint32_t at, uint32_t magic, uint32_t size)
{
	const struct sigframe_record r = { magic, size };

	memcpy(memory + at, &r, sizeof(r));
}

/* As handler.c does it. */
static void build(bool esr, unsigned vl, bool live, struct sigframe_layout *l)
{
	struct sigframe_sve sve = { .vl = (uint16_t)vl };
	struct sigframe_extra extra = { 0 };

	sigframe_lay_out(l, esr, vl, live);
	free(memory);
	memory = calloc(1, l->size);
	assert_non_null(memory);
	memory_size = l->size;
	put(l->fpsimd, SIGFRAME_FPSIMD, sizeof(struct sigframe_fpsimd));
	if (l->esr)
		put(l->esr, SIGFRAME_ESR, sizeof(struct sigframe_esr));
	if (l->sve) {
		sve.head = (struct sigframe_record){ SIGFRAME_SVE,
						     l->sve_size };
		memcpy(memory + l->sve, &sve, sizeof(sve));
	}
	if (l->extra) {
		extra.head = (struct sigframe_record){ SIGFRAME_EXTRA,
						       sizeof(extra) };
		extra.data = BASE + l->extra_data;
		extra.size = l->extra_size;
		memcpy(memory + l->extra, &extra, sizeof(extra));
	}
}

static void every_layout_is_sound(void **state)
{
	struct sigframe_layout l;
	struct sigframe_parts parts;

	(void)state;
	for (unsigned vl = 0; vl <= 256; vl += 16) {
		for (unsigned i = 0; i < 4; i++) {
			bool esr = i & 1, live = vl && i & 2;

			build(esr, vl, live, &l);
			assert_int_equal(l.size % 16, 0);
			assert_int_equal(l.fpsimd, RECORDS);
			assert_true(l.size >= RECORDS + SIGFRAME_RECORDS);
			assert_true(l.size <= sigframe_most(vl));
			assert_int_equal(!!l.esr, esr);
			assert_int_equal(!!l.sve, !!vl);
			assert_int_equal(parse(vl, &parts), 0);
			assert_true(parts.fpsimd == BASE + l.fpsimd);
			assert_true(parts.sve == (vl ? BASE + l.sve : 0));
			assert_int_equal(parts.sve_live, live);
		}
	}
}

/* What a Linux 6.1 does, in numbers. */
static void layouts_are_linuxs(void **state)
{
	struct sigframe_layout l;

	(void)state;
	sigframe_lay_out(&l, false, 0, false);
	assert_int_equal(l.size, 4688);
	assert_int_equal(l.end, 592 + 528);
	sigframe_lay_out(&l, true, 0, false);
	assert_int_equal(l.esr, 592 + 528);
	assert_int_equal(l.end, 592 + 544);
	sigframe_lay_out(&l, false, 64, false);
	assert_int_equal(l.sve_size, 16);
	assert_int_equal(l.end, 592 + 544);
	/* 16 + 546 * 4 fits, 16 + 546 * 8 (rounded up) does not. */
	sigframe_lay_out(&l, false, 64, true);
	assert_int_equal(l.sve_size, 2208);
	assert_int_equal(l.extra, 0);
	assert_int_equal(l.size, 4688);
	sigframe_lay_out(&l, false, 128, true);
	assert_int_equal(l.extra, 592 + 528);
	assert_int_equal(l.end, l.extra + 32);
	assert_int_equal(l.extra_data, l.end + 16);
	assert_int_equal(l.sve, l.extra_data);
	assert_int_equal(l.extra_end, l.sve + 4384);
	assert_int_equal(l.extra_size, 4384 + 16);
	assert_int_equal(l.size, l.extra_end + 16);
}

static void places_are_aligned(void **state)
{
	struct sigframe_layout l;
	uint64_t record;

	(void)state;
	sigframe_lay_out(&l, true, 32, true);
	for (uint64_t sp = 0x10000; sp < 0x10020; sp++) {
		uint64_t at = sigframe_place(&l, sp, &record);

		assert_int_equal(at % 16, 0);
		assert_int_equal(record % 16, 0);
		assert_true(record + 16 <= sp && sp - record < 32);
		assert_true(at + l.size == record);
		assert_true(sp - at <= sigframe_most(32));
	}
	/* No room: an address where nothing of the user's is. */
	assert_true(sigframe_place(&l, 64, &record) > UINT64_C(1) << 60);
}

/* Each is a change of a frame that is right otherwise. */
static void one_wrong_word_is_refused(void **state)
{
	struct sigframe_layout l;
	struct sigframe_parts parts;
	struct sigframe_sve sve;
	struct sigframe_extra extra;

	(void)state;
#define BAD(change)							\
	do {								\
		build(true, 128, true, &l);				\
		change;							\
		assert_int_equal(parse(128, &parts), -EINVAL);		\
	} while (0)
	BAD(put(l.fpsimd, SIGFRAME_FPSIMD, 0));
	BAD(put(l.fpsimd, SIGFRAME_FPSIMD, 512));
	BAD(put(l.fpsimd, SIGFRAME_FPSIMD, 544));
	BAD(put(l.fpsimd, SIGFRAME_FPSIMD, UINT32_MAX));
	BAD(put(l.fpsimd, SIGFRAME_ESR, 528));
	BAD(put(l.fpsimd, 0, 0));
	BAD(put(l.fpsimd, 0x12345678, 528));
	BAD(put(l.esr, SIGFRAME_ESR, 0));
	BAD(put(l.esr, SIGFRAME_ESR, 8));
	BAD(put(l.esr, SIGFRAME_ESR, 24));
	BAD(put(l.esr, SIGFRAME_FPSIMD, 528));
	BAD(put(l.esr, 0, 16));
	BAD(put(l.end, 0, 16));
	BAD(put(l.end, SIGFRAME_ESR, 16));
	BAD(put(l.extra_end, 0, 16));
	BAD(put(l.extra_end, SIGFRAME_EXTRA, 32));
	BAD(put(l.extra_end, SIGFRAME_ESR, 16));
	BAD(put(l.extra, SIGFRAME_EXTRA, 16));
	BAD(put(l.extra, SIGFRAME_EXTRA, 48));
	BAD(put(l.sve, SIGFRAME_SVE, l.sve_size - 16));
	BAD(put(l.sve, SIGFRAME_SVE, l.sve_size + 16));
	BAD(put(l.sve, SIGFRAME_SVE, 8));
	BAD(put(l.sve, SIGFRAME_SVE, 32));
#define BAD_SVE(member, value)						\
	BAD(memcpy(&sve, memory + l.sve, sizeof(sve));			\
	    sve.member = (value);					\
	    memcpy(memory + l.sve, &sve, sizeof(sve)))
	BAD_SVE(vl, 64);
	BAD_SVE(vl, 256);
	BAD_SVE(vl, 0);
	BAD_SVE(flags, SIGFRAME_STREAMING);
#define BAD_EXTRA(member, value)					\
	BAD(memcpy(&extra, memory + l.extra, sizeof(extra));		\
	    extra.member = (value);					\
	    memcpy(memory + l.extra, &extra, sizeof(extra)))
	BAD_EXTRA(data, BASE);
	BAD_EXTRA(data, BASE + l.extra_data + 16);
	BAD_EXTRA(size, l.extra_size + 8);
	BAD_EXTRA(size, 0);
	BAD_EXTRA(size, 16);
	BAD_EXTRA(size, SIGFRAME_MAX);
	BAD_EXTRA(size, UINT32_MAX - 15);
	/* And on a thread that is not as the frame says. */
	build(true, 128, true, &l);
	assert_int_equal(parse(64, &parts), -EINVAL);
	assert_int_equal(parse(0, &parts), -EINVAL);
	assert_int_equal(parse(128, &parts), 0);
}

static void what_is_not_there_is_a_fault(void **state)
{
	struct sigframe_layout l;
	struct sigframe_parts parts;

	(void)state;
	build(true, 128, true, &l);
	for (memory_size = 0; memory_size < l.extra_end; memory_size += 8)
		assert_int_equal(parse(128, &parts), -EFAULT);
}

/* Any words in the place of any others: an end, within the memory. */
static void chance_is_survived(void **state)
{
	static const uint32_t words[] = {
		0, 8, 16, 32, 48, 528, 544, 592, 4096, SIGFRAME_FPSIMD,
		SIGFRAME_ESR, SIGFRAME_SVE, SIGFRAME_EXTRA, UINT32_MAX,
		0xfffffff0, 0x80000000, 128, SIGFRAME_MAX,
	};
	struct sigframe_layout l;
	struct sigframe_parts parts;
	unsigned accepted = 0;

	(void)state;
	srandom(1);
	for (unsigned n = 0; n < 200000; n++) {
		unsigned vl = (unsigned)random() % 17 * 16;
		unsigned changes = (unsigned)random() % 4;

		build(random() & 1, vl, vl && random() & 1, &l);
		while (changes--) {
			const uint32_t at[] = { l.fpsimd, l.esr, l.sve,
						l.extra, l.end, l.extra_end };
			uint32_t place = at[random() % 6] +
					 (uint32_t)random() % 6 * 4;
			uint32_t word = random() & 1 ? (uint32_t)random() :
				words[(size_t)random() % 18];

			if (place >= RECORDS && place + 4 <= memory_size)
				memcpy(memory + place, &word, 4);
		}
		reads = 0;
		if (parse(vl, &parts))
			continue;
		accepted++;
		assert_true(reads < SIGFRAME_MAX / 16);
		assert_true(parts.fpsimd >= BASE + RECORDS);
		assert_true(parts.fpsimd + sizeof(struct sigframe_fpsimd) <=
			    BASE + memory_size);
		if (parts.sve_live)
			assert_true(parts.sve + sizeof(struct sigframe_sve) +
				    sigframe_sve_state(vl) <=
				    BASE + SIGFRAME_MAX);
	}
	assert_true(accepted > 1000 && accepted < 199000);
}

static void pstate_is_the_programs(void **state)
{
	uint64_t pstate;
	static const uint64_t bad[] = {
		0x5, 0x4, 0x9, 0xd, 0xf, 0x10, 0x13, 0x40, 0x80, 0x100,
		0x200, 0x3c0, 0x3c5,
	};

	(void)state;
	pstate = 0xf0001c00;		/* NZCV, SSBS, BTYPE */
	assert_true(sigframe_pstate(&pstate));
	assert_true(pstate == 0xf0001c00);
	/* Ignored: IL, SS, PAN, UAO and what has no meaning. */
	pstate = UINT64_C(0xffffffff0cf0e020);
	assert_true(sigframe_pstate(&pstate));
	assert_true(pstate == 0);
	for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		pstate = bad[i];
		assert_false(sigframe_pstate(&pstate));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_layout_is_sound),
		cmocka_unit_test(layouts_are_linuxs),
		cmocka_unit_test(places_are_aligned),
		cmocka_unit_test(one_wrong_word_is_refused),
		cmocka_unit_test(what_is_not_there_is_a_fault),
		cmocka_unit_test(chance_is_survived),
		cmocka_unit_test(pstate_is_the_programs),
	};
	int failed = cmocka_run_group_tests_name("sigframe", tests, NULL,
						 NULL);

	free(memory);
	return failed;
}
