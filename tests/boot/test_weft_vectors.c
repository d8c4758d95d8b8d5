// SPDX-License-Identifier: MIT
/*
 * Every vector that an ordinary day does not use: FIQ and SError go on, the
 * impossible ones are told by their number, and a full stack is found by
 * whichever exception comes. The exceptions are made by the test: a device
 * that raises them would be another on each machine.
 */
#include <stddef.h>

#include <weft/cpu.h>
#include <weft/event.h>
#include <weft/frame.h>
#include <weft/pauth.h>
#include <weft/sysreg.h>
#include <weft/task.h>
#include <weft/trap.h>

#include "boot_test.h"
#include "hooks.h"
#include "sched/cpu.h"
#include "sched/thread.h"
#include "test_weft_player.h"
#include "test_weft_regs.h"

#define SERROR_ESR	(((uint64_t)WEFT_EC_SERROR << WEFT_ESR_EC_SHIFT) | 0x11)
#define NO_VECTOR	100
#define TURNS		15
#define TAKEN		UINT64_C(0x1234567890)	/* by a leaf function */
#define NEAR_THE_END	128	/* bytes of stack that are left */

/* The table that is tried in place of the kernel's; 0: that one. */
static uint64_t other_table;
static struct weft_frame seen;
static const struct weft_frame *seen_at;
static unsigned irqs, preempts, fiqs, serrors, seen_vector;
static struct rescue rescue;

static void see(struct weft_frame *frame)
{
	seen = *frame;
	seen_at = frame;
}

static void on_irq(struct weft_frame *frame, uint64_t taken)
{
	(void)taken;
	irqs++;
	see(frame);
}

static void on_preempt(struct weft_frame *frame)
{
	(void)frame;
	preempts++;
}

static void on_fiq(struct weft_frame *frame)
{
	fiqs++;
	see(frame);
}

static void on_serror(struct weft_frame *frame)
{
	serrors++;
	see(frame);
}

static void on_unexpected(struct weft_frame *frame, unsigned vector)
{
	see(frame);
	seen_vector = vector;
	rescue_back(&rescue);
}

static const struct hooks hooks = {
	.irq = on_irq,
	.preempt = on_preempt,
	.fiq = on_fiq,
	.serror = on_serror,
	.unexpected = on_unexpected,
};

static uint64_t kernel_pstate(void)
{
	struct weft_features features;

	weft_features_read(&features);
	return WEFT_PSTATE_EL1H | WEFT_PSTATE_DAIF | WEFT_PSTATE_NZCV |
	       (features.pan ? WEFT_PSTATE_PAN : 0);
}

static uint64_t here(void)
{
	return (uint64_t)(uintptr_t)__builtin_frame_address(0);
}

/* Below, the frame comes: what stays there is not what a slot saved. */
static __attribute__((noinline)) void scribble(void)
{
	volatile uint64_t junk[3 * WEFT_FRAME_SIZE / 8];
	size_t i;

	for (i = 0; i < sizeof(junk) / sizeof(junk[0]); i++)
		junk[i] = UINT64_C(0xa5a5a5a5a5a5a5a5);
}

static void set_vectors(uint64_t vectors)
{
	weft_write_vbar_el1(vectors);
	weft_isb();	/* the next exception goes there */
}

/* What fake_el1 returns; NO_VECTOR: it did not. */
static uint64_t fake(unsigned vector, uint64_t sp)
{
	uint64_t daif = weft_read_daif();
	static uint64_t result, vectors;

	result = NO_VECTOR;
	irqs = preempts = fiqs = serrors = 0;
	seen_vector = NO_VECTOR;
	seen = (struct weft_frame){ 0 };
	weft_mask_all();
	vectors = weft_read_vbar_el1();
	if (other_table)
		set_vectors(other_table);
	hooks_take(&hooks);
	scribble();
	if (!rescue_mark(&rescue))
		result = fake_el1(vector, SERROR_ESR, kernel_pstate(), sp);
	hooks_take(NULL);
	set_vectors(vectors);
	weft_write_daif(daif);
	return result;
}

/* What fake_el1 had in its registers. */
static int check_seen(unsigned vector)
{
	unsigned n;

	for (n = 4; n < 30; n++)
		CHECK_NUM(seen.x[n], ==, SERROR_ESR + n);
	CHECK_NUM(seen.x[30] % (16 * PLAYER_SLOT_SIZE), ==,
		  vector * PLAYER_SLOT_SIZE);
	CHECK_NUM(seen.x[0], ==, vector);
	CHECK_NUM(seen.x[1], ==, SERROR_ESR);
	CHECK_NUM(seen.x[2], ==, kernel_pstate());
	CHECK(seen.pc == (uint64_t)(uintptr_t)fake_el1_end);
	CHECK_NUM(seen.pstate, ==, kernel_pstate());
	CHECK_NUM(seen.sp, ==, seen.x[3]);
	CHECK_NUM(seen.orig_x0, ==, 0);
	CHECK_NUM(seen.number, ==, WEFT_NO_SYSCALL);
	CHECK_NUM(seen.record[0], ==, seen.x[29]);
	CHECK_NUM(seen.record[1], ==, seen.pc);
	return BOOT_PASS;
}

static int try_kernel(void)
{
	const unsigned irq = WEFT_VECTOR_EL1H | WEFT_VECTOR_IRQ;
	const unsigned fiq = WEFT_VECTOR_EL1H | WEFT_VECTOR_FIQ;
	const unsigned serror = WEFT_VECTOR_EL1H | WEFT_VECTOR_SERROR;

	CHECK_NUM(fake(irq, 0), ==, irq);
	CHECK_NUM(irqs, ==, 1);
	CHECK_NUM(preempts, ==, 1);
	CHECK_NUM(seen.esr, ==, 0);
	CHECK_NUM(seen.far, ==, 0);
	CHECK(check_seen(irq) == BOOT_PASS);
	CHECK_NUM(fake(fiq, 0), ==, fiq);
	CHECK_NUM(fiqs, ==, 1);
	CHECK_NUM(serrors, ==, 0);
	CHECK_NUM(seen.esr, ==, 0);
	CHECK(check_seen(fiq) == BOOT_PASS);
	CHECK(seen_at < (const struct weft_frame *)(uintptr_t)here());
	CHECK_NUM(fake(serror, 0), ==, serror);
	CHECK_NUM(fiqs, ==, 0);
	CHECK_NUM(serrors, ==, 1);
	CHECK_NUM(seen.esr, ==, SERROR_ESR);
	CHECK_NUM(seen.far, ==, 0);
	return check_seen(serror);
}

static int try_unexpected(void)
{
	unsigned v;

	/* EL1t, and a synchronous exception that is none of the kernel's. */
	for (v = 0; v <= (WEFT_VECTOR_EL1H | WEFT_VECTOR_SYNC); v++) {
		CHECK_NUM(fake(v, 0), ==, NO_VECTOR);
		CHECK_NUM(seen_vector, ==, v);
		CHECK_NUM(seen.esr, ==, SERROR_ESR);
		CHECK_NUM(seen.far, ==, seen.sp);
		CHECK(check_seen(v) == BOOT_PASS);
	}
	return BOOT_PASS;
}

static int check_overflow(unsigned vector)
{
	uint64_t low = (uint64_t)(uintptr_t)thread_current()->stack +
		       NEAR_THE_END;
	uint64_t top = cpus[0].weft.spare_stack;

	CHECK_NUM(fake(vector, low), ==, NO_VECTOR);
	CHECK_NUM(seen_vector, ==, WEFT_VECTOR_OVERFLOW);
	CHECK_NUM(fiqs + serrors, ==, 0);
	CHECK_NUM(seen.sp, ==, low);
	CHECK_NUM(seen.esr, ==, SERROR_ESR);
	CHECK_NUM(seen.far, ==, low);
	CHECK((uint64_t)(uintptr_t)seen_at == top - WEFT_FRAME_SIZE);
	return check_seen(vector);
}

static int try_overflow(void)
{
	/* The report needs them as scratch. */
	uint64_t tpidr = weft_read_tpidr_el0();
	uint64_t tpidrro = weft_read_tpidrro_el0();
	int result = BOOT_PASS;
	unsigned v;

	for (v = 0; v < 8 && result == BOOT_PASS; v++)
		result = check_overflow(v);
	weft_write_tpidr_el0(tpidr);
	weft_write_tpidrro_el0(tpidrro);
	return result;
}

/* In the table in force, and in that of event-driven kernels. */
static int in_both_tables(int (*try)(void))
{
	int result = try();

	if (result != BOOT_PASS)
		return result;
	other_table = (uint64_t)(uintptr_t)weft_event_vectors;
	result = try();
	other_table = 0;
	return result;
}

static int test_kernel(void)
{
	return in_both_tables(try_kernel);
}

static int test_unexpected(void)
{
	return in_both_tables(try_unexpected);
}

static int test_overflow(void)
{
	return in_both_tables(try_overflow);
}

/* From EL0: a player's system calls turn into something else. */

static struct player player;
static struct weft_task *home;
static unsigned exits, user_wrong, aarch32, leaves;
static void (*const fake_aarch32[])(struct weft_frame *, uint64_t) = {
	fake_el0_aarch32, fake_el0_aarch32_irq, fake_el0_aarch32_fiq,
	fake_el0_aarch32_serror,
};

/* Of the system call that turned into something else. */
static struct weft_frame before;

static void check_user(const struct weft_frame *frame, uint64_t esr,
		       uint64_t far)
{
	const struct weft_task *task = &player.thread.task;
	unsigned n;

	user_wrong += frame->x[0] != ~frame->x[1];
	for (n = 3; n < 31; n++)
		user_wrong += frame->x[n] != frame->x[1] + n;

	/* The kernel runs by its own key. */
	user_wrong += !weft_pauth_exit_ok(task);
	user_wrong += frame != thread_user_frame(&player.thread);
	user_wrong += !weft_frame_from_user(frame);
	user_wrong += frame->esr != esr || frame->far != far;
	user_wrong += frame->number != WEFT_NO_SYSCALL;
	user_wrong += frame->orig_x0 != frame->x[0];
	user_wrong += frame->pc != before.pc;
	user_wrong += frame->pstate != before.pstate;
	user_wrong += frame->sp != before.sp;
	/* A backtrace ends here. */
	user_wrong += frame->record[0] || frame->record[1];
}

/* All that a C function may change. */
static void scribble_registers(void)
{
	__asm__ volatile(".irp	n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9\n"
			 "	mov	x\\n, #\\n\n"
			 "	.endr\n"
			 "	.irp	n, 10, 11, 12, 13, 14, 15, 16, 17, 18\n"
			 "	mov	x\\n, #\\n\n"
			 "	.endr\n"
			 : : : "x0", "x1", "x2", "x3", "x4", "x5", "x6", "x7",
			       "x8", "x9", "x10", "x11", "x12", "x13", "x14",
			       "x15", "x16", "x17", "x18", "cc");
}

/* The program goes on behind what a leaf function did. */
static bool leaf_did;

/* Over at once, or more to do: by turns. */
static struct weft_leaf_result on_user_leaf_irq(void)
{
	bool more = player.turns % 5 == 3;

	leaves++;
	leaf_did = !more;
	user_wrong += !weft_pauth_exit_ok(&player.thread.task);
	scribble_registers();
	return (struct weft_leaf_result){ TAKEN, more ? WEFT_LEAF_DEFER : 0 };
}

static void on_user_irq(struct weft_frame *frame, uint64_t taken)
{
	irqs++;
	user_wrong += taken != TAKEN;
	check_user(frame, 0, 0);
}

static void on_user_fiq(struct weft_frame *frame)
{
	fiqs++;
	check_user(frame, 0, 0);
}

static void on_user_serror(struct weft_frame *frame)
{
	serrors++;
	check_user(frame, SERROR_ESR, 0);
}

static void on_user_unexpected(struct weft_frame *frame, unsigned vector)
{
	seen_vector = vector;
	check_user(frame, SERROR_ESR, SERROR_ESR);
	weft_switch_to(&player.thread.task, home);
}

/* What no slot has saved since is not what it looks like. */
static void poison(struct weft_frame *frame)
{
	frame->esr = frame->far = SERROR_ESR;
	frame->orig_x0 = frame->number = SERROR_ESR;
	frame->record[0] = frame->record[1] = SERROR_ESR;
}

static void on_syscall(struct weft_frame *frame)
{
	user_wrong += frame->record[0] || frame->record[1];
	user_wrong += frame->orig_x0 != frame->x[0];
	user_wrong += frame->esr >> WEFT_ESR_EC_SHIFT != WEFT_EC_SVC64;
	frame->x[0] = ~frame->x[1];
	before = *frame;
	leaf_did = false;
	if (player_entered(frame) != PLAYER_TURN)
		fake_aarch32[aarch32](frame, SERROR_ESR);
	switch (player.turns % 5) {
	case 0:
		fake_el0_fiq(frame, SERROR_ESR);
	case 1:
		fake_el0_serror(frame, SERROR_ESR);
	case 2:
	case 3:
		fake_el0_irq(frame, SERROR_ESR);
	default:
		break;
	}
}

static void on_exit(struct weft_frame *frame)
{
	poison(frame);
	exits++;
	user_wrong += leaf_did;
}

/* loom would finish a switch that its scheduler made. */
static void on_resumed(struct weft_frame *frame, struct weft_task *prev)
{
	user_wrong += frame != thread_user_frame(&player.thread);
	user_wrong += prev != home;
}

static const struct hooks user_hooks = {
	.syscall = on_syscall,
	.resumed = on_resumed,
	.leaf_irq = on_user_leaf_irq,
	.irq = on_user_irq,
	.fiq = on_user_fiq,
	.serror = on_user_serror,
	.user_exit = on_exit,
	.unexpected = on_user_unexpected,
};

static int check_user_test(void)
{
	CHECK(player.done && !player.failed);
	CHECK_NUM(player.turns, ==, TURNS);
	CHECK_NUM(user_wrong, ==, 0);
	CHECK_NUM(fiqs, ==, TURNS / 5);
	CHECK_NUM(serrors, ==, TURNS / 5);
	CHECK_NUM(leaves, ==, TURNS / 5 * 2);
	CHECK_NUM(irqs, ==, TURNS / 5);
	CHECK_NUM(exits, >=, TURNS + 1 - TURNS / 5);
	/* To loom, the way there was none. */
	CHECK_NUM(seen_vector, ==, WEFT_VECTOR_EL0_32 | aarch32);
	return BOOT_PASS;
}

static int test_user_once(void)
{
	uint64_t daif = weft_read_daif();
	int result = BOOT_FAIL;
	uint64_t timer;

	if (player_init_user(&player, UINT64_C(0x3141592653000), TURNS,
			     true)) {
		irqs = fiqs = serrors = leaves = exits = 0;
		user_wrong = 0;
		seen_vector = NO_VECTOR;
		home = weft_task_current();
		weft_mask_all();
		/* The tick would find hooks that know nothing of it. */
		timer = weft_read_cntv_ctl_el0();
		weft_write_cntv_ctl_el0(0);
		hooks_take(&user_hooks);
		weft_switch_to(home, &player.thread.task);
		hooks_take(NULL);
		weft_write_cntv_ctl_el0(timer);
		weft_write_daif(daif);
		result = check_user_test();
	}
	player_destroy(&player);
	return result;
}

static int test_user(void)
{
	int result = BOOT_PASS;

	for (aarch32 = 0; aarch32 < 4 && result == BOOT_PASS; aarch32++)
		result = test_user_once();
	return result;
}

const struct boot_test weft_vectors_tests[] = {
	{ "weft.vectors.kernel", "FIQ and SError of EL1 are told apart and go "
	  "on", test_kernel },
	{ "weft.vectors.user", "FIQ and SError of EL0, too; IRQ may be over in "
	  "a leaf function; AArch32 is unexpected", test_user },
	{ "weft.vectors.unexpected", "an exception on SP_EL0 is told by its "
	  "vector", test_unexpected },
	{ "weft.vectors.overflow", "each vector of EL1 finds a full stack and "
	  "reports on the spare one", test_overflow },
	{ NULL, NULL, NULL },
};
