// SPDX-License-Identifier: MIT
/*
 * The load averages: how many threads run, could run or wait for something
 * short, smoothed over 1, 5 and 15 minutes. Each 5 seconds the present number
 * n enters: load = load * e + n * (1 - e), where e makes old numbers count
 * 1/e of what they did after 1, 5 or 15 minutes (Linux's constants).
 *
 * An idle CPU has no tick; the samples that it missed were of nothing to run.
 */
#ifndef LOOM_SCHED_LOADAVG_H
#define LOOM_SCHED_LOADAVG_H

#include <stdint.h>

enum {
	LOAD_SHIFT = 11,		/* fixed point */
	LOAD_ONE = 1 << LOAD_SHIFT,
	LOAD_COUNT = 3,
};

#define LOAD_PERIOD_NS	UINT64_C(5000000000)

/* From the tick, interrupts masked, no lock held. */
void loadavg_tick(uint64_t now_ns);

/* When loadavg_tick has something to do next. */
uint64_t loadavg_due(void);

/* The three averages now, times LOAD_ONE. */
void loadavg_get(uint64_t load[LOAD_COUNT]);

/*
 * @load after @missed samples of 0 and then one of @active threads; @which of
 * the three it is. Pure.
 */
uint64_t loadavg_next(uint64_t load, unsigned which, uint64_t missed,
		      uint64_t active);

#endif
