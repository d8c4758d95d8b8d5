// SPDX-License-Identifier: MIT
/*
 * Pages for the page tables of programs: zeros when they are given out, and
 * zeros again when they come back, for who ends a table clears what it finds
 * there. So a few stay as they are, for the next space on that CPU.
 */
#ifndef LOOM_MM_TABLES_H
#define LOOM_MM_TABLES_H

#include <stddef.h>
#include <stdint.h>

/* A page of zeros: its physical address, 0: there is none. Any context. */
uint64_t tables_alloc(void);

/* @pa holds zeros only (debug builds look). Any context. */
void tables_free(uint64_t pa);

/* How many pages stay, for others to be counted as free. */
size_t tables_spare(void);

#endif
