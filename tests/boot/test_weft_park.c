// SPDX-License-Identifier: MIT
/*
 * Switches between tasks parked inside the kernel and at their frames, in
 * every mix: three players in a ring, two of EL0 and one of EL1.
 */
#include <stddef.h>

#include <weft/sysreg.h>
#include <weft/task.h>
#include <weft/trap.h>

#include "boot_test.h"
#include "hooks.h"
#include "lib/string.h"
#include "mm/kvm.h"
#include "test_weft_player.h"

#define PLAYERS		3
#define TURNS		64

enum { IN_KERNEL, AT_FRAME, FIRST, KINDS };

static struct player players[PLAYERS];
static struct weft_task *home;

/* How many switches from one that parks so to one that is parked so. */
static unsigned mix[KINDS][KINDS];
static unsigned resumed, exits, wrong;
static struct weft_task *leaver;

static unsigned kind_of(const struct weft_task *task)
{
	if (task->pc == (uint64_t)(uintptr_t)weft_resume_kernel)
		return IN_KERNEL;
	if (task->pc == (uint64_t)(uintptr_t)weft_resume_frame)
		return AT_FRAME;
	wrong += task->pc != (uint64_t)(uintptr_t)weft_resume_first;
	return FIRST;
}

/* The next in the ring that still plays, or who started all this. */
static struct weft_task *next_task(const struct player *self)
{
	unsigned i, at = (unsigned)(self - players);

	for (i = 1; i < PLAYERS; i++) {
		struct player *other = &players[(at + i) % PLAYERS];

		if (!other->done)
			return &other->thread.task;
	}
	return home;
}

static void check_arrival(const struct weft_task *prev)
{
	wrong += prev != leaver;
	wrong += weft_task_current()->cpu != home->cpu;
}

/* Park the current player, by turns in the one way and the other. */
static void leave(struct player *self, struct weft_frame *frame)
{
	struct weft_task *task = &self->thread.task;
	struct weft_task *next = next_task(self);
	/* Each has a rhythm of its own, so all four mixes come. */
	bool at_frame = self->turns >> (self - players) & 1;

	if (next == home && !self->done)
		return;
	leaver = task;
	mix[at_frame][kind_of(next)]++;
	if (at_frame)
		weft_switch_from_frame(task, frame, next);
	check_arrival(weft_switch_to(task, next));
}

static void on_syscall(struct weft_frame *frame)
{
	player_entered(frame);
	leave(player_current(), frame);
}

static bool on_fault(struct weft_frame *frame,
		     const struct weft_page_fault *fault)
{
	if (fault->user || player_current()->user)
		return false;
	player_entered(frame);
	leave(player_current(), frame);
	return true;
}

static void on_resumed(struct weft_frame *frame, struct weft_task *prev)
{
	struct player *self = player_current();

	resumed++;
	check_arrival(prev);
	wrong += frame != weft_task_frame(&self->thread.task);
	wrong += weft_frame_from_user(frame) != self->user;
	wrong += (weft_read_daif() & WEFT_PSTATE_DAIF) != WEFT_PSTATE_DAIF;
}

static void on_exit(struct weft_frame *frame)
{
	exits++;
	wrong += frame != thread_user_frame(&player_current()->thread);
}

static const struct hooks hooks = {
	.syscall = on_syscall,
	.page_fault = on_fault,
	.resumed = on_resumed,
	.user_exit = on_exit,
};

static void start_el1(struct weft_task *prev, void *arg)
{
	struct player *self = arg;

	check_arrival(prev);
	player_el1(0, self->seed, TURNS);
}

static bool make_players(void)
{
	return player_init_user(&players[0], UINT64_C(0x11223344556000),
				TURNS, true) &&
	       player_init_user(&players[1], UINT64_C(0x66778899aab000),
				TURNS, true) &&
	       player_init_kernel(&players[2], UINT64_C(0xccddeeff112000),
				  start_el1);
}

static void destroy_players(void)
{
	unsigned i;

	for (i = 0; i < PLAYERS; i++)
		player_destroy(&players[i]);
}

static void play(void)
{
	uint64_t daif = weft_read_daif();

	memset(mix, 0, sizeof(mix));
	resumed = exits = wrong = 0;
	weft_mask_all();
	hooks_take(&hooks);
	home = weft_task_current();
	leaver = home;
	check_arrival(weft_switch_to(home, &players[0].thread.task));
	hooks_take(NULL);
	weft_write_daif(daif);
}

static int check_players(void)
{
	unsigned i;

	for (i = 0; i < PLAYERS; i++) {
		CHECK(players[i].done);
		CHECK(!players[i].failed);
		CHECK_NUM(players[i].turns, ==, TURNS);
	}
	return BOOT_PASS;
}

static int check_mix(void)
{
	unsigned i, j, at_frame = 1;	/* play's first switch */

	CHECK_NUM(wrong, ==, 0);
	for (i = 0; i < 2; i++) {
		for (j = 0; j < 2; j++)
			CHECK_NUM(mix[i][j], >=, 10);
		at_frame += mix[i][AT_FRAME];
	}
	CHECK_NUM(mix[IN_KERNEL][FIRST] + mix[AT_FRAME][FIRST], ==, 1);
	CHECK_NUM(resumed, ==, at_frame);
	/* Each turn of EL0, and the first way there of each. */
	CHECK_NUM(exits, >=, 2 * TURNS + 2);
	return BOOT_PASS;
}

static int test_park(void)
{
	bool made = make_players();
	int result = BOOT_FAIL;

	if (made)
		play();
	if (made && check_players() == BOOT_PASS)
		result = check_mix();
	destroy_players();
	return result;
}

/* Broken preconditions, in debug builds */

static void leave_elsewhere(void *frame)
{
	static struct weft_task nobody;

	weft_mask_all();
	weft_switch_from_frame(weft_task_current(), frame, &nobody);
}

static void init_at_el1(void *arg)
{
	static struct weft_frame frame __attribute__((aligned(16)));

	(void)arg;
	frame.pstate = WEFT_PSTATE_EL1H;
	weft_task_init_user(&players[0].thread.task, &frame,
			    kvm_empty_space(), NULL);
}

static int test_break(void)
{
	static struct weft_frame elsewhere __attribute__((aligned(16)));
	uintptr_t below = (uintptr_t)__builtin_frame_address(0);

	if (!LOOM_DEBUG)
		return BOOT_SKIP;
	CHECK(boot_expect_failure(leave_elsewhere, &elsewhere, "frame"));
	CHECK(boot_expect_failure(leave_elsewhere, (void *)(below - 8192),
				  "frame"));
	CHECK(boot_expect_failure(init_at_el1, NULL, "weft_pstate_user_ok"));
	return BOOT_PASS;
}

const struct boot_test weft_park_tests[] = {
	{ "weft.park.mix", "tasks parked in the kernel and at EL0 or EL1 "
	  "frames follow each other in every mix", test_park },
	{ "weft.park.break", "a frame that is on no stack of the task, or is "
	  "not EL0's, is noticed", test_break },
	{ NULL, NULL, NULL },
};
