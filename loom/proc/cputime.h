// SPDX-License-Identifier: MIT
/*
 * CPU time that programs used, for clocks, timers, times and getrusage. Of a
 * thread that runs on another CPU it may be a tick old.
 */
#ifndef LOOM_PROC_CPUTIME_H
#define LOOM_PROC_CPUTIME_H

#include <stdbool.h>
#include <stdint.h>

struct process;

struct cputime {
	uint64_t user_ns, system_ns;
	uint64_t voluntary, involuntary;	/* switches */
};

/* Bring the running thread's own times up to date. */
void cputime_account(void);

/* Of all threads of @p, also those that ended. The tree lock is taken. */
struct cputime cputime_process(struct process *p);

/* Of the thread @tid of @p: false if there is none. The same lock. */
bool cputime_thread(const struct process *p, uint32_t tid,
		    struct cputime *time);

static inline uint64_t cputime_total(const struct cputime *time)
{
	return time->user_ns + time->system_ns;
}

#endif
