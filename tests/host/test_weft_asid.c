// SPDX-License-Identifier: MIT
/*
 * The ASID allocator and the installation of spaces: random schedules of
 * spaces on CPUs, with the invariant of weft/asid.h checked after each step,
 * and TLBs that remember everything they may until they are told to drop it.
 */
#include "check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <weft-sim/sysreg.h>
#include <weft/arch.h>
#include <weft/asid.h>
#include <weft/cpu.h>
#include <weft/errno.h>
#include <weft/pgtable.h>
#include <weft/space.h>

enum { CPUS = 4, SPACES = 24, ASIDS_MAX = 65536, TLB_ASIDS = 256 };

static struct weft_asid_domain domain;
static struct weft_asid_cpu asid_cpus[CPUS];
static struct weft_cpu cpus[CPUS];
static struct weft_space spaces[SPACES], empty;
static uint64_t map[WEFT_ASID_MAP_WORDS(ASIDS_MAX)];

/* tlb[c][a]: the space whose translations CPU c may hold under ASID a. */
static int tlb[CPUS][TLB_ASIDS];
static int running[CPUS];

enum { NOBODY = -1 };

void weft_debug_pte(const struct weft_pgtable *table, uint64_t va,
		    unsigned level, uint64_t before, uint64_t after)
{
	(void)table;
	(void)va;
	(void)level;
	(void)before;
	(void)after;
}

static void setup(enum weft_asid_policy policy, uint32_t count, uint32_t ncpus)
{
	int c, s;

	assert_int_equal(weft_asid_init(&domain, policy, count, map, asid_cpus,
					ncpus), 0);
	memset(cpus, 0, sizeof(cpus));
	for (c = 0; c < CPUS; c++) {
		cpus[c].index = (uint32_t)c;
		running[c] = NOBODY;
		for (s = 0; s < TLB_ASIDS; s++)
			tlb[c][s] = NOBODY;
	}
	weft_space_init_empty(&empty, 0x100000);
	for (s = 0; s < SPACES; s++)
		weft_space_init(&spaces[s], 0x200000 + 0x1000 * (uint64_t)s,
				&domain);
}

/* Apply the local invalidations that were just noted to CPU @c's TLB. */
static void apply_events(int c)
{
	size_t i;
	int a;

	for (i = 0; i < sim_count; i++) {
		if (sim_events[i].op == SIM_TLBI_ALL_LOCAL)
			for (a = 0; a < TLB_ASIDS; a++)
				tlb[c][a] = NOBODY;
		if (sim_events[i].op == SIM_TLBI_ASID_LOCAL)
			tlb[c][sim_events[i].arg >> 48] = NOBODY;
	}
}

/* Run space @s on CPU @c and let it fill the TLB. */
static void run_on(int c, int s)
{
	uint64_t word;
	int asid;

	sim_clear();
	weft_space_install(&cpus[c], &spaces[s]);
	apply_events(c);
	running[c] = s;
	word = cpus[c].ttbr0;
	asid = (int)(word >> WEFT_TTBR_ASID_SHIFT);
	assert_int_not_equal(asid, 0);
	assert_int_equal(word & WEFT_TTBR_BADDR,
			 0x200000 + 0x1000 * (uint64_t)s);
	if (tlb[c][asid] != NOBODY && tlb[c][asid] != s)
		fail_msg("cpu %d runs space %d under ASID %d, which still has "
			 "translations of space %d", c, s, asid, tlb[c][asid]);
	tlb[c][asid] = s;
}

/*
 * No two spaces that run on different CPUs share an ASID; and whoever
 * invalidates by a space's ASID reaches every CPU that runs it.
 */
static void check_running(unsigned ncpus)
{
	unsigned a, b;

	for (a = 0; a < ncpus; a++) {
		if (running[a] != NOBODY)
			assert_int_equal(cpus[a].ttbr0 >> 48,
					 weft_space_asid(&spaces[running[a]]));
		for (b = a + 1; b < ncpus; b++) {
			if (running[a] == NOBODY || running[b] == NOBODY ||
			    running[a] == running[b])
				continue;
			assert_int_not_equal(cpus[a].ttbr0 >> 48,
					     cpus[b].ttbr0 >> 48);
		}
	}
}

static void random_schedule(unsigned seed, unsigned ncpus, uint32_t count)
{
	unsigned i;

	print_message("# seed %u: %u cpus, %u asids\n", seed, ncpus, count);
	srand(seed);
	setup(WEFT_ASID_GENERATIONS, count, ncpus);
	for (i = 0; i < 4000; i++) {
		/* Spaces 0-2 run often: the same on several CPUs. */
		run_on(rand() % (int)ncpus,
		       rand() % 2 ? rand() % 3 : rand() % SPACES);
		check_running(ncpus);
	}
	assert_true(domain.rollovers > 10);
}

static void test_random_one_cpu(void **state)
{
	(void)state;
	random_schedule(1, 1, 3);
	random_schedule(2, 1, 5);
}

static void test_random_many_cpus(void **state)
{
	(void)state;
	random_schedule(3, 2, 4);
	random_schedule(4, 2, 6);
	random_schedule(5, 4, 6);
	random_schedule(6, 4, 9);
}

static void test_running_space_keeps_its_asid(void **state)
{
	uint64_t before;
	int s;

	(void)state;
	setup(WEFT_ASID_GENERATIONS, 4, 2);
	run_on(1, 0);
	before = cpus[1].ttbr0;
	/* Many rollovers on the other CPU; CPU 1 never switches. */
	for (s = 1; s < SPACES; s++)
		run_on(0, s);
	assert_true(domain.rollovers > 4);
	run_on(1, 0);
	assert_int_equal(cpus[1].ttbr0, before);
}

static void test_same_space_on_two_cpus(void **state)
{
	int i;

	(void)state;
	setup(WEFT_ASID_GENERATIONS, 4, 2);
	for (i = 0; i < 60; i++) {
		run_on(0, 1 + i % 5);
		run_on(1, 1 + i % 5);
		assert_int_equal(cpus[0].ttbr0, cpus[1].ttbr0);
	}
}

static void test_switch_without_rollover_is_one_write(void **state)
{
	(void)state;
	setup(WEFT_ASID_GENERATIONS, 256, 1);
	run_on(0, 0);
	run_on(0, 1);
	sim_clear();
	weft_space_install(&cpus[0], &spaces[0]);
	assert_int_equal(sim_count, 1);
	assert_int_equal(sim_events[0].op, SIM_TTBR0);
	sim_clear();
	weft_space_install(&cpus[0], &spaces[0]);
	assert_int_equal(sim_count, 0);	/* nothing differs */
}

static void test_flush_comes_before_the_new_asid(void **state)
{
	int s;
	size_t i;

	(void)state;
	setup(WEFT_ASID_GENERATIONS, 3, 1);
	for (s = 0; s < 8; s++) {
		sim_clear();
		weft_space_install(&cpus[0], &spaces[s]);
		for (i = 0; i < sim_count; i++)
			if (sim_events[i].op == SIM_TLBI_ALL_LOCAL)
				break;
		if (i == sim_count)
			continue;
		/* dsb nshst; tlbi; dsb nsh; isb; and only then TTBR0 */
		assert_int_equal(sim_events[i - 1].op, SIM_DSB_NSHST);
		assert_int_equal(sim_events[i + 1].op, SIM_DSB_NSH);
		assert_int_equal(sim_events[i + 2].op, SIM_ISB);
		assert_int_equal(sim_events[sim_count - 1].op, SIM_TTBR0);
		return;
	}
	fail_msg("no rollover in 8 spaces with 2 ASIDs");
}

static void test_shared_flushes_on_change_only(void **state)
{
	int i;

	(void)state;
	setup(WEFT_ASID_FLUSH_CHANGE, 1, 1);
	for (i = 0; i < 200; i++) {
		int s = (i / 2) % 3;

		run_on(0, s);
		if (i % 2) {
			assert_int_equal(sim_count, 0);
			continue;
		}
		/* The new root is in force before the flush. */
		assert_int_equal(sim_events[0].op, SIM_TTBR0);
		assert_int_equal(sim_events[1].op, SIM_ISB);
		assert_int_equal(sim_events[3].op, SIM_TLBI_ASID_LOCAL);
	}
}

static void test_shared_over_a_kernel_thread(void **state)
{
	(void)state;
	setup(WEFT_ASID_FLUSH_CHANGE, 1, 1);
	run_on(0, 0);
	sim_clear();
	weft_space_install(&cpus[0], &empty);
	assert_int_equal(sim_count, 1);	/* TTBR0, under ASID 0 */
	assert_int_equal(sim_ttbr0, 0x100000);
	sim_clear();
	weft_space_install(&cpus[0], &spaces[0]);
	assert_int_equal(sim_count, 1);	/* its own are still there */
	weft_space_install(&cpus[0], &empty);
	run_on(0, 1);
	assert_true(sim_count > 1);
}

static void test_always_flushes_at_each_installation(void **state)
{
	int i;

	(void)state;
	setup(WEFT_ASID_FLUSH_ALWAYS, 1, 1);
	for (i = 0; i < 60; i++) {
		size_t first = i % 3 == 0;

		sim_clear();
		weft_space_install(&cpus[0], &spaces[i / 3]);
		assert_int_equal(sim_count, 5 + first);
		if (first)
			assert_int_equal(sim_events[0].op, SIM_TTBR0);
		assert_int_equal(sim_events[first].op, SIM_ISB);
		assert_int_equal(sim_events[first + 2].op,
				 SIM_TLBI_ASID_LOCAL);
		assert_true(weft_space_is_installed(&cpus[0], &spaces[i / 3]));
	}
	sim_clear();
	weft_space_install(&cpus[0], &empty);
	assert_int_equal(sim_count, 1);		/* ASID 0 holds nothing */
}

static void test_forgotten_space_is_flushed_for(void **state)
{
	(void)state;
	setup(WEFT_ASID_FLUSH_CHANGE, 1, 1);
	run_on(0, 0);
	weft_space_install(&cpus[0], &empty);
	weft_space_forget(&cpus[0], &spaces[0]);
	/* A new space at the same address must not inherit translations. */
	sim_clear();
	weft_space_install(&cpus[0], &spaces[0]);
	assert_true(sim_count > 1);
}

static void test_too_few(void **state)
{
	(void)state;
	assert_int_equal(weft_asid_init(&domain, WEFT_ASID_GENERATIONS, 5, map,
					asid_cpus, 4), WEFT_EINVAL);
	assert_int_equal(weft_asid_init(&domain, WEFT_ASID_GENERATIONS, 65537,
					map, asid_cpus, 1), WEFT_EINVAL);
	assert_int_equal(weft_asid_init(&domain, WEFT_ASID_GENERATIONS, 6, map,
					asid_cpus, 4), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_random_one_cpu),
		cmocka_unit_test(test_random_many_cpus),
		cmocka_unit_test(test_running_space_keeps_its_asid),
		cmocka_unit_test(test_same_space_on_two_cpus),
		cmocka_unit_test(test_switch_without_rollover_is_one_write),
		cmocka_unit_test(test_flush_comes_before_the_new_asid),
		cmocka_unit_test(test_shared_flushes_on_change_only),
		cmocka_unit_test(test_shared_over_a_kernel_thread),
		cmocka_unit_test(test_always_flushes_at_each_installation),
		cmocka_unit_test(test_forgotten_space_is_flushed_for),
		cmocka_unit_test(test_too_few),
	};

	return cmocka_run_group_tests_name("weft_asid", tests, NULL, NULL);
}
