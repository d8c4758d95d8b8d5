// SPDX-License-Identifier: MIT
/* execve with the kernel as its caller; for process 1 (init.c). */
#ifndef LOOM_PROC_EXEC_H
#define LOOM_PROC_EXEC_H

#include <stdint.h>

struct weft_frame;

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
