// SPDX-License-Identifier: MIT
/*
 * Processes and threads as /proc lists them: by number, with what is found
 * copied. They may end at any time; then the next look does not find them.
 */
#ifndef LOOM_PROC_INSPECT_H
#define LOOM_PROC_INSPECT_H

#include <stdbool.h>
#include <stdint.h>

struct look;
struct process_info;

bool inspect_process_exists(int pid);
/* The smallest pid above @pid; -1: none. */
int inspect_next_process(int pid);

/* The number of the calling thread. */
int inspect_own_thread(void);

bool inspect_thread_exists(int pid, int tid);
/* The smallest thread's number above @tid in process @pid; -1: none. */
int inspect_next_thread(int pid, int tid);

/*
 * What process_info tells of the process; with @tid above 0, state, name,
 * times and niceness are that thread's. False: there is none.
 */
bool inspect(int pid, int tid, struct process_info *info);

/* Where the thread @tid of process @pid is. False: there is none. */
bool inspect_look(int pid, int tid, struct look *look);

/* What the scheduler counts of all threads, for loadavg and /proc/stat. */
struct inspect_load {
	unsigned threads;	/* of processes */
	unsigned running;	/* run, or could */
	unsigned blocked;	/* sleep, and no signal ends it */
};

void inspect_load(struct inspect_load *load);

#endif
