// SPDX-License-Identifier: MIT
/* The clock and its timeouts. */
#include <weft/arch.h>
#include <weft/sysreg.h>

#include "boot_test.h"
#include "sched/clock.h"
#include "sched/sched.h"

#define TIMEOUTS 8

static int test_monotonic(void)
{
	uint64_t last = clock_now();
	uint64_t now;
	unsigned i;

	for (i = 0; i < 10000; i++) {
		now = clock_now();
		CHECK_NUM(now, >=, last);
		last = now;
	}
	CHECK_NUM(clock_deadline(0), >=, last);
	CHECK_NUM(clock_deadline(UINT64_MAX), ==, UINT64_MAX);
	CHECK_NUM(clock_deadline(UINT64_MAX - 1), ==, UINT64_MAX);
	return BOOT_PASS;
}

static struct timeout timeouts[TIMEOUTS];
static unsigned fired[TIMEOUTS], nfired;
static uint64_t early;		/* fired before its time */
static uint64_t daif_inside;

static void note_fired(struct timeout *timeout)
{
	if (clock_now() < timeout->when_ns)
		early++;
	daif_inside = weft_read_daif();
	if (nfired < TIMEOUTS)
		fired[nfired++] = (unsigned)(timeout - timeouts);
}

static int test_timeouts(void)
{
	static const unsigned ms[TIMEOUTS] = { 9, 3, 15, 1, 3, 21, 12, 6 };
	static const unsigned order[TIMEOUTS - 2] = { 3, 1, 7, 0, 2, 5 };
	uint64_t start = clock_now();
	unsigned i;

	nfired = 0;
	early = 0;
	weft_mask_all();	/* none fires before all are started */
	for (i = 0; i < TIMEOUTS; i++) {
		timeout_init(&timeouts[i], note_fired);
		timeout_start(&timeouts[i], start + (20 + ms[i]) * BOOT_MS);
	}
	timeout_stop(&timeouts[4]);
	timeout_stop(&timeouts[6]);
	timeout_stop(&timeouts[6]);
	weft_unmask_all();
	boot_sleep_ms(80);
	CHECK_NUM(nfired, ==, TIMEOUTS - 2);
	for (i = 0; i < TIMEOUTS - 2; i++)
		CHECK_NUM(fired[i], ==, order[i]);
	CHECK_NUM(early, ==, 0);
	CHECK_NUM(daif_inside, ==, WEFT_PSTATE_DAIF);
	return BOOT_PASS;
}

static int test_move(void)
{
	uint64_t start = clock_now();

	nfired = 0;
	timeout_init(&timeouts[0], note_fired);
	timeout_start(&timeouts[0], start + 5000 * BOOT_MS);
	timeout_start(&timeouts[0], start + 10 * BOOT_MS);
	boot_sleep_ms(40);
	CHECK_NUM(nfired, ==, 1);
	/* In the past: at once. */
	timeout_start(&timeouts[0], start + 10 * BOOT_MS);
	boot_sleep_ms(10);
	CHECK_NUM(nfired, ==, 2);
	timeout_stop(&timeouts[0]);
	return BOOT_PASS;
}

static unsigned repeats;

static void start_again(struct timeout *timeout)
{
	if (++repeats < 10)
		timeout_start(timeout, timeout->when_ns + BOOT_MS);
}

static int test_again(void)
{
	repeats = 0;
	timeout_init(&timeouts[0], start_again);
	timeout_start(&timeouts[0], clock_deadline(BOOT_MS));
	boot_sleep_ms(50);
	CHECK_NUM(repeats, ==, 10);
	return BOOT_PASS;
}

const struct boot_test clock_tests[] = {
	{ "clock.monotonic", "the clock never goes back", test_monotonic },
	{ "clock.timeouts", "timeouts run in order, in time, unless stopped",
	  test_timeouts },
	{ "clock.move", "a timeout that is started again moves", test_move },
	{ "clock.again", "a timeout's function may start it again",
	  test_again },
	{ NULL, NULL, NULL },
};
