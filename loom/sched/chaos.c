// SPDX-License-Identifier: MIT
/* Random events for tests; see chaos.h. */
#include "sched/chaos.h"

#if LOOM_DEBUG
#include <weft/sysreg.h>

#include "lib/cmdline.h"
#include "lib/log.h"
#include "sched/clock.h"
#include "sched/cpu.h"

#define DELAY_MAX UINT64_C(50000)	/* ns */

/* Set while booting. */
static bool on;

/* Each CPU's, so that none waits for another. */
static uint64_t state[CPU_MAX];

bool chaos_on(void)
{
	return on;
}

/* xorshift64 (Marsaglia): neither good nor secret, and repeatable. */
static uint64_t draw(void)
{
	uint64_t *s = &state[cpu_current()->weft.index];

	*s ^= *s << 13;
	*s ^= *s >> 7;
	*s ^= *s << 17;
	return *s;
}

bool chaos_happens(unsigned n)
{
	return on && draw() % n == 0;
}

unsigned chaos_pick(uint64_t set)
{
	unsigned skip = (unsigned)(draw() % 64);

	for (;;) {
		uint64_t left = set;

		for (; left; left &= left - 1)
			if (skip-- == 0)
				return (unsigned)__builtin_ctzll(left);
	}
}

void chaos_delay(void)
{
	uint64_t end;

	if (!chaos_happens(4))
		return;
	end = clock_now() + draw() % DELAY_MAX;
	while (clock_now() < end)
		weft_yield_hint();
}

unsigned chaos_init(const char *cmdline, unsigned ncpus)
{
	uint64_t seed;

	if (!cmdline_u64(cmdline, "loom.chaos", &seed))
		return 0;
	klog("chaos: seed %lu\n", (unsigned long)seed);
	/* Never 0, which stays 0. */
	for (unsigned i = 0; i < CPU_MAX; i++)
		state[i] = (seed + 1) * UINT64_C(0x9e3779b97f4a7c15) + i + 1;
	on = true;
	cpu_expect_others();
	return ncpus + 2;
}
#endif
