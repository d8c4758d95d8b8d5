// SPDX-License-Identifier: MIT
/*
 * SVE state: buffers, first use, vector lengths, what is dropped and what may
 * never come back. On simulated CPUs (test_weft_fpsim.h); skipped on a CPU
 * without SVE.
 */
#include <weft/cpu.h>
#include <weft/errno.h>
#include <weft/sysreg.h>

#include "boot_test.h"
#include "lib/string.h"
#include "test_weft_fpsim.h"

static struct sim_program *const a = &sim.program[0];
static struct sim_program *const b = &sim.program[1];

static int each_policy(void (*body)(uint64_t policy))
{
	uint64_t policy;

	if (!weft_sve_max_vl())
		return BOOT_SKIP;
	for (policy = WEFT_FP_EAGER; policy <= WEFT_FP_TRACKED; policy++) {
		sim_begin(policy);
		body(policy);
		if (sim_end(__FILE__) != BOOT_PASS) {
			boot_note("policy %d", (int)policy);
			return BOOT_FAIL;
		}
	}
	return BOOT_PASS;
}

static int test_lengths(void)
{
	unsigned max = weft_sve_max_vl(), wish, vl, last = 0;
	struct weft_features features;

	weft_features_read(&features);
	CHECK_NUM(max != 0, ==, features.sve);
	CHECK_NUM(weft_sve_vl(15), ==, 0);
	CHECK_NUM(weft_sve_vl(~0u), ==, max);
	if (!max)
		return BOOT_PASS;
	for (wish = 16; wish <= 272; wish++) {
		vl = weft_sve_vl(wish);
		CHECK(vl >= 16 && vl <= wish && vl >= last && vl % 16 == 0);
		CHECK_NUM(weft_sve_vl(vl), ==, vl);
		last = vl;
	}
	CHECK_NUM(last, ==, max);
	/* ZCR_EL1 is as it was. */
	CHECK_NUM((weft_sve_current_vl() / 16 - 1), ==,
		  weft_task_current()->cpu->zcr);
	return BOOT_PASS;
}

static int test_buffers(void)
{
	static struct sim_buffer buffer;
	struct weft_sve *sve = (struct weft_sve *)buffer.bytes;
	unsigned vl, max = weft_sve_max_vl();

	CHECK_NUM(weft_sve_size(0), ==, 0);
	CHECK_NUM(weft_sve_size(8), ==, 0);
	CHECK_NUM(weft_sve_size(24), ==, 0);
	CHECK_NUM(weft_sve_size(272), ==, 0);
	for (vl = 16; vl <= 256; vl += 16) {
		size_t n = 16 + 32 * vl + 17 * vl / 8;

		CHECK_NUM(weft_sve_size(vl), >=, n);
		CHECK_NUM(weft_sve_size(vl), <, n + 16);
		CHECK_NUM(weft_sve_size(vl) % 16, ==, 0);
	}
	CHECK_NUM(sizeof(buffer), >=, weft_sve_size(256));
	CHECK(weft_sve_init(sve, sizeof(buffer), 0) == WEFT_EINVAL);
	CHECK(weft_sve_init(sve, sizeof(buffer), 512) == WEFT_EINVAL);
	CHECK(weft_sve_init(sve, weft_sve_size(16) - 1, 16) == WEFT_ENOMEM);
	if (!max) {
		CHECK(weft_sve_init(sve, sizeof(buffer), 16) == WEFT_EINVAL);
		return BOOT_PASS;
	}
	sve = (struct weft_sve *)(buffer.bytes + 8);
	CHECK(weft_sve_init(sve, 8192, 16) == WEFT_EINVAL);
	sve = (struct weft_sve *)buffer.bytes;
	for (vl = 16; vl <= 256; vl += 16)
		CHECK((weft_sve_init(sve, weft_sve_size(vl), vl) == 0) ==
		      (weft_sve_vl(vl) == vl));
	return BOOT_PASS;
}

/* No buffer: the client's trap. Then one trap, whatever was before. */
static void first_use(uint64_t policy)
{
	sim_run(a);
	WANT(!sim_put(WEFT_FP_SVE));
	WANT(sim_put(WEFT_FP_SIMD));
	WANT(!sim_put(WEFT_FP_SVE));
	sim_give_sve(a, sim.max_vl);
	a->traps = 0;
	WANT(sim_see(WEFT_FP_SVE));	/* v carried over, zeros above */
	WANT(a->traps == 1);
	WANT(sim_put(WEFT_FP_SVE));
	WANT(sim_see(WEFT_FP_SVE));
	WANT(a->traps == 1);
	/* It is all that another one sees: nothing. */
	sim_run(b);
	sim_give_sve(b, sim.max_vl);
	WANT(sim_see(WEFT_FP_SVE));
	WANT(b->traps == 1);
	sim_run(a);
	a->traps = 0;
	WANT(sim_see(WEFT_FP_SIMD));
	WANT(sim_see(WEFT_FP_SVE));
	WANT(a->traps == (policy == WEFT_FP_LAZY));
	sim_run(NULL);
	WANT(sim_memory_holds(a));
}

static int test_first(void)
{
	return each_policy(first_use);
}

/* Long, short, long: what the short one hid does not come back. */
static void change_length(uint64_t policy)
{
	(void)policy;
	sim_run(a);
	sim_give_sve(a, sim.max_vl);
	WANT(sim_put(WEFT_FP_SVE));
	WANT(!weft_task_set_vl(&a->task, 16));
	sim_only_simd(a);
	a->vl = 16;
	WANT(sim_see(WEFT_FP_SVE));
	WANT(weft_sve_current_vl() == 16);
	WANT(!weft_task_set_vl(&a->task, sim.max_vl));
	a->vl = sim.max_vl;
	sim_only_simd(a);
	WANT(sim_see(WEFT_FP_SVE));
	WANT(weft_sve_current_vl() == sim.max_vl);
	/* The same while it is parked. */
	WANT(sim_put(WEFT_FP_SVE));
	sim_run(NULL);
	WANT(!weft_task_set_vl(&a->task, 16));
	WANT(!weft_task_set_vl(&a->task, sim.max_vl));
	sim_only_simd(a);
	WANT(sim_memory_holds(a));
	sim_run(a);
	WANT(sim_see(WEFT_FP_SVE));
	/* Refused: then nothing changes. */
	WANT(sim_put(WEFT_FP_SVE));
	WANT(weft_task_set_vl(&a->task, 8) == WEFT_EINVAL);
	WANT(weft_task_set_vl(&a->task, 272) == WEFT_EINVAL);
	WANT(sim_see(WEFT_FP_SVE));
}

static int test_length(void)
{
	return each_policy(change_length);
}

/* A buffer that is too small for the wish. */
static void keep_capacity(uint64_t policy)
{
	struct weft_sve *sve = (struct weft_sve *)a->sve.bytes;

	(void)policy;
	sim_run(a);
	sim_give_sve(a, 16);
	sve->capacity = weft_sve_size(16);
	WANT(sim_put(WEFT_FP_SVE));
	WANT(weft_task_set_vl(&a->task, sim.max_vl) ==
	     (sim.max_vl > 16 ? WEFT_ENOMEM : 0));
	WANT(sim_see(WEFT_FP_SVE));
}

static int test_capacity(void)
{
	return each_policy(keep_capacity);
}

static void side_by_side(uint64_t policy)
{
	unsigned i;

	(void)policy;
	for (i = 0; i < SIM_PROGRAMS; i++) {
		sim_run(&sim.program[i]);
		sim_give_sve(&sim.program[i],
			     weft_sve_vl(sim.max_vl * (i + 1) / SIM_PROGRAMS));
		WANT(sim_put(WEFT_FP_SVE));
	}
	for (i = 0; i < 8 * SIM_PROGRAMS; i++) {
		sim_go(i / 3 % SIM_CPUS);
		sim_run(NULL);
		if (sim_runs(&sim.program[i % SIM_PROGRAMS])) {
			sim_go((i / 3 + 1) % SIM_CPUS);
			sim_run(NULL);
		}
		sim_run(&sim.program[i % SIM_PROGRAMS]);
		WANT(sim_see(WEFT_FP_SVE));
		WANT(weft_sve_current_vl() == sim_here()->vl);
		WANT(sim_put(WEFT_FP_SVE));
	}
}

static int test_side_by_side(void)
{
	return each_policy(side_by_side);
}

static void discard(uint64_t policy)
{
	(void)policy;
	sim_run(a);
	sim_give_sve(a, sim.max_vl);
	WANT(sim_put(WEFT_FP_SVE));
	weft_task_discard_sve(&a->task);
	sim_only_simd(a);
	WANT(a->task.fp_used == WEFT_FP_SIMD);
	a->traps = 0;
	WANT(sim_see(WEFT_FP_SIMD));
	WANT(a->traps == 0);
	WANT(sim_see(WEFT_FP_SVE));
	WANT(a->traps == 1);
	/* The buffer is the client's: rubbish in it is nobody's state. */
	WANT(sim_put(WEFT_FP_SVE));
	sim_give_sve(a, 0);
	WANT(!sim_use(WEFT_FP_SVE));
	WANT(sim_see(WEFT_FP_SIMD));
	sim_run(NULL);
	WANT(sim_memory_holds(a));
}

static int test_discard(void)
{
	return each_policy(discard);
}

/* Probing, which shortens the vectors for a moment, costs nobody anything. */
static void probe(uint64_t policy)
{
	(void)policy;
	sim_run(a);
	sim_give_sve(a, sim.max_vl);
	WANT(sim_put(WEFT_FP_SVE));
	WANT(weft_sve_vl(16) == 16);
	WANT(sim_see(WEFT_FP_SVE));
	/* While it is parked and its registers are there still. */
	sim_run(NULL);
	WANT(weft_sve_vl(16) == 16);
	sim_run(a);
	WANT(sim_see(WEFT_FP_SVE));
	sim_run(b);
	WANT(weft_sve_vl(16) == 16);
	sim_run(a);
	WANT(sim_see(WEFT_FP_SVE));
}

static int test_probe(void)
{
	return each_policy(probe);
}

const struct boot_test weft_sve_tests[] = {
	{ "weft.sve.lengths", "the CPU's vector lengths are found",
	  test_lengths },
	{ "weft.sve.buffers", "sizes; wrong lengths and buffers are refused",
	  test_buffers },
	{ "weft.sve.first", "the first use traps once and sees v and zeros",
	  test_first },
	{ "weft.sve.length", "a longer vector shows nothing of before",
	  test_length },
	{ "weft.sve.capacity", "a length that the buffer cannot hold is "
	  "refused", test_capacity },
	{ "weft.sve.side_by_side", "different lengths, two CPUs, z, p and FFR "
	  "are kept", test_side_by_side },
	{ "weft.sve.discard", "v0-v31 survive a discard, nothing else",
	  test_discard },
	{ "weft.sve.probe", "asking for lengths leaves all registers as they "
	  "are", test_probe },
	{ NULL, NULL, NULL },
};
