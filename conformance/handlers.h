// SPDX-License-Identifier: MIT
/* Handlers of signals that leave nothing as it was (handlers.S). */
#ifndef CONFORMANCE_HANDLERS_H
#define CONFORMANCE_HANDLERS_H

#include <stdint.h>

/*
 * Leave in every register what nobody expects there (but for TPIDR_EL0, which
 * is not in a frame), and count in trash_count. Uses nothing of a C library.
 */
void trash(int sig, void *info, void *context);
extern volatile uint64_t trash_count;

/* The same, after sched_yield. */
void trash_yield(int sig, void *info, void *context);

/* A restorer of the program's own: counts in restorer_count. */
void own_restorer(void);
extern volatile uint64_t restorer_count;

#endif
