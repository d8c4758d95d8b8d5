// SPDX-License-Identifier: MIT
/*
 * The frame switch: players that have no kernel stack take turns on one event
 * stack, with interrupts at EL0 and while nobody can run.
 */
#include <stddef.h>

#include <weft/event.h>
#include <weft/pauth.h>
#include <weft/sysreg.h>
#include <weft/task.h>
#include <weft/trap.h>

#include "boot_test.h"
#include "hooks.h"
#include "mm/kvm.h"
#include "mm/layout.h"
#include "sched/clock.h"
#include "sched/cpu.h"
#include "test_weft_player.h"

#define PLAYERS		3
#define TURNS		60
#define INTERRUPT_TURN	8	/* every eighth is interrupted at EL0 */
#define IDLE_TURN	16	/* after every sixteenth nobody can run */
#define IDLE_LIMIT_MS	5000
#define DEPTH		1024	/* of the stack, in the hook of a turn */
#define FAKE_TURNS	5	/* one of so many is a FIQ, one an SError */
#define SERROR_ESR	(((uint64_t)WEFT_EC_SERROR << WEFT_ESR_EC_SHIFT) | 0x11)

static struct player players[PLAYERS], starter;
static struct weft_task *home;
static uint64_t stack, kernel_vectors;
static struct timeout timer;
static bool woken;
static unsigned turns, disturbed, idles, wrong;
static unsigned user_irqs, kernel_irqs, preempts, fiqs, serrors;
static unsigned aarch32, seen_vector;
static void (*const fake_aarch32[])(struct weft_frame *, uint64_t) = {
	fake_el0_aarch32, fake_el0_aarch32_irq, fake_el0_aarch32_fiq,
	fake_el0_aarch32_serror,
};

static bool on_event_stack(uint64_t address, uint64_t depth)
{
	return stack + STACK_SIZE - address <= depth;
}

/*
 * Another player's turn. Not after a trap that weft handled itself: with lazy
 * FP state that one would meet it again for ever.
 */
static bool due;

static void wake(struct timeout *timeout)
{
	(void)timeout;
	woken = true;
}

static void on_irq(struct weft_frame *frame, uint64_t taken)
{
	wrong += taken != 0;
	if (weft_frame_from_user(frame)) {
		due = true;
		user_irqs++;
		wrong += frame != weft_task_frame(weft_task_current());
		wrong += frame->orig_x0 != frame->x[0];
		wrong += frame->number != WEFT_NO_SYSCALL;
		wrong += frame->record[0] || frame->record[1];
	} else {
		kernel_irqs++;
		wrong += !on_event_stack((uintptr_t)frame, DEPTH);
	}
	wrong += frame->esr != 0 || frame->far != 0;
	hooks_pass_irq(frame, taken);
	/* What the preemption point must find masked all the same. */
	if (!weft_frame_from_user(frame))
		weft_unmask_irq();
}

static void on_preempt(struct weft_frame *frame)
{
	preempts++;
	/* Another one may have come since on_irq let it, and is not through. */
	wrong += preempts > kernel_irqs;
	wrong += weft_frame_from_user(frame);
	wrong += (weft_read_daif() & WEFT_PSTATE_DAIF) != WEFT_PSTATE_DAIF;
}

/* What the program had, after an exception that hit it. */
static struct weft_frame before;

static void check_fake(const struct weft_frame *frame, uint64_t esr,
		       uint64_t far)
{
	const struct weft_task *task = weft_task_current();
	unsigned n;

	wrong += frame != weft_task_frame(task);
	wrong += frame->x[0] != ~frame->x[1];
	for (n = 3; n < 31; n++)
		wrong += frame->x[n] != frame->x[1] + n;
	wrong += frame->esr != esr || frame->number != WEFT_NO_SYSCALL;
	wrong += frame->far != far || frame->orig_x0 != frame->x[0];
	wrong += frame->pc != before.pc || frame->pstate != before.pstate;
	wrong += frame->sp != before.sp;
	wrong += frame->record[0] || frame->record[1];
	wrong += !weft_frame_from_user(frame);
	wrong += !weft_pauth_exit_ok(task);
}

static void on_fiq(struct weft_frame *frame)
{
	fiqs++;
	check_fake(frame, 0, 0);
}

static void on_serror(struct weft_frame *frame)
{
	serrors++;
	check_fake(frame, SERROR_ESR, 0);
}

static bool all_done(void)
{
	unsigned i;

	for (i = 0; i < PLAYERS; i++)
		if (!players[i].done)
			return false;
	return true;
}

static void on_syscall(struct weft_frame *frame)
{
	uintptr_t here = (uintptr_t)__builtin_frame_address(0);

	due = true;
	wrong += frame->record[0] || frame->record[1];
	wrong += frame->orig_x0 != frame->x[0];
	wrong += frame->esr >> WEFT_ESR_EC_SHIFT != WEFT_EC_SVC64;
	turns += player_entered(frame) == PLAYER_TURN;
	wrong += frame != &player_current()->frame;
	wrong += !on_event_stack(here, DEPTH);
	frame->x[0] = ~frame->x[1];
	before = *frame;
	if (all_done())
		fake_aarch32[aarch32](frame, SERROR_ESR);
	if (turns % FAKE_TURNS == 1)
		fake_el0_fiq(frame, SERROR_ESR);
	if (turns % FAKE_TURNS == 2)
		fake_el0_serror(frame, SERROR_ESR);
	/* As a hook may; weft_hook_resume must find it masked all the same. */
	weft_unmask_irq();
}

/* Nobody can run until the timer's interrupt. */
static void idle(void)
{
	uint64_t limit;

	weft_hand_over(weft_task_current(), home);
	idles++;
	woken = false;
	limit = clock_deadline(IDLE_LIMIT_MS * BOOT_MS);
	timeout_start(&timer, clock_deadline(BOOT_MS / 2));
	while (!woken && clock_now() < limit) {
		weft_wfi();
		weft_unmask_all();
		weft_mask_all();
	}
	wrong += !woken;
}

/* After some turns; the interrupt that this makes ends none. */
static void disturb(void)
{
	if (turns == disturbed)
		return;
	disturbed = turns;
	if (turns % IDLE_TURN == 0)
		idle();
	else if (turns % INTERRUPT_TURN == 0)
		timeout_start(&timer, clock_now());
}

static struct player *pick(void)
{
	static unsigned last;
	unsigned i;

	for (i = 0; i < PLAYERS; i++) {
		last = (last + 1) % PLAYERS;
		if (!players[last].done)
			return &players[last];
	}
	return NULL;
}

static void go_home(void)
{
	struct weft_task *self = weft_task_current();

	timeout_stop(&timer);
	if (self != home)
		weft_hand_over(self, home);
	weft_switch_away(&starter.thread.task, home);
}

/* An AArch32 slot is the end of the last player, and of the game. */
static void on_unexpected(struct weft_frame *frame, unsigned vector)
{
	seen_vector = vector;
	check_fake(frame, SERROR_ESR, SERROR_ESR);
	go_home();
}

/* What no slot has saved since is not what it looks like. */
static struct weft_frame *poisoned(struct weft_frame *frame)
{
	frame->esr = frame->far = SERROR_ESR;
	frame->orig_x0 = frame->number = SERROR_ESR;
	frame->record[0] = frame->record[1] = SERROR_ESR;
	return frame;
}

static struct weft_frame *on_resume(struct weft_frame *frame)
{
	struct weft_task *self = weft_task_current();
	struct player *next = due ? pick() : player_current();

	due = false;
	wrong += frame != (self == &starter.thread.task ?
			   NULL : weft_task_frame(self));
	wrong += (weft_read_daif() & WEFT_PSTATE_DAIF) != WEFT_PSTATE_DAIF;
	if (!next)
		go_home();
	disturb();
	self = weft_task_current();
	if (&next->thread.task != self)
		weft_hand_over(self, &next->thread.task);
	return poisoned(weft_task_frame(&next->thread.task));
}

static const struct hooks hooks = {
	.syscall = on_syscall,
	.irq = on_irq,
	.preempt = on_preempt,
	.resume = on_resume,
	.fiq = on_fiq,
	.serror = on_serror,
	.unexpected = on_unexpected,
};

static void start_event(struct weft_task *prev, void *arg)
{
	(void)arg;
	wrong += prev != home;
	due = true;
	weft_event_start();
}

static bool make_players(void)
{
	unsigned i;

	for (i = 0; i < PLAYERS; i++)
		if (!player_init_user(&players[i],
				      UINT64_C(0x13579bdf02000) * (i + 1),
				      TURNS, false))
			return false;
	return player_init_kernel(&starter, 0, start_event);
}

static void destroy_players(void)
{
	unsigned i;

	for (i = 0; i < PLAYERS; i++)
		player_destroy(&players[i]);
	player_destroy(&starter);
}

static void set_vectors(uint64_t vectors)
{
	weft_write_vbar_el1(vectors);
	weft_isb();	/* the next exception goes there */
}

static void play(void)
{
	uint64_t daif = weft_read_daif();

	turns = disturbed = idles = wrong = 0;
	user_irqs = kernel_irqs = preempts = fiqs = serrors = 0;
	seen_vector = 0;
	timeout_init(&timer, wake);
	cpus[0].weft.event_stack = stack + STACK_SIZE;
	weft_mask_all();
	kernel_vectors = weft_read_vbar_el1();
	set_vectors((uint64_t)(uintptr_t)weft_event_vectors);
	hooks_take(&hooks);
	home = weft_task_current();
	weft_switch_to(home, &starter.thread.task);
	hooks_take(NULL);
	set_vectors(kernel_vectors);
	weft_write_daif(daif);
}

static int check_play(void)
{
	unsigned i;

	for (i = 0; i < PLAYERS; i++) {
		CHECK(players[i].done);
		CHECK(!players[i].failed);
		CHECK_NUM(players[i].turns, ==, TURNS);
	}
	CHECK_NUM(wrong, ==, 0);
	CHECK_NUM(turns, ==, PLAYERS * TURNS);
	CHECK_NUM(idles, >=, PLAYERS * TURNS / IDLE_TURN);
	CHECK_NUM(kernel_irqs, >=, idles);
	CHECK_NUM(preempts, ==, kernel_irqs);
	CHECK_NUM(fiqs, >=, PLAYERS * TURNS / FAKE_TURNS);
	CHECK_NUM(serrors, >=, PLAYERS * TURNS / FAKE_TURNS);
	CHECK_NUM(seen_vector, ==, WEFT_VECTOR_EL0_32 | aarch32);
	CHECK_NUM(user_irqs, >=, PLAYERS * TURNS / IDLE_TURN / 2);
	return BOOT_PASS;
}

static int test_event_once(void)
{
	void *memory = kvm_stack_alloc();
	bool made = memory && make_players();
	int result = BOOT_FAIL;

	stack = (uint64_t)(uintptr_t)memory;
	if (made) {
		play();
		result = check_play();
	}
	destroy_players();
	if (memory)
		kvm_stack_free(memory);
	return result;
}

static int test_event(void)
{
	int result = BOOT_PASS;

	for (aarch32 = 0; aarch32 < 4 && result == BOOT_PASS; aarch32++)
		result = test_event_once();
	return result;
}

const struct boot_test weft_event_tests[] = {
	{ "weft.event.frames", "threads without a kernel stack keep their "
	  "registers over frame switches, interrupts and idling", test_event },
	{ NULL, NULL, NULL },
};
