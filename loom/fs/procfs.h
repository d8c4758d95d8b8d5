// SPDX-License-Identifier: MIT
/*
 * /proc: what the kernel tells about itself, read-only, in Linux's formats
 * where Linux has the file.
 *
 *	/proc/meminfo, /proc/uptime	memory and time
 *	/proc/self			link to the reader's own directory
 *	/proc/PID/stat			a process (52 fields)
 *	/proc/loom/counts		lines `name value`: what is in use
 */
#ifndef LOOM_FS_PROCFS_H
#define LOOM_FS_PROCFS_H

struct inode;

/* The root of /proc; NULL: no memory. */
struct inode *procfs_root(void);

#endif
