// SPDX-License-Identifier: MIT
/*
 * FP registers of threads over switches, by each policy. Kernel threads stand
 * for programs: before they touch a register they look at what CPACR_EL1 says
 * of EL0, and if that would trap they do what the trap does.
 */
#include <weft/arch.h>
#include <weft/cpu.h>
#include <weft/fp.h>
#include <weft/sysreg.h>
#include <weft/task.h>

#include "boot_test.h"
#include "pattern.h"
#include "sched/sched.h"
#include "sched/thread.h"

#define ROUNDS 200
#define THREADS 3

struct fp_player {
	struct worker worker;
	uint64_t seed;
	uint64_t result;
	uint64_t traps;
	uint64_t slices;
	void (*fn)(void *arg);
};

/* DAIF masked, and left so: until it is unmasked nobody takes them away. */
static void touch(struct fp_player *self)
{
	weft_mask_all();
	if (weft_read_cpacr_el1() & WEFT_CPACR_FPEN_EL0)
		return;
	self->traps++;
	weft_fp_trap(weft_task_current(), WEFT_FP_SIMD);
}

static void yield_to_others(void *arg)
{
	weft_unmask_all();
	sched_yield();
	touch(arg);
}

/* Longer than a slice would allow: the switch is the timer's. */
static void spin_over_ticks(void *arg)
{
	weft_unmask_all();
	boot_spin_us(300);
	touch(arg);
}

static void break_v5(void *arg)
{
	yield_to_others(arg);
	pattern_break_v5(arg);
}

static void break_fpsr(void *arg)
{
	yield_to_others(arg);
	pattern_break_fpsr(arg);
}

static void play(void *arg)
{
	struct fp_player *self = arg;
	const struct thread *thread = thread_current();

	touch(self);
	self->result = pattern_fp(self->seed, ROUNDS, self->fn, self);
	self->slices = thread->voluntary + thread->involuntary + 1;
	weft_unmask_all();
}

/* Kernel threads have no FP state; give this one what a program's has. */
static bool start_player(struct fp_player *player)
{
	if (!worker_create(&player->worker, "fp-player", play, player,
			   BOOT_PRIO_MIDDLE))
		return false;
	player->worker.thread->task.fp = &player->worker.thread->fp;
	worker_go(&player->worker);
	return true;
}

static void no_fp(void *arg)
{
	unsigned i;

	(void)arg;
	for (i = 0; i < ROUNDS; i++)
		sched_yield();
}

static int check_player(const struct fp_player *player, uint64_t policy)
{
	CHECK_NUM(player->result, ==, 0);
	switch (policy) {
	case WEFT_FP_EAGER:
		CHECK_NUM(player->traps, ==, 0);
		break;
	case WEFT_FP_TRACKED:
		CHECK_NUM(player->traps, ==, 1);
		break;
	default:
		CHECK_NUM(player->traps, >=, 1);
		CHECK_NUM(player->traps, <=, player->slices);
	}
	return BOOT_PASS;
}

static int play_all(void (*fn)(void *arg), uint64_t policy)
{
	static struct fp_player players[THREADS];
	static struct worker other;
	unsigned traps = 0, i;

	for (i = 0; i < THREADS; i++) {
		players[i] = (struct fp_player){
			.seed = UINT64_C(0x5555aaaa00001000) * (i + 1) + i,
			.fn = fn,
		};
		CHECK(start_player(&players[i]));
	}
	CHECK(worker_start(&other, "no-fp", no_fp, NULL, BOOT_PRIO_MIDDLE));
	CHECK(worker_join(&other));
	for (i = 0; i < THREADS; i++)
		CHECK(worker_join(&players[i].worker));
	for (i = 0; i < THREADS; i++) {
		if (check_player(&players[i], policy) != BOOT_PASS)
			return BOOT_FAIL;
		traps += players[i].traps;
	}
	/* On a host that stands still one of them may be through in a slice. */
	if (policy == WEFT_FP_LAZY)
		CHECK_NUM(traps, >, THREADS);
	return BOOT_PASS;
}

/* By each policy, with at least @switches. */
static int play_policies(void (*fn)(void *arg), uint64_t switches)
{
	int result = BOOT_PASS;
	uint64_t policy, old, before;

	for (policy = WEFT_FP_EAGER; policy <= WEFT_FP_TRACKED; policy++) {
		before = sched_switch_count();
		old = boot_fp_policy(policy);
		if (play_all(fn, policy) != BOOT_PASS)
			result = BOOT_FAIL;
		boot_fp_policy(old);
		CHECK_NUM(sched_switch_count() - before, >=, switches);
	}
	return result;
}

static int test_yield(void)
{
	return play_policies(yield_to_others, THREADS * ROUNDS);
}

/* 180 ms of spinning are at least three slices. */
static int test_preempted(void)
{
	return play_policies(spin_over_ticks, 3);
}

static int play_broken(void (*breaker)(void *arg), uint64_t expected)
{
	static struct fp_player player;

	player = (struct fp_player){ .seed = 0x77, .fn = breaker };
	CHECK(start_player(&player));
	CHECK(worker_join(&player.worker));
	CHECK_NUM(player.result, ==, expected);
	return BOOT_PASS;
}

static int test_can_fail(void)
{
	if (play_broken(break_v5, 64 + 5) != BOOT_PASS)
		return BOOT_FAIL;
	return play_broken(break_fpsr, 101);
}

const struct boot_test fp_tests[] = {
	{ "fp.yield", "v0-v31, FPCR, FPSR belong to the thread over yields",
	  test_yield },
	{ "fp.preempted", "the same when the timer switches", test_preempted },
	{ "fp.can_fail", "a lost v5 or FPSR is noticed and named",
	  test_can_fail },
	{ NULL, NULL, NULL },
};
