// SPDX-License-Identifier: MIT
/*
 * How wait4(2) and waitid(2) say what became of a process in two ways. Pure;
 * wait4.c uses it, and its test. The functions that take a status apart are for
 * those of ends.
 */
#ifndef LOOM_PROC_WAIT_STATUS_H
#define LOOM_PROC_WAIT_STATUS_H

#include <stdint.h>

#include "signal/siginfo.h"

/* The status of a process that called exit(@code): only a byte survives. */
static inline uint32_t wait_status_exit(uint64_t code)
{
	return (uint32_t)(code & 0xff) << 8;
}

/* ... that signal @sig ended. No core is dumped, so bit 7 stays clear. */
static inline uint32_t wait_status_signal(int sig)
{
	return (uint32_t)sig & 0x7f;
}

/* ... that signal @sig stopped, or that goes on. */
static inline uint32_t wait_status_stopped(int sig)
{
	return (uint32_t)sig << 8 | 0x7f;
}

static inline uint32_t wait_status_continued(void)
{
	return 0xffff;
}

static inline int wait_status_code(uint32_t status)
{
	return status & 0x7f ? CLD_KILLED : CLD_EXITED;
}

/* The exit code or the signal. */
static inline int wait_status_value(uint32_t status)
{
	return status & 0x7f ? (int)(status & 0x7f)
			     : (int)(status >> 8 & 0xff);
}

/* As a shell has it, and the machine when process 1 ends. */
static inline int wait_status_shell(uint32_t status)
{
	int value = wait_status_value(status);

	return wait_status_code(status) == CLD_KILLED ? 128 + value : value;
}

#endif
