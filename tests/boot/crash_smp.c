// SPDX-License-Identifier: MIT
/*
 * CPUs that hang, and a report while others are in the kernel, in a program
 * and idle; for tests/system/test_hang.py. Which CPU is part of the test, so
 * its threads stay where they are put.
 */
#include "crash.h"

#include <weft/cache.h>
#include <weft/frame.h>
#include <weft/sysreg.h>
#include <weft/task.h>

#include "boot_test.h"
#include "hooks.h"
#include "lib/lock.h"
#include "lib/panic.h"
#include "mm/page.h"
#include "sched/clock.h"
#include "sched/cpu.h"
#include "sched/sched.h"
#include "sched/thread.h"
#include "test_weft_user.h"

#define NOINLINE __attribute__((noinline))
#define BRANCH_TO_ITSELF 0x14000000

enum { KERNEL_CPU = 1, USER_CPU = 3 };

static struct spinlock lock = SPINLOCK_INIT(RANK_FDTABLE, "test-lock");
static unsigned arrived;	/* atomic */

static void arrive(void)
{
	__atomic_fetch_add(&arrived, 1, __ATOMIC_RELEASE);
}

/* Not a leaf: what calls this has a frame record. */
static NOINLINE void pause_once(void)
{
	boot_pause();
}

static NOINLINE _Noreturn void spin_for_ever(void)
{
	for (;;)
		pause_once();
}

/* A thread on @cpu; those that are in the way let it be there. */
static void start_on(unsigned cpu, struct worker *worker, const char *name,
		     void (*fn)(void *arg))
{
	if (!(cpu_online() >> cpu & 1))
		fatal("the test needs CPU %u", cpu);
	if (!worker_create(worker, name, fn, NULL, BOOT_PRIO_MIDDLE))
		fatal("no memory for the test");
	sched_set_affinity(worker->thread, UINT64_C(1) << cpu);
	worker_go(worker);
}

static void stay_on(unsigned cpu)
{
	sched_set_affinity(thread_current(), UINT64_C(1) << cpu);
}

static _Noreturn void sleep_for_ever(void)
{
	for (;;)
		boot_sleep_ms(1000);
}

/* A CPU that takes no interrupt. */

static NOINLINE void deaf_loop(void)
{
	weft_mask_all();
	spin_for_ever();
}

static void deaf(void *arg)
{
	(void)arg;
	arrive();
	deaf_loop();
}

void crash_deaf(void)
{
	static struct worker worker;

	stay_on(0);
	start_on(1, &worker, "deaf", deaf);
	sleep_for_ever();
}

/* For four seconds, then it goes on. */
static void deaf_while(void *arg)
{
	(void)arg;
	weft_mask_all();
	arrive();
	boot_spin_us(4000000);
	weft_unmask_all();
}

void crash_deaf_while(void)
{
	static struct worker worker;

	stay_on(0);
	start_on(1, &worker, "deaf", deaf_while);
	worker_join(&worker);
	panic("it is over");
}

/* All others sleep, and nothing will wake them but what is meant to. */
void crash_deaf_alone(void)
{
	stay_on(0);
	deaf_loop();
}

/* Long after all had nothing to do: nobody looks any more. */
void crash_deaf_late(void)
{
	stay_on(0);
	boot_sleep_ms(6000);
	deaf_loop();
}

/* A CPU whose thread cannot be switched away. */

/*
 * Interrupted at its first instruction, and without a frame record: who called
 * it is in x30 alone.
 */
_Noreturn void spin_at_once(void);
__asm__("	.pushsection .text.spin_at_once, \"ax\", %progbits\n"
	"	.type	spin_at_once, %function\n"
	"spin_at_once:\n"
	"	b	spin_at_once\n"
	"	.size	spin_at_once, . - spin_at_once\n"
	"	.popsection\n");

static NOINLINE void soft_loop(void)
{
	preempt_disable();
	spin_at_once();
}

static void soft(void *arg)
{
	(void)arg;
	arrive();
	soft_loop();
}

void crash_soft(void)
{
	static struct worker worker;

	stay_on(0);
	start_on(1, &worker, "soft", soft);
	sleep_for_ever();
}

void crash_soft_alone(void)
{
	soft_loop();
}

/* A spinlock that is never released. */

static NOINLINE void hold_lock(void)
{
	weft_mask_all();
	spin_lock(&lock);
	arrive();
	spin_for_ever();
}

static void hold(void *arg)
{
	(void)arg;
	hold_lock();
}

static NOINLINE void want_lock(void)
{
	weft_mask_all();
	spin_lock(&lock);
	spin_for_ever();
}

/* Both deaf. On two CPUs only a debug build can tell. */
void crash_locked(void)
{
	static struct worker worker;

	stay_on(0);
	start_on(1, &worker, "holder", hold);
	while (!__atomic_load_n(&arrived, __ATOMIC_ACQUIRE))
		boot_sleep_ms(1);
	want_lock();
}

static NOINLINE void mask_for_long(void)
{
	uint64_t daif = spin_lock_irqsave(&lock);

	boot_spin_us(300000);
	spin_unlock_irqrestore(&lock, daif);
}

/* Longer than loom.irqoff_limit, in a debug build. */
void crash_masked(void)
{
	mask_for_long();
	panic("nobody minds");
}

static NOINLINE void lock_in_handler(struct timeout *timeout)
{
	(void)timeout;
	spin_lock(&lock);
	spin_unlock(&lock);
}

/* A lock that interrupts never take, in one: a debug build tells. */
void crash_handler(void)
{
	static struct timeout timeout;

	timeout_init(&timeout, lock_in_handler);
	timeout_start(&timeout, clock_deadline(20 * BOOT_MS));
	boot_sleep_ms(40);
	panic("nobody minds");
}

/* A report, with others in the kernel, in a program and idle. */

static void no_work(struct weft_frame *frame)
{
	(void)frame;
}

static NOINLINE void user_loop(void)
{
	static const struct hooks hooks = { .user_exit = no_work };
	static const uint32_t code = BRANCH_TO_ITSELF;
	static struct user_mem mem;
	struct weft_frame *frame = thread_user_frame(thread_current());
	uint64_t pa;

	if (!user_mem_init(&mem, NULL))
		fatal("no memory for the test");
	pa = user_mem_add(&mem, USER_VA, WEFT_PT_USER | WEFT_PT_EXEC);
	if (!pa)
		fatal("no memory for the test");
	*(uint32_t *)phys_to_virt(pa) = code;
	weft_cache_sync_code(phys_to_virt(pa), sizeof(code));
	user_mem_enter(&mem);
	weft_mask_all();
	hooks_take(&hooks);
	weft_frame_init_user(frame, USER_VA, USER_VA);
	arrive();
	weft_enter_user(frame);
}

static void user(void *arg)
{
	(void)arg;
	user_loop();
}

static NOINLINE void kernel_loop(void)
{
	arrive();
	spin_for_ever();
}

static void kernel(void *arg)
{
	(void)arg;
	kernel_loop();
}

void crash_four(void)
{
	static struct worker worker[2];

	stay_on(0);
	start_on(KERNEL_CPU, &worker[0], "kernel", kernel);
	start_on(USER_CPU, &worker[1], "user", user);
	while (__atomic_load_n(&arrived, __ATOMIC_ACQUIRE) != 2)
		boot_sleep_ms(1);
	boot_sleep_ms(100);
	panic("four CPUs");
}

/* Nothing hangs; the host stops the whole machine meanwhile. */
void crash_stopped(void)
{
	static struct worker worker;

	stay_on(0);
	start_on(KERNEL_CPU, &worker, "kernel", kernel);
	boot_note("stop now");
	boot_sleep_ms(6000);
	panic("nothing hangs");
}
