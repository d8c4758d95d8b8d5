// SPDX-License-Identifier: MIT
/*
 * Exceptions of the kernel: what they save, and that they give it all back.
 */
#include <weft/cpu.h>
#include <weft/frame.h>
#include <weft/sysreg.h>
#include <weft/trap.h>

#include "boot_test.h"
#include "lib/string.h"
#include "mm/kvm.h"
#include "sched/clock.h"
#include "sched/thread.h"
#include "test_weft_regs.h"
#include "test_weft_user.h"

#define HITS 40			/* interrupts that must hit a window */
#define TURNS 2			/* switches that must part it */

/* A window, the thread that is in it, and the timer that hits it. */
struct target {
	struct window window;
	struct worker worker;
	void (*enter)(struct window *window);
	struct timeout timer;
	unsigned hits;
	struct weft_frame frame;	/* of the first hit, if it was found */
	bool have_frame;
};

static struct target targets[2];

/*
 * The frame of the interrupt that this function runs in: the chain of frame
 * records leads to the one inside it.
 */
static const struct weft_frame *find_frame(const char *start, const char *end)
{
	const uint64_t *record = __builtin_frame_address(0);
	unsigned i;

	for (i = 0; i < 32 && record; i++) {
		uint64_t pc = record[1];

		if (pc >= (uint64_t)(uintptr_t)start &&
		    pc < (uint64_t)(uintptr_t)end)
			return (const struct weft_frame *)
				((uintptr_t)record - WEFT_FRAME_RECORD);
		record = (const uint64_t *)(uintptr_t)record[0];
	}
	return NULL;
}

static void note_hit(struct target *target)
{
	const struct weft_frame *frame = NULL;

	target->hits++;
	if (!target->have_frame && target->enter == window_low)
		frame = find_frame(window_low_start, window_low_end);
	if (frame) {
		target->frame = *frame;
		target->have_frame = true;
	}
}

/* In the timer's interrupt. */
static void hit(struct timeout *timeout)
{
	struct target *target = container_of(timeout, struct target, timer);
	struct thread *self = thread_current();

	if (self == target->worker.thread && target->window.inside)
		note_hit(target);
	if (target->hits >= HITS &&
	    target->worker.thread->involuntary >= TURNS)
		target->window.go = 1;
	else
		timeout_start(timeout, clock_deadline(200000));
}

static void run_window(void *arg)
{
	struct target *target = arg;

	timeout_start(&target->timer, clock_deadline(200000));
	target->enter(&target->window);
	timeout_stop(&target->timer);
}

static uint64_t mix(uint64_t seed, unsigned n)
{
	return (seed + n) * UINT64_C(0x9e3779b97f4a7c15);
}

static void fill(struct target *target, void (*enter)(struct window *),
		 uint64_t seed)
{
	struct window *w = &target->window;
	unsigned i;

	*target = (struct target){ .enter = enter };
	for (i = 0; i < 31; i++)
		w->want[i] = mix(seed, i);
	for (i = 0; i < 64; i++)
		w->v[i] = mix(~seed, i);
	w->want[enter == window_low ? 1 : 30] = (uint64_t)(uintptr_t)w;
	w->flags = (seed & 0xf) << 28;
	timeout_init(&target->timer, hit);
}

static bool start(struct target *target)
{
	struct worker *worker = &target->worker;

	if (!worker_create(worker, "window", run_window, target,
			   BOOT_PRIO_MIDDLE))
		return false;
	worker->thread->task.fp = &worker->thread->fp;
	worker_go(worker);
	return true;
}

/* The first register that was not given back, or NULL. */
static const char *lost(const struct target *target, unsigned *number)
{
	const struct window *w = &target->window;
	unsigned scratch = target->enter == window_low ? 0 : 29;

	for (*number = 0; *number < 31; ++*number)
		if (*number != scratch &&
		    w->seen[*number] != w->want[*number])
			return "x";
	for (*number = 0; *number < 64; ++*number)
		if (w->seen_v[*number] != w->v[*number])
			return "half of v";
	if (w->seen_flags != w->flags)
		return "flags";
	return w->seen_sp == w->sp ? NULL : "sp";
}

static int check_target(const struct target *target)
{
	unsigned number;
	const char *what = lost(target, &number);

	CHECK_NUM(target->hits, >=, HITS);
	if (!what)
		return BOOT_PASS;
	boot_note("lost: %s %u", what, number);
	return BOOT_FAIL;
}

/* Two windows with different patterns, which preempt each other. */
static int preempt_windows(void)
{
	unsigned i;

	fill(&targets[0], window_low, UINT64_C(0x1234567890a));
	fill(&targets[1], window_high, UINT64_C(0xfedcba98765));
	for (i = 0; i < 2; i++)
		CHECK(start(&targets[i]));
	for (i = 0; i < 2; i++)
		CHECK(worker_join(&targets[i].worker));
	for (i = 0; i < 2; i++)
		if (check_target(&targets[i]) != BOOT_PASS)
			return BOOT_FAIL;
	return BOOT_PASS;
}

static int test_registers(void)
{
	uint64_t policy = boot_fp_policy(WEFT_FP_EAGER);
	int result = preempt_windows();

	boot_fp_policy(policy);
	return result;
}

/* What the interrupt's frame said of the first window. */
static int test_irq_frame(void)
{
	const struct target *t = &targets[0];
	const struct weft_frame *f = &t->frame;
	uint64_t state = f->pstate & (WEFT_PSTATE_MODE | WEFT_PSTATE_NRW |
				      WEFT_PSTATE_DAIF | WEFT_PSTATE_NZCV);
	struct weft_features features;
	unsigned i;

	if (!t->window.go && test_registers() != BOOT_PASS)
		return BOOT_FAIL;
	CHECK(t->have_frame);
	for (i = 1; i < 31; i++)
		CHECK_NUM(f->x[i], ==, t->window.want[i]);
	CHECK_NUM(f->pc, >=, (uint64_t)(uintptr_t)window_low_start);
	CHECK_NUM(f->pc, <, (uint64_t)(uintptr_t)window_low_end);
	CHECK_NUM(f->sp, ==, t->window.sp);
	CHECK_NUM((uint64_t)(f->pstate & WEFT_PSTATE_NZCV), ==,
		  t->window.flags);
	CHECK_NUM(state, ==, WEFT_PSTATE_EL1H | t->window.flags);
	CHECK_NUM(f->esr, ==, 0);
	CHECK_NUM(f->number, ==, WEFT_NO_SYSCALL);
	CHECK(!weft_frame_from_user(f));
	weft_features_read(&features);
	CHECK(!(f->pstate & WEFT_PSTATE_PAN) == !features.pan);
	return BOOT_PASS;
}

static int test_can_fail(void)
{
	static const unsigned numbers[] = { 1, 7, 19, 30 };
	struct window *w = &targets[0].window;
	unsigned i, number;

	fill(&targets[0], window_low, 3);
	memcpy(w->seen, w->want, sizeof(w->seen));
	memcpy(w->seen_v, w->v, sizeof(w->seen_v));
	w->seen_flags = w->flags;
	CHECK(!lost(&targets[0], &number));
	for (i = 0; i < 4; i++) {
		w->seen[numbers[i]] ^= 1;
		CHECK(lost(&targets[0], &number));
		CHECK_NUM(number, ==, numbers[i]);
		w->seen[numbers[i]] ^= 1;
	}
	w->seen_v[63] ^= UINT64_C(1) << 63;
	CHECK(lost(&targets[0], &number));
	w->seen_v[63] = w->v[63];
	w->seen_flags ^= WEFT_PSTATE_NZCV;
	CHECK(lost(&targets[0], &number));
	return BOOT_PASS;
}



static int check_fault(uint64_t (*fn)(struct weft_frame *, uint64_t),
		       const char *insn, const char *resume,
		       uint64_t va, uint64_t status, bool write)
{
	static struct weft_frame f;
	uint64_t daif = weft_read_daif();
	struct weft_page_fault fault;
	uint64_t sp, iss;
	unsigned i;

	weft_mask_all();
	sp = fn(&f, va);
	weft_write_daif(daif);
	iss = f.esr & WEFT_ESR_ISS_MASK;
	for (i = 2; i < 29; i++)
		CHECK_NUM(f.x[i], ==, i * UINT64_C(0x0101010101010101));
	CHECK(f.x[0] == (uint64_t)(uintptr_t)&f);
	CHECK_NUM(f.x[1], ==, va);
	CHECK_NUM(f.sp, ==, sp);
	/* The fix-up changed where it goes on; the record says where it was. */
	CHECK(f.pc == (uint64_t)(uintptr_t)resume);
	CHECK(f.record[1] == (uint64_t)(uintptr_t)insn);
	CHECK(f.record[0] == f.x[29]);
	CHECK_NUM(f.far, ==, va);
	CHECK_NUM(f.esr >> WEFT_ESR_EC_SHIFT, ==, WEFT_EC_DABT_EL1);
	CHECK_NUM((uint64_t)(iss & WEFT_ISS_FSC_MASK), ==, status);
	CHECK_NUM((uint64_t)!!(iss & WEFT_ISS_WNR), ==, write);
	CHECK_NUM((uint64_t)(f.pstate & (WEFT_PSTATE_MODE | WEFT_PSTATE_DAIF |
			     WEFT_PSTATE_NZCV)), ==,
		  WEFT_PSTATE_EL1H | WEFT_PSTATE_DAIF | UINT64_C(0x60000000));
	CHECK_NUM(f.number, ==, WEFT_NO_SYSCALL);
	weft_page_fault_decode(&f, &fault);
	CHECK(!fault.user);
	CHECK_NUM(fault.address, ==, va);
	CHECK(fault.access == (write ? WEFT_ACCESS_WRITE : WEFT_ACCESS_READ));
	return BOOT_PASS;
}

extern char _start[];

static int test_sync_frame(void)
{
	uint64_t text = (uint64_t)(uintptr_t)_start;
	uint64_t guard = (uint64_t)(uintptr_t)thread_current()->stack - 16;

	if (check_fault(fault_load, fault_load_insn, fault_load_end, guard,
			WEFT_FSC_TRANSLATION | 3, false) != BOOT_PASS)
		return BOOT_FAIL;
	/* The empty user half ends at its root: level 1. */
	if (check_fault(fault_load, fault_load_insn, fault_load_end,
			UINT64_C(0x12345678), WEFT_FSC_TRANSLATION | 1,
			false) != BOOT_PASS)
		return BOOT_FAIL;
	return check_fault(fault_store, fault_store_insn, fault_store_end,
			   text, WEFT_FSC_PERMISSION | 3, true);
}

const struct boot_test weft_trap_tests[] = {
	{ "weft.trap.registers", "interrupts, switches and faults of EL1 "
	  "give back x0-x30, v0-v31, sp, flags", test_registers },
	{ "weft.trap.irq_frame", "the frame of an interrupt of EL1 is what was "
	  "interrupted", test_irq_frame },
	{ "weft.trap.sync_frame", "the frame of a fault of EL1 has registers, "
	  "pc, ESR and FAR", test_sync_frame },
	{ "weft.trap.can_fail", "a lost register is noticed and named",
	  test_can_fail },
	{ NULL, NULL, NULL },
};
