// SPDX-License-Identifier: MIT
/*
 * execve(2) and execveat(2): a process goes on with another program. For
 * syscall/sys_exec.c and, with the kernel as its caller, for init.c.
 */
#ifndef LOOM_PROC_EXEC_H
#define LOOM_PROC_EXEC_H

#include <stdbool.h>
#include <stdint.h>

struct inode;
struct weft_frame;

/* The program as its caller names it. */
struct exec_wish {
	struct inode *base;	/* where @path starts */
	const char *path;	/* empty: the program is @base itself */
	const char *name;	/* what the program is told about its path */
	bool no_link;		/* @path must not end in a symbolic link */
	bool name_fails;	/* @name leads nowhere once the program runs */
	uint64_t argv, envp;	/* user addresses of vectors, or 0 */
};

/*
 * All other threads of the caller end. 0: @frame is the new program's first;
 * or a negative errno, and nothing has changed; -EAGAIN: another thread was
 * faster, and the caller must end.
 */
int process_exec(struct weft_frame *frame, const struct exec_wish *wish);

/*
 * The calling process becomes the program at @path: 0, @frame is the
 * program's first; or a negative errno and in *@why the reason in words where
 * there is one, else NULL; then nothing has changed.
 */
int exec_from_kernel(struct weft_frame *frame, const char *path,
		     const char *const *argv, const char *const *envp,
		     const char **why);

/* AT_HWCAP and AT_HWCAP2 of this machine. */
void exec_hwcaps(uint64_t *hwcap, uint64_t *hwcap2);

#endif
