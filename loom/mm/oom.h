// SPDX-License-Identifier: MIT
/*
 * What is done when a program touches memory and there is none: the program
 * that has most is killed, and its memory is there at once. System calls that
 * ask for memory fail instead, with -ENOMEM.
 */
#ifndef LOOM_MM_OOM_H
#define LOOM_MM_OOM_H

#include <stdint.h>

struct aspace;

/* Once, before the first program. */
void oom_init(void);

/*
 * aspace_fault, again and again until there is memory for it. -ENOMEM: it was
 * the calling program that was killed, or there is none to kill, or the page
 * was refused on purpose (mm/fail.h). No spinlock is held; interrupts are on.
 */
int oom_aspace_fault(struct aspace *as, uint64_t va, unsigned access);

#endif
