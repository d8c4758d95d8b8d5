// SPDX-License-Identifier: MIT
/*
 * The system calls that Linux has not, numbers from LOOM_CALL_FIRST up
 * (include/loom/abi.h): notifications and endpoints. They take more registers
 * than Linux's calls, and give some back, so they get the frame.
 */
#ifndef LOOM_SYSCALL_SYS_IPC_H
#define LOOM_SYSCALL_SYS_IPC_H

#include <stdbool.h>
#include <stdint.h>

struct weft_frame;

/* Is that the number of one of them? */
bool ipc_call_exists(uint64_t number);

/* Its name; NULL: it is none. */
const char *ipc_call_name(uint64_t number);

/*
 * Do it: the result for x0; other registers are in the frame. Interrupted
 * ones are restarted as RESTART_ALWAYS; docs/ipc.md says what that means for
 * each.
 */
long ipc_call(uint64_t number, struct weft_frame *frame);

/* The same for what is left of one that began as a leaf call (ipc/leaf.h). */
long ipc_resume(struct weft_frame *frame);

#endif
