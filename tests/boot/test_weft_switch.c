// SPDX-License-Identifier: MIT
/* The switch itself, below the scheduler, and what it hands over. */
#include <weft/frame.h>
#include <weft/sysreg.h>
#include <weft/task.h>

#include "boot_test.h"
#include "mm/kvm.h"
#include "mm/layout.h"
#include "pattern.h"
#include "sched/cpu.h"
#include "sched/sched.h"
#include "sched/thread.h"
#include "test_weft_regs.h"

#define ROUNDS 500

/* A task that no scheduler knows: it runs while DAIF is masked. */
static struct weft_task private_task;
static struct first first;

static bool private_init(void (*entry)(struct weft_task *, void *), void *arg,
			 void **stack)
{
	*stack = kvm_stack_alloc();
	if (!*stack)
		return false;
	weft_task_init(&private_task, entry, arg,
		       (uint64_t)(uintptr_t)*stack + STACK_SIZE,
		       kvm_empty_space(), NULL);
	private_task.cpu = weft_task_current()->cpu;
	return true;
}

static int check_first(uint64_t stack, const struct weft_task *self)
{
	CHECK(first.x[0] == (uint64_t)(uintptr_t)self);
	CHECK(first.x[1] == (uint64_t)(uintptr_t)&first);
	CHECK_NUM(first.x[29], ==, 0);
	CHECK_NUM(first.sp, ==, stack + STACK_SIZE - WEFT_FRAME_SIZE);
	CHECK_NUM((uint64_t)(first.daif & WEFT_PSTATE_DAIF), ==,
		  WEFT_PSTATE_DAIF);
	return BOOT_PASS;
}

static int test_first(void)
{
	struct weft_task *self = weft_task_current(), *left;
	uint64_t daif = weft_read_daif();
	int result;
	void *stack;

	CHECK(private_init(first_entry, &first, &stack));
	first = (struct first){ .back = self };
	weft_mask_all();
	left = weft_switch(self, &private_task);
	weft_write_daif(daif);
	result = check_first((uint64_t)(uintptr_t)stack, self);
	/* Parked where the header says. */
	if (private_task.pc != (uint64_t)(uintptr_t)weft_resume_kernel ||
	    left != &private_task)
		result = BOOT_FAIL;
	kvm_stack_free(stack);
	return result;
}

/* Both sides keep a pattern over the bare switch. */
static struct weft_task *other_side;
static uint64_t hops, private_result;

static void hop(void *arg)
{
	struct weft_task *self = weft_task_current();

	(void)arg;
	hops++;
	if (weft_switch(self, other_side) != other_side)
		hops += UINT64_C(1) << 32;
}

static struct weft_task *home;

static void hop_back(void *arg)
{
	struct weft_task *self = weft_task_current();

	(void)arg;
	hops++;
	if (weft_switch(self, home) != home)
		hops += UINT64_C(1) << 32;
}

static void private_hopper(struct weft_task *prev, void *arg)
{
	(void)arg;
	home = prev;
	private_result = pattern_saved(UINT64_C(0xaaaa000000000000), ROUNDS,
				       hop_back, NULL);
	for (;;)
		hop_back(NULL);
}

static int test_hops(void)
{
	uint64_t daif = weft_read_daif(), result;
	void *stack;

	CHECK(private_init(private_hopper, NULL, &stack));
	other_side = &private_task;
	hops = 0;
	private_result = ~UINT64_C(0);
	weft_mask_all();
	result = pattern_saved(UINT64_C(0x5555000000000000), ROUNDS + 1, hop,
			       NULL);
	weft_write_daif(daif);
	kvm_stack_free(stack);
	CHECK_NUM(result, ==, 0);
	CHECK_NUM(private_result, ==, 0);
	CHECK_NUM(hops, ==, 2 * (ROUNDS + 1));
	return BOOT_PASS;
}

/* Thread registers of EL0 */

#define OWNERS 3

static struct owner {
	struct worker worker;
	uint64_t value, wrong;
} owners[OWNERS];

static void own(void *arg)
{
	struct owner *self = arg;
	unsigned i;

	/* As the program that is TPIDR_EL0's only writer would. */
	weft_write_tpidr_el0(self->value);
	for (i = 0; i < ROUNDS; i++) {
		if (weft_read_tpidr_el0() != self->value + i ||
		    weft_read_tpidrro_el0() != ~self->value)
			self->wrong++;
		weft_write_tpidr_el0(self->value + i + 1);
		if (i % 4)
			sched_yield();
		else
			boot_spin_us(50);
	}
	weft_task_set_tls(weft_task_current(), 77);
	if (weft_read_tpidr_el0() != 77)
		self->wrong++;
}

static int test_thread_registers(void)
{
	uint64_t switches = sched_switch_count();
	unsigned i;

	for (i = 0; i < OWNERS; i++) {
		struct owner *owner = &owners[i];

		*owner = (struct owner){
			.value = UINT64_C(0x0101010101000000) * (i + 1),
		};
		CHECK(worker_create(&owner->worker, "owner", own, owner,
				    BOOT_PRIO_MIDDLE));
		/* Of one that is parked; the register is ours meanwhile. */
		weft_task_set_tls(&owner->worker.thread->task, 55);
		CHECK_NUM(owner->worker.thread->task.tpidr_el0, ==, 55);
		owner->worker.thread->task.tpidrro_el0 = ~owner->value;
	}
	for (i = 0; i < OWNERS; i++)
		worker_go(&owners[i].worker);
	for (i = 0; i < OWNERS; i++)
		CHECK(worker_join(&owners[i].worker));
	for (i = 0; i < OWNERS; i++)
		CHECK_NUM(owners[i].wrong, ==, 0);
	CHECK_NUM(sched_switch_count() - switches, >=, OWNERS * ROUNDS / 2);
	return BOOT_PASS;
}

/* What firmware left in the registers that EL0 reads is not to be seen. */
static int test_adopt(void)
{
	struct weft_task *self = weft_task_current();
	uint64_t daif = weft_read_daif();
	uint64_t tpidr = weft_read_tpidr_el0();
	uint64_t tpidrro = weft_read_tpidrro_el0();
	uint64_t seen, seen_ro;
	struct weft_task task;
	bool current;

	weft_mask_all();
	weft_write_tpidr_el0(1);
	weft_write_tpidrro_el0(2);
	weft_task_adopt(&task, self->cpu, self->space);
	seen = weft_read_tpidr_el0();
	seen_ro = weft_read_tpidrro_el0();
	current = weft_task_current() == &task;
	weft_write_tpidr_el1((uint64_t)(uintptr_t)self);
	weft_write_tpidr_el0(tpidr);
	weft_write_tpidrro_el0(tpidrro);
	weft_write_daif(daif);
	CHECK_NUM(seen, ==, 0);
	CHECK_NUM(seen_ro, ==, 0);
	CHECK(current);
	return BOOT_PASS;
}

const struct boot_test weft_switch_tests[] = {
	{ "weft.switch.first", "a new task finds prev, its argument, its "
	  "stack, DAIF masked", test_first },
	{ "weft.switch.hops", "the bare switch keeps x19-x28 of both sides and "
	  "returns who was left", test_hops },
	{ "weft.switch.thread_registers", "TPIDR_EL0 and TPIDRRO_EL0 go with "
	  "the thread", test_thread_registers },
	{ "weft.switch.adopt", "who adopts a CPU clears what EL0 could read of "
	  "the firmware", test_adopt },
	{ NULL, NULL, NULL },
};
