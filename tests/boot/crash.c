// SPDX-License-Identifier: MIT
/*
 * The kernel stopped in every way that a report explains. Each way is a
 * function of its own, called through crash_outer: their names must appear
 * in the backtrace.
 */
#include "crash.h"

#include <stddef.h>
#include <stdint.h>

#include <weft/arch.h>
#include <weft/sysreg.h>

#include "boot_test.h"
#include "lib/assert.h"
#include "lib/panic.h"
#include "lib/string.h"
#include "sched/clock.h"
#include "sched/thread.h"

#define NOINLINE __attribute__((noinline))

/* What is behind a call keeps it from being the caller's last jump. */
static inline void come_back(void)
{
	__asm__ volatile("" ::: "memory");
}

/* The compiler must not know the addresses, or it would warn, or know better */
static uint64_t hide(uint64_t value)
{
	__asm__ volatile("" : "+r"(value));
	return value;
}

static void crash_null(void)
{
	volatile uint64_t *p = (volatile uint64_t *)(uintptr_t)hide(0x18);

	*p;
	come_back();
}

static const uint64_t constant = 1;

static void crash_rodata(void)
{
	volatile uint64_t *p = (volatile uint64_t *)
		(uintptr_t)hide((uint64_t)(uintptr_t)&constant);

	*p = 2;
	come_back();
}

static void crash_jump(void)
{
	void (*fn)(void) = (void (*)(void))(uintptr_t)
		hide(UINT64_C(0xffffffe812345678));

	fn();
	come_back();
}

/* Data that is mapped, and not to be executed. */
static void crash_data(void)
{
	static uint32_t code[2] = { 0xd65f03c0, 0xd65f03c0 };
	void (*fn)(void) = (void (*)(void))(uintptr_t)
		hide((uint64_t)(uintptr_t)code);

	fn();
	come_back();
}

/* Past the landing pad of a function. */
static void crash_landing(void)
{
	void (*fn)(void) = (void (*)(void))(uintptr_t)
		hide((uint64_t)(uintptr_t)assert_failed + 4);

	fn();
	come_back();
}

static void crash_undefined(void)
{
	__asm__ volatile("udf #7");
	come_back();
}

static NOINLINE uint64_t crash_deeper(uint64_t depth)
{
	volatile uint64_t room[16];

	room[depth % 16] = depth;
	if (depth == hide(UINT64_MAX))
		return 0;
	/* Not the last thing done, so no loop can take its place. */
	return crash_deeper(depth + hide(1)) + room[depth % 16];
}

static void crash_overflow(void)
{
	hide(crash_deeper(0));
	come_back();
}

static void crash_panic(void)
{
	panic("the test asked for %s, %d times", "this", 1);
}

static void crash_fatal(void)
{
	fatal("the test has no %s", "machine");
}

static NOINLINE void crash_in_timer(struct timeout *timeout)
{
	(void)timeout;
	panic("in an interrupt");
}

static void crash_interrupt(void)
{
	static struct timeout timeout;

	timeout_init(&timeout, crash_in_timer);
	timeout_start(&timeout, clock_deadline(20 * BOOT_MS));
	for (;;)
		come_back();
}

static NOINLINE void crash_fault_in_timer(struct timeout *timeout)
{
	(void)timeout;
	crash_null();
	come_back();
}

/* An exception within an exception: the backtrace goes through both. */
static void crash_nested(void)
{
	static struct timeout timeout;

	timeout_init(&timeout, crash_fault_in_timer);
	timeout_start(&timeout, clock_deadline(20 * BOOT_MS));
	for (;;)
		come_back();
}

/* The report reads the process of the running thread: here, a wild one. */
static void crash_report(void)
{
	thread_current()->process = (struct process *)(uintptr_t)
		hide(UINT64_C(0xffffffe800000000));
	panic("a report that fails");
}

/* A backtrace that leads nowhere ends there. */
static void crash_record(void)
{
	uint64_t *record = __builtin_frame_address(0);

	record[0] = hide(UINT64_C(0xffffffe800001000));
	panic("a frame record that is not there");
}

static void crash_el1t(void)
{
	__asm__ volatile("msr spsel, #0\n\tudf #3" ::: "memory");
	come_back();
}

static void crash_assert(void)
{
	assert_failed("some/file.c", 12, "one == two");
}

static const struct crash {
	const char *name;
	void (*fn)(void);
} crashes[] = {
	{ "null", crash_null },
	{ "rodata", crash_rodata },
	{ "jump", crash_jump },
	{ "data", crash_data },
	{ "landing", crash_landing },
	{ "undefined", crash_undefined },
	{ "overflow", crash_overflow },
	{ "panic", crash_panic },
	{ "fatal", crash_fatal },
	{ "interrupt", crash_interrupt },
	{ "nested", crash_nested },
	{ "report", crash_report },
	{ "record", crash_record },
	{ "el1t", crash_el1t },
	{ "assert", crash_assert },
	{ "deaf", crash_deaf },
	{ "deaf-alone", crash_deaf_alone },
	{ "deaf-late", crash_deaf_late },
	{ "deaf-while", crash_deaf_while },
	{ "soft", crash_soft },
	{ "soft-alone", crash_soft_alone },
	{ "locked", crash_locked },
	{ "masked", crash_masked },
	{ "handler", crash_handler },
	{ "four", crash_four },
	{ "stopped", crash_stopped },
};

static NOINLINE void crash_outer(void (*fn)(void))
{
	fn();
	come_back();
}

void crash_run(const char *name)
{
	unsigned i;

	for (i = 0; i < sizeof(crashes) / sizeof(crashes[0]); i++)
		if (!strcmp(name, crashes[i].name))
			crash_outer(crashes[i].fn);
	fatal("test.crash=%s: there is no such way, or it was none", name);
}
