// SPDX-License-Identifier: MIT
/*
 * The contents of the files of /proc.
 */
#ifndef LOOM_FS_PROC_TEXT_H
#define LOOM_FS_PROC_TEXT_H

#include <stddef.h>

/* What an inode of /proc is; directories and files. */
enum proc_kind {
	PROC_ROOT = 1,
	PROC_SELF,
	PROC_MEMINFO,
	PROC_UPTIME,
	PROC_LOOM,
	PROC_COUNTS,
	PROC_PID,
	PROC_STAT,
};

/*
 * Write the text of a file to @buf, cut to fit and NUL-terminated: the length
 * that it has uncut, or -ESRCH if process @pid is gone. May sleep.
 */
int proc_text(enum proc_kind kind, int pid, char *buf, size_t size);

#endif
