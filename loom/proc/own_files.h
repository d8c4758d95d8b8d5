// SPDX-License-Identifier: MIT
/*
 * Descriptors for leaf calls (weft/leaf.h): a thread that knows that nobody
 * else uses its table finds a file there with a few loads, and needs no
 * reference to it, not even asleep: nobody can take it off.
 */
#ifndef LOOM_PROC_OWN_FILES_H
#define LOOM_PROC_OWN_FILES_H

#include <stddef.h>
#include <stdint.h>

#include "fs/file.h"
#include "sched/thread.h"

/* What thread->own_files is otherwise: no descriptor is open, or known. */
extern struct files own_files_none;

/*
 * If nobody else uses the calling thread's descriptors leaf calls may from now
 * on; and when somebody is about to, no more.
 */
void own_files_know(void);
void own_files_forget(void);

/*
 * The file of descriptor @fd of the calling thread, @self, if it is one of
 * @kinds (LEAF_...); NULL: look again. If there is one leaf calls may switch
 * (quick_allowed).
 */
static inline struct file *own_file(const struct thread *self, uint64_t fd,
				    uint32_t kinds)
{
	const struct files *files = self->own_files;
	const struct fd_table *t;
	struct file *f;

	t = files->table;
	if ((uint32_t)fd >= t->size)
		return NULL;
	f = t->slot[(uint32_t)fd];
	return f && f->leaf & kinds ? f : NULL;
}

#endif
