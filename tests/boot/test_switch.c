// SPDX-License-Identifier: MIT
/* The switch between two threads, and a thread's first moment. */
#include <weft/arch.h>
#include <weft/space.h>
#include <weft/sysreg.h>

#include "boot_test.h"
#include "mm/kvm.h"
#include "mm/layout.h"
#include "pattern.h"
#include "sched/sched.h"
#include "sched/thread.h"

#define ROUNDS 500

/* A thread that keeps a pattern and yields; and who ran last. */
struct player {
	struct worker worker;
	uint64_t seed;
	uint64_t result;
	uint64_t handovers;	/* how often another ran meanwhile */
	void (*breaker)(void *arg);
};

static struct player *last_player;

static void yield_turn(void *arg)
{
	struct player *self = arg;

	last_player = self;
	sched_yield();
	if (last_player != self)
		self->handovers++;
	if (self->breaker)
		self->breaker(NULL);
}

static void play(void *arg)
{
	struct player *self = arg;

	self->result = pattern_saved(self->seed, ROUNDS, yield_turn, self);
}

static int run_players(struct player *players, unsigned n)
{
	unsigned i;

	for (i = 0; i < n; i++)
		CHECK(worker_create(&players[i].worker, "player", play,
				    &players[i], BOOT_PRIO_MIDDLE));
	for (i = 0; i < n; i++)
		worker_go(&players[i].worker);
	for (i = 0; i < n; i++)
		CHECK(worker_join(&players[i].worker));
	return BOOT_PASS;
}

static int test_saved(void)
{
	static struct player players[2];
	uint64_t switches = sched_switch_count();

	players[0] = (struct player){ .seed = 0x1111111111110000 };
	players[1] = (struct player){ .seed = 0xeeeeeeeeeeee0000 };
	if (run_players(players, 2) != BOOT_PASS)
		return BOOT_FAIL;
	CHECK_NUM(players[0].result, ==, 0);
	CHECK_NUM(players[1].result, ==, 0);
	/* The last rounds of the one that ends later are alone. */
	CHECK_NUM(players[0].handovers, >=, ROUNDS - 2);
	CHECK_NUM(players[1].handovers, >=, ROUNDS - 2);
	CHECK_NUM(sched_switch_count() - switches, >=, 2 * ROUNDS - 4);
	return BOOT_PASS;
}

static int test_saved_can_fail(void)
{
	static struct player player;

	player = (struct player){
		.seed = 0x1234,
		.breaker = pattern_break_x23,
	};
	if (run_players(&player, 1) != BOOT_PASS)
		return BOOT_FAIL;
	CHECK_NUM(player.result, ==, 23);
	return BOOT_PASS;
}

/* What a thread finds when it starts. */
static struct {
	uint64_t daif, sp, ttbr0;
	uint32_t preempt, held;
	enum thread_state state;
	struct weft_space *space;
	void *arg;
} first;

static void look_around(void *arg)
{
	struct thread *self = thread_current();
	uint64_t sp;

	__asm__ volatile("mov %0, sp" : "=r"(sp));
	first.sp = sp;
	first.daif = weft_read_daif();
	first.ttbr0 = weft_read_ttbr0_el1();
	first.preempt = self->preempt;
#if LOOM_DEBUG
	first.held = self->held.count;
#endif
	first.state = self->state;
	first.space = self->task.space;
	first.arg = arg;
}

static int test_first(void)
{
	static struct worker worker;
	uint64_t stack;

	CHECK(worker_create(&worker, "first", look_around, &worker,
			    BOOT_PRIO_MIDDLE));
	stack = (uint64_t)(uintptr_t)worker.thread->stack;
	worker_go(&worker);
	CHECK(worker_join(&worker));
	CHECK(first.arg == &worker);
	CHECK_NUM(first.daif & WEFT_PSTATE_DAIF, ==, 0);
	CHECK_NUM(first.preempt, ==, 0);
	CHECK_NUM(first.held, ==, 0);
	CHECK(first.state == THREAD_READY);
	CHECK(first.space == kvm_empty_space());
	CHECK_NUM(first.ttbr0, ==, kvm_empty_space()->ttbr);
	CHECK_NUM(first.sp % 16, ==, 0);
	CHECK_NUM(first.sp, >, stack);
	CHECK_NUM(first.sp, <, stack + STACK_SIZE);
	CHECK_NUM(stack % STACK_SLOT, ==, STACK_SLOT - STACK_SIZE);
	return BOOT_PASS;
}

static uint64_t daif_after[4];

static void yield_in_all_states(void *arg)
{
	uint64_t daif = weft_read_daif();

	(void)arg;
	sched_yield();
	daif_after[0] = weft_read_daif();
	weft_mask_irq();
	sched_yield();
	daif_after[1] = weft_read_daif();
	weft_mask_all();
	sched_yield();
	daif_after[2] = weft_read_daif();
	weft_write_daif(daif);
	sched_yield();
	daif_after[3] = weft_read_daif();
}

static int test_daif(void)
{
	static struct worker workers[2];
	unsigned i;

	for (i = 0; i < 2; i++)
		CHECK(worker_create(&workers[i], "daif", yield_in_all_states,
				    NULL, BOOT_PRIO_MIDDLE));
	for (i = 0; i < 2; i++)
		worker_go(&workers[i]);
	for (i = 0; i < 2; i++)
		CHECK(worker_join(&workers[i]));
	CHECK_NUM(daif_after[0], ==, 0);
	CHECK_NUM(daif_after[1], ==, WEFT_PSTATE_I | WEFT_PSTATE_F);
	CHECK_NUM(daif_after[2], ==, WEFT_PSTATE_DAIF);
	CHECK_NUM(daif_after[3], ==, 0);
	return BOOT_PASS;
}

const struct boot_test switch_tests[] = {
	{ "switch.saved", "x19-x28 belong to the thread over a switch",
	  test_saved },
	{ "switch.saved.can_fail", "a lost x23 is noticed and named",
	  test_saved_can_fail },
	{ "switch.first", "a new thread starts on its own stack, unmasked",
	  test_first },
	{ "switch.daif", "a switch gives each thread its own DAIF back",
	  test_daif },
	{ NULL, NULL, NULL },
};
