// SPDX-License-Identifier: MIT
/*
 * /proc: what the kernel tells about itself, read-only, in Linux's formats.
 * procfs.c has the list of what is there; of loom's own there is
 *
 *	/proc/loom/asid		lines `name value`: ASIDs and TLBs
 *	/proc/loom/calls	lines `times name`: calls that are not here
 *	/proc/loom/cpus		a table: what each CPU has counted
 *	/proc/loom/threads	a table: where each thread is
 *	/proc/loom/counts	lines `name value`: what is in use. pages_spare
 *				are the kernel's own page table and kept
 *				stacks: not free, and nobody's (mm/kvm.h)
 *	/proc/loom/locks	debug builds: what is known of the locks
 *
 * docs/live.md says what they show.
 */
#ifndef LOOM_FS_PROCFS_H
#define LOOM_FS_PROCFS_H

struct inode;

/* The root of /proc; NULL: no memory. */
struct inode *procfs_root(void);

#endif
