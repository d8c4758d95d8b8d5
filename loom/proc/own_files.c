// SPDX-License-Identifier: MIT
/*
 * Who has descriptors alone; see own_files.h. Called by system calls on files
 * that have leaf calls, and by clone.
 */
#include "proc/own_files.h"

#include "proc/process.h"
#include "sched/quick.h"

static struct fd_table no_table;
struct files own_files_none = { .table = &no_table, .known_fd = UINT64_MAX };

void own_files_know(void)
{
	struct process *p = process_current();
	/* As in syscall/path_arg.c: nobody but this thread can change that. */
	bool alone = __atomic_load_n(&p->running, __ATOMIC_ACQUIRE) == 1 &&
		     !files_shared(p->files);

	/* All other CPUs are there by now, or none ever comes. */
	if (!quick_allowed(cpus))
		alone = false;
	thread_current()->own_files = alone ? p->files : &own_files_none;
}

void own_files_forget(void)
{
	thread_current()->own_files = &own_files_none;
}
