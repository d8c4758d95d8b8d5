// SPDX-License-Identifier: MIT
/*
 * Cache maintenance: every line that the bytes are in, once, and none other,
 * for all small lengths and offsets; and between which barriers.
 */
#include "check.h"

#include <stdbool.h>

#include <weft-sim/sysreg.h>
#include <weft/cache.h>
#include <weft/pgtable.h>

#define IDC	(UINT64_C(1) << 28)
#define DIC	(UINT64_C(1) << 29)
#define PIPT	(UINT64_C(3) << 14)
#define VIPT	(UINT64_C(2) << 14)
/* Lines of 64 bytes for data, 32 for code; written back by 128 */
#define LINES	(UINT64_C(4) << 16 | 3 | UINT64_C(5) << 24)

enum { DATA_LINE = 64, CODE_LINE = 32, GRANULE = 128 };

void weft_debug_pte(const struct weft_pgtable *table, uint64_t va,
		    unsigned level, uint64_t before, uint64_t after)
{
	(void)table;
	(void)va;
	(void)level;
	(void)before;
	(void)after;
}

/* From event @at on: @op for each line of the range; the event after them. */
static size_t check_lines(size_t at, enum sim_op op, uintptr_t start,
			  size_t len, uintptr_t line)
{
	uintptr_t first = start / line, last = (start + len - 1) / line, i;

	for (i = first; i - first <= last - first; i++, at++) {
		assert_int_equal(sim_events[at].op, op);
		assert_int_equal(sim_events[at].arg, i * line);
	}
	return at;
}

static size_t check_event(size_t at, enum sim_op op)
{
	assert_true(at < sim_count);
	assert_int_equal(sim_events[at].op, op);
	return at + 1;
}

static void check_code(uintptr_t start, size_t len, uint64_t ctr)
{
	size_t at = 0;

	sim_ctr = ctr;
	sim_clear();
	weft_cache_sync_code((void *)start, len);
	if (!(ctr & IDC))
		at = check_lines(at, SIM_DC_CVAU, start, len, DATA_LINE);
	at = check_event(at, SIM_DSB_ISH);
	if (!(ctr & DIC) && (ctr & PIPT) == PIPT)
		at = check_lines(at, SIM_IC_IVAU, start, len, CODE_LINE);
	else if (!(ctr & DIC))
		at = check_event(at, SIM_IC_ALL);
	at = check_event(at, SIM_DSB_ISH);
	at = check_event(at, SIM_ISB);
	assert_int_equal(at, sim_count);
}

static void code_is_synchronized(void **state)
{
	static const uint64_t kinds[] = {
		PIPT, VIPT, PIPT | IDC, PIPT | DIC, VIPT | DIC,
		PIPT | IDC | DIC,
	};
	uintptr_t start;
	size_t len, i;

	(void)state;
	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		for (start = 0x1000; start < 0x1000 + 130; start++)
			for (len = 1; len < 200; len += 3)
				check_code(start, len, LINES | kinds[i]);
	/* The last line of all, behind which addresses wrap */
	check_code(UINTPTR_MAX - 99, 100, LINES | PIPT);
}

static void check_data(uintptr_t start, size_t len, enum sim_op op)
{
	size_t at;

	sim_clear();
	if (op == SIM_DC_CVAC)
		weft_cache_clean((void *)start, len);
	else if (op == SIM_DC_CIVAC)
		weft_cache_clean_invalidate((void *)start, len);
	else
		weft_cache_invalidate((void *)start, len);
	at = check_lines(0, op, start, len, DATA_LINE);
	at = check_event(at, SIM_DSB_SY);
	assert_int_equal(at, sim_count);
}

static void buffers_reach_memory(void **state)
{
	uintptr_t start;
	size_t len;

	(void)state;
	/* To the point of coherency, whatever code needs */
	sim_ctr = LINES | IDC | DIC;
	for (start = 0x1000; start < 0x1000 + 130; start++)
		for (len = 1; len < 200; len += 3) {
			check_data(start, len, SIM_DC_CVAC);
			check_data(start, len, SIM_DC_CIVAC);
		}
	check_data(-(uintptr_t)GRANULE, GRANULE, SIM_DC_CVAC);
	check_data(-(uintptr_t)GRANULE, GRANULE, SIM_DC_IVAC);
	for (len = GRANULE; len < 10 * GRANULE; len += GRANULE)
		check_data(0x1000, len, SIM_DC_IVAC);
}

static void nothing_is_nothing(void **state)
{
	(void)state;
	sim_ctr = LINES;
	sim_clear();
	weft_cache_sync_code((void *)0x1234, 0);
	weft_cache_clean((void *)0x1234, 0);
	weft_cache_clean_invalidate((void *)0x1234, 0);
	weft_cache_invalidate((void *)0x1200, 0);
	assert_int_equal(sim_count, 0);
}

static void granule_is_the_largest_if_not_said(void **state)
{
	(void)state;
	sim_ctr = LINES;
	assert_int_equal(weft_cache_granule(), GRANULE);
	sim_ctr = 0;
	assert_int_equal(weft_cache_granule(), 2048);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(code_is_synchronized),
		cmocka_unit_test(buffers_reach_memory),
		cmocka_unit_test(nothing_is_nothing),
		cmocka_unit_test(granule_is_the_largest_if_not_said),
	};

	return cmocka_run_group_tests_name("weft_cache", tests, NULL, NULL);
}
