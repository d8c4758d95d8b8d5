// SPDX-License-Identifier: MIT
/* The load averages; see loadavg.h. */
#include "sched/loadavg.h"

#include "lib/lock.h"
#include "proc/inspect.h"
#include "sched/clock.h"
#include "sched/sched.h"

static struct spinlock lock = SPINLOCK_INIT(RANK_LOAD, "load average");
/* lock */
static uint64_t averages[LOAD_COUNT];
/* lock to change, atomic to look: when the next sample is due */
static uint64_t due_ns = LOAD_PERIOD_NS;

/* exp(-5 s / 1, 5, 15 min), in fixed point */
static const uint32_t keeps[LOAD_COUNT] = { 1884, 2014, 2037 };

static uint64_t step(uint64_t load, uint64_t keep, uint64_t active)
{
	uint64_t sum = load * keep + active * (LOAD_ONE - keep);

	/* Rounded up while it rises, so that it gets to the top. */
	if (active >= load)
		sum += LOAD_ONE - 1;
	return sum >> LOAD_SHIFT;
}

uint64_t loadavg_next(uint64_t load, unsigned which, uint64_t missed,
		      uint64_t active)
{
	for (; missed && load; missed--)
		load = step(load, keeps[which], 0);
	return step(load, keeps[which], active << LOAD_SHIFT);
}

/* Enter what was due up to @now_ns. */
static void sample(uint64_t now_ns, uint64_t active)
{
	uint64_t daif = spin_lock_irqsave(&lock);
	uint64_t missed;

	/* Another CPU may have been faster. */
	if (now_ns >= due_ns) {
		/* Nothing ran when it was due, else the tick had come. */
		if (now_ns - due_ns > 2 * TICK_NS)
			active = 0;
		missed = (now_ns - due_ns) / LOAD_PERIOD_NS;
		for (unsigned i = 0; i < LOAD_COUNT; i++)
			averages[i] = loadavg_next(averages[i], i, missed,
						   active);
		__atomic_store_n(&due_ns,
				 due_ns + (missed + 1) * LOAD_PERIOD_NS,
				 __ATOMIC_RELAXED);
	}
	spin_unlock_irqrestore(&lock, daif);
}

uint64_t loadavg_due(void)
{
	return __atomic_load_n(&due_ns, __ATOMIC_RELAXED);
}

void loadavg_tick(uint64_t now_ns)
{
	struct inspect_load load;

	if (now_ns < loadavg_due())
		return;
	inspect_load(&load);
	sample(now_ns, load.running + load.blocked);
}

void loadavg_get(uint64_t load[LOAD_COUNT])
{
	uint64_t daif;

	/* What is due since the CPU was idle. */
	loadavg_tick(clock_now());
	daif = spin_lock_irqsave(&lock);
	for (unsigned i = 0; i < LOAD_COUNT; i++)
		load[i] = averages[i];
	spin_unlock_irqrestore(&lock, daif);
}
