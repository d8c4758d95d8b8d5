// SPDX-License-Identifier: MIT
/* FP registers of threads over switches. */
#include <weft/fp.h>

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
	void (*fn)(void *arg);
};

static void yield_to_others(void *arg)
{
	(void)arg;
	sched_yield();
}

/* Longer than a slice would allow: the switch is the timer's. */
static void spin_over_ticks(void *arg)
{
	(void)arg;
	boot_spin_us(300);
}

static void play(void *arg)
{
	struct fp_player *self = arg;

	self->result = pattern_fp(self->seed, ROUNDS, self->fn, NULL);
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

static int play_all(void (*fn)(void *arg))
{
	static struct fp_player players[THREADS];
	static struct worker other;
	unsigned i;

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
	for (i = 0; i < THREADS; i++)
		CHECK_NUM(players[i].result, ==, 0);
	return BOOT_PASS;
}

static int test_yield(void)
{
	uint64_t switches = sched_switch_count();

	if (play_all(yield_to_others) != BOOT_PASS)
		return BOOT_FAIL;
	CHECK_NUM(sched_switch_count() - switches, >=, THREADS * ROUNDS);
	return BOOT_PASS;
}

static int test_preempted(void)
{
	uint64_t switches = sched_switch_count();

	if (play_all(spin_over_ticks) != BOOT_PASS)
		return BOOT_FAIL;
	/* 180 ms of spinning are at least three slices. */
	CHECK_NUM(sched_switch_count() - switches, >=, 3);
	return BOOT_PASS;
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
	if (play_broken(pattern_break_v5, 64 + 5) != BOOT_PASS)
		return BOOT_FAIL;
	return play_broken(pattern_break_fpsr, 101);
}

const struct boot_test fp_tests[] = {
	{ "fp.yield", "v0-v31, FPCR, FPSR belong to the thread over yields",
	  test_yield },
	{ "fp.preempted", "the same when the timer switches", test_preempted },
	{ "fp.can_fail", "a lost v5 or FPSR is noticed and named",
	  test_can_fail },
	{ NULL, NULL, NULL },
};
